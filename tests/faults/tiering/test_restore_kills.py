"""SIGKILL at every step of a restore, in real processes: what the next one finds is finished, once."""

import random
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive_tiering.prices.terms import Terms
from catalog.model import EntryKind, LocationKind, NoticeEvent, RestoreStatus
from tests.contract.archive import Archive, make_archive, prices
from tests.contract.places import vault_place
from tests.fakes.warm_workers import forks
from tests.faults.tiering.conftest import KILLS
from tests.faults.tiering.restoring_process import restore

SEEDS = range(KILLS // 10)
STEPS = 16
"""Calls of the store and commits of the catalog that one child makes at most before it dies."""


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Archive]:
    terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
    made = make_archive(vault_place(tmp_path / "masters"), terms, LocationKind.VAULT, tmp_path / "home")
    yield made
    made.catalog.close()


def run(vault: Archive, order: str | None, left: int) -> int:
    root = vault.home.parent
    (root / "ready").unlink(missing_ok=True)
    child = forks().Process(target=restore, args=(root, order, vault.place.clock(), left))
    child.start()
    child.join(120)
    assert (root / "ready").exists()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode or 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_sigkill_at_any_step_loses_and_repeats_nothing(
    vault: Archive, seed: int, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(seed)
    asset = vault.add("film.mov", b"essence" * 100)
    quote = vault.restorer().quote([asset])
    killed = 0
    for turn in range(3):
        order = quote.id if turn == 0 or (turn < 2 and dice.random() < 0.4) else None
        killed += run(vault, order, dice.randint(1, STEPS)) != 0
        vault.place.clock.advance(minutes=dice.choice((2, 2, 30)))
    is_in_time = vault.place.clock() < quote.expires_at
    if is_in_time:
        vault.restorer().request(quote.id)
    for _ in range(12):
        vault.place.clock.advance(hours=12)
        vault.restorer().poll()
    with vault.catalog.read() as view:
        found = view.restores.find()
        entries = [entry for restore in found for entry in view.spending.entries(restore.id)]
        notices = view.notices.after(0, 1000)
        assert view.audit.verify() is None
    record_property("kills", killed)
    if not found:
        # Nobody lived to agree before the quote ran out: nothing may have been spent or told.
        assert (is_in_time, entries, notices) == (False, [], []), f"seed {seed}, {killed} killed"
        return
    assert [restore.status for restore in found] == [RestoreStatus.EXPIRED], f"seed {seed}, {killed} killed"
    assert [entry.kind for entry in entries] == [EntryKind.RESTORE], f"seed {seed}"
    assert found[0].asked == 1, f"seed {seed}"
    by_person: dict[str, list[NoticeEvent]] = {}
    for notice in notices:
        by_person.setdefault(notice.principal, []).append(notice.event)
    for who, events in by_person.items():
        told = [NoticeEvent.REQUESTED, NoticeEvent.READY, NoticeEvent.EXPIRING, NoticeEvent.EXPIRED]
        assert events == told, f"seed {seed}, {who}"
    assert vault.place.clock() - found[0].requested_at > timedelta(days=2)
