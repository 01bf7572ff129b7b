"""Filters joined with filters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import AssetKind
from catalog.query import AssetFilter, Span, narrowed
from foundation.ids import AssetId, PersonId

A, B, C = (AssetId(f"ast_{letter}") for letter in "abc")
SPANS = st.none() | st.builds(Span, st.none() | st.integers(1950, 1960), st.none() | st.integers(1950, 1960))
FILTERS = st.builds(
    AssetFilter,
    assets=st.lists(st.sampled_from([A, B, C]), unique=True).map(tuple),
    kinds=st.lists(st.sampled_from(list(AssetKind)), unique=True).map(tuple),
    years=SPANS,
    has_speech=st.sampled_from([None, True, False]),
)


def _passes(where: AssetFilter, asset: AssetId, kind: AssetKind, year: int, *, has_speech: bool) -> bool:
    return (
        (not where.assets or asset in where.assets)
        and (not where.kinds or kind in where.kinds)
        and (where.years is None or year in where.years)
        and where.has_speech in (None, has_speech)
    )


@given(
    FILTERS,
    FILTERS,
    st.sampled_from([A, B, C]),
    st.sampled_from(list(AssetKind)),
    st.integers(1949, 1961),
    st.booleans(),
)
def test_what_passes_both_passes_the_narrowed_one(
    one: AssetFilter, other: AssetFilter, asset: AssetId, kind: AssetKind, year: int, has_speech: bool
) -> None:
    joined = narrowed(one, other)
    both = all(_passes(where, asset, kind, year, has_speech=has_speech) for where in (one, other))
    assert (joined is not None and _passes(joined, asset, kind, year, has_speech=has_speech)) == both


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (AssetFilter(), AssetFilter(), AssetFilter()),
        (AssetFilter(persons=(PersonId("p"),)), AssetFilter(persons=(PersonId("q"), PersonId("p"))),
         AssetFilter(persons=(PersonId("p"), PersonId("q")))),
        (AssetFilter(without=(AssetFilter(assets=(A,)),)), AssetFilter(years=Span(1950)),
         AssetFilter(years=Span(1950), without=(AssetFilter(assets=(A,)),))),
        (AssetFilter(storage_classes=("GLACIER",)), AssetFilter(storage_classes=("STANDARD",)), None),
        (AssetFilter(black_and_white=True), AssetFilter(black_and_white=False), None),
    ],
)  # fmt: skip
def test_joining(one: AssetFilter, other: AssetFilter, both: AssetFilter | None) -> None:
    assert narrowed(one, other) == both
