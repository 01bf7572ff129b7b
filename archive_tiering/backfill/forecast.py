"""Cold masters without a proxy: which of them sleep, and what bringing them in once would cost.

A backfill brings each of them back once, in waves, through bulk retrieval; see
:mod:`archive_tiering.backfill.waves`.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from archive_tiering.backfill.waves import Limits, Load, WavePlan, plan_waves
from archive_tiering.clock import Clock
from archive_tiering.places import Places
from archive_tiering.quotes.survey import Impossible, survey
from archive_tiering.quotes.tiers import Wish
from archive_tiering.quotes.tolls import read_cost
from catalog.model import Instance, LocationKind, RestoreState
from catalog.repository import Catalog, CatalogReader
from foundation.errors import NoSpace
from foundation.ids import AssetId, LocationId
from foundation.settings import TieringSettings


@dataclass(frozen=True, slots=True)
class Standing:
    """How the masters of assets without a proxy stand, each asset in one place.

    Attributes:
        asleep: Has objects that nobody asked for.
        coming: Everything that sleeps was asked for; some of it is not there yet.
        awake: Can be read now, and the copy to read.
        elsewhere: Somebody else woke it; it is not there yet.
        impossible: Cannot be brought back, and why.
    """

    asleep: list[Load] = field(default_factory=list)
    coming: list[AssetId] = field(default_factory=list)
    awake: list[Instance] = field(default_factory=list)
    elsewhere: list[AssetId] = field(default_factory=list)
    impossible: list[Impossible] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a backfill would do, before anything was asked of any store.

    Attributes:
        dear: Masters that can be read as they are, at a cost, and that cost.
        tables: Names, dates and sources of the prices.
    """

    plan: WavePlan
    standing: Standing
    days: int
    dear: tuple[tuple[Instance, Decimal], ...]
    tables: tuple[tuple[str, str, str], ...]


def unseen(view: CatalogReader, asset_ids: Iterable[AssetId]) -> list[AssetId]:
    """Return the assets, by their own ids, that have neither a proxy nor a still's picture."""
    current = list(dict.fromkeys(asset.id for asset in view.assets.many(asset_ids).values()))
    seen = view.facts.playable(current)
    return [asset_id for asset_id in current if asset_id not in seen]


def standing_of(view: CatalogReader, places: Places, asset_ids: Sequence[AssetId]) -> Standing:
    """Look in the catalog how masters stand; no store is asked."""
    found = survey(view, places, asset_ids, strict=False)
    sleepers: dict[AssetId, list[int]] = {}
    for index, sleeper in enumerate(found.sleepers):
        sleepers.setdefault(sleeper.instance.asset_id, []).append(index)
    coming = {item.restore.asset_id for item in found.coming}
    warm = {item.instance.asset_id: item.instance for item in reversed(found.warm)}
    staged = _staged_locations(view)
    standing = Standing(impossible=list(found.impossible))
    for asset in found.assets:
        if asset.id in sleepers:
            own = tuple(found.sleepers[index] for index in sleepers[asset.id])
            standing.asleep.append(Load(asset.id, own, own[0].instance.location_id in staged))
        elif asset.id in coming:
            standing.coming.append(asset.id)
        elif asset.id in warm:
            _put_warm(standing, warm[asset.id])
    return standing


def _put_warm(standing: Standing, instance: Instance) -> None:
    if any(item.restore is RestoreState.IN_PROGRESS for item in instance.objects):
        standing.elsewhere.append(instance.asset_id)
    else:
        standing.awake.append(instance)


def _staged_locations(view: CatalogReader) -> frozenset[LocationId]:
    return frozenset(location.id for location in view.locations.all() if location.kind is LocationKind.S3)


class Backfill:
    """Plans what is brought in.

    Args:
        catalog: What is known of the masters.
        places: Terms of locations.
        settings: How much may be awake at once, and for how long.
        scratch: Where masters are staged.
        clock: The time.
    """

    def __init__(
        self, catalog: Catalog, places: Places, settings: TieringSettings, scratch: Path, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._settings = settings
        self._scratch = scratch
        self._clock = clock

    def standing(self, asset_ids: Sequence[AssetId]) -> Standing:
        """How masters that still have no proxy stand; those that have one are left out."""
        self._places.forget()
        with self._catalog.read() as view:
            return standing_of(view, self._places, unseen(view, asset_ids))

    def plan(self, asleep: Sequence[Load], budget: Decimal | None, *, most: int | None = None) -> WavePlan:
        """Divide what sleeps into waves; see :func:`archive_tiering.backfill.waves.plan_waves`.

        Raises:
            TierUnavailable, BadSettings: It cannot be priced.
        """
        wish = Wish(None, self._settings.restore_days, self._clock(), timedelta())
        limits = Limits(self._settings.backfill_bytes, self._room(), budget)
        return plan_waves(asleep, limits, wish, most=most)

    def forecast(self, asset_ids: Sequence[AssetId], budget: Decimal | None) -> Forecast:
        """Say what bringing them in would cost and how long the stores take.

        Raises:
            BadSettings: The price table lacks a class or tier.
        """
        standing = self.standing(asset_ids)
        plan = self.plan(standing.asleep, budget)
        tables = {
            (table.name, table.date.isoformat(), table.source)
            for load in standing.asleep
            for sleeper in load.sleepers
            for table in (sleeper.terms.prices.table,)
        }
        read = [(each, self._read_cost(each)) for each in standing.awake]
        dear = tuple((each, cost) for each, cost in read if cost)
        return Forecast(plan, standing, self._settings.restore_days, dear, tuple(sorted(tables)))

    def no_room(self, load: Load) -> NoSpace:
        """Why a master that does not fit is not paid for."""
        return NoSpace(
            f"It needs {load.size:,} bytes in {self._scratch}, which has {self._room():,} free; "
            "it was not brought back."
        )

    def _read_cost(self, instance: Instance) -> Decimal:
        return read_cost(instance.objects, self._places.terms(instance.location_id))

    def _room(self) -> int:
        self._scratch.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._scratch).free
