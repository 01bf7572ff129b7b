"""Checks a share of the archive per day, in small steps. Any number of keepers may run.

A step claims a few objects, reads them, and writes down what came of it; a keeper that was killed leaves
leases that run out, and what it had not written down is checked again. What is found wrong is read a second
time before it counts, against a fresh HEAD and a fresh look at the catalog. Nothing is written into a
location, nothing is restored, nothing is deleted.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from archive_tiering.archived import note_refused
from archive_tiering.clock import Clock
from archive_tiering.fixity.check import (
    ASLEEP,
    UNPAID,
    Beat,
    Reading,
    check_by_looking,
    check_by_reading,
)
from archive_tiering.fixity.derived import Damage, check_derived
from archive_tiering.fixity.findings import Findings
from archive_tiering.fixity.plan import FixityPlan, Task, Wish
from archive_tiering.fixity.schedule import Verdict
from archive_tiering.places import Places
from archive_tiering.stores.object_store import ObjectStore
from catalog.model import CATALOG, DERIVED, Checked, CheckHow, CheckOutcome, FixityItem, StoredObject
from catalog.repository import Catalog
from foundation.errors import Interrupted, RekindleError, StorageError, StorageUnreachable
from foundation.home import Home
from foundation.ids import LocationId, mint
from foundation.logging import get

LEASE_SECONDS = 120.0
NO_BYTES = "Its place answers, but its bytes do not come."
_STEP_PAUSE = 5.0
_IDLE_PAUSE = 900.0


@dataclass(slots=True)
class Step:
    """What one step did.

    Attributes:
        weight: How much of the schedule it did; 0 where nothing was due, or the budgets are used up.
        size: Bytes read.
        outcomes: Objects by how their check ended.
        unreachable: Why the place could not be looked at.
    """

    place: str
    objects: int = 0
    weight: int = 0
    size: int = 0
    outcomes: dict[CheckOutcome, int] = field(default_factory=dict)
    unreachable: str | None = None


class FixityKeeper:
    """Checks what is due.

    Args:
        catalog: Whose turn it is, and what was found.
        places: Stores of locations.
        plan: Chooses by schedule and budgets.
        home: Where the derived store is.
        clock: The time.
        bytes_per_second: Fastest that the background reads.
        observe: Told of every step, for metrics.
    """

    def __init__(  # noqa: PLR0913 - everything a check touches
        self,
        catalog: Catalog,
        places: Places,
        plan: FixityPlan,
        home: Home,
        clock: Clock,
        *,
        bytes_per_second: float,
        lease_seconds: float = LEASE_SECONDS,
        observe: Callable[[Step], None] = lambda step: None,
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._plan = plan
        self._home = home
        self._clock = clock
        self._rate = bytes_per_second
        self._lease = lease_seconds
        self._observe = observe
        self._findings = Findings(catalog, clock)

    def places(self) -> list[str]:
        """The catalog, the derived store, then every location."""
        with self._catalog.read() as view:
            return [CATALOG, DERIVED, *(location.id for location in view.locations.all())]

    def step(self, wish: Wish, stop: threading.Event, *, hurry: bool = False) -> Step:
        """Check the next objects of a place.

        Args:
            wish: Which place, and how much.
            stop: Ends the step early; what was not finished is checked another time.
            hurry: Read as fast as can be.

        Raises:
            CatalogBusy: The catalog could not be written; nothing is lost.
        """
        owner = mint("own")
        with self._catalog.write() as tx:
            tasks = self._plan.claim(tx, wish, owner, seconds=self._lease)
        step, left = Step(wish.place), list(tasks)
        try:
            while left:
                task = left.pop(0)
                self._take(task, owner, step, self._beat(owner, stop, hurry=hurry))
        except Interrupted:
            pass
        except StorageError as error:
            step.unreachable = error.message
            get(__name__).info("fixity_waits", place=wish.place, code=error.code, reason=error.message)
        finally:
            if tasks:
                with self._catalog.write() as tx:
                    tx.fixity.release(owner)
                    self._plan.give_back(tx, wish, left)
        self._observe(step)
        return step

    def round(self, stop: threading.Event) -> int:
        """One step in every place; returns how many objects were checked."""
        count = 0
        for place in self.places():
            if stop.is_set():
                break
            count += self.step(Wish(place), stop).objects
        return count

    def keep(self, stop: threading.Event) -> None:
        """Check until ``stop`` is set, with pauses: searches come first."""
        pause = _STEP_PAUSE
        while not stop.wait(pause):
            try:
                pause = _STEP_PAUSE if self.round(stop) else _IDLE_PAUSE
            except RekindleError as error:
                get(__name__).warning("fixity_waits", code=error.code, reason=error.message)
                pause = _IDLE_PAUSE

    def _take(self, task: Task, owner: str, step: Step, beat: Beat) -> None:
        if task.item.place == CATALOG:
            checked = self._check_catalog(task.item)
        elif task.item.place == DERIVED:
            checked = self._check_derived(task.item, beat)
        else:
            checked = self._check_master(task, beat)
        with self._catalog.write() as tx:
            if not tx.fixity.record(task.item, checked, owner):
                raise Interrupted("Somebody else checks it by now.")
        step.objects += 1
        step.weight += task.load.weight
        step.size += checked.size if checked.how in (CheckHow.READ, CheckHow.FIRST_READ) else 0
        step.outcomes[checked.outcome] = step.outcomes.get(checked.outcome, 0) + 1

    def _check_master(self, task: Task, beat: Beat) -> Checked:
        item, listed = task.item, task.item.listed
        if listed is None:
            return Checked(CheckOutcome.MISSING, None, item.size, "It is no longer catalogued.")
        store = self._places.store(LocationId(item.place))
        if task.verdict is not Verdict.READ:
            return check_by_looking(store, listed, ASLEEP if task.load.asleep else UNPAID)
        with self._unreadable_alone(listed, item):
            checked, reading = check_by_reading(store, item, listed, beat)
            if reading is not None:
                return self._second_look(task, listed, reading, beat)
            if checked.outcome is CheckOutcome.MISSING:
                _expect_something(store)
            if checked.note == ASLEEP:
                note_refused(self._catalog, store, LocationId(item.place), listed)
            self._findings.settle_master(item, checked)
            return checked
        return Checked(CheckOutcome.UNREADABLE, None, listed.size, NO_BYTES)

    def _second_look(self, task: Task, listed: StoredObject, reading: Reading, beat: Beat) -> Checked:
        """Read what was found wrong again: from a fresh HEAD, against a fresh look at the catalog."""
        finding = self._findings.found_master(task.item, listed, reading)
        with self._catalog.write() as tx:
            fresh = tx.fixity.item(task.item.place, task.item.uri)
            allowed = self._plan.may_read_again(tx, task)
        wrong = Checked(CheckOutcome.WRONG, CheckHow.READ, listed.size, finding.wrong)
        if not allowed or fresh is None or fresh.listed is None:
            return wrong
        store = self._places.store(LocationId(task.item.place))
        checked, again = check_by_reading(store, fresh, fresh.listed, beat)
        if again is not None:
            self._findings.confirm(finding, again.sha256, again.info.etag)
            return wrong
        self._findings.settle_master(task.item, checked)
        return checked

    @contextmanager
    def _unreadable_alone(self, listed: StoredObject, item: FixityItem) -> Iterator[None]:
        """Let an object whose bytes do not come be told apart from a place that is not there."""
        try:
            yield
        except Interrupted:
            raise
        except StorageError as error:
            store = self._places.store(LocationId(item.place))
            try:
                store.head(listed.key, listed.version)
                next(iter(store.list()), None)
            except StorageError:
                raise error from None
            get(__name__).info("fixity_unreadable", uri=item.uri, reason=error.message)

    def _check_derived(self, item: FixityItem, beat: Beat) -> Checked:
        result = check_derived(self._catalog, self._home, item, beat, self._clock())
        damages = result.damages
        if damages:
            fresh = check_derived(self._catalog, self._home, item, beat, self._clock())
            damages = [damage for damage in fresh.damages if damage in result.damages]
        self._findings.settle_derived(item, damages)
        size = max(result.size, item.size) if result.unsettled else result.size
        return _derived_outcome(size, damages, result.digests, unsettled=result.unsettled)

    def _check_catalog(self, item: FixityItem) -> Checked:
        wrong = self._catalog.check()
        self._findings.settle_catalog(item, wrong)
        size = self._home.catalog.stat().st_size
        if wrong:
            return Checked(CheckOutcome.WRONG, CheckHow.READ, size, wrong[0])
        return Checked(CheckOutcome.GOOD, CheckHow.READ, size)

    def _beat(self, owner: str, stop: threading.Event, *, hurry: bool) -> Beat:
        """Keep the pace, the lease and an ear for whoever wants it to end."""
        began, read, renew_at = time.monotonic(), 0, time.monotonic() + self._lease / 4

        def beat(size: int) -> None:
            nonlocal read, renew_at
            read += size
            now = time.monotonic()
            ahead = 0.0 if hurry else read / self._rate - (now - began)
            if stop.is_set() or (ahead > 0 and stop.wait(ahead)):
                raise Interrupted("The check was interrupted; it is done another time.")
            if now >= renew_at:
                renew_at = now + self._lease / 4
                with self._catalog.write() as tx:
                    if not tx.fixity.renew(owner, seconds=self._lease):
                        raise Interrupted("Somebody else checks it by now.")

        return beat


def _expect_something(store: ObjectStore) -> None:
    """A place that came up empty is no place from which single objects are missing."""
    if next(iter(store.list()), None) is None:
        raise StorageUnreachable("The place is empty: most likely it is not mounted.")


def _derived_outcome(
    size: int, damages: list[Damage], digests: dict[str, str], *, unsettled: bool
) -> Checked:
    if damages:
        note = f"{damages[0].file.path}: {damages[0].wrong}"
        return Checked(CheckOutcome.WRONG, CheckHow.READ, size, note, digests)
    if unsettled:
        return Checked(CheckOutcome.CHANGED, None, size, "It was just written.", digests)
    return Checked(CheckOutcome.GOOD, CheckHow.READ, size, None, digests)
