"""Checks what was derived from one asset: renditions, keyframes, vectors, fingerprint, each by its path.

Keyframes have no digest in the catalog: the first read takes one, which holds until they are made anew.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from archive_tiering.fixity.check import Beat
from catalog.model import FixityItem
from catalog.repository import Catalog, CatalogReader
from foundation.errors import StorageUnreachable
from foundation.home import Home
from foundation.ids import AssetId

WALK, PROXY, SHOTS, FINGERPRINT = "walk", "proxy", "shots", "fingerprint"
"""Stages as the indexer names them; a test holds both together."""

SETTLE = timedelta(minutes=10)
"""A file that was written less than this long ago may be newer than what the catalog says of it."""

_CHUNK = 1 << 20
_MADE = "made"
_VECTORS = {"visual": "visual", "text": "meaning"}


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived file as it should be; ``sha256`` of None where nothing is on record."""

    path: str
    sha256: str | None
    stage: str


@dataclass(frozen=True, slots=True)
class Damage:
    """One derived file that is not as it should be."""

    file: Derived
    wrong: str
    found: str | None


@dataclass(slots=True)
class DerivedCheck:
    """What a look at an asset's folder gave.

    Attributes:
        digests: Those to remember for what the catalog has none for.
        unsettled: Something was just written, and was left for another time.
    """

    size: int = 0
    damages: list[Damage] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    unsettled: bool = False


def derived_files(view: CatalogReader, asset_id: AssetId, known: Mapping[str, str]) -> Iterator[Derived]:
    """Yield the files that an asset should have, with digests of a first read where they still hold."""
    for rendition in view.facts.renditions(asset_id).values():
        yield Derived(rendition.path, rendition.sha256, PROXY)
    for file in view.facts.vector_files(asset_id):
        yield Derived(file.path, file.sha256, vector_stage(file.kind, file.revision))
    for printed in view.links.fingerprints_of([asset_id]).values():
        yield Derived(printed.path, printed.sha256, FINGERPRINT)
    holds = known.get(_MADE) == _made_at(view, asset_id)
    for keyframe in view.facts.keyframes(asset_id):
        yield Derived(keyframe.path, known.get(keyframe.path) if holds else None, SHOTS)


def _made_at(view: CatalogReader, asset_id: AssetId) -> str:
    run = view.facts.stage_runs(asset_id).get(SHOTS)
    return "" if run is None or run.finished_at is None else run.finished_at.isoformat()


def check_derived(catalog: Catalog, home: Home, item: FixityItem, beat: Beat, now: datetime) -> DerivedCheck:
    """Read everything derived from an asset.

    Raises:
        StorageUnreachable: The derived store as a whole is not there.
        Interrupted: ``beat`` said so.
    """
    asset_id = AssetId(item.uri)
    if not home.derived.is_dir():
        raise StorageUnreachable(f"The derived store {home.derived} is not there.")
    with catalog.read() as view:
        files = list(derived_files(view, asset_id, item.digests))
        result = DerivedCheck(digests={_MADE: _made_at(view, asset_id)})
    for file in files:
        _check(home.asset(asset_id) / file.path, file, result, beat, now)
    return result


def _check(path: Path, file: Derived, result: DerivedCheck, beat: Beat, now: datetime) -> None:
    if file.stage == SHOTS and file.sha256 is not None:
        result.digests[file.path] = file.sha256
    try:
        if timedelta(0) <= now - datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo) < SETTLE:
            result.unsettled = True
            return
        found, size = _digest(path, beat)
    except FileNotFoundError:
        result.damages.append(Damage(file, "It is missing.", None))
        return
    except OSError as error:
        result.damages.append(Damage(file, f"It cannot be read: {error.strerror}.", None))
        return
    result.size += size
    if file.sha256 is None:
        result.digests[file.path] = found
    elif found != file.sha256:
        result.damages.append(Damage(file, "Its bytes have another digest.", found))


def _digest(path: Path, beat: Beat) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
            size += len(chunk)
            beat(len(chunk))
    return hasher.hexdigest(), size


def vector_stage(kind: str, revision: str) -> str:
    """Name of the stage that writes the vectors of an encoder."""
    return "faces" if kind == "face" else f"{_VECTORS[kind]}@{revision[:12]}"
