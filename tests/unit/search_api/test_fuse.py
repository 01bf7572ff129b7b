"""Fusion of rankings."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import AssetId
from foundation.timecode import FrameRange
from search_api.services.evidence import Evidence, Ranking
from search_api.services.fuse import RANK_OFFSET, by_asset, in_turns, total


def seen(asset: str, score: float, *, trust: float = 1.0, at: int = 0) -> Evidence:
    return Evidence("visual", AssetId(asset), score, trust, FrameRange(at, at + 10))


def test_points_fall_with_rank_and_scale_with_weight_and_trust() -> None:
    found = by_asset([Ranking("visual", 0.8, [seen("a", 0.9), seen("b", 0.8, trust=0.5)])])
    assert {asset: total(items) for asset, items in found.items()} == {
        "a": 0.8 / (RANK_OFFSET + 1),
        "b": 0.4 / (RANK_OFFSET + 2),
    }


def test_two_rankings_that_agree_beat_one_first_place() -> None:
    visual = Ranking("visual", 1.0, [seen("a", 0.9), seen("b", 0.8)])
    words = Ranking("speech", 1.0, [seen("c", 9.0), seen("b", 8.0)])
    assert list(by_asset([visual, words])) == ["b", "a", "c"]


def test_only_the_best_of_a_ranking_counts() -> None:
    many = Ranking("visual", 1.0, [seen("a", 0.9 - n / 100, at=n * 10) for n in range(5)])
    (items,) = by_asset([many]).values()
    assert total(items) == 1 / (RANK_OFFSET + 1)


def test_an_asset_gives_way_after_its_turn() -> None:
    assert in_turns("aaaabb", "aaaabb") == list("aabbaa")
    assert in_turns([1, 2, 3, 4], ["x", "y", "x", "x"]) == [1, 2, 3, 4]
    assert in_turns([], []) == []


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 1)), max_size=40))
def test_one_ranking_keeps_the_order_of_each_assets_best(pairs: list[tuple[str, float]]) -> None:
    ranked = sorted((seen(asset, score) for asset, score in pairs), key=lambda item: -item.score)
    order = list(dict.fromkeys(item.asset for item in ranked))
    assert list(by_asset([Ranking("visual", 1.0, ranked)])) == order


@given(st.lists(st.sampled_from("abc")))
def test_turns_lose_and_double_nothing(owners: list[str]) -> None:
    items = list(enumerate(owners))
    assert sorted(in_turns(items, owners)) == items
