"""What ``NOT`` and ``-word`` bar: words wherever they are written or said, and people.

A place is barred as closely as it is known: the cues that say the words, the frames that show them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import Asset, AssetTimeline
from catalog.query import AssetFilter
from catalog.repository import CatalogReader, TextMatch, TextQuery
from foundation.ids import AssetId
from foundation.timecode import FrameRange, PtsTable, SampleRange
from search_api.services.filters import refused_persons
from search_api.services.fuse import Scored
from search_api.services.moments import Moment, Span, span_at, span_of
from search_api.services.parse import Clause, ExcludedText, read_words
from search_api.services.sentences import cues_around, where_all_said
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
    """Spans that nothing found may overlap, by asset; None bars the whole of it."""

    spans: Mapping[AssetId, Sequence[Span | None]]

    def allows(self, moment: Moment) -> bool:
        """Say whether the moment touches nothing barred; one of a whole asset holds all of it."""
        return self._is_free(moment.asset, moment.span)

    def kept(self, asset: AssetId, evidence: Sequence[Scored], pts: PtsTable | None) -> Sequence[Scored]:
        """What an asset is found by, less what lies where something is barred: that is no reason.

        What speaks of the whole asset stays, in support of the moments that are left.
        """
        if asset not in self.spans:
            return evidence
        return [
            item
            for item in evidence
            if item.evidence.is_whole or self._is_free(asset, span_of(item.evidence, pts))
        ]

    def _is_free(self, asset: AssetId, span: Span | None) -> bool:
        barred = self.spans.get(asset, ())
        return not any(place is None or span is None or place.overlaps(span) for place in barred)


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
    pts = None if line is None else line.pts
    if place.frames is None and place.sound is not None and pts is not None:
        # A frame that the next sentence begins in belongs to both; it does not bar that sentence.
        return span_at(pts.frames_within(place.sound), None, None)
    return span_at(place.frames, place.sound, pts)


def _written(item: ExcludedText, where: AssetFilter, reader: CatalogReader) -> Iterator[_Place]:
    query = TextQuery(item.text.telling, item.text.phrases)
    words = reader.words
    if item.scope in ("any", "said"):
        yield from _spoken(item, words.speech(query, where, _MOST), reader)
    if item.scope in ("any", "onscreen"):
        yield from _matched(item, words.onscreen(query, where, _MOST))
    if item.scope == "any":
        yield from _matched(item, words.names(query, where, _MOST))
        yield from _matched(item, words.descriptions(query, where, _MOST))


def _matched(item: ExcludedText, matches: Iterable[TextMatch]) -> Iterator[_Place]:
    return (_Place(m.asset_id, m.frames, m.sound) for m in matches if _holds_all(m, item.text.telling))


def _spoken(item: ExcludedText, matches: Sequence[TextMatch], reader: CatalogReader) -> Iterator[_Place]:
    """Where the words were said; the whole passage where its cues do not tell."""
    held = [match for match in matches if _holds_all(match, item.text.telling)]
    cues = cues_around([(match.asset_id, match.row) for match in held], reader)
    together = _together(item)
    for match in held:
        said = where_all_said(match.highlight, cues[match.asset_id, match.row], together)
        for sound in [match.sound] if said is None else said:
            yield _Place(match.asset_id, None, sound)


def _together(item: ExcludedText) -> tuple[str, ...]:
    """Words that one sentence must hold to be barred; none where there is one word or phrase alone."""
    parts = item.text.phrases or item.text.telling
    return read_words(" ".join(parts)).words if len(parts) > 1 else ()


def _holds_all(match: TextMatch, words: Sequence[str]) -> bool:
    """Every word was found, whatever ending the full text cut off."""
    found = [word.casefold() for word in match.matched]
    return all(any(word.casefold().startswith(one) for one in found) for word in words)
