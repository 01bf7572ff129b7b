"""Which processes that own a home work moves off: those that stay, and those that were told to."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.moves.applier import Applied, Applier
from archive_tiering.moves.mover import Mover
from catalog.model import Keep, Location, LocationKind
from foundation.ids import DEFAULT_PROJECT, LOCAL_PRINCIPAL, KeepId, LocationId, PlanId, mint
from foundation.settings import Settings, load
from scripts.owner import own
from scripts.processes import HomeTransport

_SOON = 5.0
_WHILE = 0.6
"""Seconds: three times as long as it takes to notice that a plan was applied."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    loaded = load(tmp_path / "home")
    return loaded.model_copy(update={"api": loaded.api.model_copy(update={"port": 0})})


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a mover works."""
    begun = threading.Event()

    def keep(_: Mover, stop: threading.Event, before: object) -> None:
        begun.set()
        stop.wait()

    monkeypatch.setattr(Mover, "keep", keep)
    return begun


@pytest.mark.parametrize(("tcp", "moves"), [(True, False), (False, True)])
def test_who_stays_or_was_told_to_moves(
    settings: Settings, moving: threading.Event, tcp: bool, moves: bool
) -> None:
    with own(settings, tcp=tcp, moves=moves):
        assert moving.wait(_SOON)


def test_a_short_command_moves_nothing_until_a_plan_is_applied_there(
    settings: Settings, moving: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def applied(*_: object, **__: object) -> Applied:
        return Applied(begun=1, running=0, skipped=0, reserved=Decimal(0))

    monkeypatch.setattr(Applier, "apply", applied)
    with own(settings, tcp=False) as owned:
        assert not moving.wait(_WHILE)
        owned.services.tiering.apply(PlanId("pln_x"), budget=None, principal=LOCAL_PRINCIPAL)
        assert moving.wait(_SOON)


def test_a_short_command_that_keeps_something_hot_moves_it(
    settings: Settings, moving: threading.Event, tmp_path: Path
) -> None:
    with own(settings, tcp=False) as owned:
        assert not moving.wait(_WHILE)
        with owned.services.catalog.write() as tx:
            tx.locations.add(Location(LocationId("loc_ssd"), "ssd", str(tmp_path), LocationKind.FOLDER))
        wanted = Keep(KeepId(mint("kep")), LocationId("loc_ssd"), project_id=DEFAULT_PROJECT)
        owned.services.tiering.hot.keep(wanted)
        assert moving.wait(_SOON)


@pytest.mark.parametrize("moves", [True, False])
def test_who_takes_a_home_over_moves_only_if_told_to(
    settings: Settings, moving: threading.Event, moves: bool
) -> None:
    transport = HomeTransport(settings, patience=1, moves=moves)
    transport.open()
    try:
        assert moving.wait(_SOON if moves else _WHILE) is moves
    finally:
        transport.close()
