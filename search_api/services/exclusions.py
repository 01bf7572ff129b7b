"""What ``NOT`` and ``-word`` bar: words wherever they are written or said, and people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import Asset, AssetTimeline
from catalog.query import AssetFilter
from catalog.repository import CatalogReader, TextMatch, TextQuery
from foundation.ids import AssetId
from foundation.timecode import FrameRange, SampleRange
from search_api.services.filters import refused_persons
from search_api.services.moments import Moment, Span, span_at
from search_api.services.parse import Clause, ExcludedText
from search_api.services.sentences import cut_to_sentences
from search_api.services.timelines import Timelines

_MOST = 10_000
"""Places of one excluded text that are looked at."""


@dataclass(frozen=True, slots=True)
class _Place:
    asset: AssetId
    frames: FrameRange | None
    sound: SampleRange | None


@dataclass(frozen=True, slots=True)
class Barred:
    """Spans that no moment may overlap, by asset; None bars the whole of it."""

    spans: Mapping[AssetId, Sequence[Span | None]]

    def allows(self, moment: Moment) -> bool:
        """Say whether the moment touches nothing barred; one of a whole asset holds all of it."""
        barred = self.spans.get(moment.asset, ())
        return not any(span is None or moment.span is None or span.overlaps(moment.span) for span in barred)


def barred_by(
    clause: Clause, assets: Mapping[AssetId, Asset], reader: CatalogReader, timelines: Timelines
) -> Barred:
    """Look up in these assets what the clause excludes."""
    if not assets or not (clause.excluded or clause.refused):
        return Barred({})
    where = AssetFilter(assets=tuple(assets))
    places = [place for item in clause.excluded for place in _written(item, where, reader)]
    for person in refused_persons(clause, reader):
        tracks = reader.people.tracks(person, where, _MOST)
        places += [_Place(track.asset_id, track.frames, None) for track in tracks]
    heard = {place.asset for place in places if place.sound is not None}
    lines = timelines.of(reader, [assets[asset] for asset in heard if asset in assets])
    spans: dict[AssetId, list[Span | None]] = {}
    for place in places:
        spans.setdefault(place.asset, []).append(_span(place, lines))
    return Barred(spans)


def _span(place: _Place, lines: Mapping[AssetId, AssetTimeline]) -> Span | None:
    line = lines.get(place.asset)
    return span_at(place.frames, place.sound, None if line is None else line.pts)


def _written(item: ExcludedText, where: AssetFilter, reader: CatalogReader) -> Iterable[_Place]:
    query = TextQuery(item.text.telling, item.text.phrases)
    words, matches = reader.words, list[TextMatch]()
    if item.scope in ("any", "said"):
        matches += cut_to_sentences(words.speech(query, where, _MOST), reader)
    if item.scope in ("any", "onscreen"):
        matches += words.onscreen(query, where, _MOST)
    if item.scope == "any":
        matches += [*words.names(query, where, _MOST), *words.descriptions(query, where, _MOST)]
    return [_Place(m.asset_id, m.frames, m.sound) for m in matches if _holds_all(m, item.text.telling)]


def _holds_all(match: TextMatch, words: Sequence[str]) -> bool:
    """Every word was found, whatever ending the full text cut off."""
    found = [word.casefold() for word in match.matched]
    return all(any(word.casefold().startswith(one) for one in found) for word in words)
