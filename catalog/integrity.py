"""What SQLite's own check finds wrong with a file, told by the names of tables and indices.

The check reads every page, walks every tree, and compares every index with its table. SQLite keeps no
checksums of pages; :mod:`catalog.page_check` finds what it cannot.
"""

import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy import exc

_TREE = re.compile(r"\bTree (\d+)(?: page (\d+))?")
_PAGE = re.compile(r"\b[Pp]age (\d+)")
_HEAD = re.compile(r"\*\*\* in database \w+ \*\*\*\s*")
MOST = 100
"""Sentences after which the check stops."""


def damages(connection: sa.Connection) -> list[str]:
    """Return what is wrong, without repetitions; empty when the file is sound."""
    names = _trees(connection)
    connection.exec_driver_sql("PRAGMA cell_size_check=ON")
    try:
        found = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})").all()
    except exc.DatabaseError:
        return _by_table(connection) or ["It cannot be read, and no single table is to blame"]
    lines = [line for row in found for line in _lines(str(row[0])) if line != "ok"]
    owners = _owners(connection) if any(_PAGE.search(line) for line in lines) else {}
    return list(dict.fromkeys(named(line, names, owners) for line in lines))


def owners_of_pages(connection: sa.Connection) -> dict[int, str]:
    """Tables and indices by each of their pages, as far as that can be told."""
    kinds = {name.split(" ", 1)[1]: name for name in _trees(connection).values()}
    return {page: kinds.get(name, f"table {name}") for page, name in _owners(connection).items()}


def _by_table(connection: sa.Connection) -> list[str]:
    """The check as a whole gave up: say in which tables."""
    broken = []
    for table in sorted(set(_tables(connection))):
        quoted = table.replace('"', '""')
        try:
            found = connection.exec_driver_sql(f'PRAGMA quick_check("{quoted}")').all()
        except exc.DatabaseError as error:
            broken.append(f"table {table}: {error.orig}")
            continue
        broken += [f"table {table}: {line}" for row in found for line in _lines(row[0]) if line != "ok"]
    return broken


def named(line: str, names: Mapping[int, str], owners: Mapping[int, str]) -> str:
    """Say a tree's name where SQLite says the number of its first page, or of any of its pages.

    Args:
        line: What SQLite said.
        names: Trees by first page.
        owners: Trees by each page, as far as that is known.
    """

    def name(match: re.Match[str]) -> str:
        tree = names.get(int(match[1]), f"tree {match[1]}")
        return tree if match[2] is None else f"{tree}, page {match[2]}"

    told, page = _TREE.sub(name, line), _PAGE.search(line)
    owner = owners.get(int(page[1])) if page and told == line else None
    return told if owner is None else f"{owner}: {told}"


def _lines(text: str) -> Iterator[str]:
    for line in _HEAD.sub("", text).splitlines():
        if line.strip():
            yield line.strip().rstrip(".")


def _tables(connection: sa.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    try:
        return [row[0] for row in connection.exec_driver_sql(query)]
    except exc.DatabaseError:
        return []


def _owners(connection: sa.Connection) -> dict[int, str]:
    """Tables and indices by page; nothing where SQLite was built without this, or cannot walk the file."""
    try:
        return dict(connection.exec_driver_sql("SELECT pageno, name FROM dbstat").all())
    except exc.DatabaseError:
        return {}


def _trees(connection: sa.Connection) -> dict[int, str]:
    """Tables and indices by the number of their first page."""
    query = "SELECT rootpage, type, name FROM sqlite_master WHERE rootpage > 0"
    try:
        return {row[0]: f"{row[1]} {row[2]}" for row in connection.exec_driver_sql(query)}
    except exc.DatabaseError:
        return {}
