"""Changing a restore that somebody waits for: a longer hold, a faster tier. Priced, reserved, then asked for.

The store is not asked here: the wish is written down together with the money, and the next step carries it
out. A longer hold of a restore that still runs is asked for when the copy is there, as S3 takes it only then.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.prices.storage_class import copy_expiry, facts_or_plain
from archive_tiering.quotes.amendments import Change, extension, held_days, upgrade
from archive_tiering.quotes.tiers import is_faster
from archive_tiering.restores.advance import AWAKE, find_object
from archive_tiering.restores.reservation import TermsOf
from catalog.lifecycle import has_ended
from catalog.model import Cap, Entry, EntryKind, Restore, RestoreStatus
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import BudgetExceeded, InputError, StateConflict, TierUnavailable
from foundation.ids import PrincipalId, ProjectId

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall change.

    Attributes:
        days: Keep the copy so long, from now where it is there, else from its arrival.
        until: Keep the copy until then at least.
        retrieval_tier: Come faster.
    """

    days: int | None = None
    until: datetime | None = None
    retrieval_tier: str | None = None


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, from which budgets, and how much at most."""

    principal: PrincipalId
    project: ProjectId
    caps: Sequence[Cap]
    budget: Decimal | None


def priced(
    view: CatalogReader, restore: Restore, wanted: Wanted, terms_of: TermsOf, now: datetime
) -> Decimal:
    """Say what a change costs; 0 where nothing has to be changed.

    Raises:
        StateConflict: The restore is in a state that does not allow it.
        TierUnavailable: The class does not offer the tier, or it is not faster.
    """
    return sum((step.change.cost for step in _steps(view, restore, wanted, terms_of, now)), Decimal(0))


def change(
    tx: CatalogWriter, restore: Restore, wanted: Wanted, terms_of: TermsOf, payer: Payer, now: datetime
) -> Restore:
    """Reserve what a change costs and write the wish down; doing so again changes nothing.

    Raises:
        BudgetExceeded: It costs more than was allowed, or than a budget leaves.
        StateConflict, TierUnavailable: See :func:`priced`.
    """
    steps = _steps(tx, restore, wanted, terms_of, now)
    cost = sum((step.change.cost for step in steps), Decimal(0))
    if payer.budget is not None and cost > payer.budget:
        raise BudgetExceeded(f"It costs {cost} {restore.currency}; {payer.budget} were allowed.")
    for step in steps:
        tx.spending.charge(_entry(restore, step, payer, now), payer.caps)
        restore = replace(step.after(restore), due_at=now if step.is_due else restore.due_at)
    if steps:
        tx.restores.update(restore)
    return restore


@dataclass(frozen=True, slots=True)
class _Step:
    """One change, what it is known by in the ledger, and how it is written into the restore."""

    change: Change
    key: str
    days: int | None = None
    keep_until: datetime | None = None
    tier: str | None = None

    @property
    def is_due(self) -> bool:
        return self.keep_until is not None or self.tier is not None

    def after(self, restore: Restore) -> Restore:
        return replace(
            restore,
            wanted_days=self.days or restore.wanted_days,
            keep_until=self.keep_until or restore.keep_until,
            wanted_tier=self.tier or restore.wanted_tier,
        )


def _steps(
    view: CatalogReader, restore: Restore, wanted: Wanted, terms_of: TermsOf, now: datetime
) -> list[_Step]:
    if has_ended(restore.status) or restore.status is RestoreStatus.NEEDS_APPROVAL:
        raise StateConflict(f"The restore is {restore.status}.")
    instance, item = find_object(view, restore)
    terms, steps = terms_of(instance.location_id), []
    # What moves back stays: there is no copy to keep longer.
    expires = not facts_or_plain(item.storage_class).moves_back
    if expires and (wanted.days is not None or wanted.until is not None):
        awake = restore.status in AWAKE
        longer = _longer_copy(restore, wanted, now) if awake else _longer_hold(restore, wanted)
        for days, keep_until, extra in longer:
            key = f"{restore.id}/{EntryKind.EXTENSION}/{keep_until or days}"
            made = extension(terms, item.storage_class, restore, extra)
            steps.append(_Step(made, key, days=days, keep_until=keep_until))
    if wanted.retrieval_tier is not None:
        tier = wanted.retrieval_tier
        terms.seconds(item.storage_class, tier, item.archive_tier)
        _check_faster(restore, tier)
        if tier != restore.wanted_tier:
            key = f"{restore.id}/{EntryKind.UPGRADE}/{tier}"
            steps.append(_Step(upgrade(terms, item.storage_class, restore, tier), key, tier=tier))
    return steps


def _longer_hold(restore: Restore, wanted: Wanted) -> list[tuple[int | None, datetime | None, int]]:
    """Before the copy is there, a hold is counted in days from its arrival."""
    if wanted.days is None:
        raise InputError("The copy is not there yet: say for how many days it shall be kept.")
    extra = wanted.days - held_days(restore)
    return [(wanted.days, None, extra)] if extra > 0 else []


def _longer_copy(
    restore: Restore, wanted: Wanted, now: datetime
) -> list[tuple[int | None, datetime | None, int]]:
    goes = max(filter(None, (restore.expires_at, restore.keep_until)), default=None)
    if goes is None:
        return []
    until = wanted.until or copy_expiry(now, wanted.days or 1)
    if until <= goes:
        return []
    midnight = copy_expiry(until, 0)
    return [(None, midnight, math.ceil((midnight - goes) / _DAY))]


def _check_faster(restore: Restore, tier: str) -> None:
    if restore.status in AWAKE:
        raise StateConflict("The copy is there already.")
    if not is_faster(tier, restore.retrieval_tier):
        raise TierUnavailable(f"{tier} is not faster than {restore.retrieval_tier}.")


def _entry(restore: Restore, step: _Step, payer: Payer, now: datetime) -> Entry:
    return Entry(
        key=step.key[:120],
        restore_id=restore.id,
        kind=step.change.kind,
        amount=step.change.cost,
        currency=restore.currency,
        month=f"{now:%Y-%m}",
        principal=payer.principal,
        project=payer.project,
    )
