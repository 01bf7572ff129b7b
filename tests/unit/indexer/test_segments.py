"""A listing that is grouped as it comes gives what grouping the whole of it gives."""

import random
from itertools import chain

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from indexer.candidates import group, grouped
from indexer.segments import reach_of, scope_of, segments, widened
from tests.unit.indexer.test_candidates import frames, info

_FOLDERS = ("", "a/", "a.b/", "a.mov.d/", "CARD/CONTENTS/VIDEO/", "CARD/CONTENTS/AUDIO/", "d/XDROOT/Clip/")
_STEMS = ("x", "x.en", "x.1", "x0", "0001AB", "take 1", "ü")
_SUFFIXES = (
    ".mov",
    ".MXF",
    ".wav",
    ".srt",
    ".en.srt",
    ".en.sdh.vtt",
    ".json",
    ".xmp",
    ".mov.srt",
    ".txt",
    "",
)


def _runs() -> st.SearchStrategy[list[str]]:
    return st.builds(
        lambda folder, stem, first, count, suffix: frames(
            f"{folder}{stem}%04d{suffix}", range(first, first + count)
        ),
        st.sampled_from(("", "a/", "a/x")),
        st.sampled_from(("", "f_", "IMG_", "x.")),
        st.sampled_from((0, 7, 990)),
        st.sampled_from((1, 3, 24, 40)),
        st.sampled_from((".dpx", ".png", ".DPX", ".xmp")),
    )


@seed(4)
@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.builds("{}{}{}".format, *map(st.sampled_from, (_FOLDERS, _STEMS, _SUFFIXES))), max_size=30),
    st.lists(_runs(), max_size=3),
)
def test_segments_group_like_the_whole(keys: list[str], runs: list[list[str]]) -> None:
    listing = [info(key) for key in sorted({*keys, *chain.from_iterable(runs)})]
    assert sorted(grouped(listing), key=lambda c: c.name) == group(listing)


def test_a_flat_location_is_cut_at_every_master() -> None:
    listing = [info(f"{number:09}.{suffix}") for number in range(500) for suffix in ("mxf", "xml")]
    assert max(map(len, segments(listing))) == 1


def test_a_run_of_frames_stays_together_whatever_lies_between() -> None:
    keys = sorted([*frames("s/f%04d.dpx", range(50)), "s/f0007.dpx.txt", "s/f0007_old/x.mov", "s/f0031.wav"])
    assert [c.kind.value for c in grouped(info(key) for key in keys) if c.name == "s/f0000.dpx"] == [
        "sequence"
    ]


def test_a_listing_out_of_order_loses_nothing() -> None:
    keys = [f"{number:04}.mov" for number in range(200)]
    random.Random(4).shuffle(keys)
    assert {c.name for c in grouped(map(info, keys))} == set(keys)


@pytest.mark.parametrize(
    ("key", "scope"),
    [
        ("a/x.mov", "a/x."),
        ("a/x.en.srt", "a/x."),
        ("a/x.mov.xmp", "a/x."),
        ("a/IMG_0007.jpg", "a/IMG_0007."),
        ("a/f0007.dpx", "a/f"),
        ("0007.png", ""),
        ("f0007.xmp", "f0007."),
        ("C/CONTENTS/AUDIO/0001AB00.MXF", "C/CONTENTS/"),
        ("XDROOT/Sub/C1.MXF", "XDROOT/"),
        ("noext", "noext."),
    ],
)
def test_what_is_looked_at_again_when_a_key_changed(key: str, scope: str) -> None:
    assert scope_of(key) == scope
    assert key.startswith(scope.removesuffix("."))


@pytest.mark.parametrize(
    ("scope", "keys", "wide"),
    [
        ("s/f0007.", ["s/f0007.wav"], "s/f0007."),
        ("s/f0007.", ["s/f0007.dpx", "s/f0007.wav"], "s/f"),
        ("reel.en.", ["reel.en.mov", "reel.en.srt"], "reel."),
        ("reel.", ["reel.en.mov", "reel.mov"], "reel."),
        ("gone.", [], "gone."),
    ],
)
def test_a_scope_grows_until_nothing_in_it_belongs_outside(scope: str, keys: list[str], wide: str) -> None:
    assert widened(scope, keys) == wide


def test_what_is_no_media_reaches_nowhere() -> None:
    assert reach_of("readme.txt") == reach_of("CONTENTS/notes.txt") == ""
