"""How quantities are written for people."""

from datetime import UTC, datetime
from decimal import Decimal

from search_api.schemas import Master

_CLASSES = {
    "STANDARD": "on disk", "STANDARD_IA": "infrequent access", "ONEZONE_IA": "infrequent access",
    "INTELLIGENT_TIERING": "intelligent tiering", "GLACIER_IR": "instant retrieval", "GLACIER": "Glacier",
    "DEEP_ARCHIVE": "Deep Archive", "VAULT_COLD": "cold vault",
}  # fmt: skip


def class_names() -> list[str]:
    """Storage classes that have words, readable ones first."""
    return list(_CLASSES)


def clock(seconds: float) -> str:
    """``1:02:03.4``; hours are left out below one."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest / 10:04.1f}" if hours else f"{minutes}:{rest / 10:04.1f}"


def class_words(storage_class: str) -> str:
    """A storage class in words."""
    return _CLASSES.get(storage_class, storage_class)


def wait_words(seconds: float | None) -> str:
    """How long something takes."""
    if seconds is None:
        return "time unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def money_words(amount: Decimal | None, currency: str = "USD") -> str:
    """An amount; small sums keep the digits that count."""
    if amount is None:
        return "cost unknown"
    digits = 2 if amount == 0 or amount >= Decimal("0.01") else 6
    return f"{amount:.{digits}f} {currency}"


def moment_words(at: datetime) -> str:
    """A point in time; everybody's clock is UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def size_words(size: int) -> str:
    """Bytes in decimal units."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def master_words(master: Master) -> str:
    """Where a master sleeps, how long it takes and what it costs to wake."""
    name = class_words(master.storage_class)
    if master.restore == "in progress":
        return f"{name} · coming back, {wait_words(master.eta_seconds)}"
    if master.restore == "restored":
        return f"{name} · readable"
    if master.restore == "none":
        return name
    return f"{name} · {wait_words(master.eta_seconds)} · {money_words(master.cost_usd)}"
