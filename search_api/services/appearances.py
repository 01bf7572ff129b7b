"""Where the people that a search asks for are seen: moments elsewhere in the same films do not show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.query import AssetFilter
from catalog.repository import CatalogReader
from foundation.ids import AssetId, PersonId
from search_api.services.moments import Moment, Span, span_at

_MOST = 10_000
"""Appearances of one person that are looked at."""


@dataclass(frozen=True, slots=True)
class Appearances:
    """Spans in which one of the people is seen, by asset; None, of the whole, in a still."""

    spans: Mapping[AssetId, Sequence[Span | None]]

    def show(self, moment: Moment) -> bool:
        """Say whether one of them is seen in the moment; one of a whole asset holds all of it."""
        seen = self.spans.get(moment.asset, ())
        return moment.span is None or any(span is None or span.overlaps(moment.span) for span in seen)


def appearances_of(
    persons: Sequence[PersonId], assets: Iterable[AssetId], reader: CatalogReader
) -> Appearances | None:
    """Look up where these people are seen in these assets; None where nobody was asked for."""
    if not persons:
        return None
    where, spans = AssetFilter(assets=tuple(assets)), dict[AssetId, list[Span | None]]()
    for person in persons if where.assets else ():
        for track in reader.people.tracks(person, where, _MOST):
            spans.setdefault(track.asset_id, []).append(span_at(track.frames, None, None))
    return Appearances(spans)
