"""Links that follow from two others."""

from dataclasses import replace

import numpy as np

from catalog.model import Link, LinkKind, SharedRange
from embeddings.encoder import Vectors
from foundation.ids import AssetId
from foundation.timecode import FrameRange
from indexer.inferring import MOST_NEIGHBOURS, inferred, neighbours_of, open_pairs
from indexer.linking import Print

MASTER, POOR, CUT, OTHER = (AssetId(f"ast_{name}") for name in ("d", "b", "c", "a"))
PACE = 5


def room(rows: int, seed: int = 1) -> Vectors:
    """Pictures that stand still."""
    picture = np.random.default_rng(seed).normal(size=(1, 63))
    return np.repeat(picture / np.linalg.norm(picture), rows, axis=0).astype(np.float32)


def printed(asset: AssetId, rows: int, seed: int = 1, pace: int = PACE) -> Print:
    return Print(asset, room(rows, seed), [pace * row for row in range(rows)], is_still=False)


def link(
    one: AssetId, here: tuple[int, int], other: AssetId, there: tuple[int, int], score: float = 0.99
) -> Link:
    """Frames that two assets share."""
    ends = sorted([(one, FrameRange(*here)), (other, FrameRange(*there))])
    ranges = (SharedRange(ends[0][1], ends[1][1], score),)
    return Link(ends[0][0], ends[1][0], LinkKind.SHARES, score, ranges)


WHOLE = replace(link(MASTER, (0, 375), POOR, (0, 375)), kind=LinkKind.SAME)
PART = replace(link(MASTER, (35, 120), CUT, (0, 85)), kind=LinkKind.PART, part=CUT)


def test_a_cut_down_lies_in_every_copy_of_its_master() -> None:
    found = inferred(printed(POOR, 75), printed(CUT, 17), [(WHOLE, PART)], None)
    assert found is not None
    assert (found.first, found.second, found.kind, found.part) == (POOR, CUT, LinkKind.PART, CUT)
    assert found.ranges[0].first == FrameRange(35, 120)
    assert found.ranges[0].second == FrameRange(0, 85)


def test_copies_at_another_rate_are_followed() -> None:
    slow = link(MASTER, (0, 375), POOR, (0, 225))
    found = inferred(printed(POOR, 75, pace=3), printed(CUT, 17), [(slow, PART)], None)
    assert found is not None
    assert found.ranges[0].first == FrameRange(21, 72)


def test_pictures_that_look_otherwise_are_not_linked() -> None:
    assert inferred(printed(POOR, 75, seed=2), printed(CUT, 17), [(WHOLE, PART)], None) is None


def test_parts_that_do_not_overlap_share_nothing() -> None:
    early = link(MASTER, (0, 100), POOR, (0, 100))
    late = link(MASTER, (100, 185), CUT, (0, 85))
    assert inferred(printed(POOR, 20), printed(CUT, 17), [(early, late)], None) is None


def test_what_says_no_more_than_is_known_is_left_out() -> None:
    known = link(POOR, (35, 120), CUT, (0, 85))
    short = link(POOR, (35, 90), CUT, (0, 55))
    prints = printed(POOR, 75), printed(CUT, 17)
    assert inferred(*prints, [(WHOLE, PART)], known) is None
    assert inferred(*prints, [(WHOLE, PART)], short) is not None


def test_open_pairs_share_a_neighbour_and_no_whole() -> None:
    neighbours = neighbours_of([WHOLE, PART])
    assert open_pairs(neighbours, [CUT]) == open_pairs(neighbours, [MASTER]) == {(POOR, CUT): [MASTER]}
    assert open_pairs(neighbours, [OTHER]) == {}
    whole = Link(POOR, CUT, LinkKind.PART, 0.9, WHOLE.ranges, part=CUT)
    assert open_pairs(neighbours_of([WHOLE, PART, whole]), [CUT]) == {}


def test_only_the_best_links_of_an_asset_are_followed() -> None:
    hub = [
        link(MASTER, (0, 50), AssetId(f"ast_z{number:03}"), (0, 50), score=0.9 + number / 2000)
        for number in range(2 * MOST_NEIGHBOURS)
    ]
    kept = neighbours_of(hub)[MASTER]
    assert len(kept) == MOST_NEIGHBOURS
    assert min(item.score for item in kept.values()) > hub[MOST_NEIGHBOURS - 1].score
