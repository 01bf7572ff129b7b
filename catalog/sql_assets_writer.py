"""Changes to works and copies in SQL."""

import dataclasses
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from catalog.lifecycle import check_asset, identity_of
from catalog.model import Asset, AssetState, ChangeKind, Instance, Track
from catalog.rows import Row, object_values, technical_values
from catalog.session import Session, chunks
from catalog.sql_audit import SqlAudit
from catalog.sql_erase import drop_asset, drop_machine_facts, keep_tombstone, move_human_facts
from catalog.sql_names import index_names
from catalog.sql_presence import refresh_assets
from catalog.sql_standing import note_arrival
from catalog.sql_years import PERSON, refresh_year, stated_year
from catalog.tables import aliases, assets, dates, instances, objects
from catalog.tables_facts import stage_runs, timelines, vector_files
from catalog.tables_facts import tracks as track_table
from foundation.errors import AssetNotFound, StateConflict
from foundation.ids import AssetId, InstanceId
from foundation.timecode import PtsTable

_IN_PAYLOAD = ("kind", "year", "duration_ms")


class SqlAssetWriter:
    """Each change appends to the feed what followers need."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def register(self, asset: Asset, instance: Instance) -> None:
        """A new asset with its first instance.

        Raises:
            StateConflict: The location already has an instance of this name.
        """
        self._refuse_double(instance)
        self._add_asset(asset, instance)
        self._add_instance(instance, asset)
        self._replace_date(asset)
        index_names(self._session, asset.id)

    def split(self, asset: Asset, instance: Instance) -> None:
        """A copy was overwritten and others were not: it becomes the first copy of a new asset."""
        former = self._session.value(sa.select(instances.c.asset_id).where(instances.c.id == instance.id))
        self._add_asset(asset, instance)
        chosen = instances.c.id == instance.id
        self._session.run(sa.update(instances).where(chosen).values(asset_id=asset.id))
        index_names(self._session, asset.id)
        refresh_assets(self._session, [former, asset.id])

    def _add_asset(self, asset: Asset, instance: Instance) -> None:
        values = {
            "id": asset.id,
            "kind": asset.kind,
            "name": asset.name,
            "location_id": asset.location_id,
            "collection": asset.collection,
            "principal": self._session.principal,
            "state": AssetState.PRESENT if instance.available else AssetState.UNAVAILABLE,
            "version": asset.version,
            "storage_class": instance.essence.storage_class,
            "has_speech": asset.has_speech,
            "created_at": asset.created_at or self._session.now,
            **_described(asset),
        }
        self._session.run(sa.insert(assets).values(values))

    def replace_instance(self, instance: Instance) -> None:
        """New facts of a known instance; a new name or location means that it moved."""
        values = {
            "location_id": instance.location_id,
            "name": instance.name,
            "kind": instance.kind,
            "identity": identity_of(instance.objects),
            "storage_class": instance.essence.storage_class,
            "available": instance.available,
        }
        row = self._row_of(instance.asset_id)
        if not self._session.run(sa.update(instances).where(instances.c.id == instance.id).values(values)):
            self._add_instance(instance, row)
        else:
            self._session.run(sa.delete(objects).where(objects.c.instance_id == instance.id))
            self._add_objects(instance)
        refresh_assets(self._session, [instance.asset_id])

    def new_version(self, asset_id: AssetId) -> None:
        """The bytes were overwritten: version + 1, what machines found is dropped, what people said stays."""
        row = self._row_of(asset_id)
        drop_machine_facts(self._session, row)
        blank = _described(Asset(row.id, row.kind, row.name, row.location_id))
        values = (
            blank
            | stated_year(self._session, asset_id)
            | {
                "kind": row.kind,
                "version": row.version + 1,
                "indexed_at": None,
                "has_speech": None,
                "black_and_white": None,
            }
        )
        self._session.run(sa.update(assets).where(assets.c.id == asset_id).values(values))
        index_names(self._session, asset_id)
        self._session.tell(asset_id, ChangeKind.DELETE)

    def set_available(self, instance_ids: Sequence[InstanceId], *, available: bool) -> None:
        """Take note of copies that are gone or back."""
        for ids in chunks(instance_ids):
            chosen = instances.c.id.in_(ids)
            touched = self._session.rows(sa.select(instances.c.asset_id).where(chosen))
            self._session.run(sa.update(instances).where(chosen).values(available=available))
            refresh_assets(self._session, [row.asset_id for row in touched])

    def set_state(self, asset_id: AssetId, state: AssetState) -> None:
        """Withdraw, bring back, erase; raises StateConflict."""
        row = self._row_of(asset_id)
        old = AssetState(row.state)
        check_asset(old, state)
        if state == old:
            return
        if state == AssetState.ERASED:
            keep_tombstone(self._session, row)
        self._session.run(sa.update(assets).where(assets.c.id == asset_id).values(state=state))
        if state in (AssetState.WITHDRAWN, AssetState.ERASED):
            self._session.tell(asset_id, ChangeKind.DELETE)
        elif old == AssetState.WITHDRAWN:
            self._tell_vectors(asset_id)
            refresh_assets(self._session, [asset_id])
        else:
            self._session.tell(asset_id, ChangeKind.PAYLOAD)

    def describe(self, asset: Asset, pts: PtsTable | None, tracks: Sequence[Track]) -> None:
        """Kind, technical facts, duration, dates, digest, pts table and tracks found by probing."""
        row = self._row_of(asset.id)
        values = _described(asset) | stated_year(self._session, asset.id)
        self._session.run(sa.update(assets).where(assets.c.id == asset.id).values(values))
        self._replace_timeline(asset.id, pts)
        self._replace_tracks(asset.id, tracks)
        self._replace_date(asset)
        index_names(self._session, asset.id)
        if any(getattr(row, name) != values[name] for name in _IN_PAYLOAD):
            self._session.tell(asset.id, ChangeKind.PAYLOAD)

    def set_has_speech(self, asset_id: AssetId, *, has_speech: bool) -> None:
        """Speech was heard or captioned, or not."""
        row = self._row_of(asset_id)
        if row.has_speech != has_speech:
            self._session.run(sa.update(assets).where(assets.c.id == asset_id).values(has_speech=has_speech))
            self._session.tell(asset_id, ChangeKind.PAYLOAD)

    def mark_indexed(self, asset_id: AssetId) -> None:
        """The walk is complete for the current version."""
        self._session.run(
            sa.update(assets).where(assets.c.id == asset_id).values(indexed_at=self._session.now)
        )
        note_arrival(self._session, asset_id)

    def reopen(self, asset_id: AssetId, stages: Collection[str], *, needs_master: bool) -> None:
        """What these stages made is lost: they count as not done."""
        lost = (stage_runs.c.asset_id == asset_id, stage_runs.c.stage.in_(stages))
        self._session.run(sa.delete(stage_runs).where(*lost))
        if needs_master:
            self._session.run(sa.update(assets).where(assets.c.id == asset_id).values(indexed_at=None))

    def merge(self, duplicate: AssetId, into: AssetId) -> None:
        """Equal bytes: instances and what people said move, an alias stays, the duplicate's facts go.

        What stays is withdrawn where the duplicate was, and the audit trail says so.
        """
        if duplicate == into:
            raise StateConflict(f"Asset {into} cannot be merged into itself.")
        gone, kept = self._row_of(duplicate), self._row_of(into)
        move_human_facts(self._session, gone, kept)
        self._session.run(sa.update(instances).where(instances.c.asset_id == duplicate).values(asset_id=into))
        drop_asset(self._session, gone)
        self._session.run(sa.update(aliases).where(aliases.c.asset_id == duplicate).values(asset_id=into))
        alias = {"alias": duplicate, "asset_id": into, "created_at": self._session.now}
        self._session.run(sa.insert(aliases).values(alias))
        self._session.tell(duplicate, ChangeKind.DELETE)
        if gone.state == AssetState.WITHDRAWN and kept.state != AssetState.WITHDRAWN:
            self._withdraw_too(into, duplicate)
        refresh_assets(self._session, [into])
        refresh_year(self._session, into)

    def _withdraw_too(self, asset_id: AssetId, duplicate: AssetId) -> None:
        self.set_state(asset_id, AssetState.WITHDRAWN)
        audit = SqlAudit(self._session)
        audit.append(self._session.principal, "asset.withdraw", asset_id, {"merged": duplicate})

    def _row_of(self, asset_id: AssetId) -> Row:
        row = self._session.first(sa.select(assets).where(assets.c.id == asset_id))
        if row is None:
            raise AssetNotFound(f"There is no asset {asset_id}.")
        return row

    def _refuse_double(self, instance: Instance) -> None:
        place = (instances.c.location_id == instance.location_id, instances.c.name == instance.name)
        if self._session.first(sa.select(instances.c.id).where(*place)) is not None:
            raise StateConflict(f"{instance.name!r} is registered in this location already.")

    def _add_instance(self, instance: Instance, owner: Asset | Row) -> None:
        values = {
            "id": instance.id,
            "asset_id": instance.asset_id,
            "location_id": instance.location_id,
            "name": instance.name,
            "kind": instance.kind,
            "identity": identity_of(instance.objects),
            "storage_class": instance.essence.storage_class,
            "available": instance.available,
            "created_at": self._session.now,
            "principal": self._session.principal,
            "collection": owner.collection,
        }
        self._session.run(sa.insert(instances).values(values))
        self._add_objects(instance)

    def _add_objects(self, instance: Instance) -> None:
        rows = [
            {"instance_id": instance.id, "ordinal": ordinal, **object_values(item)}
            for ordinal, item in enumerate(instance.objects)
        ]
        self._session.run(sa.insert(objects), rows)

    def _replace_timeline(self, asset_id: AssetId, pts: PtsTable | None) -> None:
        self._session.run(sa.delete(timelines).where(timelines.c.asset_id == asset_id))
        if pts is not None:
            self._session.run(sa.insert(timelines).values(asset_id=asset_id, pts=pts.to_bytes()))

    def _replace_tracks(self, asset_id: AssetId, found: Sequence[Track]) -> None:
        self._session.run(sa.delete(track_table).where(track_table.c.asset_id == asset_id))
        rows = [_track_values(asset_id, track) for track in found]
        self._session.run(sa.insert(track_table), rows)

    def _replace_date(self, asset: Asset) -> None:
        if asset.year_source == PERSON:
            return  # what a stage found meanwhile waits below what was stated
        machine = (dates.c.asset_id == asset.id, dates.c.source.startswith("stage:"))
        self._session.run(sa.delete(dates).where(*machine))
        if asset.year is not None:
            values = {
                "asset_id": asset.id,
                "value": f"{asset.year:04d}",
                "kind": asset.year_source or "file",
                "source": "stage:probe",
                "created_at": self._session.now,
                "collection": asset.collection,
            }
            self._session.run(sa.insert(dates).values(values))

    def _tell_vectors(self, asset_id: AssetId) -> None:
        spaces = sa.select(vector_files.c.space).where(vector_files.c.asset_id == asset_id)
        for row in self._session.rows(spaces):
            self._session.tell(asset_id, ChangeKind.VECTORS, row.space)


def _described(asset: Asset) -> dict[str, object]:
    return {
        "kind": asset.kind,
        "sha256": asset.sha256,
        "duration_ms": asset.duration_ms,
        "year": asset.year,
        "year_source": asset.year_source,
        **technical_values(asset.technical),
    }


def _track_values(asset_id: AssetId, track: Track) -> dict[str, object]:
    values = dataclasses.asdict(track)
    return {"asset_id": asset_id, "stream": values.pop("index"), **values}
