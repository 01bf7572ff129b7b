"""Which asset do these bytes belong to? Settled once per change of the bytes, in one transaction.

A file that turns out not to be media never becomes an asset. Equal bytes are one asset; bytes written over
others are its next version.
"""

from dataclasses import replace

from catalog.model import Asset, StageRun
from catalog.repository import CatalogWriter
from foundation.ids import AssetId, mint
from indexer.derived import clear
from indexer.describe import described, tracks
from indexer.master import digest_of
from indexer.work import Work

STAGE = "probe"


def identify(work: Work) -> None:
    """Settle the asset and describe it, unless these very bytes were probed before.

    Raises:
        MediaError: The bytes are not media; nothing was registered for a copy that was new.
        ObjectChanged: The master changed while it was read.
    """
    if _is_known(work):
        return
    sha256, info = work.master().sha256, work.info()
    former = work.asset
    with work.services.catalog.write() as writer:
        work.lease.fence(writer)
        work.asset = _settle(writer, work, sha256)
        work.instance = replace(work.instance, asset_id=work.asset.id, objects=work.master().objects)
        writer.assets_writer.replace_instance(work.instance)
        asset = replace(described(work.asset, info), sha256=sha256)
        writer.assets_writer.describe(asset, info.pts, tracks(info))
        writer.facts_writer.finish_stage(StageRun(asset.id, STAGE, work.recipe.versions[STAGE], sha256))
    if work.asset.id == former.id and former.sha256 not in (None, sha256):
        clear(work.folder)
    work.refresh()


def _is_known(work: Work) -> bool:
    done = work.done.get(STAGE)
    return (
        done is not None
        and (done.version, done.input_digest) == (work.recipe.versions[STAGE], work.asset.sha256)
        and digest_of(work.instance.objects) == work.asset.sha256
    )


def _settle(writer: CatalogWriter, work: Work, sha256: str) -> Asset:
    """The asset of these bytes, which has this copy as one of its instances when this returns."""
    twin = writer.assets.by_sha256(sha256)
    if not work.registered:
        writer.assets_writer.register(work.asset, work.instance)
        work.registered = True
    asset_id, overwritten = work.asset.id, work.asset.sha256 not in (None, sha256)
    if overwritten and len(writer.assets.instances(asset_id)) > 1:
        asset_id, overwritten = _split(writer, work), False
    if twin is not None and twin.id != asset_id:
        writer.assets_writer.merge(asset_id, twin.id)
        return twin
    if overwritten:
        writer.assets_writer.new_version(asset_id)
    return writer.assets.get(asset_id)


def _split(writer: CatalogWriter, work: Work) -> AssetId:
    """The other copies still are what they were: this one is a work of its own from now on."""
    asset = Asset(AssetId(mint("ast")), work.asset.kind, work.instance.name, work.instance.location_id)
    writer.assets_writer.split(asset, work.instance)
    return asset.id
