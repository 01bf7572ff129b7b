"""On what terms a location gives its cold objects back: delays and prices, known without asking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from archive_tiering.prices.cost import Load, PriceTable
from archive_tiering.prices.storage_class import facts_of
from foundation.errors import TierUnavailable


@dataclass(frozen=True, slots=True)
class Terms:
    """Delays and prices of one location.

    Attributes:
        prices: What retrieval costs there.
        delays: Seconds by retrieval tier where the location sets its own; else the class's facts hold.
        egress: Reading leaves the provider's network, and is billed.
        storage_class: The class of whatever lies there; S3 locations have several, and this is the usual one.
        store: Which S3 store it lies in; only within one are objects copied by the store itself.
    """

    prices: PriceTable
    delays: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    egress: bool = False
    storage_class: str = "STANDARD"
    store: str = ""

    def tiers(self, storage_class: str, archive_tier: str | None = None) -> Mapping[str, float]:
        """Return seconds by retrieval tier on offer, fastest kind first.

        Args:
            storage_class: Of the object.
            archive_tier: In which it sleeps; the slowest of its class where nobody was told.
        """
        facts = facts_of(storage_class)
        return self.delays or facts.archive_seconds.get(archive_tier or "", facts.retrieval_seconds)

    def seconds(self, storage_class: str, tier: str, archive_tier: str | None = None) -> float:
        """Return the typical upper bound of a restore; raises TierUnavailable."""
        offered = self.tiers(storage_class, archive_tier)
        if tier not in offered:
            names = ", ".join(offered)
            raise TierUnavailable(f"{storage_class} has no retrieval tier {tier!r} (on offer: {names}).")
        return offered[tier]

    def load(self, storage_class: str, days: int, sizes: list[int]) -> Load:
        """Describe objects to bring back, their copies kept for the days and to the midnight that follows.

        Where in the day they will arrive nobody knows beforehand: a whole day is counted for it, so that what
        is reserved is never less than what it comes to.
        """
        return Load(storage_class, len(sizes), sum(sizes), Decimal(days + 1), self.egress)
