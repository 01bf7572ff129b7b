"""Damaged pages of the catalog are found and told by the names of their tables."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.integrity import named
from foundation.home import Home
from tests.contract.catalog.examples import location, register
from tests.fakes.migrated import with_catalog

PAGE = 4096
NAMES = {5: "table assets", 9: "index ix_assets_name"}
OWNERS = {261: "index ix_objects"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Tree 5 page 12 cell 3: Rowid 9 out of order", "table assets, page 12 cell 3: Rowid 9 out of order"),
        ("Tree 9 page 9: free space corruption", "index ix_assets_name, page 9: free space corruption"),
        ("Tree 77 page 78: unused", "tree 77, page 78: unused"),
        (
            "Multiple uses for byte 33 of page 261",
            "index ix_objects: Multiple uses for byte 33 of page 261",
        ),
        ("Page 300 is never used", "Page 300 is never used"),
        ("row 1 missing from index x", "row 1 missing from index x"),
    ],
)
def test_numbers_become_names(line: str, told: str) -> None:
    assert named(line, NAMES, OWNERS) == told


def pages_of(path: Path, table: str) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno"
        try:
            return [row[0] for row in connection.execute(query, (table,))]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat")


@pytest.mark.parametrize("table", ["assets", "instances", "objects"])
@pytest.mark.parametrize("byte", [0, 3, 5, 9])
def test_a_flipped_bit_in_the_structure_of_a_page_names_its_table(
    tmp_path: Path, table: str, byte: int
) -> None:
    home = with_catalog(Home(tmp_path))
    catalog = open_catalog(home)
    with catalog.write() as tx:
        place = location()
        tx.locations.add(place)
        for number in range(60):
            register(tx, place, f"reel{number}.mov")
    catalog.close()
    page = pages_of(home.catalog, table)[1]
    with home.catalog.open("r+b") as file:
        file.seek((page - 1) * PAGE + byte)
        was = file.read(1)[0]
        file.seek((page - 1) * PAGE + byte)
        file.write(bytes([was ^ 8]))
    catalog = open_catalog(home)
    found = catalog.check()
    catalog.close()
    assert any(table in sentence for sentence in found), found
