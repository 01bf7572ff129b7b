"""Takes moves through their steps. Any number of movers may run; the ledger says whose move it is.

``planned → verifying → copying → verifying copy → switching → deleting source → done``, or ``failed``, or
``cancelled`` while the source is the master. The catalog learns of the copy in the transaction that ends
*switching*; only after it is the source deleted. A mover that was killed leaves a lease that runs out.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from archive_tiering.archived import look_again
from archive_tiering.clock import Clock
from archive_tiering.moves import steps as steps
from archive_tiering.moves.bag import bag_of
from archive_tiering.moves.guard import MoveGuard
from archive_tiering.moves.switch import switch
from archive_tiering.places import Places
from archive_tiering.prices.moving import Way
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.writers.folder import write_whole
from archive_tiering.writers.master_writer import MasterWriter
from catalog.lifecycle import MOVE_ENDED
from catalog.model import AssetState, Location, Move, MoveState
from catalog.repository import Catalog
from foundation.errors import (
    CatalogBusy,
    FixityMismatch,
    Interrupted,
    MoveNotFound,
    NeedsRestore,
    NotYet,
    ObjectChanged,
    RekindleError,
    StateConflict,
)
from foundation.home import Home
from foundation.ids import MoveId, PlanId, mint
from foundation.logging import get

OpenWriter = Callable[[Location, Way], MasterWriter]
LEASE_SECONDS = 120.0
ATTEMPTS = 6
"""Tries of a move whose copy is not the master yet; after that it only goes on."""

_KEEPER_PAUSE = 1.0
_LONGEST_PAUSE = timedelta(hours=1)
_LOOK_AGAIN = timedelta(minutes=15)
_STAYS = "Its asset is withdrawn: what was moved away is deleted once it is brought back."
_GOES_ON = "A part of it is in its new class already: the move goes on once it is restored."


@dataclass(slots=True)
class _Shift:
    """One move in one mover's hands."""

    owner: str
    stop: threading.Event
    lost: threading.Event = field(default_factory=threading.Event)


class Mover:
    """Works off the ledger of moves.

    Args:
        catalog: The ledger.
        places: Stores and terms of locations.
        open_writer: Opens the writer of a location for one way of moving.
        guard: Finds reasons not to move.
        home: Where manifests are kept.
        clock: The time.
    """

    def __init__(  # noqa: PLR0913 - everything a move touches
        self,
        catalog: Catalog,
        places: Places,
        open_writer: OpenWriter,
        guard: MoveGuard,
        home: Home,
        clock: Clock,
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._open_writer = open_writer
        self._guard = guard
        self._home = home
        self._clock = clock
        self._lease = lease_seconds
        self._done: dict[MoveId, int] = {}

    @property
    def progress(self) -> Mapping[MoveId, int]:
        """Bytes read so far by the step that each move is in, of moves in this process's hands."""
        return dict(self._done)

    def work(self, stop: threading.Event, *, plan: PlanId | None = None) -> Move | None:
        """Take one move that is due as far as it goes now; None where there is none.

        Raises:
            CatalogBusy: The ledger could not be written; the move goes on later.
        """
        shift = _Shift(mint("own"), stop)
        with self._catalog.write() as tx:
            move = tx.moves.claim(shift.owner, seconds=self._lease, plan=plan)
        if move is None:
            return None
        self._done[move.id] = 0
        try:
            with self._heart(move.id, shift):
                return self._take(move, shift)
        except MoveNotFound:
            get(__name__).warning("move_erased", move=move.id)
            return move
        finally:
            self._done.pop(move.id, None)
            with self._catalog.write() as tx:
                tx.moves.release(move.id, shift.owner)

    def run(self, stop: threading.Event, *, plan: PlanId | None = None) -> int:
        """Work until nothing is due or ``stop`` is set; returns how many moves were taken up."""
        count = 0
        while not stop.is_set() and self.work(stop, plan=plan) is not None:
            count += 1
        return count

    def keep(self, stop: threading.Event, before: Callable[[], object] = lambda: None) -> None:
        """Work until ``stop`` is set, in a process that looks after moves; ``before`` begins each round."""
        while not stop.wait(_KEEPER_PAUSE):
            try:
                before()
                self.run(stop)
            except RekindleError as error:
                get(__name__).warning("moves_wait", code=error.code, reason=error.message)

    def _take(self, move: Move, shift: _Shift) -> Move:
        while move.state not in MOVE_ENDED and not shift.stop.is_set():
            try:
                after = self._step(move, shift)
            except Interrupted:
                return move
            except RekindleError as error:
                return self._went_wrong(move, error, shift)
            if after is None:
                return self._reread(move)
            if after.not_before is not None and after.not_before > self._clock():
                return after
            move = after
        return move

    def _step(self, move: Move, shift: _Shift) -> Move | None:
        """Take one step and write it down; None where the move was taken away meanwhile."""
        if move.state is not MoveState.DELETING and not self._is_past_return(move):
            refusal = self._refusal(move)
            if refusal is not None:
                return self._cancelled(move, refusal, shift)
        self._done[move.id] = 0
        match move.state:
            case MoveState.PLANNED:
                return self._write(_at(move, MoveState.VERIFYING), shift)
            case MoveState.VERIFYING:
                verified = steps.verify_source(move, self._ends(move, shift))
                return self._write(_at(verified, MoveState.COPYING), shift)
            case MoveState.COPYING:
                return self._copy(move, shift)
            case MoveState.VERIFYING_COPY:
                proven = steps.verify_copy(move, self._ends(move, shift))
                return self._write(_at(proven, MoveState.SWITCHING), shift)
            case MoveState.SWITCHING:
                return self._switch(move, shift)
        return self._delete(move, shift)

    def _copy(self, move: Move, shift: _Shift) -> Move | None:
        ends, mark = self._ends(move, shift), str(move.attempts)
        if Way(move.method) is Way.IN_PLACE and not self._is_past_return(move):
            # Written down first: from here on there is no way back, whatever happens in between.
            return self._write(steps.marked(move, mark), shift)
        if Way(move.method) is Way.STORE_COPY:
            self._demand_one_store(move)
        return self._write(_at(steps.copy(move, ends, mark), MoveState.VERIFYING_COPY), shift)

    def _demand_one_store(self, move: Move) -> None:
        """A bucket of that name in another store is another bucket: settings may have changed since."""
        with self._catalog.read() as view:
            source, target = (view.locations.by_id(each) for each in (move.from_location, move.to_location))
        if not self._places.are_one_store(source, target):
            raise StateConflict(
                f"{source.name} and {target.name} are not in one store any more, as they were when planned.",
                remedy="Make a new plan: `rekindle tier plan`.",
            )

    def _switch(self, move: Move, shift: _Shift) -> Move | None:
        lies = steps.publish(move, self._ends(move, shift))
        after = _at(steps.arrived(move, lies), MoveState.DELETING)
        with self._catalog.write() as tx:
            refusal = None if self._is_past_return(move) else self._guard.refusal(tx, move, self._clock())
            if refusal is None:
                if not tx.moves.update(after, shift.owner):
                    return None
                switch(tx, after, lies)
                return tx.moves.get(move.id)
        return self._cancelled(move, refusal, shift)

    def _delete(self, move: Move, shift: _Shift) -> Move | None:
        ends = self._ends(move, shift)
        manifest = None if self._must_stay(move) else self._keep_manifest(move, ends)
        if manifest is None or self._must_stay(move):
            waiting = replace(move, error=_STAYS, attempts=0, not_before=self._clock() + _LONGEST_PAUSE)
            return self._write(waiting, shift)
        kept = None
        try:
            if move.keep_id is None:
                steps.delete_source(move, ends)
            else:
                steps.settle(move, ends)
        except ObjectChanged as error:
            kept = f"{error.message} Both are kept."
        done = replace(_at(move, MoveState.DONE), manifest=manifest, error=kept)
        return self._write(done, shift)

    def _must_stay(self, move: Move) -> bool:
        """Whether nothing may be deleted now; raises MoveNotFound, where an erasure took the move along."""
        with self._catalog.read() as view:
            known = view.moves.get(move.id)
            is_withdrawn = view.assets.get(known.asset_id).state is AssetState.WITHDRAWN
        return move.keep_id is None and is_withdrawn

    def _keep_manifest(self, move: Move, ends: steps.Ends) -> str:
        lies = {item.target_key: ends.writer.publish(steps.order_of(move, item)) for item in move.objects}
        with self._catalog.read() as view:
            both = [view.locations.by_id(place) for place in (move.from_location, move.to_location)]
        files = bag_of(move, both[0], both[1], lies)
        folder = self._home.asset(move.asset_id) / "moves" / move.id
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_whole(folder / name, data)
        ends.writer.keep_manifest(move.id, files)
        return f"moves/{move.id}"

    def _refusal(self, move: Move) -> str | None:
        with self._catalog.read() as view:
            found = self._guard.refusal(view, move, self._clock())
            proves = move.keep_id is None and move.state in (MoveState.VERIFYING, MoveState.SWITCHING)
            if found is None and proves:
                found = self._guard.unproven(view, move.asset_id)
        return found

    def _is_past_return(self, move: Move) -> bool:
        """A copy that cannot be taken back is there: only going on tells the catalog the truth."""
        return Way(move.method) is Way.IN_PLACE and any(item.staged for item in move.objects)

    def _cancelled(self, move: Move, refusal: str, shift: _Shift) -> Move | None:
        return self._ended(replace(move, state=MoveState.CANCELLED, error=refusal), shift)

    def _went_wrong(self, move: Move, error: RekindleError, shift: _Shift) -> Move:
        get(__name__).warning("move_step_failed", move=move.id, code=error.code, reason=error.message)
        now, told = self._clock(), replace(move, error=error.message)
        sleeps = isinstance(error, NeedsRestore)
        if sleeps:
            self._learn_what_sleeps(move)
        stuck = sleeps and self._is_past_return(move) and not self._is_untouched(move, shift)
        if stuck:
            told = replace(move, error=f"{error.message} {_GOES_ON}")
        if stuck or isinstance(error, NotYet):
            # A look in vain is no failed try, and the store answers: a later trouble is the first one again.
            waiting = replace(told, attempts=0, not_before=now + _LOOK_AGAIN)
            return self._write(waiting, shift) or self._reread(move)
        final = isinstance(error, FixityMismatch | ObjectChanged | StateConflict) or not error.retryable
        # What replaced a master before its class was changed is not ours: the catalog need not hear of it.
        was_replaced = isinstance(error, ObjectChanged) and move.state is MoveState.COPYING
        past_return = self._is_past_return(move) and not was_replaced and not sleeps
        on_its_way_back = move.state is not MoveState.DELETING and not past_return
        if on_its_way_back and (final or move.attempts >= ATTEMPTS):
            return self._ended(replace(told, state=MoveState.FAILED), shift) or self._reread(move)
        pause = min(timedelta(seconds=2 ** min(move.attempts, 12)), _LONGEST_PAUSE)
        return self._write(replace(told, not_before=now + pause), shift) or self._reread(move)

    def _learn_what_sleeps(self, move: Move) -> None:
        """The catalog has it as awake: whoever wants it must be told that it has to be restored."""
        try:
            with self._catalog.read() as view:
                copies = view.assets.instances(move.asset_id)
            for copy in (copy for copy in copies if copy.id == move.instance_id):
                look_again(self._catalog, self._places.store(copy.location_id), copy)
        except RekindleError as error:
            get(__name__).warning("sleep_not_noted", move=move.id, code=error.code, reason=error.message)

    def _is_untouched(self, move: Move, shift: _Shift) -> bool:
        """Whether it can still be given up although it was written down that there is no way back."""
        try:
            return steps.is_untouched(move, self._ends(move, shift))
        except RekindleError:
            return False

    def _ended(self, move: Move, shift: _Shift) -> Move | None:
        """Say that it has ended, then take copies back: nobody else can go on with it from then on."""
        written = self._write(move, shift)
        if written is None:
            return None
        try:
            steps.give_up(written, self._ends(written, shift))
        except RekindleError as error:
            get(__name__).warning("copy_not_taken_back", move=move.id, reason=error.message)
            told = f"{move.error} Its copy could not be taken back: {error.message}"
            return self._write(replace(written, error=told), shift)
        return written

    def _write(self, move: Move, shift: _Shift) -> Move | None:
        """Write a step down; None where somebody else has the move now."""
        with self._catalog.write() as tx:
            before = tx.moves.get(move.id)
            if not tx.moves.update(move, shift.owner):
                return None
            if move.state is not before.state:
                facts = {"from": before.state, "rule": move.rule, "error": move.error}
                tx.audit.append(move.principal, f"tier.move.{move.state}", move.id, facts)
            return tx.moves.get(move.id)

    def _reread(self, move: Move) -> Move:
        with self._catalog.read() as view:
            return view.moves.get(move.id)

    def _writer(self, move: Move) -> MasterWriter:
        with self._catalog.read() as view:
            target = view.locations.by_id(move.to_location)
        return self._open_writer(target, Way(move.method))

    def _ends(self, move: Move, shift: _Shift) -> steps.Ends:
        with self._catalog.read() as view:
            source = view.locations.by_id(move.from_location)
            copies = view.assets.instances(move.asset_id)
            asset = view.assets.get(move.asset_id)
        objects = [o for copy in copies if copy.id == move.instance_id for o in copy.objects]
        digests = {item.key: item.sha256 for item in objects}
        if len(objects) == 1:
            digests[objects[0].key] = objects[0].sha256 or asset.sha256
        terms = self._places.terms(source.id)
        way = Way(move.method)

        def is_billed(storage_class: str) -> bool:
            return way is not Way.ACROSS and (terms.egress or facts_or_plain(storage_class).billed_read)

        return steps.Ends(
            source=self._places.store(source.id),
            cleaner=self._writer(move) if way in (Way.TAG, Way.IN_PLACE) else self._open_writer(source, way),
            writer=self._writer(move),
            is_billed=is_billed,
            recorded=lambda key: digests.get(key),
            beat=lambda size: self._beat(move, size, shift),
            reads_cold=move.keep_id is not None,
            by_tag=way is Way.TAG,
        )

    def _beat(self, move: Move, size: int, shift: _Shift) -> None:
        self._done[move.id] = self._done.get(move.id, 0) + size
        if shift.stop.is_set() or shift.lost.is_set():
            raise Interrupted("The move was interrupted; it goes on where it stopped.")

    @contextmanager
    def _heart(self, move_id: MoveId, shift: _Shift) -> Iterator[None]:
        """Keep the lease while a step takes long."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(self._lease / 4):
                try:
                    with self._catalog.write() as tx:
                        kept = tx.moves.renew(move_id, shift.owner, seconds=self._lease)
                except CatalogBusy:
                    continue
                if not kept:
                    shift.lost.set()
                    return

        thread = threading.Thread(target=beat, name="move-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _at(move: Move, state: MoveState) -> Move:
    """The move one step further, with its troubles behind it."""
    return replace(move, state=state, error=None, not_before=None)
