"""Money of homes from before: restores, waiters, and moves come into the ledger by migration."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import BudgetScope
from foundation.home import Home
from foundation.ids import RestoreId
from tests.unit.catalog.test_open import fill, take_back


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_restores_of_an_older_home_have_their_waiters_and_their_money(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        fill(store)
    take_back(home, "0005")
    columns = (
        "id, quote_id, asset_id, instance_id, uri, version, retrieval_tier, days, size, cost, currency, "
        "status, requested_at"
    )
    at = "2026-03-10 12:00:00"
    rows = [("rst_1", "in progress"), ("rst_2", "expired"), ("rst_3", "failed")]
    with closing(sqlite3.connect(home.catalog)) as raw, raw:
        for name, status in rows:
            facts = (
                name,
                "quo_1",
                "ast_1",
                "ins_1",
                f"s3://b/{name}",
                "v",
                "bulk",
                3,
                10,
                "1.25",
                "USD",
                status,
                at,
            )
            raw.execute(f"INSERT INTO restores ({columns}) VALUES ({', '.join('?' * 13)})", facts)
            gone = at if status == "failed" else None
            raw.execute(
                "INSERT INTO spending (month, restore_id, amount, currency, released_at, created_at) "
                "VALUES ('2026-03', ?, '1.25', 'USD', ?, ?)",
                (name, gone, at),
            )
    with closing(open_catalog(home)) as store, store.write() as writer:
        assert [w.principal for w in writer.restores.waiters(RestoreId("rst_1"))] == ["prn_local"]
        assert writer.restores.waiters(RestoreId("rst_2")) == []
        assert [r.id for r in writer.restores.due(writer.now, 10)] == ["rst_1"]
        assert writer.restores.spent("2026-03") == Decimal("2.50")
        assert writer.spending.reserved(BudgetScope.MONTH, "", "2026-03") == Decimal("2.50")
        assert writer.spending.reserved(BudgetScope.USER, "prn_local", "2026-03") == Decimal("2.50")
        writer.spending.release("rst_1")
        assert writer.spending.reserved(BudgetScope.MONTH, "", "2026-03") == Decimal("1.25")
    take_back(home, "0005")
    with closing(open_catalog(home)) as store, store.read() as view:
        assert view.restores.spent("2026-03") == Decimal("1.25")


def test_moves_of_an_older_home_count_against_the_budget_they_share_with_restores(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        fill(store)
    take_back(home, "0007")
    columns = (
        "id, asset_id, instance_id, identity, rule, rule_line, from_location, from_class, to_location, "
        "to_class, method, state, objects, size, month, cost, currency, attempts, created_at, updated_at"
    )
    at, moves = "2026-03-10 12:00:00", [("1", "done", "1.50"), ("2", "planned", "0.25"), ("3", "failed", "9")]
    with closing(sqlite3.connect(home.catalog)) as raw, raw:
        raw.execute(
            "INSERT INTO budget_use (scope, subject, month, reserved) "
            "VALUES ('month', '', '2026-03', 2000000)"
        )
        for name, state, cost in moves:
            place = ("ast_1", name, "1", "rule", 1, "loc_a", "STANDARD", "loc_a", "GLACIER", "copy", state)
            facts = (f"mov_{name}", *place, "[]", 0, "2026-03", cost, "USD", 0, at, at)
            raw.execute(f"INSERT INTO moves ({columns}) VALUES ({', '.join('?' * 20)})", facts)
    with closing(open_catalog(home)) as store, store.read() as view:
        assert view.moves.spent("2026-03") == Decimal("1.75")
        assert view.spending.reserved(BudgetScope.MONTH, "", "2026-03") == Decimal("3.75")
        assert view.spending.reserved(BudgetScope.USER, "prn_local", "2026-03") == Decimal("1.75")
    take_back(home, "0007")
    with closing(open_catalog(home)) as store, store.read() as view:
        assert view.spending.reserved(BudgetScope.MONTH, "", "2026-03") == Decimal("3.75")
