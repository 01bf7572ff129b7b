"""Finds ``A then B``: each step is a search, first everywhere, then in the assets that any step found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.model import Asset, AssetTimeline
from catalog.query import AssetFilter, narrowed
from foundation.ids import AssetId
from search_api.services.filters import where_of
from search_api.services.moments import Moment
from search_api.services.parse import WITHIN, Step
from search_api.services.retrieval import Found, Retrieval, in_turn, merged, nothing_passes
from search_api.services.sequences import Timed, chains_of, sequence_of, timed

_FIRST = 40
"""Assets that each step is asked for anywhere."""
_TRIED = 60
"""Assets in which every step is then looked for; all of their timelines may be read."""
_VECTORS = 400
"""Vectors that each of these searches fetches at most, so that a few long films cannot make it slow."""


def sequences_found(retrieval: Retrieval, steps: Sequence[Step], base: AssetFilter) -> Found:
    """Sequences, best first; filters of any step hold for all, because all lie in one asset."""
    where = _shared(retrieval, steps, base)
    if where is None:
        return nothing_passes()
    first = retrieval.nearest(steps, where, _FIRST, _VECTORS)
    tried = in_turn([step.assets for step in first])[:_TRIED]
    within = narrowed(where, AssetFilter(assets=tuple(tried)))
    if within is None or not within.assets:
        return Found(answers=merged(step.answers for step in first))
    return _joined(
        retrieval, steps, retrieval.steps(steps, within, _TRIED, _VECTORS, [step.said for step in first])
    )


def _shared(retrieval: Retrieval, steps: Sequence[Step], base: AssetFilter) -> AssetFilter | None:
    where: AssetFilter | None = base
    for step in steps:
        if where is not None and len(step.alternatives) == 1:
            where = where_of(step.alternatives[0], where, retrieval.reader)
    return where


@dataclass(frozen=True, slots=True)
class _Candidate:
    asset: Asset
    steps: tuple[tuple[Moment, ...], ...]

    def timed(self, timeline: AssetTimeline | None) -> list[list[Timed]]:
        """Moments of each step in seconds."""
        return [
            [at for moment in moments if (at := timed(moment, self.asset, timeline)) is not None]
            for moments in self.steps
        ]


def _joined(retrieval: Retrieval, steps: Sequence[Step], found: Sequence[Found]) -> Found:
    kept = [candidate for candidate in _candidates(found) if all(candidate.steps)]
    timelines = retrieval.timelines.of(retrieval.reader, [item.asset for item in kept])
    gaps = [WITHIN if step.within is None else step.within for step in steps[1:]]
    moments = [
        sequence_of(chain)
        for item in kept
        for chain in chains_of(item.timed(timelines.get(item.asset.id)), gaps)
    ]
    assets = {item.asset.id: item.asset for item in kept}
    answers = merged(one.answers for one in found)
    return Found(sorted(moments, key=lambda moment: -moment.score), assets, answers)


def _candidates(found: Sequence[Found]) -> Iterator[_Candidate]:
    by_step: list[dict[AssetId, list[Moment]]] = [{} for _ in found]
    for groups, one in zip(by_step, found, strict=True):
        for moment in one.moments:
            groups.setdefault(moment.asset, []).append(moment)
    for asset_id, asset in found[0].assets.items():
        yield _Candidate(asset, tuple(tuple(groups.get(asset_id, ())) for groups in by_step))
