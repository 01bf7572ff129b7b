"""Replaces one stage's facts of an asset in SQL; full text follows in the same transaction."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from catalog.fulltext import ONSCREEN, SPEECH, TextIndex, rows_of
from catalog.model import (
    ChangeKind,
    Cue,
    FaceTrack,
    Keyframe,
    Passage,
    Rendition,
    ScreenText,
    Shot,
    StageRun,
    Statement,
    VectorFile,
)
from catalog.rows import Row, box_values, frame_values, sound_values
from catalog.session import Session
from catalog.sql_faces import FaceNames
from catalog.sql_statements import StatementRows
from catalog.tables import assets
from catalog.tables_facts import cues as cue_table
from catalog.tables_facts import keyframes as keyframe_table
from catalog.tables_facts import passages as passage_table
from catalog.tables_facts import (
    renditions,
    screen_texts,
    stage_runs,
    vector_files,
)
from catalog.tables_facts import shots as shot_table
from foundation.errors import AssetNotFound
from foundation.ids import AssetId, StatementId

TAIL_WORDS = 12
"""Words of the following passages that an exact phrase may run on into."""


class SqlFactWriter:
    """Every method replaces what it names in a few statements."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_rendition(self, asset_id: AssetId, rendition: Rendition) -> None:
        """Add or replace by role."""
        same = (renditions.c.asset_id == asset_id, renditions.c.role == rendition.role)
        self._session.run(sa.delete(renditions).where(*same))
        values = {
            "asset_id": asset_id,
            "role": rendition.role,
            "path": rendition.path,
            "size": rendition.size,
            "sha256": rendition.sha256,
            "media_type": rendition.media_type,
            "width": rendition.width,
            "height": rendition.height,
            "frames": rendition.frames,
        }
        self._session.run(sa.insert(renditions).values(values))

    def replace_shots(self, asset_id: AssetId, shots: Sequence[Shot], keyframes: Sequence[Keyframe]) -> None:
        """All shots and keyframes."""
        self._replace(shot_table, asset_id, [_shot_values(asset_id, shot) for shot in shots])
        rows = [
            {"asset_id": asset_id, "frame": item.frame, "shot_id": item.shot_id, "path": item.path}
            for item in keyframes
        ]
        self._replace(keyframe_table, asset_id, rows)

    def replace_words(self, asset_id: AssetId, cues: Sequence[Cue], passages: Sequence[Passage]) -> None:
        """All cues and passages."""
        self._replace(cue_table, asset_id, [_cue_values(asset_id, cue) for cue in cues])
        first, _ = rows_of(self._row_of(asset_id).row)
        tails = _tails(passages)
        rows = [
            {"row": first + item.ordinal, "tail": tails[item.ordinal], **_passage_values(asset_id, item)}
            for item in passages
        ]
        self._replace_indexed(SPEECH, passage_table, asset_id, rows)

    def replace_screen_text(self, asset_id: AssetId, texts: Sequence[ScreenText]) -> None:
        """All text on screen."""
        first, _ = rows_of(self._row_of(asset_id).row)
        rows = [{"row": first + item.ordinal, **_screen_values(asset_id, item)} for item in texts]
        self._replace_indexed(ONSCREEN, screen_texts, asset_id, rows)

    def replace_faces(self, asset_id: AssetId, faces: Sequence[FaceTrack]) -> None:
        """All face tracks; names people gave survive by overlap in range and box."""
        FaceNames(self._session).replace_tracks(asset_id, faces)

    def replace_statements(self, asset_id: AssetId, source: str, statements: Sequence[Statement]) -> None:
        """All statements of one machine source; human ones are never touched."""
        StatementRows(self._session, self._row_of(asset_id)).replace(source, statements)

    def add_statement(self, statement: Statement) -> None:
        """One statement of a person."""
        StatementRows(self._session, self._row_of(statement.asset_id)).add(statement)

    def take_back(self, asset_id: AssetId, statement_id: StatementId) -> Statement:
        """Forget what a person said; raises StatementNotFound, StateConflict."""
        return StatementRows(self._session, self._row_of(asset_id)).take_back(statement_id)

    def put_vectors(self, file: VectorFile) -> None:
        """Add or replace by (asset, space); appends a VECTORS change."""
        same = (vector_files.c.asset_id == file.asset_id, vector_files.c.space == file.space)
        self._session.run(sa.delete(vector_files).where(*same))
        values = {
            "asset_id": file.asset_id,
            "space": file.space,
            "kind": file.kind,
            "encoder": file.encoder,
            "revision": file.revision,
            "dim": file.dim,
            "rows": file.rows,
            "path": file.path,
            "sha256": file.sha256,
        }
        self._session.run(sa.insert(vector_files).values(values))
        self._session.tell(file.asset_id, ChangeKind.VECTORS, file.space)

    def drop_vectors(self, asset_id: AssetId, space: str) -> None:
        """Forget the vectors of an asset in a space; appends a VECTORS change."""
        same = (vector_files.c.asset_id == asset_id, vector_files.c.space == space)
        if self._session.run(sa.delete(vector_files).where(*same)):
            self._session.tell(asset_id, ChangeKind.VECTORS, space)

    def finish_stage(self, run: StageRun) -> None:
        """Record that a stage is done, in the same transaction as its facts."""
        same = (stage_runs.c.asset_id == run.asset_id, stage_runs.c.stage == run.stage)
        self._session.run(sa.delete(stage_runs).where(*same))
        values = {
            "asset_id": run.asset_id,
            "stage": run.stage,
            "version": run.version,
            "input_digest": run.input_digest,
            "finished_at": run.finished_at or self._session.now,
        }
        self._session.run(sa.insert(stage_runs).values(values))

    def _replace(self, table: sa.Table, asset_id: AssetId, rows: Sequence[Mapping[str, object]]) -> None:
        self._session.run(sa.delete(table).where(table.c.asset_id == asset_id))
        self._session.run(sa.insert(table), rows)

    def _replace_indexed(
        self, index: TextIndex, table: sa.Table, asset_id: AssetId, rows: Sequence[Mapping[str, object]]
    ) -> None:
        first, last = rows_of(self._row_of(asset_id).row)
        index.forget(self._session, first, last)
        self._replace(table, asset_id, rows)
        index.learn(self._session, first, last)

    def _row_of(self, asset_id: AssetId) -> Row:
        row = self._session.first(sa.select(assets).where(assets.c.id == asset_id))
        if row is None:
            raise AssetNotFound(f"There is no asset {asset_id}.")
        return row


def _tails(found: Sequence[Passage]) -> dict[int, str]:
    """The first words that follow each passage in its own kind and language, by ordinal."""
    following: dict[tuple[str, str | None], list[str]] = {}
    tails = {}
    for passage in sorted(found, key=lambda item: -item.ordinal):
        stream = (passage.kind, passage.language)
        words = following.get(stream, [])
        tails[passage.ordinal] = " ".join(words)
        following[stream] = (passage.text.split()[:TAIL_WORDS] + words)[:TAIL_WORDS]
    return tails


def _shot_values(asset_id: AssetId, shot: Shot) -> dict[str, object]:
    return {"asset_id": asset_id, "id": shot.id, "ordinal": shot.ordinal, **frame_values(shot.frames)}


def _cue_values(asset_id: AssetId, cue: Cue) -> dict[str, object]:
    return {
        "asset_id": asset_id,
        "id": cue.id,
        "ordinal": cue.ordinal,
        "text": cue.text,
        "kind": cue.kind,
        "language": cue.language,
        "speaker": cue.speaker,
        "track": cue.track,
        "confidence": cue.confidence,
        **sound_values(cue.sound),
    }


def _passage_values(asset_id: AssetId, passage: Passage) -> dict[str, object]:
    return {
        "asset_id": asset_id,
        "id": passage.id,
        "ordinal": passage.ordinal,
        "text": passage.text,
        "kind": passage.kind,
        "language": passage.language,
        "cue_ids": list(passage.cue_ids),
        **sound_values(passage.sound),
    }


def _screen_values(asset_id: AssetId, text: ScreenText) -> dict[str, object]:
    return {
        "asset_id": asset_id,
        "ordinal": text.ordinal,
        "text": text.text,
        "confidence": text.confidence,
        **frame_values(text.frames),
        **box_values(text.box),
    }
