"""What reading a part of a master costs, as a quote.

Beside ``charge`` and ``source`` lines (see :mod:`archive_tiering.quotes.quote`) such a quote has one line
of kind ``read``: asset, instance, uri, version, etag, size (of the whole), in_frame, out_frame (as
asked for), first_frame (the sync frame), bytes, requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.parts.source import PartSource
from archive_tiering.prices.cost import GB, Charge, total
from archive_tiering.prices.storage_class import FACTS
from catalog.model import Quote
from foundation.errors import QuoteExpired
from foundation.ids import AssetId, QuoteId, mint
from foundation.timecode import FrameRange
from media.subclip import Plan

CURRENCY = "USD"
_THOUSAND = Decimal(1000)


@dataclass(frozen=True, slots=True)
class PartQuote:
    """What a range takes and costs to read.

    Attributes:
        quote: As it is kept; ``cost`` is zero where reading is free, ``size`` the bytes that will be read.
        wanted: Frames that were asked for, handles included.
        first_frame: Frame with which the subclip will begin: the sync frame at or before the first one.
        whole: Bytes of the whole master.
        requests: Reads it takes.
    """

    quote: Quote
    asset: AssetId
    instance: str
    uri: str
    etag: str
    wanted: FrameRange
    first_frame: int
    whole: int
    requests: int


def charges(source: PartSource, size: int, requests: int) -> list[Charge]:
    """What reading costs: in classes that bill it, and where it leaves the provider's network.

    Raises:
        BadSettings: The price table lacks the class.
    """
    prices, name = source.terms.prices, source.item.storage_class
    facts, gigabytes = FACTS.get(name), Decimal(size) / GB
    lines = []
    if facts is not None and facts.billed_read:
        lines.append(Charge("reading a part", name, gigabytes, "GB", prices.of(name).read_per_gb))
    if source.terms.egress:
        lines.append(Charge("egress", name, gigabytes, "GB", prices.transfer.out_per_gb))
    if lines:
        each = prices.transfer.get_per_1000
        lines.append(Charge("reads", name, Decimal(requests) / _THOUSAND, "1,000 requests", each))
    return lines


def make_part_quote(source: PartSource, planned: Plan, now: datetime, valid: timedelta) -> Quote:
    """Price a planned read."""
    bill = charges(source, planned.size, len(planned.spans))
    table = source.terms.prices.table
    origin = {"kind": "source", "table": table.name, "date": table.date.isoformat(), "source": table.source}
    return Quote(
        id=QuoteId(mint("quo")),
        asset_ids=(source.asset.id,),
        retrieval_tier="none",
        days=0,
        size=planned.size,
        objects=1,
        eta_seconds=0,
        cost=total(bill),
        currency=CURRENCY,
        lines=(_read_line(source, planned), *map(_charge_line, bill), origin),
        created_at=now,
        expires_at=now + valid,
    )


def _read_line(source: PartSource, planned: Plan) -> Mapping[str, object]:
    return {
        "kind": "read",
        "asset": source.asset.id,
        "instance": source.instance.id,
        "uri": source.item.uri,
        "version": source.item.version,
        "etag": source.item.etag,
        "size": source.item.size,
        "in_frame": planned.wanted.in_frame,
        "out_frame": planned.wanted.out_frame,
        "first_frame": planned.in_frame,
        "bytes": planned.size,
        "requests": len(planned.spans),
    }


def _charge_line(charge: Charge) -> Mapping[str, object]:
    amounts = {name: str(getattr(charge, name)) for name in ("quantity", "price", "amount")}
    names = {"what": charge.what, "storage_class": charge.storage_class, "unit": charge.unit}
    return {"kind": "charge", **names, **amounts}


def read_part_quote(quote: Quote) -> PartQuote:
    """What a kept quote says; raises QuoteExpired where it is for whole masters."""
    line = next((line for line in quote.lines if line["kind"] == "read"), None)
    if line is None:
        raise QuoteExpired(
            "This quote is for whole masters.", remedy="Ask for one of a part: `rekindle subclip`."
        )

    def whole(name: str) -> int:
        return int(str(line[name]))

    return PartQuote(
        quote=quote,
        asset=AssetId(str(line["asset"])),
        instance=str(line["instance"]),
        uri=str(line["uri"]),
        etag=str(line["etag"]),
        wanted=FrameRange(whole("in_frame"), whole("out_frame")),
        first_frame=whole("first_frame"),
        whole=whole("size"),
        requests=whole("requests"),
    )
