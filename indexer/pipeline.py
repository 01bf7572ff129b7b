"""One asset: run the stages that are not done at (input digest, stage version), commit each with its proof.

Stages run in the order of the recipe. Neighbouring stages that watch the proxy share one look at it, which is
made once however many of them are due; each of them still commits on its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.model import AssetKind, StageRun
from foundation import logging
from foundation.errors import ModelError
from indexer.work import Commit, Work
from media.look import Look, Sample

EVERY_KIND = frozenset(AssetKind)
PICTURES = frozenset({AssetKind.VIDEO, AssetKind.STILL})
SOUNDS = frozenset({AssetKind.VIDEO, AssetKind.SOUND})


class Observer(Protocol):
    """Watches the look at a proxy."""

    def see(self, sample: Sample) -> None:
        """One sampled frame; samples come in frame order."""

    def finish(self, look: Look) -> Commit:
        """The look is over: what is to be written."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the walk.

    Attributes:
        name: Its name in the catalog and in progress reports.
        version: Changes when its results would: code, settings that matter, encoder revision.
        kinds: Kinds of asset it is for.
        inputs: Digest of what it reads; known before it runs.
    """

    name: str
    version: str
    kinds: frozenset[AssetKind]
    inputs: Callable[[Work], str]

    @property
    def title(self) -> str:
        """Its name for people, without the pack's revision."""
        return self.name.partition("@")[0]

    def is_due(self, work: Work) -> bool:
        """Say whether it has to run for this asset."""
        done = work.done.get(self.name)
        return work.asset.kind in self.kinds and (
            done is None or (done.version, done.input_digest) != (self.version, self.inputs(work))
        )


@dataclass(frozen=True, slots=True)
class Doing(Stage):
    """A stage that works by itself."""

    run: Callable[[Work], Commit]


@dataclass(frozen=True, slots=True)
class Watching(Stage):
    """A stage that watches the one look at the proxy."""

    observe: Callable[[Work], Observer]


LookAt = Callable[[Work, Sequence[Observer]], Look]
"""Makes the one look at an asset's proxy and lets every observer see its samples."""


def run_stages(work: Work, stages: Sequence[Stage], look_at: LookAt) -> bool:
    """Run what is due, in order.

    Returns:
        False when a stage was left out because its model does not load: a later run tries it again.
    """
    complete = True
    for at, stage in enumerate(stages):
        if isinstance(stage, Doing) and stage.is_due(work):
            complete &= _do(work, stage)
        elif isinstance(stage, Watching) and not (at and isinstance(stages[at - 1], Watching)):
            complete &= _watch(work, _neighbours(stages[at:]), look_at)
    return complete


def _neighbours(stages: Sequence[Stage]) -> list[Watching]:
    found: list[Watching] = []
    for stage in stages:
        if not isinstance(stage, Watching):
            break
        found.append(stage)
    return found


def _do(work: Work, stage: Doing) -> bool:
    work.lease.report(stage.title, 0.0)
    try:
        facts = stage.run(work)
    except ModelError as error:
        return _left_out(stage, error)
    _commit(work, stage, facts)
    return True


def _watch(work: Work, stages: Sequence[Watching], look_at: LookAt) -> bool:
    due = [stage for stage in stages if stage.is_due(work)]
    watching: list[tuple[Watching, Observer]] = []
    for stage in due:
        work.lease.report(stage.title, 0.0)
        try:
            watching.append((stage, stage.observe(work)))
        except ModelError as error:
            _left_out(stage, error)
    if watching:
        work.lease.report("look", 0.0)
        look = look_at(work, [observer for _, observer in watching])
        for stage, observer in watching:
            work.lease.report(stage.title, 1.0)
            _commit(work, stage, observer.finish(look))
    return len(watching) == len(due)


def _left_out(stage: Stage, error: ModelError) -> bool:
    logging.get(__name__).warning("stage.left-out", stage=stage.name, code=error.code, reason=error.message)
    return False


def _commit(work: Work, stage: Stage, facts: Commit) -> None:
    """Write a stage's facts and the proof that it is done, together or not at all."""
    with work.services.catalog.write() as writer:
        work.lease.fence(writer)
        facts(writer)
        proof = StageRun(work.asset.id, stage.name, stage.version, stage.inputs(work))
        writer.facts_writer.finish_stage(proof)
    work.refresh()
