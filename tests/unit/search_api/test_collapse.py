"""The same pictures in several assets are shown once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import Link, LinkKind, SharedRange
from foundation.ids import AssetId
from foundation.timecode import FrameRange
from search_api.services.collapse import assets_of, collapsed, led_by
from search_api.services.evidence import Evidence
from search_api.services.fuse import Scored
from search_api.services.moments import Moment, Span

A, B, C, D = (AssetId(f"ast_{name}") for name in "ABCD")


def moment(asset: AssetId, span: tuple[int, int] | None, points: float = 1.0) -> Moment:
    evidence = (Scored(Evidence("visual", asset, 0.3), "visual", points),)
    return Moment(asset, None if span is None else Span(*span), evidence)


def link(
    one: AssetId, other: AssetId, *ranges: tuple[int, int, int, int], kind: LinkKind = LinkKind.SAME
) -> Link:
    shared = tuple(SharedRange(FrameRange(a, b), FrameRange(c, d), 0.99) for a, b, c, d in ranges)
    return Link(one, other, kind, 0.99, shared)


SAME = link(A, B, (0, 1000, 0, 1000))


@pytest.mark.parametrize(
    ("first", "second", "links", "one"),
    [
        (moment(A, (100, 200)), moment(B, (100, 200)), [SAME], True),
        (moment(B, (100, 200)), moment(A, (120, 220)), [SAME], True),
        (moment(A, (100, 200)), moment(B, (160, 260)), [SAME], False),
        (moment(A, (100, 200)), moment(B, (140, 160)), [SAME], True),
        (moment(A, (100, 200)), moment(B, (100, 200)), [], False),
        (moment(A, (100, 200)), moment(C, (100, 200)), [SAME], False),
        (moment(A, (100, 200)), moment(B, (600, 700)), [link(A, B, (0, 300, 500, 800))], True),
        (moment(A, (100, 200)), moment(B, (100, 200)), [link(A, B, (0, 300, 500, 800))], False),
        (moment(A, (100, 200)), moment(B, (50, 100)), [link(A, B, (0, 1000, 0, 500))], True),
        (moment(A, (400, 500)), moment(B, (400, 500)), [link(A, B, (0, 300, 0, 300))], False),
        (moment(A, None), moment(B, None), [SAME], True),
        (moment(A, None), moment(B, None), [link(A, B, (0, 9, 0, 9), kind=LinkKind.SHARES)], False),
        (moment(A, None), moment(B, (100, 200)), [SAME], False),
    ],
)
def test_moments_are_one_where_their_assets_share_those_pictures(
    first: Moment, second: Moment, links: list[Link], one: bool
) -> None:
    kept = collapsed([first, second], links)
    assert [item.asset for item in kept] == ([first.asset] if one else [first.asset, second.asset])
    assert [item.asset for item in kept[0].duplicates] == ([second.asset] if one else [])


def test_copies_join_the_moment_that_leads_and_the_rest_keeps_its_order() -> None:
    links = [link(A, B, (0, 500, 0, 500)), link(A, C, (0, 500, 100, 600))]
    moments = [
        *(moment(A, (0, 100), 3), moment(D, (0, 100), 2.5)),
        *(moment(B, (0, 100), 2), moment(C, (100, 200))),
    ]
    kept = collapsed(moments, links)
    assert [(item.asset, [one.asset for one in item.duplicates]) for item in kept] == [(A, [B, C]), (D, [])]


def test_a_copy_is_counted_once_however_many_of_its_moments_match() -> None:
    kept = collapsed([moment(A, (0, 100), 3), moment(B, (0, 50), 1), moment(B, (50, 100), 2)], [SAME])
    assert [(item.asset, item.score) for item in kept[0].duplicates] == [(B, 2.0)]


SPANS = st.tuples(st.integers(0, 20), st.integers(1, 10)).map(lambda p: (p[0] * 10, (p[0] + p[1]) * 10))
MOMENTS = st.lists(st.builds(moment, st.sampled_from([A, B, C, D]), SPANS, st.floats(0.1, 5)), max_size=12)
LINKS = st.lists(
    st.sampled_from(
        [SAME, link(A, C, (50, 150, 0, 100)), link(B, D, (0, 80, 120, 200)), link(C, D, (0, 9, 0, 9))]
    ),
    unique=True,
)


@given(MOMENTS, LINKS)
def test_nothing_is_lost_and_collapsing_twice_changes_nothing(
    moments: list[Moment], links: list[Link]
) -> None:
    kept = collapsed(moments, links)
    assert set(assets_of(kept)) == {item.asset for item in moments}
    assert [item.score for item in kept] == [one.score for one in moments if _leads(one, kept)]
    assert collapsed(kept, links) == kept


def _leads(one: Moment, kept: list[Moment]) -> bool:
    return any(one.evidence is item.evidence for item in kept)


def test_another_asset_may_lead() -> None:
    (kept,) = collapsed([moment(A, (0, 100), 3), moment(B, (10, 110), 2)], [SAME])
    led = led_by(kept, B)
    assert (led.asset, led.span, led.score) == (B, Span(10, 110), 2.0)
    assert [item.asset for item in led.duplicates] == [A]
    assert led_by(kept, A) is kept
