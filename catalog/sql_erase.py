"""Dropping what is known of an asset: a version's facts, a duplicate, everything."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.fulltext import DESCRIPTIONS, ONSCREEN, SPEECH, rows_of
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_cluster_members import drop_tracks
from catalog.sql_links import move_decided_links
from catalog.sql_names import forget_names
from catalog.tables import aliases, assets, dates, erasures, instances, rights
from catalog.tables_baskets import basket_items
from catalog.tables_facts import (
    cues,
    keyframes,
    passages,
    renditions,
    screen_texts,
    shots,
    stage_runs,
    statements,
    timelines,
    tracks,
    vector_files,
)
from catalog.tables_fixity import fixity_findings, fixity_items
from catalog.tables_keeping import hot_copies, keeps
from catalog.tables_links import fingerprints, links, saved_matches
from catalog.tables_money import restores
from catalog.tables_people import face_names, prohibited_places
from catalog.tables_tiering import holds, leases, moves
from catalog.tables_work import dead_letters, jobs

_MACHINE = (
    timelines,
    tracks,
    renditions,
    shots,
    keyframes,
    cues,
    passages,
    screen_texts,
    stage_runs,
    vector_files,
    fingerprints,
    saved_matches,
)
_POINTERS = (jobs, restores, dead_letters, holds, keeps, hot_copies, moves, fixity_findings)
_TIERING = (holds, keeps, hot_copies, leases, moves, fixity_items, fixity_findings)
_HUMAN = (face_names, prohibited_places, dates, rights, basket_items)


def drop_machine_facts(session: Session, asset: Row) -> None:
    """Drop what stages found; what people said of the asset stays."""
    first, last = rows_of(asset.row)
    SPEECH.forget(session, first, last)
    ONSCREEN.forget(session, first, last)
    drop_statements(session, asset, statements.c.human.is_(False))
    drop_tracks(session, asset.id)
    _delete(session, asset.id, _MACHINE)
    _delete_links(session, asset.id, links.c.decision.is_(None))
    session.run(sa.delete(dates).where(dates.c.asset_id == asset.id, dates.c.source.startswith("stage:")))


def drop_statements(session: Session, asset: Row, condition: sa.ColumnElement[bool]) -> None:
    """Drop some statements of an asset from the table and from full text."""
    first, last = rows_of(asset.row)
    DESCRIPTIONS.forget(session, first, last)
    session.run(sa.delete(statements).where(statements.c.asset_id == asset.id, condition))
    DESCRIPTIONS.learn(session, first, last)


def drop_asset(session: Session, asset: Row) -> None:
    """Drop an asset whose copies and human facts have moved elsewhere."""
    _drop_all_facts(session, asset)
    session.run(sa.delete(assets).where(assets.c.id == asset.id))


def keep_tombstone(session: Session, asset: Row) -> None:
    """Erase all but the fact that there was something, so that a restored backup can be erased again."""
    _drop_all_facts(session, asset)
    session.run(sa.delete(instances).where(instances.c.asset_id == asset.id))
    session.run(sa.delete(dead_letters).where(dead_letters.c.asset_id == asset.id))
    _delete(session, asset.id, _TIERING)
    tombstone = {"asset_id": asset.id, "sha256": asset.sha256, "erased_at": session.now}
    session.run(
        sa.insert(erasures).values(**tombstone, principal=session.principal, collection=asset.collection)
    )
    kept = {"row", "id", "kind", "location_id", "state", "created_at", "principal", "collection", "project"}
    required = {
        "name": "",
        "version": asset.version,
        "rotation": 0,
        "colour": {},
        "storage_class": asset.storage_class,
    }
    flags = {"drop_frame": False, "variable_rate": False}
    blank = {column.name: None for column in assets.c if column.name not in kept}
    session.run(sa.update(assets).where(assets.c.id == asset.id).values(blank | required | flags))


def move_human_facts(session: Session, gone: Row, kept: Row) -> None:
    """Hand what people said of a duplicate, and what points at it, to the asset that stays."""
    first, last = rows_of(gone.row)
    base, _ = rows_of(kept.row)
    DESCRIPTIONS.forget(session, first, last)
    taken = session.value(sa.select(sa.func.max(statements.c.row)).where(statements.c.asset_id == kept.id))
    moving = sa.select(statements.c.row).where(statements.c.asset_id == gone.id, statements.c.human.is_(True))
    rows = [row.row for row in session.rows(moving.order_by(statements.c.row))]
    start = base if taken is None else taken + 1
    for number, row in enumerate(rows, start):
        moved = sa.update(statements).where(statements.c.row == row).values(row=number, asset_id=kept.id)
        session.run(moved)
    if rows:
        DESCRIPTIONS.learn(session, start, start + len(rows) - 1)
    DESCRIPTIONS.learn(session, first, last)
    move_decided_links(session, gone.id, kept.id)
    _move_leases(session, gone.id, kept.id)
    for table in (*_HUMAN, *_POINTERS):
        session.run(sa.update(table).where(table.c.asset_id == gone.id).values(asset_id=kept.id))


def _move_leases(session: Session, gone: str, kept: str) -> None:
    """A lease of somebody who has one on both assets ends with the later of the two."""
    for row in session.rows(sa.select(leases).where(leases.c.asset_id == gone)):
        both = (leases.c.asset_id == kept, leases.c.principal == row.principal)
        until = sa.func.max(leases.c.until, row.until)
        if session.run(sa.update(leases).where(*both).values(until=until)):
            session.run(sa.delete(leases).where(leases.c.id == row.id))
        else:
            session.run(sa.update(leases).where(leases.c.id == row.id).values(asset_id=kept))


def _drop_all_facts(session: Session, asset: Row) -> None:
    drop_machine_facts(session, asset)
    drop_statements(session, asset, sa.true())
    forget_names(session, asset.row)
    _delete(session, asset.id, _HUMAN)
    _delete_links(session, asset.id, sa.true())
    session.run(sa.delete(aliases).where(aliases.c.alias == asset.id))


def _delete(session: Session, asset_id: str, tables: Sequence[sa.Table]) -> None:
    for table in tables:
        session.run(sa.delete(table).where(table.c.asset_id == asset_id))


def _delete_links(session: Session, asset_id: str, condition: sa.ColumnElement[bool]) -> None:
    touching = sa.or_(links.c.first_id == asset_id, links.c.second_id == asset_id)
    session.run(sa.delete(links).where(touching, condition))
