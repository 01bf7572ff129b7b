"""From a backup to a catalog that knows where masters lie that were moved since, as a person types it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from foundation.errors import EXIT_INCOMPLETE
from foundation.home import Home
from scripts.backup.making import make
from scripts.rekindle import run
from tests.contract.removal import TARGET, Removal
from tests.contract.removals import removal
from tests.contract.test_mover import DATA


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Removal]:
    made = removal("folder to vault", tmp_path, None)
    yield made
    made.catalog.close()


def test_check_tells_of_moves_since_the_backup_and_repair_takes_note_of_them(
    archive: Removal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asset, home = archive.add("a.mov", DATA), Home(archive.home)
    archive.wrap(asset)
    make(archive.settings, tmp_path / "shelf", lambda *_: None, derived=False)
    archive.begin()
    archive.run()
    archive.catalog.close()
    for path in home.root.glob("catalog.*"):
        path.unlink()
    capsys.readouterr()

    def typed(*words: str) -> list[str]:
        assert run(["--home", os.fspath(home.root), "check", *words, "--json"]) == EXIT_INCOMPLETE
        faults = json.loads(capsys.readouterr().out)
        return [fault["wrong"] for fault in faults if "moved to target (VAULT_COLD)" in fault["wrong"]]

    assert run(["--home", os.fspath(home.root), "recover", os.fspath(tmp_path / "shelf")]) == 0
    assert len(typed()) == 1
    assert typed("--repair") == []
    archive.catalog = open_catalog(home, clock=archive.clock)
    assert archive.copy_of(asset).location_id == TARGET
