"""Sums of money as people type them."""

from decimal import Decimal, InvalidOperation

from foundation.errors import InputError

MOST = Decimal(1_000_000)


def budget_of(typed: str | float | None) -> Decimal | None:
    """A sum in US dollars; None for none.

    Raises:
        InputError: No number, negative, or more than anybody means.
    """
    if typed is None:
        return None
    try:
        sum_ = Decimal(str(typed))
    except InvalidOperation:
        sum_ = Decimal("NaN")
    if not sum_.is_finite() or not 0 <= sum_ <= MOST:
        raise InputError(f"budget_usd={str(typed)[:40]!r} is no sum of money.", remedy="Write it like 12.50.")
    return sum_
