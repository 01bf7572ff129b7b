"""What was seen, heard and said, read from SQL."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from catalog.model import (
    PLAYABLE,
    Cue,
    CueKind,
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
from catalog.rows import Row, box_of, frames_of, sound_of
from catalog.session import Session, one_of
from catalog.tables_facts import (
    cues,
    keyframes,
    passages,
    renditions,
    screen_texts,
    shots,
    stage_runs,
    statements,
    vector_files,
)
from catalog.tables_people import face_tracks
from foundation.ids import AssetId
from foundation.timecode import FrameRange, SampleRange


class SqlFacts:
    """Facts of one asset, in order."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def shots(self, asset_id: AssetId) -> list[Shot]:
        """In order."""
        return [
            Shot(row.id, row.asset_id, row.ordinal, FrameRange(row.in_frame, row.out_frame))
            for row in self._of(shots, asset_id, shots.c.ordinal)
        ]

    def keyframes(self, asset_id: AssetId) -> list[Keyframe]:
        """In order of frame."""
        rows = self._of(keyframes, asset_id, keyframes.c.frame)
        return [Keyframe(row.asset_id, row.shot_id, row.frame, row.path) for row in rows]

    def cues(self, asset_id: AssetId) -> list[Cue]:
        """In order."""
        return [_cue(row) for row in self._of(cues, asset_id, cues.c.ordinal)]

    def passages_at(self, keys: Iterable[tuple[AssetId, int]]) -> dict[tuple[AssetId, int], Passage]:
        """Passages by asset and ordinal, those that exist."""
        return {(row.asset_id, row.ordinal): _passage(row) for row in self._asked(_passages_asked(), keys)}

    def cues_of(self, keys: Iterable[tuple[AssetId, int]]) -> dict[tuple[AssetId, int], tuple[Cue, ...]]:
        """Cues of the passages with this asset and ordinal, those that exist."""
        found: dict[tuple[AssetId, int], list[Cue]] = defaultdict(list)
        for row in self._asked(_cues_asked(), keys):
            found[(row.asset_id, row.passage)].append(_cue(row))
        return {key: tuple(several) for key, several in found.items()}

    def passages(self, asset_id: AssetId) -> list[Passage]:
        """In order."""
        return [_passage(row) for row in self._of(passages, asset_id, passages.c.ordinal)]

    def screen_text(self, asset_id: AssetId) -> list[ScreenText]:
        """In order."""
        return [_screen_text(row) for row in self._of(screen_texts, asset_id, screen_texts.c.ordinal)]

    def faces(self, asset_id: AssetId) -> list[FaceTrack]:
        """In order."""
        return [face_of(row) for row in self._of(face_tracks, asset_id, face_tracks.c.ordinal)]

    def statements(self, asset_id: AssetId) -> list[Statement]:
        """Those not superseded, in the order they were made."""
        current = statements.c.superseded_by.is_(None)
        query = sa.select(statements).where(statements.c.asset_id == asset_id, current)
        return [statement_of(row) for row in self._session.rows(query.order_by(statements.c.row))]

    def renditions(self, asset_id: AssetId) -> dict[RenditionRole, Rendition]:
        """By role."""
        rows = self._of(renditions, asset_id, renditions.c.role)
        return {RenditionRole(row.role): _rendition(row) for row in rows}

    def playable(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Rendition]:
        """What is played or looked at, for those assets that have something to show."""
        return {row.asset_id: _rendition(row) for row in self._session.rows_of(_playable(), asset_ids)}

    def vector_files(self, asset_id: AssetId | None = None) -> list[VectorFile]:
        """Of one asset, or all, by asset and space."""
        query = sa.select(vector_files).order_by(vector_files.c.asset_id, vector_files.c.space)
        if asset_id is not None:
            query = query.where(vector_files.c.asset_id == asset_id)
        return [VectorFile(**row._mapping) for row in self._session.rows(query)]  # noqa: SLF001 - SQLAlchemy's own API

    def stage_runs(self, asset_id: AssetId) -> dict[str, StageRun]:
        """By stage name."""
        return {
            row.stage: StageRun(row.asset_id, row.stage, row.version, row.input_digest, row.finished_at)
            for row in self._of(stage_runs, asset_id, stage_runs.c.stage)
        }

    def _asked(self, statement: sa.Select[Any], keys: Iterable[tuple[AssetId, int]]) -> Sequence[Row]:
        asked = list(keys)
        return self._session.rows(statement, {"asked": json.dumps(asked)}) if asked else ()

    def _of(self, table: sa.Table, asset_id: AssetId, order: sa.ColumnElement[Any]) -> list[Row]:
        return list(self._session.rows(sa.select(table).where(table.c.asset_id == asset_id).order_by(order)))


@cache
def _playable() -> sa.Select[Any]:
    return sa.select(renditions).where(one_of(renditions.c.asset_id), renditions.c.role.in_(PLAYABLE))


@cache
def _asked() -> tuple[sa.TableValuedAlias, sa.ColumnElement[bool]]:
    """Any number of keys as one parameter, so that one statement, built once, serves them all."""
    keys = sa.func.json_each(sa.bindparam("asked", type_=sa.String)).table_valued("value", name="asked")
    asset, ordinal = (
        sa.func.json_extract(keys.c.value, f"$[{place}]", type_=sa.types.NullType()) for place in (0, 1)
    )
    return keys, sa.and_(passages.c.asset_id == asset, passages.c.ordinal == ordinal)


@cache
def _passages_asked() -> sa.Select[Any]:
    keys, place = _asked()
    return sa.select(passages).join_from(keys, passages, place)


@cache
def _cues_asked() -> sa.Select[Any]:
    """Cues of the passages asked for, each with the ordinal of its passage, in order."""
    keys, place = _asked()
    listed = sa.func.json_each(passages.c.cue_ids).table_valued("key", "value", name="listed")
    held = sa.join(keys, passages, place).join(listed, sa.true()).join(cues, cues.c.id == listed.c.value)
    order = (passages.c.asset_id, passages.c.ordinal, listed.c.key)
    return sa.select(passages.c.ordinal.label("passage"), cues).select_from(held).order_by(*order)


def face_of(row: Row) -> FaceTrack:
    """A face track from its row."""
    return FaceTrack(
        id=row.id,
        asset_id=row.asset_id,
        shot_id=row.shot_id,
        ordinal=row.ordinal,
        frames=FrameRange(row.in_frame, row.out_frame),
        best_frame=row.best_frame,
        box=box_of(row),
        quality=row.quality,
        person_id=row.person_id,
        cluster_id=row.cluster_id,
    )


def statement_of(row: Row) -> Statement:
    """A statement from its row."""
    return Statement(
        id=row.id,
        asset_id=row.asset_id,
        field=row.field,
        value=row.value,
        source=row.source,
        confidence=row.confidence,
        language=row.language,
        frames=frames_of(row),
        sound=sound_of(row),
        box=None if row.box_left is None else box_of(row),
        supersedes=row.supersedes,
        principal=row.principal,
        created_at=row.created_at,
    )


def _cue(row: Row) -> Cue:
    return Cue(
        id=row.id,
        asset_id=row.asset_id,
        ordinal=row.ordinal,
        sound=SampleRange(row.start, row.end),
        text=row.text,
        kind=CueKind(row.kind),
        language=row.language,
        speaker=row.speaker,
        track=row.track,
        confidence=row.confidence,
    )


def _passage(row: Row) -> Passage:
    return Passage(
        id=row.id,
        asset_id=row.asset_id,
        ordinal=row.ordinal,
        sound=SampleRange(row.start, row.end),
        text=row.text,
        kind=CueKind(row.kind),
        language=row.language,
        cue_ids=tuple(row.cue_ids),
    )


def _screen_text(row: Row) -> ScreenText:
    return ScreenText(
        asset_id=row.asset_id,
        ordinal=row.ordinal,
        frames=FrameRange(row.in_frame, row.out_frame),
        box=box_of(row),
        text=row.text,
        confidence=row.confidence,
    )


def _rendition(row: Row) -> Rendition:
    return Rendition(
        role=RenditionRole(row.role),
        path=row.path,
        size=row.size,
        sha256=row.sha256,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        frames=row.frames,
    )
