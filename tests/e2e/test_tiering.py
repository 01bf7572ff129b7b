"""A project is wrapped and put to sleep on the command line; what was found before is found and plays."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from foundation.errors import EXIT_SPEND
from tests.e2e.command import QUICK, Rekindle

pytestmark = pytest.mark.slow

RULES = """\
version: 1
rules:
  - name: wrapped productions
    when: {project: {state: wrapped}}
    to: {location: vault}
"""


def said(rekindle: Rekindle, *arguments: str) -> Any:
    done = rekindle.run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_wrapped_project_sleeps_and_is_found(tmp_path: Path, testdata: Path) -> None:
    nas, vault = tmp_path / "nas", tmp_path / "vault"
    (nas / "north").mkdir(parents=True)
    vault.mkdir()
    (vault / ".vault.json").write_text('{"prices": {"write_per_gb": "10"}}')
    for name in ("mdn_frog.mp4", "mdn_pig.mp4"):
        shutil.copy(testdata / "media" / name, nas / "north" / name)
    bytes_of = {path.name: path.read_bytes() for path in nas.rglob("*.mp4")}
    rekindle = Rekindle(tmp_path / "home", QUICK)
    said(rekindle, "location", "add", "nas", str(nas))
    said(rekindle, "location", "add", "vault", f"vault:{vault}")
    said(rekindle, "index", "nas")
    before = said(rekindle, "search", "frog", "--limit", "1")["hits"][0]
    assert before["master"]["storage_class"] == "STANDARD"
    (tmp_path / "home" / "tiering.yaml").write_text(RULES)
    said(rekindle, "project", "create", "North")
    assert said(rekindle, "project", "assign", "North", "--query", "name:frog")["changed"] >= 1
    said(rekindle, "project", "assign", "North", "--location", "nas", "--path", "north")
    said(rekindle, "tier", "hold", "court", "--asset", before["asset"]["id"])
    said(rekindle, "project", "wrap", "North")
    held = said(rekindle, "tier", "plan")
    assert (held["moving"], [item["reason"] for item in held["refusals"]]) == (1, ["held"])
    said(rekindle, "tier", "release", said(rekindle, "tier", "holds")[0]["id"])
    plan = said(rekindle, "tier", "plan")
    broke = rekindle.run("tier", "apply", plan["id"], "--budget", "0.000001")
    assert (broke.returncode, said(rekindle, "tier", "status")["moves"]) == (EXIT_SPEND, [])
    done = said(rekindle, "tier", "apply", plan["id"], "--budget", "1")
    assert [(count["state"], count["moves"]) for count in done["status"]["counts"]] == [("done", 2)]
    assert {path.name: path.read_bytes() for path in vault.rglob("*.mp4")} == bytes_of
    assert list(nas.rglob("*.mp4")) == []
    after = said(rekindle, "search", "frog", "--limit", "1")["hits"][0]
    assert after["asset"]["id"] == before["asset"]["id"]
    assert (after["master"]["storage_class"], after["master"]["restore"]) == ("VAULT_COLD", "needed")
    assert after["playback"]["url"] == before["playback"]["url"]
    cold = said(rekindle, "search", "frog class:cold", "--limit", "5")["hits"]
    assert {hit["asset"]["id"] for hit in cold} >= {after["asset"]["id"]}
    again = said(rekindle, "index")
    assert again["failed"] == 0
    assert said(rekindle, "check") == []
