"""Cold masters indexed from proxies that others made, until the master itself can be read."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive_tiering.factory import open_restorer
from catalog.model import Location, LocationKind, RenditionRole
from foundation.ids import LocationId, mint
from foundation.settings import IndexerSettings
from tests import material
from tests.indexing import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    (tmp_path / "footage").mkdir()
    terms = {"retrieval": {"standard": 0.1, "bulk": 0.1}, "prices": {"standard": 10, "bulk": 10}}
    (tmp_path / "footage" / ".vault.json").write_text(json.dumps(terms))
    rules = ["@low/{folder}/{stem}_proxy.mp4"]
    settings = IndexerSettings(workers=1, proxy_names=rules)
    made = Archive.open(tmp_path, kind=LocationKind.VAULT, indexer=settings)
    with made.services.catalog.write() as writer:
        low = tmp_path / "low"
        low.mkdir()
        writer.locations.add(Location(LocationId(mint("loc")), "low", str(low), LocationKind.FOLDER))
    yield made
    made.services.close()


def test_a_borrowed_proxy_serves_until_the_master_can_be_read(archive: Archive, tmp_path: Path) -> None:
    master = material.clip(archive.root / "reel.mov", 2)
    shutil.copy(master, tmp_path / "low" / "reel_proxy.mp4")
    run = archive.index(survey=True)
    assert (run.state, run.cold, run.done, run.failed) == ("finished", 0, 1, 0)
    asset = archive.assets()["reel.mov"]
    assert (asset.sha256, asset.technical.codec, asset.technical.frames) == (None, None, 50)
    with archive.read() as reader:
        (said,) = [s for s in reader.facts.statements(asset.id) if s.field == "proxy"]
        assert RenditionRole.PROXY in reader.facts.renditions(asset.id)
        assert reader.restores.find() == []
    assert said.value.startswith("Borrowed from file://")
    assert "by its name alone" in said.value
    assert json.loads((archive.services.home.asset(asset.id) / "probe.json").read_text())["sync_frames"] == []
    again = archive.index(cold=True, budget="5")
    assert (again.unchanged, again.total) == (1, 0)
    with archive.read() as reader:
        assert reader.restores.find() == []
    _wake(archive)
    own = archive.index()
    assert (own.done, own.failed, archive.letters()) == (1, 0, {})
    asset = archive.assets()["reel.mov"]
    assert asset.sha256 is not None
    assert asset.technical.codec is not None
    with archive.read() as reader:
        assert [s for s in reader.facts.statements(asset.id) if s.field == "proxy"] == []
    assert archive.index().unchanged == 1


def _wake(archive: Archive) -> None:
    restorer = open_restorer(archive.services.catalog, archive.services.settings)
    quote = restorer.quote([archive.assets()["reel.mov"].id])
    restorer.request(quote.id)
    patience = time.monotonic() + 60
    while not _is_awake(archive):
        assert time.monotonic() < patience, "the restore does not end"
        restorer.poll()
        time.sleep(0.01)


def _is_awake(archive: Archive) -> bool:
    with archive.read() as reader:
        return all(restore.verified for restore in reader.restores.find())


def test_a_proxy_that_is_none_leaves_the_master_to_the_budget(archive: Archive, tmp_path: Path) -> None:
    material.clip(archive.root / "reel.mov", 1)
    (tmp_path / "low" / "reel_proxy.mp4").write_bytes(b"no film at all" * 100)
    run = archive.index(survey=True)
    assert run.failed == 1
    assert {letter.code for letter in archive.letters().values()} == {"not-media"}
    brought = archive.index(cold=True, budget="5")
    assert (brought.cold, brought.failed, archive.letters()) == (1, 0, {})
    assert archive.assets()["reel.mov"].sha256 is not None
