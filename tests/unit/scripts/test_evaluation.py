"""Measures of rankings, sets of known items, and what is made of both."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadKnownItems
from scripts.evaluation.asking import Answer, Judged
from scripts.evaluation.known_items import KnownItem, Place, read_known_items
from scripts.evaluation.measures import DEPTH, gains_of, measured, ndcg, reciprocal_rank
from scripts.evaluation.report import as_json, as_markdown, confidence_of, report_of, write
from scripts.evaluation.tune import RANKINGS, tuned
from search_api.schemas import AssetRef, Hit, Master, Playback


@pytest.mark.parametrize(
    ("hits", "gains"),
    [
        ([], []),
        ([[], [0], [0]], [0, 1, 0]),
        ([[0], [0, 1], [1]], [1, 1, 0]),
    ],
)
def test_a_place_is_found_once(hits: list[list[int]], gains: list[int]) -> None:
    assert gains_of(hits) == gains


@pytest.mark.parametrize(
    ("gains", "places", "rank", "discounted"),
    [
        ([1, 0, 0], 1, 1.0, 1.0),
        ([0, 1], 1, 0.5, 0.6309),
        ([0, 0], 1, 0.0, 0.0),
        ([1, 0, 1], 2, 1.0, 0.9197),
        ([0] * DEPTH + [1], 1, 0.0, 0.0),
    ],
)
def test_measures_of_one_ranking(gains: list[int], places: int, rank: float, discounted: float) -> None:
    assert reciprocal_rank(gains) == rank
    assert ndcg(gains, places) == pytest.approx(discounted, abs=1e-4)


def test_means_over_queries() -> None:
    found = measured([([1, 0], 1), ([0, 1], 1), ([0, 0], 1), ([0] * 9 + [1], 1)])
    assert (found.queries, found.recall_1, found.recall_10) == (4, 0.25, 0.75)
    assert found.mrr == pytest.approx((1 + 0.5 + 0 + 0.1) / 4)


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=15))
def test_measures_stay_within_their_range(hits: list[list[int]]) -> None:
    gains = gains_of(hits)
    assert 0 <= ndcg(gains, 4) <= 1
    assert ndcg(sorted(gains, reverse=True), 4) >= ndcg(gains, 4) - 1e-12


def hit(asset: str, start: float | None, end: float | None) -> Hit:
    return Hit(
        asset=AssetRef(id="a", name=asset, uri=""), in_frame=None, out_frame=None, start=start, end=end,
        timecode=None, confidence="weak", score=1, matched=[], playback=Playback(url=None, start=None),
        master=Master(storage_class="STANDARD", restore="none", eta_seconds=None, cost_usd=None),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "shown", "is_there"),
    [
        (Place(asset="a"), hit("a", 3, 4), True),
        (Place(asset="a"), hit("b", 3, 4), False),
        (Place(asset="a", start=2, end=3), hit("a", 2.9, 9), True),
        (Place(asset="a", start=2, end=3), hit("a", 3.4, 9), True),
        (Place(asset="a", start=2, end=3), hit("a", 3.6, 9), False),
        (Place(asset="a", start=2, end=3), hit("a", 0, 1.4), False),
        (Place(asset="a", start=2), hit("a", 30, 40), True),
        (Place(asset="a", start=2, end=3), hit("a", None, None), True),
    ],
)
def test_a_hit_lies_in_a_place(place: Place, shown: Hit, is_there: bool) -> None:
    assert place.holds(shown) is is_there


def test_both_ways_to_write_a_set_read_alike(tmp_path: Path) -> None:
    as_toml, as_lines = tmp_path / "set.toml", tmp_path / "set.jsonl"
    as_toml.write_text(
        '[[query]]\nq = "a dog"\nkind = "visual"\nrelevant = [{ asset = "a.mov", start = 1, end = 2 }]\n'
        '[[query]]\nq = "a whale"\nkind = "nothing"\n',
        encoding="utf-8",
    )
    entries = [
        {"q": "a dog", "kind": "visual", "relevant": [{"asset": "a.mov", "start": 1, "end": 2}]},
        {"q": "a whale", "kind": "nothing"},
    ]
    as_lines.write_text("\n\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    items = read_known_items(as_toml)
    assert items == read_known_items(as_lines)
    assert [item.is_nothing for item in items] == [False, True]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.toml", "", "query"),
        ("a.toml", "[[query", r"a\.toml"),
        ("a.toml", '[[query]]\nq = ""', "q: give words, or an example"),
        ("a.toml", '[[query]]\nq = "x"\nrelevent = []', "relevent"),
        ("a.toml", '[[query]]\nlike = [{ asset = "" }]', "like"),
        ("a.toml", "query = 3", r"a\.toml"),
        ("a.jsonl", "", "no query"),
        ("a.jsonl", '{"q": "x"', r"a\.jsonl"),
        ("a.jsonl", '{"q": "x", "relevant": [{"asset": "a", "start": -1}]}', "start"),
        ("a.jsonl", '{"q": "x", "signals": ["smell"]}', "signals"),
        ("a.jsonl", '{"q": "x", "filters": {"colour": "red"}}', "colour"),
    ],
)
def test_a_set_that_cannot_be_read_says_why(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadKnownItems, match=problem):
        read_known_items(tmp_path / name)


def test_a_set_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadKnownItems, match="none"):
        read_known_items(tmp_path / "none.toml")


DOG = KnownItem(q="a dog", kind="visual", relevant=(Place(asset="a"),))
WHALE = KnownItem(q="a whale", kind="nothing")
RIGHT, WRONG = (
    Judged((0,), is_wrong=False, confidence="strong"),
    Judged((), is_wrong=True, confidence="strong"),
)
BESIDE, WEAK = Judged((), is_wrong=False, confidence="strong"), Judged((), is_wrong=True, confidence="weak")


def test_strong_hits_are_counted_where_they_should_be_and_where_not() -> None:
    found = confidence_of(
        [
            Answer(DOG, "fused", (RIGHT, WRONG, BESIDE, WEAK)),
            Answer(DOG, "fused", (WEAK,)),
            Answer(WHALE, "fused", (WEAK,)),
            Answer(WHALE, "fused", (WEAK, WRONG)),
        ]
    )
    assert (found.nothing, found.quiet) == (2, 0.5)
    assert (found.strong, found.precision, found.sure) == (3, 0.6667, 0.5)


def test_nothing_counted_is_no_share() -> None:
    found = confidence_of([])
    assert (found.quiet, found.precision, found.sure) == (None, None, None)


def test_a_report_says_everything_in_every_form(tmp_path: Path) -> None:
    answers = [
        Answer(DOG, "fused", (WRONG, RIGHT)),
        Answer(DOG, "visual", (RIGHT,)),
        Answer(WHALE, "fused", (WEAK,)),
        Answer(WHALE, "visual", (WRONG,)),
    ]
    report = report_of("clips", {"visual": "toy"}, answers)
    assert report.channels["fused"].mrr == 0.5
    assert report.channels["visual"].mrr == 1.0
    assert report.kinds.keys() == {"visual"}
    assert [(miss.q, miss.rank) for miss in report.missed] == [("a dog", 2)]
    assert json.loads(as_json([report]))[0]["confidence"]["quiet"] == 1.0
    assert "a dog (visual): 2" in as_markdown([report])
    files = write([report], tmp_path / "out")
    assert [file.name for file in files] == ["evaluation.json", "evaluation.md", "clips.svg"]
    assert files[2].read_text(encoding="utf-8").count("<rect") == 1 + 2 + 4


def test_tuning_climbs_to_the_weights_that_score_best() -> None:
    def score(factors: Mapping[str, float]) -> float:
        return 1 - abs(factors["visual"] - 0.7) - abs(factors["name"] - 2.0)

    found = tuned(score)
    assert found["factors"] == dict.fromkeys(RANKINGS, 1.0) | {"visual": 0.7, "name": 2.0}
    assert found["mrr after"] == 1.0


def test_tuning_changes_nothing_for_nothing() -> None:
    assert tuned(lambda factors: 0.5 + factors["face"] / 10_000)["factors"] == dict.fromkeys(RANKINGS, 1.0)
