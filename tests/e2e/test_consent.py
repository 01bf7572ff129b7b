"""What costs money waits for a yes, and what passes a budget for an approver; else it exits with 9."""

import json
from pathlib import Path
from typing import Any

import pytest

from foundation.errors import EXIT_SPEND
from tests import material
from tests.e2e.command import QUICK, Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TERMS = {"retrieval": {"standard": 0}, "prices": {"standard": "10000"}}
"""So dear that a clip of some kilobytes costs cents."""


@pytest.fixture
def rekindle(tmp_path: Path) -> Rekindle:
    vault = tmp_path / "vault"
    material.clip(vault / "first.mp4", 2)
    (vault / ".vault.json").write_text(json.dumps(TERMS))
    made = Rekindle(tmp_path / "home", QUICK)
    made.json("location", "add", "cold", f"vault:{vault}")
    return made


def refusal(rekindle: Rekindle, *arguments: str) -> str:
    """The code of an error that is about money."""
    done = rekindle.run(*arguments, "--json")
    assert done.returncode == EXIT_SPEND, done.stderr
    return str(json.loads(done.stderr[done.stderr.index("{") :])["code"])


def statuses(rekindle: Rekindle) -> list[str]:
    return [each["status"] for each in rekindle.json("restore", "status")]


def test_bringing_masters_in_waits_for_a_yes(rekindle: Rekindle, tmp_path: Path) -> None:
    assert refusal(rekindle, "index", "cold", "--cold") == "consent-needed"
    no = rekindle.answered("n", "index", "cold", "--cold")
    assert (no.returncode, "Go on?" in no.stderr, "nothing was spent" in no.stderr) == (
        EXIT_SPEND,
        True,
        True,
    )
    assert statuses(rekindle) == []
    yes = rekindle.answered("y", "index", "cold", "--cold")
    assert (yes.returncode, ", 0 failed" in yes.stderr, statuses(rekindle)) == (0, True, ["verified"])
    material.clip(tmp_path / "vault" / "second.mp4", 3)
    agreed = rekindle.json("index", "cold", "--cold", "--yes")
    assert (agreed["failed"], float(agreed["forecast"]["cost"]) > 0) == (0, True)
    assert statuses(rekindle) == ["verified"] * 2
    assert all(hit["playback"]["url"] for hit in rekindle.search("class:cold"))


def test_what_passes_the_budget_waits_for_an_approver(rekindle: Rekindle) -> None:
    poor = Rekindle(rekindle.home, (*QUICK, ("REKINDLE_TIERING__BUDGET_USD", "0.01")))
    poor.json("index", "cold")
    asset = poor.search("first.mp4")[0]["asset"]["id"]
    quote: dict[str, Any] = poor.json("restore", "quote", asset)
    assert refusal(poor, "restore", "request", quote["id"]) == "budget-exceeded"
    assert statuses(poor) == []
    (waiting,) = poor.json("restore", "request", quote["id"], "--ask-approval")
    assert waiting["status"] == "needs approval"
    (asked,) = poor.json("restore", "approvals")
    assert refusal(poor, "restore", "approve", asked["id"]) == "budget-exceeded"
    assert statuses(poor) == ["needs approval"]
    told = poor.json("notices", "--limit", "2")
    assert {notice["event"] for notice in told["notices"]} == {"restore.needs_approval", "approval.asked"}
    (decided,) = poor.json("restore", "approve", asked["id"], "--raise-budgets")
    behind = poor.json("notices", "--after", str(told["last"]))["notices"]
    assert behind[0]["event"] == "restore.approved"
    assert "restore.approved" in poor.run("notices").stdout
    assert decided["state"] == "approved"
    (restored,) = poor.json("restore", "request", quote["id"], "--wait")
    assert (restored["id"], restored["status"]) == (waiting["id"], "verified")
