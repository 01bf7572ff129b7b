"""Baskets, approvals and notices through the API, on a real restorer over a folder vault."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from archive_tiering.factory import open_restorer, open_store
from archive_tiering.restores.restorer import Restorer
from catalog.model import RestoreState
from foundation.errors import (
    ApprovalNeeded,
    BasketNotFound,
    BudgetExceeded,
    NotAllowed,
    QuoteExpired,
    StateConflict,
    UnknownToken,
)
from foundation.ids import PrincipalId
from foundation.settings import AccessSettings, Settings, TieringSettings
from search_api.app import create_app
from search_api.client import Client
from search_api.routes import events
from search_api.routes.events import event_text
from search_api.schemas_baskets import BasketApproval, NewItems
from search_api.schemas_restores import NewBudget, NewChange, NewDecision, NewRestore
from search_api.schemas_timelines import Moment, TimelineText
from tests.fakes.app_client import AppTransport
from tests.fakes.small_archive import SmallArchive

ADA, BOSS = "a" * 20, "b" * 20
CUT = "TITLE: X\n001  NOREEL V C 01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00\n"
TIERING = TieringSettings(budget_usd=Decimal(1), approvers=("prn_boss",))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SmallArchive]:
    access = AccessSettings(tokens={"prn_ada": ADA, "prn_boss": BOSS})  # type: ignore[dict-item]
    settings = Settings(home=tmp_path / "home", tiering=TIERING, access=access)
    made = SmallArchive(tmp_path, settings)
    vault = tmp_path / "vault"
    vault.mkdir(exist_ok=True)
    terms = {"retrieval": {"standard": 0, "bulk": 3600}, "prices": {"standard": "5000000", "bulk": "100"}}
    (vault / ".vault.json").write_text(json.dumps(terms))
    with made.catalog.write() as tx:
        (copy,) = tx.assets.instances(made.cold.id)
        asleep = replace(copy.essence, restore=RestoreState.NEEDED, size=1 << 20)
        tx.assets_writer.replace_instance(replace(copy, objects=(asleep,)))
    yield made
    made.catalog.close()


@pytest.fixture
def restorer(archive: SmallArchive) -> Restorer:
    return open_restorer(archive.catalog, archive.settings)


@pytest.fixture
def http(archive: SmallArchive, restorer: Restorer) -> Iterator[TestClient]:
    services = replace(archive.services(), restorer=restorer)
    with TestClient(create_app(services), base_url="http://127.0.0.1") as client:
        yield client


def of(http: TestClient, token: str | None = None) -> Client:
    return Client("http://127.0.0.1", transport=AppTransport(http), token=token)


def test_a_basket_holds_hits_assets_and_timelines(http: TestClient, archive: SmallArchive) -> None:
    ada = of(http, ADA)
    film, cold = archive.film.id, archive.cold.id
    moments = [Moment.model_validate({"asset": film, "in": 5, "out": 20}), Moment(asset=cold)]
    filled = ada.baskets.put("Trailer", NewItems(moments=moments, label="opening"))
    assert (filled.added, filled.basket.items) == (2, 2)
    assert ada.baskets.put("trailer", NewItems(moments=moments)).added == 0
    edl = TimelineText(format="edl", text=CUT)
    assert len(ada.baskets.put("trailer", NewItems(timeline=edl)).unresolved) == 1
    contents = ada.baskets.get("TRAILER").contents
    assert [(item.asset, item.in_frame, item.out_frame) for item in contents] == [
        (film, 5, 20),
        (cold, None, None),
    ]
    assert [(item.size, item.master and item.master.restore) for item in contents] == [
        (1000, "none"),
        (1 << 20, "needed"),
    ]
    assert [basket.name for basket in ada.baskets.all()] == ["Trailer"]
    assert of(http).baskets.all() == []
    with pytest.raises(BasketNotFound):
        of(http).baskets.get("trailer")
    assert ada.baskets.take("trailer", [contents[0].id]).items == 1
    assert ada.baskets.take("trailer").items == 0
    ada.baskets.remove("trailer")
    assert ada.baskets.all() == []


def test_a_long_timeline_fits_into_a_basket(http: TestClient) -> None:
    long = TimelineText(format="edl", text=CUT + "* COMMENT: nothing of use\n" * 50_000)
    assert len(long.text) > 1 << 20
    assert of(http, ADA).baskets.put("long", NewItems(timeline=long)).added == 0


def test_a_quote_names_every_tier_and_what_is_warm(http: TestClient, archive: SmallArchive) -> None:
    ada = of(http, ADA)
    assets = [archive.film.id, archive.cold.id]
    ada.baskets.put("b", NewItems(moments=[Moment(asset=asset) for asset in assets]))
    found = ada.baskets.quote("b")
    offers = {offer.retrieval_tier: offer for offer in found.tiers}
    assert offers["standard"].cost > offers["bulk"].cost
    assert set(offers["bulk"].split) == {
        "retrieval",
        "requests",
        "temporary_copy",
        "egress",
        "early_deletion",
    }
    assert [warm.asset for warm in found.warm] == [archive.film.id]
    assert (found.quote.objects, found.impossible, found.coming) == (1, [], [])
    assert found.quote.retrieval_tier == "standard"


def _quoted(client: Client, archive: SmallArchive) -> str:
    client.baskets.put("b", NewItems(moments=[Moment(asset=archive.cold.id)]))
    return client.baskets.quote("b").quote.id


def test_over_budget_an_approver_decides(http: TestClient, archive: SmallArchive) -> None:
    ada, boss = of(http, ADA), of(http, BOSS)
    quote = _quoted(ada, archive)
    with pytest.raises(BudgetExceeded):
        ada.request_restore(quote)
    (restore,) = ada.baskets.approve("b", BasketApproval(quote=quote))
    assert restore.status == "needs approval"
    (again,) = ada.baskets.approve("b", BasketApproval(quote=quote))
    assert again.id == restore.id
    (approval,) = boss.money.approvals("open")
    with pytest.raises(NotAllowed):
        ada.money.approve(approval.id, NewDecision())
    with pytest.raises(BudgetExceeded):
        boss.money.approve(approval.id, NewDecision())
    assert archive.catalog is not None
    decided = boss.money.approve(approval.id, NewDecision(raise_budgets=True, note="go"))
    assert (decided.state, decided.decided_by) == ("approved", "prn_boss")
    with pytest.raises(StateConflict):
        boss.money.decline(approval.id, NewDecision())
    (budget,) = [b for b in boss.money.budgets().budgets if b.scope == "month"]
    assert budget.reserved <= budget.cap
    assert budget.set_by == "prn_boss"
    told = [notice.event for notice in ada.money.notices().notices]
    assert told[:1] == ["restore.needs_approval"]
    assert {"restore.approved"} <= set(told)
    assert [n.event for n in boss.money.notices().notices] == ["approval.asked"]


@pytest.mark.parametrize("more", [True, False])
def test_a_quote_holds_for_what_was_in_the_basket(
    http: TestClient, archive: SmallArchive, *, more: bool
) -> None:
    ada = of(http, ADA)
    cold, film = Moment(asset=archive.cold.id), Moment(asset=archive.film.id)
    ada.baskets.put("b", NewItems(moments=[cold] if more else [cold, film]))
    quote = ada.baskets.quote("b").quote.id
    if more:
        ada.baskets.put("b", NewItems(moments=[film]))
    else:
        ada.baskets.take("b", [i.id for i in ada.baskets.get("b").contents if i.asset == cold.asset])
    with pytest.raises(QuoteExpired):
        ada.baskets.approve("b", BasketApproval(quote=quote))
    assert ada.restores() == []


def test_a_declined_basket_costs_nothing_and_is_told(http: TestClient, archive: SmallArchive) -> None:
    ada, boss = of(http, ADA), of(http, BOSS)
    quote = _quoted(ada, archive)
    (restore,) = ada.agree(NewRestore(quote=quote, ask_approval=True))
    (approval,) = boss.money.approvals("open")
    boss.money.decline(approval.id, NewDecision(note="too dear"))
    assert ada.restore(restore.id).status == "cancelled"
    events = [notice.event for notice in ada.money.notices().notices]
    assert events == ["restore.needs_approval", "restore.declined", "restore.cancelled"]
    newest = ada.money.notices(limit=2, newest=True).notices
    assert [notice.event for notice in newest] == events[1:]
    assert [notice.event for notice in ada.money.notices(after=newest[0].seq, newest=True).notices] == events[
        2:
    ]
    assert [notice.about for notice in newest] == ["too dear", restore.uri]
    with pytest.raises(StateConflict):
        ada.agree(NewRestore(quote=quote, ask_approval=True))


def test_budgets_are_set_by_approvers(http: TestClient) -> None:
    boss = of(http, BOSS)
    found = boss.money.set_budget(NewBudget(scope="user", subject="prn_ada", cap_usd="7.50"))
    assert ("user", "prn_ada", Decimal("7.50")) in [(b.scope, b.subject, b.cap) for b in found.budgets]
    assert "user" not in [b.scope for b in boss.money.clear_budget("user", "prn_ada").budgets]
    with pytest.raises(NotAllowed):
        of(http, ADA).money.set_budget(NewBudget(scope="month", cap_usd="1"))


def test_a_change_of_what_is_not_there_is_refused(http: TestClient, archive: SmallArchive) -> None:
    ada, boss = of(http, ADA), of(http, BOSS)
    boss.money.set_budget(NewBudget(scope="month", cap_usd="100000"))
    (restore,) = ada.request_restore(_quoted(ada, archive))
    assert restore.status == "failed"
    with pytest.raises(StateConflict):
        ada.change_restore(restore.id, NewChange(days=9, only_quote=True))


def test_a_change_that_needs_an_approver_is_asked_for_and_approved(archive: SmallArchive) -> None:
    (archive.root.parent / "vault" / "reels").mkdir()
    asleep(archive, b"essence" * 1000)
    dear = TIERING.model_copy(update={"approval_usd": Decimal(0), "budget_usd": Decimal(10**9)})
    restorer = open_restorer(archive.catalog, archive.settings.model_copy(update={"tiering": dear}))
    services = replace(archive.services(), restorer=restorer)
    with TestClient(create_app(services), base_url="http://127.0.0.1") as http:
        ada, boss = of(http, ADA), of(http, BOSS)
        (restore,) = boss.agree(NewRestore(quote=ada.quote([archive.cold.id], retrieval_tier="bulk").id))
        faster = NewChange(retrieval_tier="standard")
        with pytest.raises(ApprovalNeeded):
            ada.change_restore(restore.id, faster)
        changed = ada.change_restore(restore.id, faster.model_copy(update={"ask_approval": True}))
        assert changed.approval is not None
        assert (changed.approval.state, changed.approval.cost) == ("open", changed.cost)
        assert changed.restore.retrieval_tier == "bulk"
        (waiting,) = boss.money.approvals("open")
        assert waiting == changed.approval
        assert boss.money.approve(waiting.id, NewDecision()).state == "approved"
        assert ada.restore(restore.id).retrieval_tier == "standard"


def asleep(archive: SmallArchive, data: bytes) -> None:
    """Let there be a master where the catalog has one."""
    with archive.catalog.write() as tx:
        (copy,) = tx.assets.instances(archive.cold.id)
        store = open_store(tx.locations.by_id(copy.location_id), archive.settings)
        (archive.root.parent / "vault" / copy.essence.key).write_bytes(data)
        found = store.head(copy.essence.key)
        item = replace(copy.essence, uri=found.uri, size=found.size, etag=found.etag, mtime_ns=found.mtime_ns)
        tx.assets_writer.replace_instance(replace(copy, objects=(item,)))


def test_tokens_that_belong_to_nobody_are_refused(http: TestClient) -> None:
    with pytest.raises(UnknownToken):
        of(http, "x" * 20).baskets.all()
    answer = http.get("/v1/baskets", headers={"Authorization": "Basic abc"})
    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_notices_are_events_that_can_be_resumed(http: TestClient, archive: SmallArchive) -> None:
    ada = of(http, ADA)
    ada.agree(NewRestore(quote=_quoted(ada, archive), ask_approval=True))
    with archive.catalog.read() as reader:
        (notice,) = reader.notices.after(0, 10, principal="prn_ada")  # type: ignore[arg-type]
    lines = event_text(notice).splitlines()
    assert lines[0] == f"id: {notice.seq}"
    assert lines[1] == "event: restore.needs_approval"
    assert json.loads(lines[2].removeprefix("data: "))["id"] == notice.id
    bad = http.get("/v1/events", headers={"Authorization": f"Bearer {ADA}", "Last-Event-ID": "x"})
    assert bad.status_code == httpx.codes.UNPROCESSABLE_ENTITY


class _Listener:
    """A request whose sender goes away after some looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    async def is_disconnected(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_a_stream_goes_on_where_it_was_left(
    archive: SmallArchive, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.0)
    ada = of(http, ADA)
    quote = _quoted(ada, archive)
    ada.agree(NewRestore(quote=quote, ask_approval=True))
    boss = of(http, BOSS)
    (approval,) = boss.money.approvals("open")
    boss.money.decline(approval.id, NewDecision())
    services = archive.services()

    async def listen(after: int) -> list[str]:
        stream = events._stream(services, PrincipalId("prn_ada"), _Listener(3), after)  # type: ignore[arg-type]
        return [text async for text in stream]

    def names(texts: list[str]) -> list[str]:
        lines = [line for text in texts for line in text.splitlines()]
        return [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]

    first = names(asyncio.run(listen(0)))
    assert first == ["restore.needs_approval", "restore.declined", "restore.cancelled"]
    seqs = [notice.seq for notice in ada.money.notices().notices]
    assert names(asyncio.run(listen(seqs[0]))) == first[1:]
    assert names(asyncio.run(listen(seqs[-1]))) == []
