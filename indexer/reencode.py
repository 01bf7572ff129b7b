"""Encode jobs: vectors of a pack on trial, from proxies and passages. No master is read."""

from catalog.model import Asset, Instance
from foundation.errors import AssetNotFound, PackInvalid
from indexer.bootstrap import Services
from indexer.lease import Lease
from indexer.look_at import look_at
from indexer.payload import EncodeOrder
from indexer.pipeline import Stage, run_stages
from indexer.recipe import Recipe
from indexer.stages import looks, meanings
from indexer.work import Work
from media.tool import MediaLimits


class Reencoder:
    """Does encode jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._models = services.models()
        self._limits = MediaLimits.from_settings(services.settings.media)

    def run(self, lease: Lease) -> None:
        """Encode the asset of a job with every pack of the kind that serves or is on trial.

        Raises:
            ModelError: The pack does not load.
            AlreadyOwned: The asset is being indexed; it is tried again.
            RekindleError: Why it cannot be encoded.
        """
        order, recipe = EncodeOrder.from_payload(lease.job.payload), self._services.recipe()
        steps = looks(recipe) if order.kind == "visual" else meanings(recipe)
        asset, instance = self._asset(order)
        self._load(order, recipe)
        work = self._work(lease, recipe, asset, instance)
        with work.alone():
            self._encode(work, steps, order)

    def _encode(self, work: Work, steps: list[Stage], order: EncodeOrder) -> None:
        if not run_stages(work, steps, look_at):
            raise PackInvalid(f"{work.asset.name} was not encoded: a pack does not load.")
        with work.services.catalog.write() as writer:
            work.lease.fence(writer)
            writer.runs.clear_dead_letter(order.uri)

    def _load(self, order: EncodeOrder, recipe: Recipe) -> None:
        """A pack that does not load fails the job; a walk would go on without it."""
        for item in recipe.encodings:
            if item.kind == order.kind:
                open_it = self._models.visual if item.kind == "visual" else self._models.text
                open_it(item.pack, item.revision)

    def _asset(self, order: EncodeOrder) -> tuple[Asset, Instance]:
        with self._services.catalog.read() as reader:
            asset = reader.assets.get(order.asset)
            copies = reader.assets.instances(asset.id)
        if not copies:
            raise AssetNotFound(f"{order.uri} is no longer on record.")
        return asset, copies[0]

    def _work(self, lease: Lease, recipe: Recipe, asset: Asset, instance: Instance) -> Work:
        with self._services.catalog.read() as reader:
            location = reader.locations.by_id(instance.location_id)
        return Work(
            services=self._services,
            models=self._models,
            limits=self._limits,
            lease=lease,
            recipe=recipe,
            store=self._services.open_store(location),
            instance=instance,
            asset=asset,
            registered=True,
        )
