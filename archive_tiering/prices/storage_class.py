"""Storage classes as facts: whether bytes sleep, how they come back, what an early departure costs.

Times and minimum stays follow the Amazon S3 user guide ("Amazon S3 storage classes", "Understanding archive
retrieval options"); times are the longest of the typical range, so that an ETA is rather early than late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from foundation.errors import BadSettings, TierUnavailable

HOUR = 3600
EXPEDITED, STANDARD, BULK = "expedited", "standard", "bulk"
RETRIEVAL_TIERS = (EXPEDITED, STANDARD, BULK)
"""Fastest first."""


@dataclass(frozen=True, slots=True)
class StorageClassFacts:
    """What is true of a storage class whatever it costs.

    Attributes:
        is_cold: Objects must be restored before they are read.
        retrieval_seconds: By retrieval tier, fastest first: typical upper bound of a restore.
        archive_seconds: The same by archive tier of the class, where one has times of its own.
        min_days: Days that are billed even if the object leaves earlier.
        min_bytes: Smallest size that is billed.
        overhead_bytes: Bytes billed on top of each object.
        overhead_at_standard: How many of these are billed at the price of STANDARD.
        billed_read: Reading costs per byte even though no restore is needed.
        moves_back: A restore brings the object itself back for good: no days are asked for, no copy expires.
        monitored: Each object of 128 KiB and more costs a monitoring fee per month.
    """

    name: str
    is_cold: bool = False
    retrieval_seconds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    archive_seconds: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    min_days: int = 0
    min_bytes: int = 0
    overhead_bytes: int = 0
    overhead_at_standard: int = 0
    billed_read: bool = False
    moves_back: bool = False
    monitored: bool = False

    @property
    def may_sleep(self) -> bool:
        """Objects may have to be restored: all of a cold class, some of one that archives by itself."""
        return self.is_cold or self.moves_back

    def may_be_archived(self, size: int) -> bool:
        """Whether an object of this size may fall asleep by itself; only its store knows whether it does."""
        return self.moves_back and size >= _MONITORED_FROM

    def seconds(self, retrieval_tier: str) -> int:
        """Typical upper bound of a restore; raises TierUnavailable where the tier is not on offer."""
        try:
            return self.retrieval_seconds[retrieval_tier]
        except KeyError:
            offered = ", ".join(self.retrieval_seconds) or "none: it needs no restore"
            message = f"{self.name} has no retrieval tier {retrieval_tier!r} (on offer: {offered})."
            raise TierUnavailable(message) from None


_KIB = 1024
_MONITORED_FROM = 128 * _KIB
"""Smaller objects stay in the frequent access tier."""
_FACTS = (
    StorageClassFacts("STANDARD"),
    StorageClassFacts("STANDARD_IA", min_days=30, min_bytes=128 * _KIB, billed_read=True),
    StorageClassFacts("ONEZONE_IA", min_days=30, min_bytes=128 * _KIB, billed_read=True),
    # Its archive tiers are opt-in per bucket; HEAD tells which objects sleep in them, a listing does not.
    StorageClassFacts(
        "INTELLIGENT_TIERING",
        # Of the deep archive access tier, which is the slower one; the other one has an expedited
        # retrieval, too, which is not on offer here: it alone would be billed.
        retrieval_seconds=MappingProxyType({STANDARD: 12 * HOUR, BULK: 48 * HOUR}),
        archive_seconds=MappingProxyType(
            {"ARCHIVE_ACCESS": MappingProxyType({STANDARD: 5 * HOUR, BULK: 12 * HOUR})}
        ),
        moves_back=True,
        monitored=True,
    ),
    StorageClassFacts("GLACIER_IR", min_days=90, min_bytes=128 * _KIB, billed_read=True),
    StorageClassFacts(
        "GLACIER",
        is_cold=True,
        retrieval_seconds=MappingProxyType({EXPEDITED: 300, STANDARD: 5 * HOUR, BULK: 12 * HOUR}),
        min_days=90,
        overhead_bytes=40 * _KIB,
        overhead_at_standard=8 * _KIB,
    ),
    StorageClassFacts(
        "DEEP_ARCHIVE",
        is_cold=True,
        retrieval_seconds=MappingProxyType({STANDARD: 12 * HOUR, BULK: 48 * HOUR}),
        min_days=180,
        overhead_bytes=40 * _KIB,
        overhead_at_standard=8 * _KIB,
    ),
    StorageClassFacts(
        "VAULT_COLD",
        is_cold=True,
        retrieval_seconds=MappingProxyType({EXPEDITED: 1, STANDARD: 5, BULK: 10}),
    ),
)
FACTS: Mapping[str, StorageClassFacts] = MappingProxyType({facts.name: facts for facts in _FACTS})


def facts_of(name: str) -> StorageClassFacts:
    """Return the facts of a storage class; raises BadSettings for one nobody described."""
    try:
        return FACTS[name]
    except KeyError:
        known = ", ".join(FACTS)
        raise BadSettings(f"Nothing is known of the storage class {name!r} (known: {known}).") from None


def facts_or_plain(name: str) -> StorageClassFacts:
    """Return a class's facts; one that only some S3-compatible store knows is taken for one like STANDARD."""
    return FACTS.get(name) or StorageClassFacts(name)


def copy_expiry(ready: datetime, days: int) -> datetime:
    """When a copy restored at ``ready`` for ``days`` goes away: at the next UTC midnight, as S3 rounds it."""
    due = ready.astimezone(UTC) + timedelta(days=days)
    midnight = due.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == due else midnight + timedelta(days=1)
