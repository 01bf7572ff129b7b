"""What the tests of pages share."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _main_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit runs each page as the main module; processes that later tests spawn would run it again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
