"""Bad copies that sleep in a vault, beside whole ones that are awake."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive_tiering.factory import open_restorer, open_store
from catalog.factory import open_catalog
from catalog.model import Asset, CheckOutcome, Finding, FindingState, RestoreState
from foundation.errors import StateConflict
from foundation.ids import LOCAL_PRINCIPAL, FindingId, mint
from foundation.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.fixity_archive import FILM, Archive, flip, stored
from tests.fakes.migrated import with_catalog


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    settings, clock = Settings(home=tmp_path / "home"), FakeClock()
    catalog = open_catalog(with_catalog(settings.layout), clock=clock)
    yield Archive(settings, catalog, clock, tmp_path)
    catalog.close()


def bad_in_the_vault(archive: Archive, *, reads: int = 2) -> tuple[Asset, Finding]:
    """A master that was read wrong while its vault had it awake, and sleeps by now; another copy is whole."""
    asset = archive.master(archive.vault, "a.mov")
    archive.master(archive.copy, "a.mov", of=asset)
    flip(archive.path(archive.vault, "a.mov"))
    store = open_store(archive.vault, archive.settings, clock=archive.clock)
    store.request_restore("a.mov", retrieval_tier="bulk", days=1)
    archive.clock.advance(minutes=1)
    noted(archive, asset, store.head("a.mov").restore)
    assert archive.run(archive.vault) == {CheckOutcome.WRONG: 1}
    if reads == 1:
        with archive.catalog.write() as tx:
            once = replace(archive.only(), id=FindingId(mint("fnd")), state=FindingState.FOUND)
            tx.fixity.put_finding(replace(archive.only(), state=FindingState.OUTDATED))
            tx.fixity.put_finding(once)
    archive.clock.advance(days=3)
    assert store.head("a.mov").restore is RestoreState.NEEDED
    return asset, archive.only()


def noted(archive: Archive, asset: Asset, state: RestoreState) -> None:
    with archive.catalog.write() as tx:
        copy = next(c for c in tx.assets.instances(asset.id) if c.location_id == archive.vault.id)
        objects = (replace(copy.objects[0], restore=state),)
        tx.assets_writer.replace_instance(replace(copy, objects=objects))


@pytest.mark.parametrize("known", [True, False], ids=["the catalog knows", "the catalog thinks it is awake"])
def test_a_bad_copy_that_sleeps_is_put_right_from_one_that_is_awake(archive: Archive, *, known: bool) -> None:
    asset, finding = bad_in_the_vault(archive)
    if known:
        noted(archive, asset, RestoreState.NEEDED)
    damaged = archive.path(archive.vault, "a.mov").read_bytes()
    quote = open_restorer(archive.catalog, archive.settings, clock=archive.clock).quote([asset.id])
    advice = archive.desk.advice(finding)
    assert (quote.objects, "restore quote" in advice) == (0, False), "nothing has to be brought back"
    assert f"fixity repair {finding.id}" in advice
    done = archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert done.state is FindingState.REPAIRED
    mended = archive.path(archive.vault, "a.mov")
    assert (mended.read_bytes(), mended.with_name(str(done.aside)).read_bytes()) == (FILM, damaged)
    assert (
        str(open_store(archive.vault, archive.settings, clock=archive.clock).head("a.mov").restore)
        == "needed"
    )


def test_a_copy_that_was_read_wrong_once_and_sleeps_is_left_alone(archive: Archive) -> None:
    asset, finding = bad_in_the_vault(archive, reads=1)
    noted(archive, asset, RestoreState.NEEDED)
    advice = archive.desk.advice(finding)
    assert ("fixity repair" in advice, "restore quote" in advice) == (False, False)
    assert str(archive.path(archive.copy, "a.mov")) in advice
    with pytest.raises(StateConflict, match="once only") as refused:
        archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert refused.value.remedy in advice


def test_a_sleeping_object_that_took_the_bad_ones_place_is_left_alone(archive: Archive) -> None:
    asset, finding = bad_in_the_vault(archive)
    path = archive.path(archive.vault, "a.mov")
    path.write_bytes(b"a new cut")
    fresh = open_store(archive.vault, archive.settings, clock=archive.clock).head("a.mov")
    with archive.catalog.write() as tx:
        copy = next(c for c in tx.assets.instances(asset.id) if c.location_id == archive.vault.id)
        tx.assets_writer.replace_instance(replace(copy, objects=(stored(fresh, finding.expected),)))
    with pytest.raises(StateConflict, match="Another object"):
        archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert path.read_bytes() == b"a new cut"
