"""The audit trail in SQL: every entry's digest covers the one before it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from catalog.model import AuditEntry
from catalog.rows import Row
from catalog.session import Session
from catalog.tables_work import audit
from foundation.ids import PrincipalId

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
        query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
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


def _digest(previous: str, seq: int, at: datetime, facts: tuple[str, ...]) -> str:
    covered = json.dumps([previous, seq, at.isoformat(), *facts], ensure_ascii=False)
    return hashlib.sha256(covered.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        row.seq, row.at, row.principal, row.action, row.subject, json.loads(row.detail), row.digest
    )
