"""Projects, holds, leases and tier plans over the API."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from foundation.errors import (
    AssetNotFound,
    BadRules,
    BadSettings,
    HoldNotFound,
    InputError,
    KeepNotFound,
    MoveNotFound,
    NameTaken,
    PlanNotFound,
    ProjectNotFound,
    QuoteExpired,
)
from search_api.client import Client
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

RULES = """\
version: 1
rules:
  - name: wrapped
    when: {project: {state: wrapped}}
    to: {location: vault}
"""


@pytest.fixture
def client(http: TestClient) -> Client:
    return client_of(http)


def audited(archive: SmallArchive) -> list[str]:
    with archive.catalog.read() as view:
        return [entry.action for entry in view.audit.tail(20)][::-1]


def test_a_project_from_making_to_wrapping(client: Client, archive: SmallArchive) -> None:
    made = client.projects.create("North")
    with pytest.raises(NameTaken):
        client.projects.create("north")
    done = client.projects.assign("North", assets=[archive.film.id])
    assert (done.changed, done.project.assets) == (1, 1)
    assert client.projects.assign(made.id, location="footage").changed == 2
    assert client.projects.assign(made.id, location="footage", path="films").changed == 0
    wrapped = client.projects.set_state("North", "wrapped")
    assert (wrapped.state, wrapped.state_by) == ("wrapped", "prn_local")
    assert {project.name: project.state for project in client.projects.all()} == {
        "default": "active",
        "North": "wrapped",
    }
    assert audited(archive) == [
        "project.create",
        "project.assign",
        "project.assign",
        "project.assign",
        "project.state",
    ]


def test_a_plan_is_applied_followed_and_given_up(client: Client, archive: SmallArchive) -> None:
    archive.settings.rules_file.write_text(RULES)
    client.projects.create("North")
    client.projects.assign("North", location="footage")
    client.projects.set_state("North", "wrapped")
    made = client.tiering.plan()
    done = client.tiering.apply("latest", budget_usd="1")
    assert (done.plan, done.begun, done.running) == (made.id, made.moving, 0)
    assert client.tiering.apply(made.id).running == made.moving
    status = client.tiering.status(made.id)
    assert (status.unfinished, status.spent_usd) == (made.moving, 0)
    moves = client.tiering.moves(plan=made.id, states=["planned"])
    assert {(m.from_location, m.to_location, m.way) for m in moves} == {("footage", "vault", "across")}
    gone = client.tiering.cancel(moves[0].id)
    assert (gone.state, client.tiering.status(made.id).unfinished) == ("cancelled", made.moving - 1)
    assert client.tiering.cancel(gone.id) == gone
    with pytest.raises(MoveNotFound):
        client.tiering.cancel("mov_none")
    archive.settings.rules_file.write_text(RULES + "# changed\n")
    with pytest.raises(QuoteExpired):
        client.tiering.apply(made.id)
    assert client.tiering.moves(asset=moves[0].asset)[0].id == gone.id


def test_what_is_not_there_is_said_so(client: Client) -> None:
    with pytest.raises(ProjectNotFound):
        client.projects.set_state("nothing", "wrapped")
    client.projects.create("North")
    with pytest.raises(AssetNotFound):
        client.projects.assign("North", assets=["ast_none"])
    with pytest.raises(InputError):
        client.projects.assign("North")
    with pytest.raises(HoldNotFound):
        client.projects.release("hld_none")
    with pytest.raises(PlanNotFound):
        client.tiering.get()


def test_holds_and_leases(client: Client, archive: SmallArchive) -> None:
    held = client.projects.hold("court", asset=archive.film.id)
    client.projects.create("North")
    other = client.projects.hold("court", project="North", until=datetime.now(UTC) + timedelta(days=1))
    assert [hold.id for hold in client.projects.holds()] == [held.id, other.id]
    assert [hold.id for hold in client.projects.holds(asset=archive.film.id)] == [held.id]
    client.projects.release(held.id)
    assert [hold.id for hold in client.projects.holds()] == [other.id]
    for asset, project in ((None, None), (archive.film.id, "North")):
        with pytest.raises(InputError):
            client.projects.hold("court", asset=asset, project=project)
    until = datetime.now(UTC) + timedelta(days=3)
    lease = client.projects.lease(archive.film.id, until=until, reason="conform")
    assert client.projects.leases() == [lease]
    client.projects.give_back(archive.film.id)
    assert client.projects.leases() == []
    with pytest.raises(InputError):
        client.projects.lease(archive.film.id, until=datetime.now(UTC) - timedelta(days=3))


def test_a_plan_says_what_moves_and_what_stays(client: Client, archive: SmallArchive) -> None:
    with pytest.raises(BadRules):
        client.tiering.plan()
    archive.settings.rules_file.write_text(RULES)
    client.projects.create("North")
    client.projects.assign("North", location="footage")
    client.projects.set_state("North", "wrapped")
    client.projects.hold("court", asset=archive.film.id)
    made = client.tiering.plan()
    assert (made.scanned, made.moving + made.refused) == (4, 3)
    assert client.tiering.get() == client.tiering.get(made.id) == made
    items = client.tiering.items(made.id)
    assert {item.name: item.reason for item in items}["films/meadow.mov"] == "held"
    refused = client.tiering.items(made.id, refused=True)
    assert [item.name for item in refused] == [item.name for item in items if item.reason]
    assert all(item.sentence for item in refused)
    assert client.tiering.items(made.id, after=items[-1].ordinal) == []


def test_what_is_kept_hot_is_told(client: Client, archive: SmallArchive, tmp_path: Path) -> None:
    (tmp_path / "ssd").mkdir()
    client.add_location(str(tmp_path / "ssd"), name="ssd")
    client.projects.create("North")
    with pytest.raises(InputError):
        client.projects.keep_hot("ssd", asset=archive.film.id, project="North")
    with pytest.raises(BadSettings):
        client.projects.keep_hot("vault", asset=archive.film.id)
    with pytest.raises(KeepNotFound):
        client.projects.release_keep("kep_none")
    made = client.projects.keep_hot("ssd", asset=archive.film.id, reason="May")
    assert (made.location, made.reason, made.assets) == ("ssd", "May", 1)
    assert made.hot + made.copying + made.asleep == 1
    other = client.projects.keep_hot("ssd", project="North")
    assert [keep.id for keep in client.projects.keeps().keeps] == [made.id, other.id]
    assert [keep.id for keep in client.projects.keeps(asset=archive.film.id).keeps] == [made.id]
    assert client.projects.release_keep(made.id).released_at is not None
    assert [keep.id for keep in client.projects.keeps().keeps] == [other.id]
