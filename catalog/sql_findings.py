"""Findings in SQL; the administrator is told in the transaction that confirms or repairs one."""

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from catalog.lifecycle import check_finding
from catalog.model import Finding, FindingState, NoticeEvent
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_notices import News, tell
from catalog.tables_fixity import OPEN_FINDING, fixity_findings
from foundation.errors import FindingNotFound, StateConflict
from foundation.ids import LOCAL_PRINCIPAL, FindingId

_TOLD = {
    FindingState.CONFIRMED: NoticeEvent.FIXITY_FOUND,
    FindingState.REPAIRED: NoticeEvent.FIXITY_REPAIRED,
}


class SqlFindings:
    """One open finding of the same bytes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, finding: Finding) -> Finding:
        """Take note of a finding; see the port."""
        known = self._known(finding)
        values = dataclasses.asdict(finding) | {"updated_at": self._session.now}
        if known is None:
            if finding.state is not FindingState.FOUND:
                raise StateConflict(f"A finding cannot begin as {finding.state}.")
            self._session.run(sa.insert(fixity_findings).values(values))
            return self.get(finding.id)
        check_finding(known.state, finding.state)
        values |= {"id": known.id, "found_at": known.found_at}
        self._session.run(sa.update(fixity_findings).where(_is(known.id)).values(values))
        kept = self.get(known.id)
        if known.state is not kept.state and kept.state in _TOLD:
            self._tell(kept)
        return kept

    def get(self, finding_id: FindingId) -> Finding:
        """By id; raises FindingNotFound."""
        row = self._session.first(sa.select(fixity_findings).where(_is(finding_id)))
        if row is None:
            raise FindingNotFound(f"There is no finding {finding_id}.")
        return _finding(row)

    def find(self, place: str | None, uri: str | None, states: Sequence[FindingState]) -> list[Finding]:
        """Newest first."""
        query = sa.select(fixity_findings).order_by(fixity_findings.c.row.desc())
        if place is not None:
            query = query.where(fixity_findings.c.place == place)
        if uri is not None:
            query = query.where(fixity_findings.c.uri == uri)
        if states:
            query = query.where(fixity_findings.c.state.in_(states))
        return [_finding(row) for row in self._session.rows(query)]

    def _known(self, finding: Finding) -> Finding | None:
        """This very finding, else the open one of the same bytes."""
        same = sa.and_(
            fixity_findings.c.place == finding.place,
            fixity_findings.c.uri == finding.uri,
            fixity_findings.c.key == finding.key,
            sa.text(OPEN_FINDING),
        )
        row = self._session.first(sa.select(fixity_findings).where(_is(finding.id)))
        row = row or self._session.first(sa.select(fixity_findings).where(same))
        return None if row is None else _finding(row)

    def _tell(self, finding: Finding) -> None:
        event = _TOLD[finding.state]
        facts = {
            "place": finding.place,
            "uri": finding.uri,
            "key": finding.key,
            "reason": finding.wrong,
            "asset": finding.asset_id,
        }
        tell(
            self._session, [News(f"{finding.id}:{finding.state}", event, finding.id, LOCAL_PRINCIPAL, facts)]
        )


def _is(finding_id: FindingId) -> sa.ColumnElement[bool]:
    return fixity_findings.c.id == finding_id


def _finding(row: Row) -> Finding:
    facts = {field.name: getattr(row, field.name) for field in dataclasses.fields(Finding)}
    return Finding(**{**facts, "state": FindingState(row.state)})
