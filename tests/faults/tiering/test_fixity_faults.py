"""Fixity checks and repairs that die at every write of the catalog: what comes after puts it right."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from archive_tiering.factory import open_fixity
from archive_tiering.fixity.desk import FixityDesk
from catalog.factory import open_catalog
from catalog.model import CheckOutcome, FindingState
from foundation.errors import StateConflict
from foundation.ids import LOCAL_PRINCIPAL
from foundation.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.fixity_archive import EVERYTHING, FILM, Archive, flip
from tests.fakes.migrated import with_catalog
from tests.faults.tiering.dying import Death, Killed, dying_catalog

WRITES = range(1, 15)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    settings, clock = Settings(home=tmp_path / "home"), FakeClock()
    catalog = open_catalog(with_catalog(settings.layout), clock=clock)
    archive = Archive(settings, catalog, clock, tmp_path)
    asset = archive.master(archive.nas, "a.mov")
    archive.master(archive.copy, "a.mov", of=asset)
    archive.master(archive.nas, "b.mov", b"another film")
    flip(archive.path(archive.nas, "a.mov"))
    yield archive
    catalog.close()


def mortal(archive: Archive, left: int, *, after: bool) -> FixityDesk:
    catalog = dying_catalog(archive.catalog, Death(left, after))
    return open_fixity(catalog, archive.settings, clock=archive.clock)


@pytest.mark.parametrize("left", WRITES)
def test_a_check_that_dies_is_followed_up(archive: Archive, left: int) -> None:
    with suppress(Killed):
        mortal(archive, left, after=left % 2 == 0).step(archive.nas.id, EVERYTHING)
    assert archive.path(archive.nas, "a.mov").read_bytes() != FILM
    archive.clock.advance(minutes=3)
    outcomes = archive.open().step(archive.nas.id, EVERYTHING).outcomes
    assert outcomes == {CheckOutcome.WRONG: 1, CheckOutcome.GOOD: 1}
    assert archive.only().state is FindingState.CONFIRMED


@pytest.mark.parametrize("left", range(1, 7))
def test_a_repair_that_dies_loses_neither_copy(archive: Archive, left: int) -> None:
    archive.open().step(archive.nas.id, EVERYTHING)
    finding = archive.only()
    bad = archive.path(archive.nas, "a.mov").read_bytes()
    with suppress(Killed):
        mortal(archive, left, after=False).repair(finding.id, LOCAL_PRINCIPAL)
    folder = archive.folder / "nas"
    contents = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert bad in contents.values()
    try:
        archive.open().repair(finding.id, LOCAL_PRINCIPAL)
    except StateConflict as error:
        assert "repaired" in error.message  # noqa: PT017 - it was done before the death
    with archive.catalog.read() as view:
        done = view.fixity.finding(finding.id)
    assert (done.state, done.aside) == (FindingState.REPAIRED, f".rekindle-{finding.id}-bad")
    assert (folder / "a.mov").read_bytes() == FILM
    assert (folder / str(done.aside)).read_bytes() == bad
    archive.clock.advance(minutes=3)
    outcomes = archive.open().step(archive.nas.id, EVERYTHING).outcomes
    assert outcomes == {CheckOutcome.GOOD: 2}


@pytest.mark.parametrize("step", ["link", "rename"])
def test_a_repair_that_dies_between_two_names_goes_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    archive.open().step(archive.nas.id, EVERYTHING)
    finding = archive.only()

    def dies(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("os.link" if step == "link" else "pathlib.Path.rename", dies)
        with pytest.raises(Killed):
            archive.open().repair(finding.id, LOCAL_PRINCIPAL)
    assert archive.open().repair(finding.id, LOCAL_PRINCIPAL).state is FindingState.REPAIRED
    assert archive.path(archive.nas, "a.mov").read_bytes() == FILM


def test_one_object_whose_bytes_do_not_come_does_not_hold_up_the_rest(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = __import__("os").pread

    def broken(descriptor: int, size: int, offset: int) -> bytes:
        data: bytes = real(descriptor, size, offset)
        if data.startswith(FILM[:256]):
            raise OSError(5, "Input/output error")
        return data

    monkeypatch.setattr("os.pread", broken)
    outcomes = archive.open().step(archive.nas.id, EVERYTHING).outcomes
    assert outcomes == {CheckOutcome.UNREADABLE: 1, CheckOutcome.GOOD: 1}
    assert archive.desk.findings() == []
