"""On what terms a location gives its cold objects back: delays and prices, known without asking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from archive_tiering.cost import Load, PriceTable
from archive_tiering.storage_class import copy_expiry, facts_of
from foundation.errors import TierUnavailable

_DAY = Decimal(86400)


@dataclass(frozen=True, slots=True)
class Terms:
    """Delays and prices of one location.

    Attributes:
        prices: What retrieval costs there.
        delays: Seconds by retrieval tier where the location sets its own; else the class's facts hold.
        egress: Reading leaves the provider's network, and is billed.
        storage_class: The class of whatever lies there; S3 locations have several, and this is the usual one.
    """

    prices: PriceTable
    delays: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    egress: bool = False
    storage_class: str = "STANDARD"

    def tiers(self, storage_class: str) -> Mapping[str, float]:
        """Return seconds by retrieval tier on offer, fastest kind first."""
        return self.delays or facts_of(storage_class).retrieval_seconds

    def seconds(self, storage_class: str, tier: str) -> float:
        """Return the typical upper bound of a restore; raises TierUnavailable."""
        offered = self.tiers(storage_class)
        if tier not in offered:
            names = ", ".join(offered)
            raise TierUnavailable(f"{storage_class} has no retrieval tier {tier!r} (on offer: {names}).")
        return offered[tier]

    def load(self, storage_class: str, tier: str, days: int, sizes: list[int], now: datetime) -> Load:
        """Describe objects to bring back now; the copy is kept from when it is there to its midnight."""
        ready = now + timedelta(seconds=self.seconds(storage_class, tier))
        held = Decimal((copy_expiry(ready, days) - ready).total_seconds()) / _DAY
        return Load(storage_class, len(sizes), sum(sizes), held, self.egress)
