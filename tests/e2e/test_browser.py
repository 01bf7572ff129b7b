"""The UI in a real browser: search, play from the moment, open the asset, bring a master back."""

import json
import shutil
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import material
from tests.e2e.background import Started
from tests.e2e.command import Rekindle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

QUIET = (("REKINDLE_SIGNALS__ONSCREEN", "false"), ("REKINDLE_SIGNALS__SPEECH", "false"))
EVIL = "<img src=x onerror=window.pwned=1>.mp4"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def ui(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the UI over a clip with words, a clip with a wicked name, and a cold clip with a proxy."""
    root = tmp_path_factory.mktemp("browser")
    clip = material.clip(root / "footage" / "quay.mp4", 6, cuts=(3,))
    material.sidecar(clip.with_suffix(".vtt"), [(3.5, 5.0, "The last ferry leaves at noon.")])
    material.clip(root / "footage" / EVIL, 2)
    material.clip(root / "vault" / "cold.mp4", 2)
    (root / "vault" / ".vault.json").write_text(
        '{"retrieval": {"standard": 600, "bulk": 0}, "prices": {"standard": "10"}}'
    )
    rekindle = Rekindle(root / "home", QUIET)
    rekindle.json("location", "add", "cold", f"vault:{root / 'vault'}")
    rekindle.json("index", str(root / "footage"))
    rekindle.json("index", "cold")
    with Started(rekindle, "up", "--port", "0", "--ui-port", "0", "--json") as serving:
        assert serving.stdout is not None
        told = "".join(iter(serving.stdout.readline, "}\n")) + "}"
        yield json.loads(told)["ui"]
        serving.send_signal(signal.SIGINT)
        assert serving.wait(60) == 0


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 860})
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


def _search(page: Page, ui: str, words: str) -> None:
    page.goto(ui)
    box = page.get_by_label("Search")
    box.fill(words)
    box.press("Enter")
    page.wait_for_selector(".rk-card")


def test_a_hit_plays_from_its_moment(page: Page, ui: str) -> None:
    _search(page, ui, "when does the last ferry leave")
    assert "quay.mp4" in page.locator(".rk-card").first.inner_text()
    page.wait_for_function("[...document.querySelectorAll('.rk-frame img')].every(i => i.naturalWidth > 0)")
    page.locator('[class*="st-key-hit-0"] button').click()
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    state = page.evaluate(
        "(() => { const v = document.querySelector('video'); return [v.currentTime, v.error]; })()"
    )
    assert state[0] >= 2.9
    assert state[1] is None


def test_the_asset_page_has_shots_and_words_that_play(page: Page, ui: str) -> None:
    _search(page, ui, "when does the last ferry leave")
    page.locator('[class*="st-key-hit-0"] button').click()
    page.get_by_role("button", name="Open the asset").click()
    page.wait_for_selector("text=The last ferry leaves at noon.")
    assert page.locator('[class*="st-key-hit-frame-"]').count() >= 2
    page.get_by_role("button", name="0:03.5").click()
    page.wait_for_function("document.querySelector('video')?.src.includes('#t=3.5')")


def test_a_wicked_file_name_is_text(page: Page, ui: str) -> None:
    _search(page, ui, "onerror window pwned")
    page.wait_for_selector(f"text={EVIL}")
    page.wait_for_timeout(500)
    assert page.evaluate("window.pwned") is None


def test_a_cold_master_is_brought_back_after_its_price_was_seen(page: Page, ui: str) -> None:
    _search(page, ui, "cold.mp4")
    page.locator('[class*="st-key-hit-"]').filter(has_text="cold.mp4").locator("button").click()
    page.wait_for_selector("text=It has no proxy yet")
    page.get_by_role("button", name="Open the asset").click()
    page.get_by_role("button", name="What does it cost?").click()
    page.wait_for_selector("text=ready in")
    page.get_by_role("button", name="Agree and bring it back").click()
    page.wait_for_selector("text=in progress")


def test_a_hit_goes_into_a_basket_with_its_range(page: Page, ui: str) -> None:
    _search(page, ui, "when does the last ferry leave")
    page.locator('[class*="st-key-hit-0"] button').click()
    page.get_by_role("button", name="Put into a basket").click()
    page.get_by_role("button", name="Put it in").click()
    page.wait_for_selector("text=My basket holds 1")
    page.get_by_role("link", name="Baskets").click()
    page.wait_for_selector(".rk-table")
    assert "quay.mp4" in page.locator(".rk-table").inner_text()
    page.get_by_role("button", name="What does it cost?").click()
    page.wait_for_selector("text=readable now")


def test_a_wrong_token_is_a_sentence_and_stays_out_of_the_address(page: Page, ui: str) -> None:
    page.goto(ui)
    page.wait_for_selector("text=You are prn_local (approver).")
    page.get_by_label("Access token").fill("nobody-has-this-token")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("text=This token is nobody")
    assert "nobody-has" not in page.url
    assert page.get_by_label("Access token").input_value() == ""


def test_an_empty_answer_and_a_bad_filter_are_sentences(page: Page, ui: str) -> None:
    _search(page, ui, "ferry")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Year").fill("nan")
    page.get_by_label("Year").press("Enter")
    page.wait_for_selector("text=→")


def test_the_other_pages_open(page: Page, ui: str) -> None:
    page.goto(f"{ui}/archive")
    page.wait_for_selector("text=Models in use")
    for place in ("restores", "baskets", "approvals", "people", "saved"):
        page.goto(f"{ui}/{place}")
        page.wait_for_selector(".rk-mark")
        assert page.locator('[data-testid="stException"]').count() == 0
