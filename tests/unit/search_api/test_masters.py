"""Which copy is the best master, as a table."""

from dataclasses import replace

import pytest

from foundation.ids import AssetId
from search_api.services.masters import Copy, best_master

PLAIN = Copy(
    AssetId("ast_b"),
    "film.mov",
    seconds=60.0,
    width=1920,
    height=1080,
    codec="h264",
    size=60_000_000,
    has_colour=True,
)
OTHER = replace(PLAIN, asset=AssetId("ast_a"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_available": False}, "its master is in its place"),
        ({"seconds": 20.0, "width": 3840, "height": 2160}, "the whole: 60.0 s"),
        ({"has_colour": False, "codec": "prores"}, "in colour"),
        ({"text_share": 0.9, "width": 3840, "height": 2160}, "no text burnt in"),
        ({"width": 640, "height": 360, "codec": "prores"}, "the largest picture: 1920 × 1080"),
        ({"filled": 0.75, "codec": "prores"}, "the largest picture: 1920 × 1080"),
        ({"codec": "mpeg4", "size": 900_000_000}, "the better codec: h264"),
        ({"size": 6_000_000}, "the highest bit rate: 8.0 Mbit/s"),
        ({"name": "film_proxy_v4_FINAL_USE_THIS.mov"}, "the name speaks of no proxy or preview"),
    ],
)
def test_what_another_copy_lacks_decides(change: dict[str, object], reason: str) -> None:
    worse = replace(OTHER, **change)
    for copies in ([PLAIN, worse], [worse, PLAIN]):
        choice = best_master(copies)
        assert (choice.asset, choice.reasons) == (PLAIN.asset, (reason,))


def test_a_mezzanine_codec_beats_a_higher_bit_rate() -> None:
    master = replace(PLAIN, codec="prores", size=30_000_000)
    assert best_master([master, OTHER]).reasons == ("the better codec: prores",)


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 59.5},
        {"size": 58_000_000},
        {"width": 1888, "height": 1062},
        {"has_colour": None},
        {"text_share": 0.1},
        {"name": "film v4_FINAL_USE_THIS.mov"},
    ],
)
def test_small_differences_leave_it_to_age(change: dict[str, object]) -> None:
    choice = best_master([replace(PLAIN, **change), OTHER])
    assert (choice.asset, choice.reasons) == (OTHER.asset, ("catalogued first among equals",))


def test_several_reasons_come_in_their_order() -> None:
    cut = replace(OTHER, asset=AssetId("ast_c"), seconds=10.0)
    grey = replace(OTHER, has_colour=False)
    assert best_master([cut, grey, PLAIN]).reasons == ("the whole: 60.0 s", "in colour")


def test_a_letterboxed_winner_says_how_much_of_it_is_bars() -> None:
    boxed = replace(PLAIN, filled=0.75)
    small = replace(OTHER, width=320, height=180)
    assert best_master([boxed, small]).reasons == ("the largest picture: 1920 × 1080, 25% of it bars",)


def test_the_only_copy_needs_no_reason() -> None:
    assert best_master([PLAIN]).reasons == ()


def test_nothing_known_is_no_obstacle() -> None:
    bare = [Copy(AssetId(f"ast_{n}"), "x") for n in (2, 1)]
    assert best_master(bare).asset == "ast_1"
