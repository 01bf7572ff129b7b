"""The state of the archive on one page."""

from collections.abc import Sequence

from catalog.model import AssetKind
from catalog.query import COLD_CLASSES, AssetFilter
from catalog.repository import CatalogReader
from embeddings.packs import Pack, PackRole, PackStore
from embeddings.vector_index import SpaceStats
from foundation.descriptors import SHOT_SIZE
from foundation.errors import ModelError
from foundation.settings import SignalSettings
from search_api import schemas_work as w
from search_api.services.evidence import ON, off

FACES_OFF = "faces are off (biometric law). Set REKINDLE_SIGNALS__FACES=true and run `rekindle index`."


def counts_of(reader: CatalogReader) -> dict[str, int]:
    """Visible assets, by kind, and those whose master is cold."""
    counts = {kind.value: reader.assets.count(AssetFilter(kinds=(kind,))) for kind in AssetKind}
    cold = reader.assets.count(AssetFilter(storage_classes=COLD_CLASSES))
    return {"assets": sum(counts.values()), **counts, "cold": cold}


def signals_now(reader: CatalogReader, packs: PackStore, settings: SignalSettings) -> dict[str, str]:
    """Which signals a search has, without loading a model."""
    named = bool(reader.people.names())
    faces = ON if named else off("no person has a name yet. Name faces with `rekindle people`.")
    if not settings.faces and not named:
        faces = off(FACES_OFF)
    onscreen = (
        ON if settings.onscreen else off("text on screen is not read. Set REKINDLE_SIGNALS__ONSCREEN=true.")
    )
    return {
        "visual": _pack_state(packs),
        "speech": ON,
        "onscreen": onscreen,
        "face": faces,
        "description": ON,
        "name": ON,
    }


def notes_on(packs: PackStore, settings: SignalSettings) -> list[str]:
    """What the settings ask for and cannot be done."""
    if SHOT_SIZE not in settings.described:
        return []
    if not settings.faces:
        return [f"Shot size is not described: {FACES_OFF}"]
    try:
        pack = packs.active("face")
    except ModelError as error:
        return [f"Shot size is not described: {error.message} {error.remedy}"]
    return (
        []
        if pack
        else ["Shot size is not described: no face pack is installed. See `rekindle packs --help`."]
    )


def packs_of(packs: PackStore) -> list[w.PackInfo]:
    """Installed packs."""
    return [_pack(pack, packs.role(pack)) for pack in packs.list()]


def spaces_of(stats: Sequence[SpaceStats]) -> list[w.SpaceInfo]:
    """Vector spaces of the index."""
    return [w.SpaceInfo(space=row.space, points=row.points, indexed=row.indexed) for row in stats]


def _pack_state(packs: PackStore) -> str:
    try:
        pack = packs.active("visual")
    except ModelError as error:
        return off(f"{error.message} {error.remedy}")
    return (
        ON if pack is not None else off("no visual pack is installed. `rekindle packs add visual` adds one.")
    )


def _pack(pack: Pack, role: PackRole | None) -> w.PackInfo:
    spec = pack.spec
    return w.PackInfo(
        kind=spec.kind,
        name=spec.name,
        revision=spec.revision,
        active=pack.active,
        role=role,
        builtin=pack.builtin,
        licence=spec.licence,
        commercial_use=spec.commercial_use,
        weakness=spec.weakness,
    )
