"""Chooses what a step checks, and reserves its bytes and its money in the transaction that claims it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from archive_tiering.fixity.schedule import (
    MILLION,
    Limits,
    Load,
    Verdict,
    carried,
    daily_weight,
    decide,
    has_done_its_day,
    read_cost,
    to_micros,
)
from archive_tiering.places import Places
from archive_tiering.prices.budgets import caps_of
from archive_tiering.prices.cost import GB
from archive_tiering.prices.storage_class import facts_or_plain
from catalog.model import CATALOG, DERIVED, Entry, EntryKind, FixityItem, FixityUse, RestoreState
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import BudgetExceeded
from foundation.ids import LOCAL_PRINCIPAL, LocationId, RestoreId
from foundation.settings import FixitySettings, Settings

BATCH = 64
"""Most objects of one step."""

BATCH_BYTES = 256 << 20
"""Bytes after which a step takes no further object; the last one may be larger."""

_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Task:
    """One claimed object, and whether it is read or merely looked at.

    Attributes:
        day: In whose share it counts; ``month``: on whose budget.
        key: Of the ledger's entry, where reading it is billed.
    """

    item: FixityItem
    verdict: Verdict
    load: Load
    day: str
    month: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a step is for.

    Attributes:
        place: Where.
        weight: By hand: check so much now, whatever the day's share; None lets the schedule decide.
        begins: It is the first step of many: what is new is taken in.
    """

    place: str
    weight: int | None = None
    begins: bool = False


class FixityPlan:
    """Chooses by schedule and budgets.

    Args:
        places: Terms of locations.
        settings: Days and budgets.
        catalog_size: Bytes of the catalog's file now.
    """

    def __init__(self, places: Places, settings: Settings, catalog_size: Callable[[], int]) -> None:
        self._places = places
        self._settings = settings
        self._catalog_size = catalog_size
        self._enrolled: dict[str, tuple[str, int, int]] = {}

    def claim(self, tx: CatalogWriter, wish: Wish, owner: str, *, seconds: float) -> list[Task]:
        """Claim the next objects of a place; none where the day's or the month's share is used up."""
        day, month, limits = f"{tx.now:%Y-%m-%d}", f"{tx.now:%Y-%m}", self.limits(tx, wish.place)
        left = self._left(tx, wish, day, limits)
        if left <= 0:
            return []
        tasks: list[Task] = []
        for item in tx.fixity.due(wish.place, BATCH):
            load = self._load(item)
            verdict = decide(load, tx.fixity.use(wish.place, month), limits)
            task = Task(item, verdict, load, day, month, _key(item, load, verdict))
            if verdict is Verdict.WAIT or not self._charge(tx, task, task.key):
                break
            tasks.append(task)
            self._note(tx, wish, task, 1)
            left -= load.weight
            if left <= 0 or sum(task.load.size for task in tasks) >= BATCH_BYTES:
                break
        tx.fixity.claim([task.item for task in tasks], owner, seconds=seconds)
        return tasks

    def may_read_again(self, tx: CatalogWriter, task: Task) -> bool:
        """Reserve a second read of an object that a first one found wrong."""
        limits = self.limits(tx, task.item.place)
        if decide(task.load, tx.fixity.use(task.item.place, task.month), limits) is not Verdict.READ:
            return False
        if not self._charge(tx, task, None if task.key is None else f"{task.key}:again"):
            return False
        used = FixityUse(size=task.load.size, micros=task.load.micros)
        tx.fixity.add_use(task.item.place, task.month, used)
        return True

    def give_back(self, tx: CatalogWriter, wish: Wish, tasks: Sequence[Task]) -> None:
        """Take back what was reserved for objects that nobody began to read."""
        for task in tasks:
            self._note(tx, wish, task, -1)
            if task.key is not None:
                tx.spending.release(task.key)

    def limits(self, view: CatalogReader, place: str) -> Limits:
        """What the settings allow in a place."""
        fixity = self._settings.fixity
        if place in (CATALOG, DERIVED):
            return Limits(fixity.catalog_days if place == CATALOG else fixity.days)
        return _limits(fixity, view.locations.by_id(LocationId(place)).name)

    def load(self, item: FixityItem) -> Load:
        """What reading an object takes."""
        return self._load(item)

    def _left(self, tx: CatalogWriter, wish: Wish, day: str, limits: Limits) -> int:
        objects, size = self._enrol(tx, wish, day)
        if wish.weight is not None:
            return wish.weight
        share = daily_weight(objects, size, limits.days)
        today = tx.fixity.use(wish.place, day)
        if today == FixityUse():
            today = self._open_day(tx, wish.place, day, share)
        return 0 if has_done_its_day(today, share) else share - today.weight

    def _enrol(self, tx: CatalogWriter, wish: Wish, day: str) -> tuple[int, int]:
        """Take in what is new: once a day, and whenever somebody begins to check by hand."""
        place = wish.place
        known = self._enrolled.get(place)
        if known is None or known[0] != day or wish.begins:
            objects, size = tx.fixity.enrol(place)
            if place == CATALOG:
                size = self._catalog_size()
            known = self._enrolled[place] = (day, objects, size)
        return known[1], known[2]

    def _open_day(self, tx: CatalogWriter, place: str, day: str, share: int) -> FixityUse:
        previous = tx.fixity.last_day(place, day)
        if previous is not None:
            between = (date.fromisoformat(day) - date.fromisoformat(previous[0])).days
            over = carried(previous[1], share, between)
            tx.fixity.add_use(place, day, FixityUse(weight=over))
        return tx.fixity.use(place, day)

    def _load(self, item: FixityItem) -> Load:
        if item.place == CATALOG:
            return Load(self._catalog_size())
        if item.listed is None:
            return Load(item.size)
        listed = item.listed
        sleeps = facts_or_plain(listed.storage_class).is_cold
        cost = read_cost(self._places.terms(LocationId(item.place)), listed.storage_class, listed.size)
        is_awake = listed.restore is RestoreState.RESTORED
        archived = listed.restore.is_asleep
        return Load(listed.size, to_micros(cost), asleep=archived or (sleeps and not is_awake))

    def _note(self, tx: CatalogWriter, wish: Wish, task: Task, sign: int) -> None:
        read = task.verdict is Verdict.READ
        size, micros = (sign * task.load.size, sign * task.load.micros) if read else (0, 0)
        more = FixityUse(sign * task.load.weight, sign, size, micros)
        if wish.weight is None:
            tx.fixity.add_use(wish.place, task.day, more)
        tx.fixity.add_use(wish.place, task.month, more)

    def _charge(self, tx: CatalogWriter, task: Task, key: str | None) -> bool:
        """Enter a billed read into the ledger; False where a budget does not suffice."""
        if key is None:
            return True
        entry = Entry(
            key=key,
            restore_id=RestoreId(task.item.place),
            kind=EntryKind.FIXITY,
            amount=task.load.micros / MILLION,
            currency=_CURRENCY,
            month=task.month,
            principal=LOCAL_PRINCIPAL,
        )
        caps = caps_of(tx, self._settings.tiering, entry.principal, entry.project, task.month)
        try:
            tx.spending.charge(entry, caps)
        except BudgetExceeded:
            return False
        return True


def _key(item: FixityItem, load: Load, verdict: Verdict) -> str | None:
    """Of one attempt: a read that a crash cut off was billed, and the next one is, too."""
    billed = verdict is Verdict.READ and load.micros > 0
    return f"fixity:{item.row}:{item.attempts + 1}" if billed else None


def _limits(fixity: FixitySettings, name: str) -> Limits:
    own = fixity.locations.get(name)
    days = own.days if own is not None and own.days is not None else fixity.days
    gigabytes = own.month_gb if own is not None and own.month_gb is not None else fixity.month_gb
    budget = own.budget_usd if own is not None and own.budget_usd is not None else fixity.budget_usd
    size = None if gigabytes is None else int(gigabytes * int(GB))
    return Limits(days, size, int(budget * MILLION))
