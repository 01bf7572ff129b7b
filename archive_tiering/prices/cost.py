"""What bringing masters back costs: a dated price table, and exact arithmetic over it.

    cost = GB · retrieval + n/1000 · requests + GB · copy · held days / 30.4 + n/1000 · reads + GB · egress

One GB is 2^30 bytes. Every line is exact; only a total is rounded, up to the cent, so that a quote is never
less than its lines.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archive_tiering.prices.storage_class import facts_or_plain
from foundation.errors import BadSettings

GB = Decimal(1 << 30)
CENT = Decimal("0.01")
DAYS_PER_MONTH = Decimal("30.4")
_THOUSAND = Decimal(1000)
RETRIEVAL, REQUESTS, COPY, EGRESS, EARLY = (
    "retrieval",
    "requests",
    "temporary_copy",
    "egress",
    "early_deletion",
)
PARTS = (RETRIEVAL, REQUESTS, COPY, EGRESS, EARLY)
"""What a quote's cost is split into."""
Amount = Annotated[Decimal, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TierPrice(_Part):
    """One retrieval tier: per GB brought back, and per 1,000 requests."""

    per_gb: Amount = Decimal(0)
    per_1000: Amount = Decimal(0)


class ClassPrices(_Part):
    """One storage class: keeping a GB for a month, reading, writing, watching objects, retrieval tiers."""

    per_gb_month: Amount = Decimal(0)
    read_per_gb: Amount = Decimal(0)
    write_per_1000: Amount = Decimal(0)
    write_per_gb: Amount = Decimal(0)
    monitoring_per_1000: Amount = Decimal(0)
    retrieval: Mapping[str, TierPrice] = Field(default_factory=dict)


class CopyPrice(_Part):
    """The temporary copy of a restored object."""

    per_gb_month: Amount = Decimal(0)


class FolderPrice(_Part):
    """The user's own disks: keeping a GB there for a month."""

    per_gb_month: Amount = Decimal(0)


class TransferPrice(_Part):
    """Reading objects, and taking bytes out of the provider's network."""

    get_per_1000: Amount = Decimal(0)
    out_per_gb: Amount = Decimal(0)


class TableInfo(_Part):
    """Which table this is: shown with every quote."""

    name: str
    date: date
    currency: Literal["USD"] = "USD"
    source: str


class PriceTable(_Part):
    """Prices of one provider and region at a date."""

    table: TableInfo
    copied: CopyPrice = Field(CopyPrice(), alias="copy")
    transfer: TransferPrice = TransferPrice()
    folder: FolderPrice = FolderPrice()
    classes: Mapping[str, ClassPrices] = Field(default_factory=dict)

    def of(self, storage_class: str) -> ClassPrices:
        """Return a class's prices; raises BadSettings where the table has none."""
        try:
            return self.classes[storage_class]
        except KeyError:
            raise BadSettings(
                f"The price table {self.table.name!r} has no prices for {storage_class}.",
                remedy="Add the class to your price table; docs/reference/prices.md shows the format.",
            ) from None

    def retrieval(self, storage_class: str, tier: str) -> TierPrice:
        """Return a retrieval tier's prices; raises BadSettings where the table has none."""
        try:
            return self.of(storage_class).retrieval[tier]
        except KeyError:
            raise BadSettings(
                f"The price table {self.table.name!r} has no {tier} retrieval for {storage_class}.",
                remedy="Add the tier to your price table; docs/reference/prices.md shows the format.",
            ) from None


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a bill: ``quantity`` of ``unit`` at ``price``; a restore's ``part`` is of ``PARTS``."""

    what: str
    storage_class: str
    quantity: Decimal
    unit: str
    price: Decimal
    part: str = ""

    @property
    def amount(self) -> Decimal:
        """Exact, not rounded."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Load:
    """Objects of one class to bring back.

    Attributes:
        objects: How many.
        size: Their bytes.
        held_days: How long the temporary copies are kept.
        egress: Reading them leaves the provider's network.
    """

    storage_class: str
    objects: int
    size: int
    held_days: Decimal
    egress: bool = False


def load_prices(path: Path | None) -> PriceTable:
    """Read a price table; None means the one that ships with Rekindle.

    Raises:
        BadSettings: It cannot be read or is not a price table; the message names the field.
    """
    try:
        if path is None:
            text = resources.files("archive_tiering").joinpath("data/prices.toml").read_text("utf-8")
        else:
            text = path.read_text("utf-8")
        return PriceTable.model_validate(tomllib.loads(text, parse_float=Decimal))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(f"{path or 'prices.toml'}: {where}: {first['msg']}.") from error
    except (OSError, ValueError) as error:
        raise BadSettings(f"The price table {path} cannot be read: {error}.") from error


def charges(prices: PriceTable, load: Load, tier: str) -> tuple[Charge, ...]:
    """Return the lines of bringing a load back through one retrieval tier; lines of nothing are left out."""
    price = prices.retrieval(load.storage_class, tier)
    gigabytes, thousands = load.size / GB, load.objects / _THOUSAND
    name = load.storage_class
    # What moves back leaves no copy: the object itself lies where it is kept anyway.
    days = Decimal(0) if facts_or_plain(name).moves_back else load.held_days
    held = gigabytes * days / DAYS_PER_MONTH
    lines = [
        Charge(f"{tier} retrieval", name, gigabytes, "GB", price.per_gb, RETRIEVAL),
        Charge("restore requests", name, thousands, "1,000 requests", price.per_1000, REQUESTS),
        Charge("temporary copy", name, held, "GB-month", prices.copied.per_gb_month, COPY),
    ]
    # What leaves the network is not read to be verified: the store's own checksum is compared.
    reads = thousands if load.egress else 2 * thousands
    get = prices.transfer.get_per_1000
    lines.append(Charge("reading it (verified, used)", name, reads, "1,000 requests", get, REQUESTS))
    if load.egress:
        lines.append(Charge("egress of one read", name, gigabytes, "GB", prices.transfer.out_per_gb, EGRESS))
    return tuple(line for line in lines if line.amount)


def extension_charges(prices: PriceTable, load: Load, tier: str) -> tuple[Charge, ...]:
    """Return the lines of keeping copies ``load.held_days`` longer: a request each, and the copies."""
    thousands, name = load.objects / _THOUSAND, load.storage_class
    held = load.size / GB * load.held_days / DAYS_PER_MONTH
    asked = prices.retrieval(name, tier).per_1000
    lines = (
        Charge("requests to keep it longer", name, thousands, "1,000 requests", asked, REQUESTS),
        Charge("temporary copy, longer", name, held, "GB-month", prices.copied.per_gb_month, COPY),
    )
    return tuple(line for line in lines if line.amount)


def upgrade_charges(prices: PriceTable, load: Load, tier: str) -> tuple[Charge, ...]:
    """Return the lines of making a running restore faster: the faster tier in full, as S3 bills both."""
    price = prices.retrieval(load.storage_class, tier)
    thousands, name = load.objects / _THOUSAND, load.storage_class
    lines = (
        Charge(f"{tier} retrieval instead", name, load.size / GB, "GB", price.per_gb, RETRIEVAL),
        Charge("requests to make it faster", name, thousands, "1,000 requests", price.per_1000, REQUESTS),
    )
    return tuple(line for line in lines if line.amount)


def split_of(lines: Iterable[Charge]) -> dict[str, Decimal]:
    """Return the exact amount of every part of a bill; bringing back never deletes early, so that is 0."""
    parts = dict.fromkeys(PARTS, Decimal(0))
    for line in lines:
        parts[line.part] += line.amount
    return parts


def total(lines: Iterable[Charge]) -> Decimal:
    """Return the sum, rounded up to the cent."""
    return sum((line.amount for line in lines), Decimal(0)).quantize(CENT, ROUND_CEILING)


def shares(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Split whole cents among parts by weight so that they add up to ``amount`` exactly.

    Cents that do not divide go to the largest remainders, the earlier part first; equal weights if all are 0.
    """
    if not weights:
        return []
    scale = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(scale)
    exact = [amount * weight / whole for weight in scale]
    parts = [value.quantize(CENT, ROUND_FLOOR) for value in exact]
    left = int((amount - sum(parts, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])
    for index in by_remainder[:left]:
        parts[index] += CENT
    return parts
