"""Ports to what was seen and heard."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from catalog.model import (
    Cue,
    FaceTrack,
    Keyframe,
    Passage,
    Rendition,
    RenditionRole,
    ScreenText,
    Shot,
    StageRun,
    Statement,
    VectorFile,
)
from foundation.ids import AssetId, StatementId


class Facts(Protocol):
    """What was seen and heard."""

    def shots(self, asset_id: AssetId) -> list[Shot]:
        """In order."""

    def keyframes(self, asset_id: AssetId) -> list[Keyframe]:
        """In order of frame."""

    def cues(self, asset_id: AssetId) -> list[Cue]:
        """In order."""

    def cues_of(self, keys: Iterable[tuple[AssetId, int]]) -> dict[tuple[AssetId, int], tuple[Cue, ...]]:
        """Cues of the passages with this asset and ordinal, those that exist, in two queries."""

    def passages(self, asset_id: AssetId) -> list[Passage]:
        """In order."""

    def passages_at(self, keys: Iterable[tuple[AssetId, int]]) -> dict[tuple[AssetId, int], Passage]:
        """Passages by asset and ordinal, those that exist, in one query."""

    def screen_text(self, asset_id: AssetId) -> list[ScreenText]:
        """In order."""

    def faces(self, asset_id: AssetId) -> list[FaceTrack]:
        """In order."""

    def statements(self, asset_id: AssetId) -> list[Statement]:
        """Those not superseded."""

    def renditions(self, asset_id: AssetId) -> dict[RenditionRole, Rendition]:
        """By role."""

    def playable(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Rendition]:
        """What is played or looked at, for those assets that have something to show, in one query."""

    def vector_files(self, asset_id: AssetId | None = None) -> list[VectorFile]:
        """Of one asset, or all."""

    def stage_runs(self, asset_id: AssetId) -> dict[str, StageRun]:
        """By stage name."""


class FactWriter(Protocol):
    """Replaces one stage's facts of an asset in one step; full text follows in the same transaction."""

    def put_rendition(self, asset_id: AssetId, rendition: Rendition) -> None:
        """Add or replace by role."""

    def replace_shots(self, asset_id: AssetId, shots: Sequence[Shot], keyframes: Sequence[Keyframe]) -> None:
        """All shots and keyframes."""

    def replace_words(self, asset_id: AssetId, cues: Sequence[Cue], passages: Sequence[Passage]) -> None:
        """All cues and passages."""

    def replace_screen_text(self, asset_id: AssetId, texts: Sequence[ScreenText]) -> None:
        """All text on screen."""

    def replace_faces(self, asset_id: AssetId, faces: Sequence[FaceTrack]) -> None:
        """All face tracks; what people decided survives by overlap in range and box."""

    def replace_statements(self, asset_id: AssetId, source: str, statements: Sequence[Statement]) -> None:
        """All statements of one machine source; human ones are never touched."""

    def add_statement(self, statement: Statement) -> None:
        """One statement of a person; a year it says counts from now on.

        What it supersedes is listed and found no more; a whole asset's title or date supersedes all others.
        """

    def take_back(self, asset_id: AssetId, statement_id: StatementId) -> Statement:
        """Forget what a person said; what it superseded stands again.

        Raises:
            StatementNotFound: The asset has none of this id.
            StateConflict: No person made it.
        """

    def put_vectors(self, file: VectorFile) -> None:
        """Add or replace by (asset, space); appends a VECTORS change."""

    def drop_vectors(self, asset_id: AssetId, space: str) -> None:
        """Forget the vectors of an asset in a space; appends a VECTORS change."""

    def finish_stage(self, run: StageRun) -> None:
        """Record that a stage is done, in the same transaction as its facts."""
