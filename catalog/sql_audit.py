"""The audit trail in SQL: every entry's digest covers the one before it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from catalog.model import AuditEntry, AuditFilter
from catalog.rows import Row
from catalog.session import Session
from catalog.tables_fixity import fixity_findings
from catalog.tables_keeping import keeps
from catalog.tables_money import quotes, restores
from catalog.tables_tiering import moves
from catalog.tables_work import audit
from foundation.ids import AssetId, PrincipalId

FIRST_DIGEST = "0" * 64
"""What the first entry's digest covers in place of a predecessor."""

_PAGE = 1_000


class SqlAudit:
    """Append-only: triggers refuse changes, the chain shows those made around them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, principal: PrincipalId, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Add an entry; ``detail`` must be plain JSON."""
        last = self._session.first(
            sa.select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)
        )
        seq, previous = (1, FIRST_DIGEST) if last is None else (last.seq + 1, last.digest)
        at, text = self._session.now, json.dumps(dict(detail), sort_keys=True, ensure_ascii=False)
        entry = {
            "seq": seq,
            "at": at,
            "principal": principal,
            "action": action,
            "subject": subject,
            "detail": text,
        }
        digest = _digest(previous, seq, at, (principal, action, subject, text))
        self._session.run(sa.insert(audit).values(**entry, digest=digest))

    def tail(self, limit: int) -> list[AuditEntry]:
        """Newest first."""
        return self.find(AuditFilter(), before=None, limit=limit)

    def find(self, where: AuditFilter, *, before: int | None, limit: int) -> list[AuditEntry]:
        """Those before a sequence number (None: all), newest first."""
        query = sa.select(audit).where(*_wanted(where)).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.seq < before)
        return [_entry(row) for row in self._session.rows(query)]

    def verify(self) -> int | None:
        """Sequence number of the first entry that does not fit the chain, or None."""
        previous, expected = FIRST_DIGEST, 1
        for row in self._all():
            facts = (row.principal, row.action, row.subject, row.detail)
            if row.seq != expected or row.digest != _digest(previous, row.seq, row.at, facts):
                return int(row.seq)
            previous, expected = row.digest, expected + 1
        return None

    def _all(self) -> Iterator[Row]:
        seq = 0
        while rows := self._session.rows(
            sa.select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(_PAGE)
        ):
            yield from rows
            seq = rows[-1].seq


def _wanted(where: AuditFilter) -> Iterator[sa.ColumnElement[bool]]:
    if where.principal is not None:
        yield audit.c.principal == where.principal
    if where.action is not None:
        family = audit.c.action.startswith(f"{where.action}.", autoescape=True)
        yield sa.or_(audit.c.action == where.action, family)
    if where.asset_id is not None:
        yield _about(where.asset_id)


def _about(asset_id: AssetId) -> sa.ColumnElement[bool]:
    """Entries name the asset, or something that was done with it."""
    named = f'"{asset_id}"'
    of_asset = sa.union_all(
        *(
            sa.select(column).where(column.table.c.asset_id == asset_id)
            for column in (restores.c.id, restores.c.quote_id, moves.c.id, fixity_findings.c.id, keeps.c.id)
        ),
        sa.select(quotes.c.id).where(
            sa.type_coerce(quotes.c.asset_ids, sa.String).contains(named, autoescape=True)
        ),
    )
    mentioned = audit.c.detail.contains(named, autoescape=True)
    return sa.or_(audit.c.subject == asset_id, mentioned, audit.c.subject.in_(of_asset))


def _digest(previous: str, seq: int, at: datetime, facts: tuple[str, ...]) -> str:
    covered = json.dumps([previous, seq, at.isoformat(), *facts], ensure_ascii=False)
    return hashlib.sha256(covered.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        row.seq, row.at, row.principal, row.action, row.subject, json.loads(row.detail), row.digest
    )
