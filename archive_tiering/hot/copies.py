"""Keep-hot copies: made by moves whose source stays, and let go when nothing keeps them any more.

A keep says where an asset, or a project's assets, shall lie awake. Looking after keeps is idempotent: what
lacks a copy gets a move, what nobody keeps goes, and what sleeps waits until somebody brings it back.
"""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from archive_tiering.clock import Clock
from archive_tiering.hot.release import HotRelease
from archive_tiering.hot.routes import HotRoutes, is_awake
from archive_tiering.moves.steps import moved_object
from archive_tiering.prices.budgets import caps_of_projects
from archive_tiering.prices.moving import Amounts, once, parts_of, total_once
from archive_tiering.quotes.quote import CURRENCY
from catalog.lifecycle import identity_of
from catalog.model import Instance, Keep, Move, MoveState
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import BudgetExceeded, RekindleError
from foundation.ids import AssetId, KeepId, MoveId, PrincipalId, mint
from foundation.logging import get
from foundation.settings import TieringSettings

RULE = "keep hot"
"""Stands for the rule's name in moves that make hot copies."""

_AT_ONCE = 200
_PAUSE = timedelta(hours=1)
_LOOK_SECONDS = 30.0


class HotCopies:
    """Looks after keeps. Any number of processes may.

    Args:
        catalog: The ledger.
        routes: How masters get into hot locations, and what that costs.
        release: Lets copies go.
        settings: Budgets, where people set none.
        clock: The time.
        asked: Set once somebody asked this process for something.
    """

    def __init__(
        self,
        catalog: Catalog,
        routes: HotRoutes,
        release: HotRelease,
        settings: TieringSettings,
        clock: Clock,
        asked: threading.Event,
    ) -> None:
        self._catalog = catalog
        self._routes = routes
        self._release = release
        self._settings = settings
        self._clock = clock
        self._asked = asked
        self._next_look = 0.0

    def keep(self, keep: Keep) -> Keep:
        """Keep something hot from now on, and begin its first copies.

        Raises:
            BadSettings: The location is cold, or has no price.
            BudgetExceeded: A budget of the month, user or project does not suffice; nothing is kept.
        """
        self._routes.check(keep.location_id)
        with self._catalog.write(keep.principal) as tx:
            tx.keeps.add(keep)
            facts = {"asset": keep.asset_id, "project": keep.project_id, "location": keep.location_id}
            tx.audit.append(keep.principal, "keep.add", keep.id, facts)
            self._begin(tx, keep)
            made = tx.keeps.get(keep.id)
        self._hurry()
        return made

    def release(self, keep_id: KeepId, principal: PrincipalId) -> Keep:
        """Keep it no longer; copies that were made for it go as soon as another one is seen to be sound.

        Raises:
            KeepNotFound: There is no such keep.
        """
        with self._catalog.write(principal) as tx:
            ended = tx.keeps.release(keep_id)
            tx.audit.append(principal, "keep.release", ended.id, {"location": ended.location_id})
        self._hurry()
        return ended

    def look(self) -> None:
        """Look after everything, now and then; what cannot be done now is done later."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_SECONDS
        self.step()

    def step(self) -> tuple[int, int]:
        """Begin copies that are lacking and let go what nothing keeps; returns how many of both.

        Raises:
            CatalogBusy: The ledger could not be written.
        """
        with self._catalog.read() as view:
            keeps = view.keeps.active()
        return sum(self._copies_of(keep) for keep in keeps), self._release.step()

    def _hurry(self) -> None:
        self._next_look = 0.0
        self._asked.set()

    def _copies_of(self, keep: Keep) -> int:
        begun = 0
        try:
            while True:
                with self._catalog.write(keep.principal) as tx:
                    more = self._begin(tx, keep)
                begun += more
                if more < _AT_ONCE:
                    return begun
        except RekindleError as error:
            if not isinstance(error, BudgetExceeded) and error.retryable:
                raise
            get(__name__).warning("hot_copies_wait", keep=keep.id, code=error.code, reason=error.message)
            return begun

    def _begin(self, tx: CatalogWriter, keep: Keep) -> int:
        wanted = tx.keeps.lacking(keep, pause=_PAUSE, limit=_AT_ONCE)
        copies = tx.assets.copies(wanted)
        moves = [move for each in wanted if (move := self._move(tx, keep, each, copies.get(each, ())))]
        month, projects = f"{self._clock():%Y-%m}", dict.fromkeys(move.project for move in moves)
        caps = caps_of_projects(tx, self._settings, keep.principal, projects, month)
        begun = tx.moves.begin(moves, caps, month)
        return sum(move is asked for move, asked in zip(begun, moves, strict=True))

    def _move(self, tx: CatalogWriter, keep: Keep, asset: AssetId, copies: Sequence[Instance]) -> Move | None:
        source = next((copy for copy in copies if is_awake(copy)), None)
        placed = None if source is None else tx.plans.placed(source.id)
        if source is None or placed is None:
            return None
        folder = tx.locations.by_id(source.location_id).name
        route = self._routes.route(source.location_id, source.essence.storage_class, keep.location_id)
        size = sum(item.size for item in source.objects)
        amounts = Amounts(len(source.objects), size, len(source.objects) - 1 + parts_of(size))
        now = self._clock()
        return Move(
            id=MoveId(mint("mov")),
            asset_id=asset,
            instance_id=source.id,
            identity=identity_of(source.objects),
            from_location=source.location_id,
            from_class=source.essence.storage_class,
            to_location=keep.location_id,
            to_class=route.target.facts.name,
            method=route.way.value,
            state=MoveState.PLANNED,
            objects=tuple(
                # Below the name of where it comes from: two locations may have a key in common.
                moved_object(item, f"{folder}/{item.key}", route.target.facts.name)
                for item in source.objects
            ),
            rule=RULE,
            rule_line=0,
            cost=total_once(once(route, amounts)),
            currency=CURRENCY,
            created_at=now,
            updated_at=now,
            keep_id=keep.id,
            principal=keep.principal,
            project=placed.project_id,
        )
