"""Forecasts of cold backfills as the wire has them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import takewhile

from archive_tiering.backfill.forecast import Forecast
from archive_tiering.backfill.waves import Load, Wave
from archive_tiering.prices.cost import PARTS
from archive_tiering.quotes.quote import CURRENCY
from catalog.repository import CatalogReader, KnownInstance
from foundation.ids import AssetId, LocationId
from search_api import schemas_work as w
from search_api.services.targets import Target

_PAGE = 1_000


def unindexed(reader: CatalogReader, target: Target) -> list[AssetId]:
    """Assets of a target that nobody looked at yet and that are there."""
    known = _known_below(reader, target.location.id, target.prefix or "")
    return [item.asset_id for item in known if item.available and not item.complete]


def _known_below(reader: CatalogReader, location: LocationId, prefix: str) -> Iterator[KnownInstance]:
    """What is known in a location below a prefix, a page at a time."""
    after: str | None = None
    while True:
        page = reader.assets.known_page(location, first=prefix, after=after, limit=_PAGE)
        below = list(takewhile(lambda item: item[0].startswith(prefix), page))
        yield from (item for _, item in below)
        if len(below) < _PAGE:
            return
        after = below[-1][0]


def forecast_of(forecast: Forecast) -> w.Forecast:
    """A forecast on the wire."""
    plan, standing = forecast.plan, forecast.standing
    return w.Forecast(
        waves=[_wave(wave) for wave in plan.waves],
        assets=sum(len(wave.loads) for wave in plan.waves),
        objects=sum(wave.objects for wave in plan.waves),
        size=sum(wave.size for wave in plan.waves),
        cost=plan.cost,
        currency=CURRENCY,
        split={part: sum((wave.split[part] for wave in plan.waves), Decimal(0)) for part in PARTS},
        eta_seconds=plan.eta_seconds,
        days=forecast.days,
        beyond_budget=_rest(plan.beyond_budget),
        too_large=_rest(plan.too_large),
        reads=w.ForecastReads(
            assets=len(forecast.dear),
            size=sum(instance.size for instance, _ in forecast.dear),
            cost=sum((cost for _, cost in forecast.dear), Decimal(0)),
        ),
        coming=len(standing.coming) + len(standing.elsewhere),
        awake=len(standing.awake),
        impossible=len(standing.impossible),
        sources=[
            w.PriceSource(table=name, date=date, source=source) for name, date, source in forecast.tables
        ],
    )


def _wave(wave: Wave) -> w.ForecastWave:
    return w.ForecastWave(
        assets=len(wave.loads),
        objects=wave.objects,
        size=wave.size,
        retrieval_tier=wave.retrieval_tier,
        eta_seconds=wave.eta_seconds,
        cost=wave.cost,
        split=wave.split,
    )


def _rest(loads: Sequence[Load]) -> w.ForecastRest:
    return w.ForecastRest(assets=len(loads), size=sum(load.size for load in loads))
