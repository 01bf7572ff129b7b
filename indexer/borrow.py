"""The walk of a cold master from a proxy that others made: seen and heard, never claimed to be frame-exact.

The master's own digest stays unknown, which is how the rest of the catalog tells: once the master can be
read, discovery orders a walk of it, whose proxy takes the borrowed one's place.
"""

import hashlib
from pathlib import PurePosixPath

from archive_tiering.stores.digest import stage
from catalog.model import Asset, ObjectRole, StageRun, Statement
from foundation.errors import FrameCountMismatch
from foundation.ids import StatementId, mint
from indexer.borrowing import Lent
from indexer.candidates import stored
from indexer.derived import publish_json, read_json
from indexer.look_at import look_at
from indexer.master import Master
from indexer.pipeline import run_stages
from indexer.recipe import WALK
from indexer.stages import BORROWED, stages
from indexer.work import Work
from media.probe import MediaInfo, probe

FIELD = "proxy"
RECORD = "borrowed.json"
"""File of an asset's folder that says whose proxy was used."""

_LEAST_MS, _SHARE = 500, 0.01


def lent_before(work: Work) -> Lent | None:
    """Return the proxy that the asset was indexed from."""
    found = read_json(work.folder / RECORD)
    lent = found.get("lent")
    return Lent(**lent) if isinstance(lent, dict) else None


def walk_borrowed(work: Work, lent: Lent) -> None:
    """Index a sleeping master from a proxy that others made.

    Raises:
        MediaError: The proxy is no media, or not of this master.
        StorageError: It cannot be read.
    """
    with work.alone():
        if not any(role in work.renditions for role in ("proxy", "still")):
            _hand_over(work, lent)
        complete = run_stages(work, stages(work.recipe), look_at)
        with work.services.catalog.write() as writer:
            work.lease.fence(writer)
            writer.assets_writer.mark_indexed(work.asset.id)
            if complete:
                writer.facts_writer.finish_stage(StageRun(work.asset.id, WALK, work.recipe.digest, ""))
            writer.runs.clear_dead_letter(work.instance.essence.uri)


def _hand_over(work: Work, lent: Lent) -> None:
    """Stage the borrowed proxy in the master's place, once it was compared with what is known."""
    with work.services.catalog.read() as reader:
        location = reader.locations.by_id(lent.location)
    store = work.services.open_store(location)
    item = stored(store.head(lent.key), ObjectRole.ESSENCE)
    folder = work.scratch / hashlib.sha256(lent.key.encode()).hexdigest()[:16]
    staged = stage(store, item, folder, name=PurePosixPath(lent.key).name[-100:])
    info = probe(staged.path, work.limits)
    compared = compare(work.asset, info)
    work.borrow(Master(staged.path, "", work.instance.objects), info)
    record = {"lent": {"location": lent.location, "key": lent.key}, "uri": item.uri, "sha256": staged.sha256}
    publish_json(work.folder / RECORD, record)
    said = Statement(StatementId(mint("stm")), work.asset.id, FIELD, _sentence(item.uri, compared), BORROWED)
    with work.services.catalog.write() as writer:
        work.lease.fence(writer)
        writer.facts_writer.replace_statements(work.asset.id, BORROWED, [said])


def compare(asset: Asset, info: MediaInfo) -> list[str]:
    """Return in which facts a proxy agrees with what is known of its master; often nothing is known.

    Raises:
        FrameCountMismatch: It is of another kind, length, rate or number of frames.
    """
    known = asset.technical
    pairs: list[tuple[str, object, object]] = [
        ("kind", asset.kind.value, info.kind),
        ("frame rate", known.rate, info.rate),
        ("number of frames", known.frames, info.frames),
    ]
    for what, expected, found in pairs:
        if expected is not None and expected != found:
            raise _other(what, expected, found)
    agreed = [what for what, expected, _ in pairs[1:] if expected is not None]
    if asset.duration_ms is None:
        return agreed
    allowed = max(_LEAST_MS, round(_SHARE * asset.duration_ms))
    if abs(asset.duration_ms - info.duration_ms) > allowed:
        raise _other("length in ms", asset.duration_ms, info.duration_ms)
    return [*agreed, "length"]


def _other(what: str, expected: object, found: object) -> FrameCountMismatch:
    return FrameCountMismatch(
        f"The proxy found by its name has another {what} than the master: {found}, not {expected}.",
        remedy="Correct REKINDLE_INDEXER__PROXY_NAMES or the proxy; `index --cold` brings the master in.",
    )


def _sentence(uri: str, compared: list[str]) -> str:
    how = f"by name and {', '.join(compared)}" if compared else "by its name alone"
    return (
        f"Borrowed from {uri}, matched {how}. Positions are the proxy's; they may differ from the master's."
    )
