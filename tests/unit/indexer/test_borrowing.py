"""Naming rules for proxies that others made, and what such a proxy must agree in."""

from dataclasses import replace
from fractions import Fraction

import pytest

from catalog.model import Asset, AssetKind, RestoreState, Technical
from foundation.errors import BadSettings, FrameCountMismatch
from foundation.ids import AssetId, LocationId
from indexer.borrow import compare
from indexer.borrowing import Lent, lent_to, places_of
from indexer.candidates import Candidate, group
from media.probe import MediaInfo
from tests.unit.indexer.test_candidates import info

HERE = LocationId("loc_here")


@pytest.mark.parametrize(
    ("rule", "master", "expected"),
    [
        ("{stem}_proxy.mp4", "a/b/film.mxf", ("", "a/b/film_proxy.mp4")),
        ("proxies/{name}.mp4", "film.mxf", ("", "proxies/film.mxf.mp4")),
        ("/proxies/{folder}/{stem}.mp4", "a/b/film.mxf", ("", "proxies/a/b/film.mp4")),
        ("@low/{folder}/{stem}.mp4", "a/film.mxf", ("low", "a/film.mp4")),
        ("@low/{stem}.mp4", "film.mxf", ("low", "film.mp4")),
    ],
)
def test_where_a_rule_looks(rule: str, master: str, expected: tuple[str, str]) -> None:
    assert places_of(rule, master) == expected


def test_a_rule_with_an_unknown_placeholder_is_named() -> None:
    with pytest.raises(BadSettings, match="no rule"):
        places_of("{reel}.mp4", "a.mxf")


def _listing(*masters: str, proxies: tuple[str, ...] = (), asleep: bool = True) -> dict[str, Candidate]:
    state = RestoreState.NEEDED if asleep else RestoreState.NONE
    infos = [info(key, restore=state) for key in masters] + [info(key) for key in proxies]
    return {found.name: found for found in group(infos)}


def _lent(listed: dict[str, Candidate], *rules: str) -> dict[str, Lent]:
    looked = {c.name: lent_to(c, listed.get, rules, HERE, pytest.fail) for c in listed.values()}
    return {name: lent for name, lent in looked.items() if lent is not None}


def test_only_sleeping_masters_borrow_and_only_from_what_can_be_read() -> None:
    rule = "{stem}_proxy.mp4"
    listed = _listing("a.mov", "b.mov", proxies=("a_proxy.mp4",))
    assert _lent(listed, rule) == {"a.mov": Lent(HERE, "a_proxy.mp4")}
    assert _lent(_listing("a.mov", proxies=("a_proxy.mp4",), asleep=False), rule) == {}
    assert _lent(_listing("a.mov", "a_proxy.mp4"), rule) == {}


def test_the_first_rule_that_finds_one_wins_and_no_master_is_its_own_proxy() -> None:
    listed = _listing("a.mov", proxies=("low/a.mp4", "a_proxy.mp4", "a.wav"))
    assert _lent(listed, "{name}", "{stem}.wav", "low/{stem}.mp4", "{stem}_proxy.mp4") == {
        "a.mov": Lent(HERE, "low/a.mp4")
    }


ASSET = Asset(AssetId("a"), AssetKind.VIDEO, "a.mov", HERE)
FOUND = MediaInfo(
    kind="video",
    container="mov",
    codec="h264",
    duration_ms=4_000,
    size=1,
    streams=(),
    picture=0,
    sound=None,
    pts=None,
    rate=Fraction(25),
)


def test_a_proxy_must_agree_with_whatever_is_known() -> None:
    assert compare(ASSET, FOUND) == []
    known = replace(ASSET, technical=Technical(rate=Fraction(25)), duration_ms=4_100)
    assert compare(known, FOUND) == ["frame rate", "length"]


@pytest.mark.parametrize(
    "known",
    [
        replace(ASSET, kind=AssetKind.SOUND),
        replace(ASSET, technical=Technical(rate=Fraction(24))),
        replace(ASSET, technical=Technical(frames=99)),
        replace(ASSET, duration_ms=5_000),
    ],
)
def test_a_proxy_of_something_else_is_refused(known: Asset) -> None:
    with pytest.raises(FrameCountMismatch):
        compare(known, FOUND)
