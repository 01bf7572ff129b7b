"""The desk of people with rights: sign in, approve, baskets, restores; a real restorer over a vault."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from archive_tiering.factory import open_restorer, open_store
from catalog.model import RestoreState
from foundation.ids import RestoreId
from foundation.settings import AccessSettings, Settings, TieringSettings
from search_api.app import create_app
from search_api.client import Client
from search_api.schemas_restores import NewBudget, NewRestore, Restore
from tests.fakes.app_client import AppTransport
from tests.fakes.small_archive import SmallArchive

pytestmark = pytest.mark.slow

ADA, BOSS = "a" * 20, "b" * 20
TIERING = TieringSettings(budget_usd=Decimal(1), approvers=("prn_boss",))
SignIn = Callable[[str | None], Client]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SmallArchive]:
    access = AccessSettings(tokens={"prn_ada": ADA, "prn_boss": BOSS})  # type: ignore[dict-item]
    made = SmallArchive(tmp_path, Settings(home=tmp_path / "home", tiering=TIERING, access=access))
    yield made
    made.catalog.close()


@pytest.fixture
def of(archive: SmallArchive) -> Iterator[SignIn]:
    """Clients by token."""
    services = replace(archive.services(), restorer=open_restorer(archive.catalog, archive.settings))
    with TestClient(create_app(services), base_url="http://127.0.0.1") as http:
        yield lambda token=None: Client("http://127.0.0.1", transport=AppTransport(http), token=token)


def draw_sidebar(of: "SignIn") -> None:
    import streamlit as st

    from ui.components.person import arrive

    client = arrive(of(None), of)
    st.text(",".join(basket.name for basket in client.baskets.all()))


def shown(page: AppTest) -> str:
    """All markup of a page."""
    return "\n".join(item.proto.body for item in page.get("html"))


def press(page: AppTest, label: str) -> AppTest:
    """Press the first button of that name."""
    return next(button for button in page.button if button.label == label).click().run()


def sign_in(page: AppTest, token: str) -> AppTest:
    next(box for box in page.text_input if box.label == "Access token").set_value(token)
    return press(page, "Sign in")


def test_one_signs_in_and_out(of: SignIn) -> None:
    page = AppTest.from_function(draw_sidebar, kwargs={"of": of}).run()
    assert "You are prn_local." in shown(page)
    sign_in(page, BOSS)
    assert not page.exception
    assert "You are prn_boss (approver)." in shown(page)
    assert BOSS not in shown(page)
    page.query_params["q"] = "the merger"
    press(page, "Sign out")
    assert "q" not in page.query_params
    assert "You are prn_local." in shown(page)


@pytest.mark.parametrize("token", ["x" * 20, "", "é" * 20, "a\tb\x00c"])
def test_a_wrong_token_is_a_sentence(of: SignIn, token: str) -> None:
    page = AppTest.from_function(draw_sidebar, kwargs={"of": of}).run()
    sign_in(page, token)
    assert not page.exception
    assert "This token is nobody" in shown(page)
    assert "You are prn_local." in shown(page)


def draw_notices(client: "Client") -> None:
    from ui.components.notices import show_notices

    show_notices(client)


def draw_approvals(client: "Client") -> None:
    from ui.views import approvals

    approvals.draw(client)


def draw_restores(client: "Client") -> None:
    from ui.views import restores

    restores.draw(client)


def let_sleep(archive: SmallArchive) -> None:
    """Put the cold film into a vault that takes ten minutes, or an hour for less."""
    terms = {"retrieval": {"standard": 600, "bulk": 3600}, "prices": {"standard": "5000000", "bulk": "100"}}
    master = Path(archive.vault.uri.removeprefix("vault:")) / archive.cold.name
    master.parent.mkdir(parents=True)
    master.write_bytes(bytes(1 << 20))
    (master.parents[1] / ".vault.json").write_text(json.dumps(terms))
    found = open_store(archive.vault, archive.settings).head(archive.cold.name)
    with archive.catalog.write() as tx:
        (copy,) = tx.assets.instances(archive.cold.id)
        asleep = replace(copy.essence, restore=RestoreState.NEEDED, size=found.size, etag=found.etag)
        tx.assets_writer.replace_instance(replace(copy, objects=(asleep,)))


def ask(client: Client, archive: SmallArchive, tier: str) -> Restore:
    """Ask for the cold film; an approver is asked where a budget does not suffice."""
    quote = client.quote([archive.cold.id], retrieval_tier=tier)
    (restore,) = client.agree(NewRestore(quote=quote.id, ask_approval=True))
    return restore


def test_an_approver_says_no_with_a_reason_and_yes(of: SignIn, archive: SmallArchive) -> None:
    let_sleep(archive)
    ada, boss = of(ADA), of(BOSS)
    restore = ask(ada, archive, "standard")
    assert restore.status == "needs approval"
    (approval,) = boss.money.approvals("open")
    bystander = AppTest.from_function(draw_approvals, kwargs={"client": ada}).run()
    assert not bystander.exception
    assert approval.id in shown(bystander)
    assert not bystander.button
    page = AppTest.from_function(draw_approvals, kwargs={"client": boss}).run()
    press(page, "Decline")
    assert "Say why" in shown(page)
    assert boss.money.approvals("open")
    page.button(key=f"approve-{approval.id}").click().run()
    assert "→" in shown(page), "the budget does not suffice, and is not passed by a yes"
    page.text_input(key=f"note-{approval.id}").set_value("use the proxy")
    press(page, "Decline")
    assert not page.exception
    assert ada.restore(restore.id).status == "cancelled"
    assert "use the proxy" in shown(page)
    ask(ada, archive, "standard")
    page.run()
    (approval,) = boss.money.approvals("open")
    page.checkbox(key=f"raise-{approval.id}").check()
    page.button(key=f"approve-{approval.id}").click().run()
    assert not page.exception
    assert boss.money.approvals("open") == []


def test_a_restore_is_changed_at_a_price_and_cancelled(of: SignIn, archive: SmallArchive) -> None:
    let_sleep(archive)
    ada, boss = of(ADA), of(BOSS)
    boss.money.set_budget(NewBudget(scope="month", cap_usd="100000"))
    restore = ask(ada, archive, "bulk")
    page = AppTest.from_function(draw_restores, kwargs={"client": ada}).run()
    assert not page.exception
    assert page.button(key=f"price-{restore.id}").disabled
    page.selectbox(key=f"faster-{restore.id}").select("standard").run()
    page.button(key=f"price-{restore.id}").click().run()
    page.number_input(key=f"days-{restore.id}").set_value(9).run()
    assert f"change-{restore.id}" not in [button.key for button in page.button]
    page.button(key=f"price-{restore.id}").click().run()
    page.button(key=f"change-{restore.id}").click().run()
    assert not page.exception
    assert "→" not in shown(page)
    with archive.catalog.read() as reader:
        changed = reader.restores.get(RestoreId(restore.id))
    assert (changed.wanted_days, changed.retrieval_tier) == (9, "standard")
    page.button(key=f"cancel-{restore.id}").click().run()
    assert not page.exception


def test_a_change_that_a_budget_does_not_allow_is_put_to_an_approver(
    of: SignIn, archive: SmallArchive
) -> None:
    let_sleep(archive)
    ada, boss = of(ADA), of(BOSS)
    restore = ask(ada, archive, "bulk")
    page = AppTest.from_function(draw_restores, kwargs={"client": ada}).run()
    page.selectbox(key=f"faster-{restore.id}").select("standard").run()
    page.button(key=f"price-{restore.id}").click().run()
    page.button(key=f"change-{restore.id}").click().run()
    assert not page.exception
    assert "An approver was asked" in shown(page)
    (approval,) = boss.money.approvals("open")
    desk = AppTest.from_function(draw_approvals, kwargs={"client": boss}).run()
    assert "brought back standard" in shown(desk)
    desk.checkbox(key=f"raise-{approval.id}").check()
    desk.button(key=f"approve-{approval.id}").click().run()
    assert not desk.exception
    assert ada.restore(restore.id).retrieval_tier == "standard"


def test_the_newest_notices_are_shown(of: SignIn, archive: SmallArchive) -> None:
    let_sleep(archive)
    ada = of(ADA)
    quiet = AppTest.from_function(draw_notices, kwargs={"client": ada}).run()
    assert not quiet.subheader
    ask(ada, archive, "standard")
    page = AppTest.from_function(draw_notices, kwargs={"client": ada}).run()
    assert not page.exception
    assert "restore needs approval" in shown(page)
    assert Path(archive.cold.name).name in shown(page)
    assert "approval asked" in shown(AppTest.from_function(draw_notices, kwargs={"client": of(BOSS)}).run())
