"""The examples of the query language's page are read as the page says."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from search_api.schemas_reading import Understood
from tests.fakes.small_archive import SmallArchive

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "query-language.md"
PLAIN = "*plain words*"


def _rows() -> list[list[str]]:
    """Table rows whose header has a column ``read as``: query, reading, note."""
    found, columns = [], None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            columns = None
        elif columns is None:
            columns = cells
        elif "read as" in columns and not cells[0].startswith("---"):
            row = dict(zip(columns, cells, strict=True))
            query = row.get("write") or row["example"]
            found.append([query.strip("`"), row["read as"].strip("`"), row.get("note", "")])
    return found


@pytest.fixture
def known(archive: SmallArchive, http: TestClient) -> TestClient:
    """The archive with the names that the page uses."""
    archive.name_a_face("Ada Lovelace")
    archive.add_location("tapes")
    return http


def test_the_page_has_examples() -> None:
    assert len(_rows()) > 40


def test_every_example_is_read_as_the_page_says(known: TestClient) -> None:
    for query, reading, note in _rows():
        reply = known.post("/v1/search", json={"q": query, "limit": 1}).json()
        told = Understood.model_validate(reply["understood"]).told
        assert told == ("" if reading == PLAIN else reading), query
        assert any(item.startswith(note) for item in (*reply["notes"], "")), (query, reply["notes"])
