"""Examines the machine and the home for ``rekindle doctor``."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from embeddings.packs import KINDS, PackStore
from foundation.errors import PackInvalid, PackMissing, ToolMissing
from foundation.settings import Settings
from media.tool import MediaLimits, ffmpeg_program, sandbox_report
from scripts.locks import Lock
from scripts.processes import answers, by_socket

_SAFE_SQLITE = (3, 51, 3)
_LITTLE_SPACE = 5 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``remedy`` is empty where nothing needs doing."""

    subject: str
    state: Literal["ok", "note", "missing"]
    fact: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding for JSON."""
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed."""
    return [
        _ffmpeg(),
        _sandbox(settings),
        _disk(settings.layout.root),
        _sqlite(),
        _owner(settings),
        _fixity(settings),
        _faces(settings),
        *_packs(PackStore(settings.layout.packs)),
    ]


def _ffmpeg() -> Finding:
    try:
        program = ffmpeg_program()
    except ToolMissing as error:
        return Finding("ffmpeg", "missing", error.message, error.remedy)
    command = [program, "-version"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    return Finding("ffmpeg", "ok", told.stdout.split(" Copyright")[0] or program)


def _sandbox(settings: Settings) -> Finding:
    report = sandbox_report(MediaLimits.from_settings(settings.media))
    if report.network and report.dies_with_parent:
        return Finding("sandbox", "ok", report.sentence)
    return Finding(
        "sandbox", "note", report.sentence, "Allow user namespaces to isolate decoders from the network."
    )


def _disk(home: Path) -> Finding:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    fact = f"{free / 1e9:.1f} GB free for {home}"
    if free < _LITTLE_SPACE:
        return Finding("disk", "note", fact, "Proxies take about 1 GB per two hours of footage.")
    return Finding("disk", "ok", fact)


def _sqlite() -> Finding:
    found = sqlite3.sqlite_version_info
    fact = f"SQLite {sqlite3.sqlite_version}"
    if found >= _SAFE_SQLITE:
        return Finding("SQLite", "ok", fact)
    return Finding(
        "SQLite", "note", f"{fact} has the WAL-reset bug; writes are serialised by a lock to avoid it"
    )


def _owner(settings: Settings) -> Finding:
    home = settings.layout
    if answers(home):
        return Finding("processes", "ok", f"An API answers on {home.socket}")
    if not home.owner_lock.exists():
        return Finding("processes", "ok", "Nothing runs on this home")
    lock = Lock(home.owner_lock)
    try:
        free = lock.take()
    finally:
        lock.close()
    if free:
        return Finding("processes", "ok", "Nothing runs on this home")
    return Finding(
        "processes", "note", "A process owns this home and does not answer", "Wait, or end that process."
    )


def _fixity(settings: Settings) -> Finding:
    if not answers(settings.layout):
        return Finding("fixity", "ok", "`rekindle fixity status` says how far checks are")
    with by_socket(settings.layout) as client:
        found = client.status().fixity_findings
    if not found:
        return Finding("fixity", "ok", "No findings are open")
    return Finding("fixity", "note", f"{found} findings are open", "rekindle fixity report")


def _faces(settings: Settings) -> Finding:
    if settings.signals.faces:
        return Finding("faces", "ok", "Faces are detected and compared")
    return Finding(
        "faces", "ok", "Faces are off; REKINDLE_SIGNALS__FACES=true switches them on where the law allows"
    )


def _packs(store: PackStore) -> Iterator[Finding]:
    for kind in KINDS:
        try:
            pack = store.active(kind)
        except (PackInvalid, PackMissing) as error:
            yield Finding(f"{kind} pack", "missing", error.message, error.remedy)
            continue
        if pack is None:
            yield Finding(f"{kind} pack", "note", "none", "See `rekindle packs --help`.")
        else:
            yield Finding(f"{kind} pack", "ok", f"{pack.spec.name}. {pack.spec.weakness}".strip())
    for problem in store.problems():
        yield Finding("packs", "note", problem.message, problem.remedy)
