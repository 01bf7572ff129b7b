"""A tape robot's command: run without a shell, stopped in time, and only where the settings allow it."""

import json
import stat
from pathlib import Path

import pytest

from archive_tiering.factory import open_store
from archive_tiering.vault.recall import Recall
from archive_tiering.vault.store import CONFIG
from catalog.model import Location, LocationKind, RestoreState
from foundation.errors import BadSettings, StorageUnreachable
from foundation.ids import LocationId
from foundation.settings import Settings, TieringSettings


def script(folder: Path, text: str) -> str:
    path = folder / "robot"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_restore_has_the_file_fetched_once(tmp_path: Path) -> None:
    robot = script(tmp_path, f'printf "%s|%s\\n" "$1" "$2" >> {tmp_path}/orders')
    root = tmp_path / "vault"
    root.mkdir()
    name = "a reel; touch hacked $(id).mov"
    (root / name).write_bytes(b"essence")
    (root / CONFIG).write_text(json.dumps({"recall": {"command": [robot, "--get", "{path}"]}}))
    location = Location(LocationId("loc_1"), "vault", f"vault:{root}", LocationKind.VAULT)
    allowed = Settings(home=tmp_path / "home", tiering=TieringSettings(recall_commands=[robot]))
    store = open_store(location, allowed)
    for _ in range(2):
        store.request_restore(name, retrieval_tier="standard", days=1)
    assert (tmp_path / "orders").read_text() == f"--get|{root}/{name}\n"
    assert store.head(name).restore is not RestoreState.NEEDED
    assert not (tmp_path / "hacked").exists()
    with pytest.raises(BadSettings, match="not allowed"):
        open_store(location, Settings(home=tmp_path / "home"))


@pytest.mark.parametrize(
    ("text", "words"), [("echo no tape >&2; exit 3", "ended with 3: no tape"), ("sleep 60", "longer than")]
)
def test_a_robot_that_fails_or_hangs_is_told(tmp_path: Path, text: str, words: str) -> None:
    robot = script(tmp_path, text)
    with pytest.raises(StorageUnreachable, match=words):
        Recall([robot], 0.3, [robot])(tmp_path / "a.mov")


def test_a_robot_that_is_not_there_is_told(tmp_path: Path) -> None:
    robot = str(tmp_path / "none")
    with pytest.raises(StorageUnreachable, match="cannot be started"):
        Recall([robot], 1, [robot])(tmp_path / "a.mov")
