"""Restores on a store and a network that misbehave, and in processes that die."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from archive_tiering.prices.terms import Terms
from catalog.model import LocationKind, Restore, RestoreStatus
from foundation.errors import ObjectChanged, StateConflict, StorageUnreachable
from tests.conftest import ROOT
from tests.contract.archive import Archive, make_archive, prices
from tests.contract.places import s3_place, vault_place
from tests.fakes.glacier_moto import GlacierServer

DATA = b"essence" * 1000
SEEDS = range(40)


@pytest.fixture
def s3(glacier: GlacierServer, tmp_path: Path) -> Iterator[Archive]:
    place = s3_place(glacier, "GLACIER")
    made = make_archive(place, Terms(prices("GLACIER")), LocationKind.S3, tmp_path / "home")
    yield made
    made.catalog.close()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Archive]:
    terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
    made = make_archive(vault_place(tmp_path / "masters"), terms, LocationKind.VAULT, tmp_path / "home")
    yield made
    made.catalog.close()


def all_restores(archive: Archive) -> list[Restore]:
    with archive.catalog.read() as view:
        return view.restores.find()


def test_a_lost_reply_is_one_restore_and_one_charge(s3: Archive, glacier: GlacierServer) -> None:
    asset = s3.add("film.mov", DATA)
    glacier.faults.lose_restore_replies = 1
    restorer = s3.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    assert restore.status is RestoreStatus.IN_PROGRESS
    assert glacier.restores_posted() == [0, 409]
    assert s3.spent() == restore.cost


def test_replies_that_stay_lost_are_found_by_the_next_look(s3: Archive, glacier: GlacierServer) -> None:
    asset = s3.add("film.mov", DATA)
    broken = Broken(s3.place.store, "request_restore", after=True)
    first = s3.restorer(broken)  # type: ignore[arg-type]
    (restore,) = first.request(first.quote([asset]).id)
    assert restore.status is RestoreStatus.REQUESTING
    with pytest.raises(StateConflict):
        first.cancel(restore.id)
    s3.place.clock.advance(minutes=5)
    (found,) = s3.restorer().poll()
    assert found.status is RestoreStatus.IN_PROGRESS
    assert glacier.restores_posted() == [202]
    assert s3.spent() == found.cost


def test_what_was_never_asked_can_be_cancelled_and_costs_nothing(vault: Archive) -> None:
    asset = vault.add("film.mov", DATA)
    broken = vault.restorer(Broken(vault.place.store, "head", after=False))  # type: ignore[arg-type]
    (restore,) = broken.request(broken.quote([asset]).id)
    assert restore.status is RestoreStatus.REQUESTED
    assert vault.spent() == restore.cost
    assert broken.cancel(restore.id).status is RestoreStatus.CANCELLED
    assert vault.spent() == 0
    assert vault.restorer().poll() == []
    with pytest.raises(StateConflict):
        broken.cancel(restore.id)


class Broken:
    """A store that loses one call's request or reply."""

    def __init__(self, store: Any, method: str, *, after: bool) -> None:
        self._store, self._method, self._after = store, method, after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._store, name)
        if name != self._method:
            return real  # type: ignore[no-any-return]

        def call(*args: Any, **more: Any) -> Any:
            if self._after:
                real(*args, **more)
            raise StorageUnreachable("The connection was cut.")

        return call


@pytest.mark.parametrize("method", ["head", "request_restore", "read"])
def test_a_store_that_is_away_is_asked_again(vault: Archive, method: str) -> None:
    asset = vault.add("film.mov", DATA)
    broken = vault.restorer(Broken(vault.place.store, method, after=False))  # type: ignore[arg-type]
    (restore,) = broken.request(broken.quote([asset]).id)
    vault.place.clock.advance(hours=2)
    broken.poll()
    for _ in range(3):
        vault.place.clock.advance(hours=2)
        vault.restorer().poll()
    (restore,) = all_restores(vault)
    assert (restore.status, restore.error) == (RestoreStatus.VERIFIED, None)
    assert vault.spent() == restore.cost


def test_no_expedited_capacity_means_standard_with_a_notice(s3: Archive, glacier: GlacierServer) -> None:
    asset = s3.add("film.mov", DATA)
    glacier.faults.no_expedited_capacity = 100
    restorer = s3.restorer()
    quote = restorer.quote([asset], retrieval_tier="expedited")
    (restore,) = restorer.request(quote.id)
    assert (restore.status, restore.retrieval_tier) == (RestoreStatus.IN_PROGRESS, "standard")
    assert restore.error is not None
    assert "standard was asked for instead" in restore.error
    assert s3.spent() <= quote.cost
    assert glacier.restores_posted()[-1] == 202


def test_it_never_falls_back_to_a_dearer_tier(s3: Archive, glacier: GlacierServer) -> None:
    table = prices("GLACIER")
    classes = {"GLACIER": table.classes["GLACIER"].model_copy(update={"retrieval": _dear_standard(table)})}
    dear = replace(s3, terms=Terms(table.model_copy(update={"classes": classes})))
    asset = s3.add("film.mov", DATA)
    glacier.faults.no_expedited_capacity = 100
    restorer = dear.restorer()
    (restore,) = restorer.request(restorer.quote([asset], retrieval_tier="expedited").id)
    assert restore.status is RestoreStatus.FAILED
    assert 202 not in glacier.restores_posted()
    assert s3.spent() == 0


def _dear_standard(table: Any) -> dict[str, Any]:
    tiers = dict(table.classes["GLACIER"].retrieval)
    return tiers | {"standard": tiers["standard"].model_copy(update={"per_1000": Decimal(9000)})}


@pytest.mark.slow
def test_thirty_percent_throttling_delays_and_loses_nothing(s3: Archive, glacier: GlacierServer) -> None:
    assets = [s3.add(f"{number}.mov", DATA) for number in range(8)]
    restorer = s3.restorer()
    quote = restorer.quote(assets, retrieval_tier="bulk")
    glacier.faults.dice, glacier.faults.throttle_share = random.Random(7), 0.3
    restorer.request(quote.id)
    for _ in range(5):
        s3.place.clock.advance(hours=4)
        restorer.poll()
    assert [r.status for r in all_restores(s3)] == [RestoreStatus.VERIFIED] * 8
    assert glacier.restores_posted().count(202) == 8
    assert s3.spent() == quote.cost


def test_workers_racing_ask_once_and_charge_once(s3: Archive, glacier: GlacierServer) -> None:
    assets = [s3.add(f"{number}.mov", DATA) for number in range(5)]
    workers = [s3.restorer() for _ in range(4)]
    quotes = [worker.quote(assets) for worker in workers]
    threads = [
        threading.Thread(target=worker.request, args=(quote.id,))
        for worker, quote in zip(workers, quotes, strict=True)
    ]
    pollers = [threading.Thread(target=worker.poll) for worker in workers]
    for thread in [*threads, *pollers]:
        thread.start()
    for thread in [*threads, *pollers]:
        thread.join()
    assert glacier.restores_posted() == [202] * 5
    assert len(all_restores(s3)) == 5
    assert s3.spent() == quotes[0].cost


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1), timedelta(hours=-1)])
def test_clock_jumps_charge_nothing_twice(vault: Archive, jump: timedelta) -> None:
    asset = vault.add("film.mov", DATA)
    restorer = vault.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    vault.place.clock.moment += jump
    restorer.poll()
    vault.place.clock.moment += timedelta(hours=4)
    vault.restorer().poll()
    (restore,) = all_restores(vault)
    assert restore.status is RestoreStatus.VERIFIED
    assert vault.spent() == restore.cost


def test_a_copy_that_expires_while_it_is_verified_has_expired(vault: Archive) -> None:
    asset = vault.add("film.mov", bytes(3 << 20))
    restorer = vault.restorer(Expiring(vault))  # type: ignore[arg-type]
    restorer.request(restorer.quote([asset]).id)
    vault.place.wake()
    (restore,) = restorer.poll()
    assert restore.status is RestoreStatus.EXPIRED
    assert restore.verified is None


class Expiring:
    """A store on which days pass in the middle of a read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive.place.store, name)

    def read(self, *args: Any) -> Iterator[bytes]:
        for chunk in self._archive.place.store.read(*args):
            yield chunk
            self._archive.place.clock.advance(days=3)


def test_overwritten_while_it_comes_back(vault: Archive) -> None:
    asset = vault.add("film.mov", DATA)
    restorer = vault.restorer()
    restorer.request(restorer.quote([asset]).id)
    vault.place.put("film.mov", b"another work")
    vault.place.wake()
    (restore,) = restorer.poll()
    assert restore.status is RestoreStatus.EXPIRED
    assert restore.error is not None
    assert "no longer the object" in restore.error
    with pytest.raises(ObjectChanged):
        raise ObjectChanged(restore.error)


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing after it runs, transactions are not committed."""


class Deadly:
    """A store that dies before or after its n-th call."""

    def __init__(self, store: Any, at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, at, after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._store, name)

        def call(*args: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            result = real(*args, **more)
            if self._left == 0:
                raise Killed
            return result

        return call


@pytest.mark.parametrize("seed", SEEDS)
def test_death_at_any_step_loses_and_repeats_nothing(vault: Archive, seed: int) -> None:
    dice = random.Random(seed)
    assets = [vault.add(f"{number}.mov", DATA) for number in range(2)]
    posted: list[str] = []
    real = vault.place.store.request_restore

    def counted(key: str, **more: Any) -> None:
        posted.append(key)
        real(key, **more)

    vault.place.store.request_restore = counted  # type: ignore[method-assign]
    quote = vault.restorer().quote(assets)
    for turn in range(60):
        deadly = Deadly(vault.place.store, dice.randint(1, 6), after=dice.random() < 0.5)
        restorer = vault.restorer(deadly)  # type: ignore[arg-type]
        try:
            if turn == 0 or (dice.random() < 0.3 and vault.place.clock() < quote.expires_at):
                restorer.request(quote.id)
            restorer.poll()
        except Killed:
            pass
        vault.place.clock.advance(minutes=dice.choice([1, 20]))
    vault.restorer().poll()
    found = all_restores(vault)
    assert [r.status for r in found] == [RestoreStatus.VERIFIED] * 2, f"seed {seed}"
    assert vault.spent() == quote.cost, f"seed {seed}"
    assert sorted(posted) == ["0.mov", "1.mov"], f"seed {seed}"


CHILD = """
import sys, time
from pathlib import Path
from archive_tiering.factory import open_restorer
from catalog.factory import open_catalog
from foundation.settings import Settings
settings = Settings(home=Path(sys.argv[1]))
restorer = open_restorer(open_catalog(settings.layout), settings)
print("ready", flush=True)
if sys.argv[2] != "-":
    restorer.request(sys.argv[2])
while True:
    restorer.poll()
    time.sleep(0.02)
"""


@pytest.mark.slow
def test_kill_9_in_a_real_process(tmp_path: Path) -> None:
    from archive_tiering.factory import open_restorer, open_store
    from archive_tiering.vault.store import CONFIG
    from catalog.factory import open_catalog
    from catalog.model import Location
    from foundation.settings import Settings
    from tests.contract.archive import LOCATION, catalogue

    root = tmp_path / "vault"
    root.mkdir()
    (root / CONFIG).write_text('{"retrieval": {"standard": 0.5}}')
    settings = Settings(home=tmp_path / "home")
    catalog = open_catalog(settings.layout)
    location = Location(LOCATION, "masters", f"vault:{root}", LocationKind.VAULT)
    with catalog.write() as tx:
        tx.locations.add(location)
    store = open_store(location, settings)
    assets = []
    for number in range(6):
        (root / f"{number}.mov").write_bytes(bytes(1 << 20))
        assets.append(catalogue(catalog, store.head(f"{number}.mov")))
    quote = open_restorer(catalog, settings).quote(assets)
    dice = random.Random(11)
    for turn in range(6):
        order = quote.id if turn < 2 else "-"
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(settings.home), order],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(dice.random() * 0.4)
        child.kill()
        child.wait()
        child.stdout.close()
    # What a killed process was about to do is taken up after a minute.
    restorer = open_restorer(catalog, settings, clock=lambda: datetime.now(UTC) + timedelta(minutes=2))
    deadline = time.monotonic() + 90
    statuses: list[RestoreStatus] = []
    while statuses != [RestoreStatus.VERIFIED] * 6 and time.monotonic() < deadline:
        restorer.poll()
        time.sleep(0.1)
        with catalog.read() as view:
            statuses = [restore.status for restore in view.restores.find()]
    assert statuses == [RestoreStatus.VERIFIED] * 6
    catalog.close()
