"""A catalog whose pages are told apart, and bits that flip in them."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.page_watch import PageWatch
from catalog.repository import Catalog
from foundation.home import Home
from tests.contract.catalog.examples import location, register, say

PAGE = 4096
LONG = "a sentence that runs over page after page " * 150


def make(home: Home) -> Home:
    """Fill a new catalog, and close it."""
    with opened(home) as catalog, catalog.write() as writer:
        place = location()
        writer.locations.add(place)
        for number in range(8):
            asset = register(writer, place, f"reel{number}.mov")
            say(writer, asset, f"what is said in reel {number}.", LONG)
    return home


@contextmanager
def opened(home: Home) -> Iterator[Catalog]:
    with closing(open_catalog(home)) as catalog:
        yield catalog


def add(home: Home, name: str) -> None:
    """Write a little, and close."""
    with opened(home) as catalog, catalog.write() as writer:
        register(writer, writer.locations.get("films"), name)


def checked(home: Home) -> list[str]:
    with opened(home) as catalog:
        return catalog.check()


def page_of(path: Path, table: str, kind: str) -> int:
    """A page in the middle of a table, of a kind that SQLite calls ``leaf``, ``overflow`` or ``internal``."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY path"
        try:
            found = [row[0] for row in connection.execute(query, (table, kind))]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat")
    assert found, f"{table} has no page of the kind {kind}"
    return int(found[len(found) // 2])


def flip(path: Path, page: int, byte: int, bits: int = 1) -> None:
    """Flip bits of a byte as a disk does: the file's time stays."""
    about = path.stat()
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE + byte)
        was = file.read(1)[0]
        file.seek((page - 1) * PAGE + byte)
        file.write(bytes([was ^ bits]))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def passes_sqlites_own_check(path: Path) -> bool:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def unknown(home: Home) -> int:
    """Of how many pages no digest is known."""
    return PageWatch(home.catalog).unknown()
