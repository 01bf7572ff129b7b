"""Another model through the command line: tried, audited, compared, switched to, taken back, pruned."""

from pathlib import Path

import pytest

from tests import material
from tests.e2e.command import QUICK, Rekindle
from tests.fakes.pack_folder import make_visual_pack

pytestmark = pytest.mark.slow

KNOWN = """
[[query]]
q = "colour bars"
kind = "visual"
relevant = [{ asset = "bars.mp4" }]
"""


def test_from_trial_to_pruning(tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    material.clip(footage / "bars.mp4", 2, pictures=("smptehdbars",))
    material.still(footage / "still.png")
    make_visual_pack(tmp_path / "tiny")
    (tmp_path / "known.toml").write_text(KNOWN, encoding="utf-8")
    rekindle = Rekindle(tmp_path / "home", QUICK)
    assert rekindle.json("packs", "use", "visual", "starter")["active"]
    assert rekindle.json("index", str(footage))["failed"] == 0
    assert rekindle.json("packs", "add", "visual", str(tmp_path / "tiny"))["name"] == "tiny"

    assert rekindle.run("packs", "switch", "visual").returncode == 5, "nothing is on trial"
    estimate = rekindle.json("packs", "trial", "visual", "tiny", "--estimate")
    assert (estimate["assets"], estimate["pack"]) == (2, "tiny")
    trial = rekindle.json("packs", "trial", "visual", "tiny")
    assert (trial["run"]["state"], trial["run"]["done"], trial["failed"]) == ("finished", 2, [])
    spaces = {space["role"]: space for space in rekindle.json("packs", "audit", "visual")}
    assert [(role, space["expected"], space["missing"]) for role, space in spaces.items()] == [
        ("serving", 2, 0), ("trial", 2, 0),
    ]  # fmt: skip
    compared = rekindle.json("packs", "compare", "visual", str(tmp_path / "known.toml"))
    assert {name: figures["queries"] for name, figures in compared.items()} == {"starter": 1, "tiny": 1}
    listed = rekindle.run("packs", "list").stdout
    assert "on trial" in listed

    assert rekindle.json("packs", "switch", "visual")["serving"] == "tiny"
    assert "(tiny)" in rekindle.search("colour bars", "--signals", "visual")[0]["matched"][0]["why"]
    again = rekindle.json("index", str(footage))
    assert (again["failed"], again["discovered"]) == (0, 2)
    assert rekindle.json("packs", "rollback", "visual") == {
        "kind": "visual", "serving": "starter", "former": "tiny", "missing": 0,
    }  # fmt: skip
    assert rekindle.json("packs", "prune", "visual")["assets"] == 2
    assert rekindle.json("packs", "audit")[0]["role"] == "serving"
    assert rekindle.json("packs", "trial", "visual", "--end")["pack"] is None
    assert rekindle.run("check").returncode == 0
