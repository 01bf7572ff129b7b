"""Cold storage at scale: how fast a bucket is listed, and how long a tier plan over a large catalog takes.

``python -m scripts.bench.tiering [--assets N] [--pages N] [--out FOLDER]``

Fills a catalog with assets in forty projects (a quarter of them wrapped), each with one copy of one object
and a proxy on record; then plans with rules by project, age, size and path. Writes ``tiering.json`` and
``tiering.md``. A plan keeps one core busy, so that the target is held against processor seconds: wall seconds
are those of this machine, whatever else it does.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from archive_tiering.factory import open_tiering
from catalog.factory import open_catalog
from catalog.model import Location, LocationKind, ProjectState
from catalog.repository import Catalog
from foundation.ids import LocationId
from foundation.settings import Settings
from scripts.bench.listing import listing
from scripts.bench.report import Figure, save

_TARGET_SECONDS = 30.0
_PROJECTS = 40
_PLACE = LocationId("loc_bench")
_AT_ONCE = 50_000
_OLD = 1_600_000_000
_ASSET = (
    "INSERT INTO assets (id, kind, name, location_id, state, version, rotation, colour, drop_frame, "
    "variable_rate, storage_class, indexed_at, created_at, project) VALUES (?, 'video', ?, 'loc_bench', "
    "'present', 1, 0, '{}', 0, 0, 'STANDARD', '2026-01-01 00:00:00', '2026-01-01 00:00:00', ?)"
)
_INSTANCE = (
    "INSERT INTO instances (id, asset_id, location_id, name, kind, identity, storage_class, available, "
    "created_at) VALUES (?, ?, 'loc_bench', ?, 'file', ?, 'STANDARD', 1, '2026-01-01 00:00:00')"
)
_OBJECT = (
    "INSERT INTO objects (instance_id, ordinal, role, uri, key, size, etag, mtime_ns, version, "
    "storage_class, restore) "
    "VALUES (?, 0, 'essence', 's3://bench/' || ?, ?, ?, 'e', ?, '', 'STANDARD', 'none')"
)
_PROXY = (
    "INSERT INTO renditions (asset_id, role, path, size, sha256, media_type) "
    "VALUES (?, 'proxy', 'proxy.mp4', 1, '', 'video/mp4')"
)
_SOME = """\
version: 1
exceptions:
  - path: "**/deliverables/**"
rules:
  - name: wrapped
    when: {project: {state: wrapped}, size: ">= 1 GB", age: ">= 90 days"}
    to: {class: DEEP_ARCHIVE}
  - name: old
    when: {age: ">= 50 years"}
    to: {class: GLACIER}
"""
_ALL = """\
version: 1
rules:
  - name: everything
    when: {kind: video}
    to: {class: DEEP_ARCHIVE}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--assets", type=int, default=1_000_000, help="assets of the catalog that is planned")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--pages", type=int, default=10_000, help="pages of the bucket that is listed")
    asked = parser.parse_args(arguments)
    figures = [*listing(asked.pages), *plans(asked.assets)]
    save("tiering", "Cold storage at scale", figures, asked.out)
    return 0


def plans(count: int) -> list[Figure]:
    """Plan over a catalog of ``count`` assets: a quarter of its projects, then everything."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        with closing(open_catalog(settings.layout)) as catalog:
            fill(catalog, settings, count)
            return [
                figure
                for name, rules in (
                    ("a quarter of the projects wrapped", _SOME),
                    ("every master moves", _ALL),
                )
                for figure in _planned(catalog, settings, name, rules, count)
            ]


def fill(catalog: Catalog, settings: Settings, count: int) -> None:
    """Put assets into a catalog by the thousands, past its ports: registering them one by one takes hours."""
    with catalog.write() as tx:
        tx.locations.add(Location(_PLACE, "bucket", "s3://bench/masters", LocationKind.S3))
        projects = [tx.projects.create(f"Project {number}") for number in range(_PROJECTS)]
        for project in projects[: _PROJECTS // 4]:
            tx.projects.set_state(project.id, ProjectState.WRAPPED)
    ids = [project.id for project in projects]
    with closing(sqlite3.connect(settings.layout.catalog)) as raw:
        for start in range(0, count, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, count))
            for statement, rows in _rows(numbers, ids):
                raw.executemany(statement, rows)
            raw.commit()
        raw.execute("ANALYZE")


def _rows(numbers: range, projects: Sequence[str]) -> Iterator[tuple[str, Iterator[tuple[object, ...]]]]:
    yield _ASSET, ((_asset(n), _name(n), projects[n % len(projects)]) for n in numbers)
    yield _INSTANCE, ((_instance(n), _asset(n), _name(n), f"{n:064x}") for n in numbers)
    yield (
        _OBJECT,
        ((_instance(n), _name(n), _name(n), (1 + n % 50) << 29, (_OLD + n) * 10**9) for n in numbers),
    )
    yield _PROXY, ((_asset(n),) for n in numbers)


def _planned(catalog: Catalog, settings: Settings, name: str, rules: str, count: int) -> Iterator[Figure]:
    settings.rules_file.write_text(rules)
    desk = open_tiering(catalog, settings)
    began, cpu = time.perf_counter(), time.process_time()
    plan = desk.plan()
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    load = f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    told = f"{plan.moving:,} of {plan.scanned:,} copies would move; {load}"
    full = count >= 1_000_000
    yield Figure(f"plan over {count:,} assets, {name}", wall, "s", note=told)
    yield Figure(
        f"the same plan, {name}",
        spent,
        "CPU s",
        "at most" if full else None,
        _TARGET_SECONDS if full else None,
        "on one core",
    )


def _asset(number: int) -> str:
    return f"ast_{number:026d}"


def _instance(number: int) -> str:
    return f"ins_{number:026d}"


def _name(number: int) -> str:
    return f"production {number % 997}/reel {number % 31}/clip {number}.mxf"


if __name__ == "__main__":
    raise SystemExit(main())
