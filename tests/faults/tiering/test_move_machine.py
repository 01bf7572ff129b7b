"""Moves in every order of death, time, holds and interference: never two masters, never none."""

import contextlib
import shutil
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from catalog.model import Hold, MoveState
from foundation.ids import AssetId, HoldId, mint
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import removal
from tests.faults.tiering.dying import Death, Killed, dying_catalog, dying_writer

DATA = bytes(range(256)) * 512
NEW_CUT = b"a new cut" * 20_000


class Moves(RuleBasedStateMachine):
    """One master between a folder and a vault, and everything that may happen to it."""

    archive: Removal
    asset: AssetId

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="moves-"))
        self.archive = removal("folder to vault", self.root, None)
        self.asset = self.archive.add("a.mov", DATA)
        self.archive.wrap(self.asset)
        self.overwritten = False
        self.archive.begin()

    def teardown(self) -> None:
        if hasattr(self, "archive"):
            self.archive.catalog.close()
            shutil.rmtree(self.root)

    @rule(left=st.integers(1, 14), after=st.booleans())
    def work_and_die(self, left: int, after: bool) -> None:
        death = Death(left, after)
        mover = self.archive.mover(dying_writer(death), dying_catalog(self.archive.catalog, death))
        with contextlib.suppress(Killed):
            mover.run(threading.Event())

    @rule()
    def work(self) -> None:
        self.archive.run()

    @rule(minutes=st.sampled_from([-60, 1, 3, 60, 1440]))
    def let_time_pass(self, minutes: int) -> None:
        self.archive.clock.advance(minutes=minutes)

    @rule()
    def hold_for_an_hour(self) -> None:
        until = self.archive.clock() + timedelta(hours=1)
        with self.archive.catalog.write() as tx:
            tx.holds.add(Hold(HoldId(mint("hld")), "court", self.asset, until=until))

    @rule()
    def plan_again(self) -> None:
        if self.archive.copy_of(self.asset).location_id == SOURCE and not self.overwritten:
            self.archive.begin()

    @rule()
    def overwrite_the_source(self) -> None:
        if self.archive.read_source("a.mov") is not None:
            self.archive.put("a.mov", NEW_CUT)
            self.overwritten = True

    @invariant()
    def the_master_is_whole_where_it_is_on_record(self) -> None:
        if not hasattr(self, "root"):
            return
        copy = self.archive.copy_of(self.asset)
        if copy.location_id == TARGET:
            assert self.archive.read("a.mov") == DATA
        else:
            assert self.archive.read_source("a.mov") in (DATA, NEW_CUT)
        if self.overwritten:
            assert self.archive.read_source("a.mov") == NEW_CUT or self._new_cut_lies_aside()

    @invariant()
    def one_move_at_most_is_under_way(self) -> None:
        if hasattr(self, "root"):
            going = [move for move in self.archive.moves() if move.finished_at is None]
            assert len(going) <= 1
            assert len([m for m in self.archive.moves() if m.state is MoveState.DONE]) <= 1

    def _new_cut_lies_aside(self) -> bool:
        left = (self.root / "near").rglob(".rekindle-*gone")
        return any(path.read_bytes() == NEW_CUT for path in left)


TestMoves = pytest.mark.slow(Moves.TestCase)
TestMoves.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
