"""`rekindle asset`, command by command, over the application in this process."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from scripts.commands import asset, asset_rights
from search_api.schemas_knowledge import NewRight
from tests.contract.catalog.examples import statement
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

Run = Callable[..., Any]


@pytest.fixture
def run(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Gives what a command prints with ``--json``."""
    for module in (asset, asset_rights):
        monkeypatch.setattr(module, "connect", lambda _: nullcontext(client_of(http)))
    group = typer.Typer()
    asset.fill(group)

    def printed(*words: str) -> Any:
        done = CliRunner().invoke(group, [*words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return printed


def test_a_grant_undoes_nothing_that_others_do_meanwhile(
    run: Run, http: TestClient, archive: SmallArchive
) -> None:
    """It writes what it adds, and nothing of what it once read."""
    film = archive.film.id
    client_of(http).knowledge.add_right(film, NewRight(kind="owned"))
    (granted,) = run("grant", film, "--kind", "licensed", "--who", "North Film")
    assert [right["kind"] for right in granted["rights"]] == ["owned", "licensed"]
    with archive.catalog.read() as view:
        assert [entry.action for entry in view.audit.tail(9)] == ["rights.add"] * 2
    (left,) = run("revoke", film)
    assert (left["state"], left["rights"]) == ("none", [])


def test_unlabel_takes_off_what_people_put_on_and_tells_what_a_sidecar_says(
    run: Run, http: TestClient, archive: SmallArchive
) -> None:
    film, still = archive.film.id, archive.still.id
    with archive.catalog.write() as writer:
        said = statement(archive.film, "keep-hot", field="label", source="stage:about@1")
        writer.facts_writer.replace_statements(film, "stage:about@1", [said])
    run("label", "Keep-Hot", film, still)
    assert [(each["value"], each["source"]) for each in run("unlabel", "keep-hot", film, still)] == [
        ("Keep-Hot", "person:prn_local")
    ] * 2
    client = client_of(http)
    assert [each.id for each in client.statements(film) if each.field == "label"] == [said.id]
    assert not [each for each in client.statements(still) if each.field == "label"]
