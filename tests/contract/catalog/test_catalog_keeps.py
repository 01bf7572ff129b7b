"""Keeps and their hot copies: what every catalog must do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.model import Asset, AssetState, HotCopy, Instance, Keep, Location, RestoreState
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import KeepNotFound
from foundation.ids import AssetId, InstanceId, KeepId, LocationId, MoveId, mint
from tests.contract.catalog.examples import NOON, location, register
from tests.fakes.clock import FakeClock

HOUR = timedelta(hours=1)


def a_keep(place: LocationId, asset: AssetId | None, **facts: object) -> Keep:
    return replace(Keep(KeepId(mint("kep")), place, asset_id=asset), **facts)


def copied(writer: CatalogWriter, asset: Asset, place: LocationId) -> Instance:
    (origin,) = writer.assets.instances(asset.id)
    made = replace(origin, id=InstanceId(mint("ins")), location_id=place)
    writer.assets_writer.replace_instance(made)
    writer.keeps.made(HotCopy(made.id, asset.id, MoveId("mov_1"), origin.id, "identity"))
    return made


@pytest.fixture
def ssd(catalog: Catalog) -> Location:
    place = location("ssd")
    with catalog.write() as writer:
        writer.locations.add(place)
    return place


def test_a_keep_ends_by_itself_and_by_hand(
    catalog: Catalog, films: Location, ssd: Location, clock: FakeClock
) -> None:
    with catalog.write() as writer:
        film, other = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        project = writer.projects.create("North")
        writer.projects.assign(project.id, [film.id])
        keeps = [
            a_keep(ssd.id, film.id),
            a_keep(ssd.id, film.id, until=NOON + timedelta(days=1)),
            a_keep(ssd.id, None, project_id=project.id),
        ]
        for keep in keeps:
            writer.keeps.add(keep)
        assert [keep.id for keep in writer.keeps.active(film.id)] == [keep.id for keep in keeps]
        assert writer.keeps.active(other.id) == []
        clock.advance(days=1)
        released = writer.keeps.release(keeps[0].id)
        assert writer.keeps.release(keeps[0].id) == released == writer.keeps.get(keeps[0].id)
        assert [keep.id for keep in writer.keeps.active()] == [keeps[2].id]
        with pytest.raises(KeepNotFound):
            writer.keeps.release(KeepId("kep_none"))


def test_what_lacks_a_copy_is_what_can_be_copied(catalog: Catalog, films: Location, ssd: Location) -> None:
    with catalog.write() as writer:
        awake, asleep = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        hidden, there = register(writer, films, "c.mov"), register(writer, films, "d.mov")
        (copy,) = writer.assets.instances(asleep.id)
        objects = tuple(replace(item, restore=RestoreState.IN_PROGRESS) for item in copy.objects)
        writer.assets_writer.replace_instance(replace(copy, objects=objects))
        writer.assets_writer.set_state(hidden.id, AssetState.WITHDRAWN)
        made = copied(writer, there, ssd.id)
        project = writer.projects.create("North")
        writer.projects.assign(project.id, [a.id for a in (awake, asleep, hidden, there)])
        keep = a_keep(ssd.id, None, project_id=project.id)
        writer.keeps.add(keep)
        assert writer.keeps.lacking(keep, pause=HOUR, limit=9) == [awake.id]
        count = writer.keeps.count(keep)
        assert (count.assets, count.hot, count.copying, count.asleep) == (3, 1, 0, 1)
        assert writer.keeps.kept() == writer.keeps.kept(there.id) == {made.id}
        assert writer.keeps.unkept(9) == []
        writer.keeps.release(keep.id)
        writer.assets_writer.set_state(there.id, AssetState.WITHDRAWN)
        assert writer.keeps.unkept(9) == []
        writer.assets_writer.set_state(there.id, AssetState.PRESENT)
        assert [each.instance_id for each in writer.keeps.unkept(9)] == [made.id]
        writer.keeps.forget(made.id)
        assert writer.keeps.unkept(9) == []
        assert made.id not in [each.id for each in writer.assets.instances(there.id)]


def test_keeps_follow_a_merge_and_end_with_an_erasure(
    catalog: Catalog, films: Location, ssd: Location
) -> None:
    with catalog.write() as writer:
        film, double = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        writer.keeps.add(a_keep(ssd.id, double.id))
        made = copied(writer, double, ssd.id)
        writer.assets_writer.merge(double.id, film.id)
        assert len(writer.keeps.active(film.id)) == 1
        assert writer.keeps.kept(film.id) == {made.id}
        writer.assets_writer.set_state(film.id, AssetState.ERASED)
        assert (writer.keeps.active(), writer.keeps.unkept(9)) == ([], [])
