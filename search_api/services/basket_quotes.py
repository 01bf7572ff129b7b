"""A kept quote's lines as a basket shows them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from archive_tiering.prices.cost import GB
from catalog.model import Quote
from search_api import schemas_baskets as b
from search_api.services.restore_wire import quote_wire

_SHOWN_ELSEWHERE = frozenset({"object", "tier", "deadline", "warm", "join", "impossible", "unasked"})
_Line = Mapping[str, object]


def basket_quote(made: Quote) -> b.BasketQuote:
    """Every retrieval tier with its split, what is warm, what is coming, what cannot come back."""
    kept = [dict(line) for line in made.lines if line["kind"] not in _SHOWN_ELSEWHERE]
    deadline = next(_of(made, "deadline"), None)
    return b.BasketQuote(
        quote=quote_wire(made).model_copy(update={"lines": kept}),
        gigabytes=float(made.size / GB),
        tiers=[_offer(line) for line in _of(made, "tier")],
        in_time=None if deadline is None else bool(deadline["in_time"]),
        warm=[
            b.Warm(asset=str(line["asset"]), uri=str(line["uri"]), until=_moment(line["until"]))
            for line in _of(made, "warm")
        ],
        coming=[_coming(line) for line in _of(made, "join")],
        impossible=[_impossible(line) for line in _of(made, "impossible")],
        unasked=[_unasked(line) for line in _of(made, "unasked")],
    )


def _of(made: Quote, kind: str) -> Iterator[_Line]:
    return (line for line in made.lines if line["kind"] == kind)


def _offer(line: _Line) -> b.TierOffer:
    split, in_time = line["split"], line["in_time"]
    parts = split if isinstance(split, dict) else {}
    return b.TierOffer(
        retrieval_tier=str(line["retrieval_tier"]),
        eta_seconds=int(str(line["eta_seconds"])),
        cost=Decimal(str(line["cost"])),
        split={name: Decimal(amount) for name, amount in parts.items()},
        in_time=None if in_time is None else bool(in_time),
    )


def _coming(line: _Line) -> b.Coming:
    return b.Coming(
        asset=str(line["asset"]),
        uri=str(line["uri"]),
        restore=str(line["restore"]),
        eta=_moment(line["eta"]),
        cost=Decimal(str(line["cost"])),
    )


def _impossible(line: _Line) -> b.Impossible:
    names = ("asset", "name", "code", "reason", "remedy")
    return b.Impossible(**{name: str(line[name]) for name in names})


def _unasked(line: _Line) -> b.Unasked:
    return b.Unasked(**{name: str(line[name]) for name in ("asset", "uri", "code", "reason")})


def _moment(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
