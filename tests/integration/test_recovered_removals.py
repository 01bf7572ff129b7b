"""Who was removed from the archive stays away when the catalog is put back from a backup of before."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import Box, Location, Person, ProhibitionReason
from catalog.repository import Catalog, CatalogReader
from foundation.errors import ObjectUnreadable, PersonNotFound
from foundation.home import Home
from foundation.ids import ClusterId
from foundation.settings import load
from scripts.backup.making import make
from scripts.backup.recovery import Recovered, recover
from search_api.services import people
from tests.contract.catalog.examples import FACES, cluster, location
from tests.contract.catalog.test_catalog_people import faces, film, shown

ERASED, SUPPRESSED = ProhibitionReason.ERASED, ProhibitionReason.SUPPRESSED


class Town:
    """A home with two films: Ada, named by her cluster, is left in both, Bob in the middle of one."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "home")
        self.shelf = root / "shelf"
        self.catalog: Catalog = open_catalog(self.home)
        with self.catalog.write() as writer:
            self.place: Location = location()
            writer.locations.add(self.place)
            self.one, self.two = film(writer, self.place, "1.mp4"), film(writer, self.place, "2.mp4")
            self.hers: ClusterId = cluster(writer, (self.one, [0]), (self.two, [0]))
            self.his: ClusterId = cluster(writer, (self.one, [1]))
            self.ada: Person = writer.people.add("Ada Lovelace")
            self.bob: Person = writer.people.add("Bob")
            writer.clusters.name(self.hers, self.ada.id)
            writer.clusters.name(self.his, self.bob.id)

    def backup(self) -> Path:
        return make(load(self.home.root), self.shelf, lambda *_: None, derived=False)

    def remove(self, subject: str, reason: ProhibitionReason = ERASED) -> None:
        with self.catalog.write() as writer:
            self.entry, _ = people.prohibit(writer, subject, reason)

    def recover(self, backup: Path, home: Home) -> Recovered:
        self.catalog.close()
        for path in self.home.root.glob("catalog.*"):
            path.unlink()
        done = recover(home.create(), backup, lambda *_: None)
        self.catalog = open_catalog(home)
        assert self.catalog.check() == []
        return done


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.catalog.close()


def names(view: CatalogReader) -> list[str]:
    return [person.name for person in view.people.all()]


@pytest.mark.parametrize("reason", [ERASED, SUPPRESSED])
def test_who_was_removed_since_the_backup_is_removed_again(town: Town, reason: ProhibitionReason) -> None:
    backup = town.backup()
    town.remove("ada lovelace", reason)
    assert town.recover(backup, town.home).removed == 1
    with town.catalog.read() as view:
        assert names(view) == ["Bob"]
        assert shown(view, town.one) == [town.bob.id, None]
        assert len(view.facts.faces(town.two.id)) == 2
        assert [mean.id for mean in view.clusters.means(FACES)] == [town.his]
        entry = view.prohibitions.get(town.entry.id)
        assert replace(entry, purged_at=None) == town.entry, "the same entry, template and all"
        assert view.prohibitions.unpurged() == [entry.id], "the next index run clears the vectors"
        places = view.prohibitions.places(town.one.id)
        again = faces(town.one, at=7, shift=0.03)
        assert [any(p.holds(t.frames, t.box) for p in places) for t in again] == [True, False, False]


def test_a_newer_backup_tells_it_where_the_whole_home_is_lost(town: Town, tmp_path: Path) -> None:
    old = town.backup()
    town.remove(town.ada.id)
    town.backup()
    town.catalog.close()
    shutil.rmtree(town.home.root)
    town.home.create()
    assert town.recover(old, Home(tmp_path / "new")).removed == 1
    with town.catalog.read() as view:
        assert names(view) == ["Bob"]
    assert town.entry.id in (tmp_path / "new" / "removals.jsonl").read_text(), "for the next time"


def test_a_backup_of_after_the_removal_has_nothing_to_learn(town: Town) -> None:
    town.remove(town.ada.id)
    with town.catalog.write() as writer:
        writer.prohibitions.set_purged(town.entry.id)
    assert town.recover(town.backup(), town.home).removed == 0
    with town.catalog.read() as view:
        assert view.prohibitions.unpurged() == []
        assert view.prohibitions.get(town.entry.id).places == 2


def test_who_had_no_name_yet_is_known_by_the_cluster(town: Town) -> None:
    with town.catalog.write() as writer:
        writer.clusters.name(town.hers, None)
        writer.people.remove(town.ada.id)
    backup = town.backup()
    with town.catalog.write() as writer:
        late = writer.people.add("Countess")
        writer.clusters.name(town.hers, late.id)
    town.remove("Countess")
    assert town.recover(backup, town.home).removed == 1
    with town.catalog.read() as view:
        assert [mean.id for mean in view.clusters.means(FACES)] == [town.his]
        assert len(view.facts.faces(town.two.id)) == 2


def test_a_face_that_was_detected_since_and_lost_is_kept_out(town: Town) -> None:
    backup = town.backup()
    with town.catalog.write() as writer:
        ada_at = replace(faces(town.one)[0], box=Box(0.7, 0.7, 0.2, 0.2), ordinal=3)
        writer.facts_writer.replace_faces(town.one.id, [*faces(town.one), ada_at])
        writer.people.assign(town.one.id, [3], town.ada.id)
    town.remove(town.ada.id)
    town.recover(backup, town.home)
    with town.catalog.read() as view:
        places = view.prohibitions.places(town.one.id)
        assert any(place.holds(ada_at.frames, ada_at.box) for place in places)


def test_who_was_said_to_be_somebody_else_since_stays(town: Town) -> None:
    """A cluster of before holds the face of a person who is confirmed by name."""
    with town.catalog.write() as writer:
        writer.people.assign(town.two.id, [1], town.bob.id)
        writer.clusters.join({writer.facts.faces(town.two.id)[1].id: town.hers})
        assert shown(writer, town.two) == [town.ada.id, town.bob.id, None]
    backup = town.backup()
    with town.catalog.write() as writer:
        writer.people.reject(town.two.id, [1], town.ada.id)
    town.remove(town.ada.id)
    town.recover(backup, town.home)
    with town.catalog.read() as view:
        assert shown(view, town.two) == [town.bob.id, None]


@pytest.mark.parametrize("listed", [True, False])
def test_who_was_allowed_again_is_off_the_list_and_has_no_name(town: Town, *, listed: bool) -> None:
    if not listed:
        backup = town.backup()
    town.remove(town.ada.id)
    if listed:
        backup = town.backup()
    with town.catalog.write() as writer:
        people.allow(writer, town.entry.id)
    assert town.recover(backup, town.home).removed == 1
    with town.catalog.read() as view:
        assert names(view) == ["Bob"]
        assert view.prohibitions.all() == view.prohibitions.places(town.one.id) == []


def test_faces_that_were_found_again_once_allowed_stay(town: Town) -> None:
    town.remove(town.ada.id)
    with town.catalog.write() as writer:
        people.allow(writer, town.entry.id)
        writer.facts_writer.replace_faces(town.one.id, faces(town.one))
    assert town.recover(town.backup(), town.home).removed == 0
    with town.catalog.read() as view:
        assert len(view.facts.faces(town.one.id)) == 3


def test_the_ledger_holds_neither_names_nor_templates(town: Town) -> None:
    town.remove(town.ada.id, SUPPRESSED)
    (line,) = (json.loads(line) for line in (town.home.root / "removals.jsonl").read_text().splitlines())
    assert sorted(line) == ["allowed", "at", "by", "entry", "places", "reason", "subjects"]
    assert line["subjects"] == [town.ada.id, town.hers]
    assert sorted(place[0] for place in line["places"]) == sorted([town.one.id, town.two.id])
    assert "Ada" not in json.dumps(line)


def test_nobody_is_removed_where_that_cannot_be_written_down(town: Town) -> None:
    (town.home.root / "removals.jsonl").mkdir()
    with pytest.raises(ObjectUnreadable, match="Nobody was removed"):
        town.remove(town.ada.id)
    with town.catalog.read() as view:
        assert names(view) == ["Ada Lovelace", "Bob"]
        assert shown(view, town.two)[0] == town.ada.id


def test_nothing_is_written_down_of_a_removal_that_failed(town: Town) -> None:
    def twice() -> None:
        with town.catalog.write() as writer:
            for _ in range(2):
                people.prohibit(writer, town.ada.id, ERASED)

    with pytest.raises(PersonNotFound):
        twice()
    assert not (town.home.root / "removals.jsonl").exists()


def test_a_line_that_was_cut_short_gives_way_and_a_damaged_one_is_told(town: Town) -> None:
    ledger = town.home.root / "removals.jsonl"
    backup = town.backup()
    ledger.write_bytes(b'{"entry": "dni_b\xffd"}\n{"entry": "dni_half')
    town.remove(town.ada.id)
    assert len(ledger.read_bytes().splitlines()) == 2
    done = town.recover(backup, town.home)
    assert (done.removed, done.unread) == (1, 1)
