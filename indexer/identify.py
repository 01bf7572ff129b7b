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
from indexer.work import PROBE, Work


def identify(work: Work) -> None:
    """Settle the asset and describe it, unless these very bytes were probed before.

    Raises:
        MediaError: The bytes are not media; nothing was registered for a copy that was new.
        ObjectChanged: The master changed while it was read.
    """
    if work.is_probed:
        return
    sha256, info = work.master().sha256, work.info()
    former = work.asset
    with work.services.catalog.write() as writer:
        work.lease.fence(writer)
        work.asset = _settle(writer, work, sha256)
        work.instance = replace(work.instance, asset_id=work.asset.id, objects=work.master().objects)
        writer.assets_writer.replace_instance(work.instance)
        probed = StageRun(work.asset.id, PROBE, work.recipe.versions[PROBE], sha256)
        if not _has_timeline(writer, probed):
            asset = replace(described(work.asset, info), sha256=sha256)
            writer.assets_writer.describe(asset, info.pts, tracks(info))
            writer.facts_writer.finish_stage(probed)
    if work.asset.id == former.id and former.sha256 not in (None, sha256):
        clear(work.folder)
    work.refresh()


def _has_timeline(writer: CatalogWriter, probed: StageRun) -> bool:
    """Whether these bytes were probed through another copy: what was made since is timed as it was then."""
    done = writer.facts.stage_runs(probed.asset_id).get(PROBE)
    return done is not None and (done.version, done.input_digest) == (probed.version, probed.input_digest)


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
