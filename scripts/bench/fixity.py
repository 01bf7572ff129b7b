"""How fast fixity reads: ``python -m scripts.bench.fixity [--megabytes 512] [--out FOLDER]``.

Digests one file of random bytes as the checks do (through the object store, with looks at the file before and
after), as staging does (in place), and with nothing but ``hashlib``: the same file, the same bytes lying in
memory, and as many bytes of one block that stays in the processor's cache. No file can do the last two: the
kernel copies what is read, and that takes processor time. Ratios are of the rates per processor second (user
and system), best of five turns. Writes ``fixity.json`` and ``fixity.md``.
"""

import argparse
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from archive_tiering.factory import open_store
from archive_tiering.fixity.check import read_whole
from archive_tiering.stores.digest import digest, stage
from catalog.model import Location, LocationKind, ObjectRole, StoredObject
from foundation.ids import LocationId
from foundation.settings import Settings
from scripts.bench.indexing import cpu_seconds
from scripts.bench.report import Figure, save

_TURNS = 5
_TARGET = 0.9
_MEGABYTE = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=512, help="size of the file, in 10^6 bytes")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    asked = parser.parse_args(arguments)
    save("fixity", "Fixity", rates(asked.megabytes), asked.out)
    return 0


def rates(megabytes: int) -> list[Figure]:
    """Measure all ways in turns, so that whatever else the machine does meets each alike."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.urandom(megabytes * _MEGABYTE)
        block = data[:_MEGABYTE]
        (Path(folder) / "film.mov").write_bytes(data)
        place = Location(LocationId("loc_bench"), "bench", folder, LocationKind.FOLDER)
        store = open_store(place, Settings(home=Path(folder) / "home"))
        listed = store.head("film.mov")
        item = StoredObject(ObjectRole.ESSENCE, listed.uri, listed.key, listed.size, listed.etag)
        ways: dict[str, Callable[[], object]] = {
            "file": lambda: _bare(Path(folder) / "film.mov"),
            "memory": lambda: digest([data]),
            "cache": lambda: digest(block for _ in range(megabytes)),
            "check": lambda: read_whole(store, item, lambda size: None),
            "stage": lambda: stage(store, item, Path(folder) / "scratch"),
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(_TURNS):
            for name, work in ways.items():
                best[name] = min(best[name], cpu_seconds(work))
    note = f"{megabytes} MB, in the page cache"
    return [
        Figure("bare SHA-256 of the file", megabytes / best["file"], "MB per CPU s", note=note),
        Figure("fixity check, of that rate", best["file"] / best["check"], "", "at least", _TARGET),
        Figure("staging in place, of that rate", best["file"] / best["stage"], "", "at least", _TARGET),
        Figure("bare SHA-256 of bytes in memory", megabytes / best["memory"], "MB per CPU s"),
        Figure("bare SHA-256 of one block in the cache", megabytes / best["cache"], "MB per CPU s"),
        Figure("fixity check, of that rate too", best["cache"] / best["check"], note="the rest is copying"),
    ]


def _bare(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


if __name__ == "__main__":
    raise SystemExit(main())
