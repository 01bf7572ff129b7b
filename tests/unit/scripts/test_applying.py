"""When `tier apply` stays, and when it leaves moves to those that go on with them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import pytest
from rich.progress import Progress

from scripts.commands import applying
from search_api.client import Client
from search_api.schemas_tiering import Move, TierStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LOOKS = 3


class Looked(Exception):
    """It looks again and again."""


@dataclass
class Tiering:
    """One move of a plan, which stays as it is."""

    move: Move
    looks: int = 0

    def status(self, plan: str) -> TierStatus:
        del plan
        self.looks += 1
        if self.looks > LOOKS:
            raise Looked
        money = Decimal(0)
        return TierStatus(
            counts=[], unfinished=1, bytes_total=1, bytes_done=0, spent_usd=money, budget_usd=money
        )

    def moves(self, *, plan: str, states: tuple[str, ...], limit: int) -> list[Move]:
        del plan, limit
        return [self.move] if self.move.state in states else []


def move_of(state: str, way: str, error: str | None, attempts: int) -> Move:
    return Move(
        id="mov_1", asset="ast_1", plan="pln_1", name="a.mov", from_location="a", from_class="STANDARD",
        to_location="a", to_class="GLACIER", way=way, state=state, bytes=1, bytes_done=0, cost=Decimal(0),
        currency="USD", rule="r", line=1, verified=[], manifest=None, error=error, attempts=attempts,
        created_at=NOW, updated_at=NOW, finished_at=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "way", "error", "attempts", "stays"),
    [
        ("verifying copy", "tag", "The bucket has not moved it yet.", 0, False),
        ("copying", "in place", "It goes on once it is restored.", 0, False),
        ("deleting source", "across", "Its asset is withdrawn.", 0, False),
        ("copying", "across", "The store does not answer.", 2, True),
        ("copying", "across", None, 1, True),
        ("verifying", "across", None, 0, True),
    ],
)
def test_what_waits_for_others_is_left_to_them(
    monkeypatch: pytest.MonkeyPatch, state: str, way: str, error: str | None, attempts: int, *, stays: bool
) -> None:
    monkeypatch.setattr(applying, "_PAUSE_SECONDS", 0)
    client = cast("Client", _Client(Tiering(move_of(state, way, error, attempts))))
    with Progress(disable=True) as bar:
        if stays:
            with pytest.raises(Looked):
                applying._until_done(client, "pln_1", bar)
        else:
            assert applying._until_done(client, "pln_1", bar).unfinished == 1


@dataclass
class _Client:
    tiering: Tiering
