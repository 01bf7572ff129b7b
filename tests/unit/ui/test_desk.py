"""The desk of people with rights: sign in, approve, baskets, restores; a real restorer over a vault."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from archive_tiering.factory import open_restorer
from foundation.settings import AccessSettings, Settings, TieringSettings
from search_api.app import create_app
from search_api.client import Client
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
    press(page, "Sign out")
    assert "You are prn_local." in shown(page)


@pytest.mark.parametrize("token", ["x" * 20, "", "é" * 20, "a\tb\x00c"])
def test_a_wrong_token_is_a_sentence(of: SignIn, token: str) -> None:
    page = AppTest.from_function(draw_sidebar, kwargs={"of": of}).run()
    sign_in(page, token)
    assert not page.exception
    assert "This token is nobody" in shown(page)
    assert "You are prn_local." in shown(page)
