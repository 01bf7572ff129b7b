"""The outbox in SQL: a notice is written in the transaction of what it tells, and delivered afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from catalog.model import Delivery, DeliveryState, Notice, NoticeEvent
from catalog.rows import Row
from catalog.session import Session
from catalog.tables_baskets import couriers, deliveries, notices
from foundation.ids import PrincipalId, mint

_WAITING = sa.and_(deliveries.c.state == DeliveryState.WAITING, deliveries.c.due_at.is_not(None))


@dataclass(frozen=True, slots=True)
class News:
    """A notice about to be written; the same ``key`` is written once."""

    key: str
    event: NoticeEvent
    subject: str
    principal: PrincipalId
    facts: Mapping[str, object]


def tell(session: Session, news: Iterable[News]) -> None:
    """Write notices; what was told already is left out."""
    rows = [
        {
            "id": mint("ntc"),
            "key": item.key,
            "event": item.event,
            "subject": item.subject,
            "principal": item.principal,
            "facts": dict(item.facts),
            "at": session.now,
        }
        for item in news
    ]
    session.run(insert(notices).on_conflict_do_nothing(index_elements=["key"]), rows)


class SqlNotices:
    """Notices in order, and how far each channel is with them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def after(self, seq: int, limit: int, *, principal: PrincipalId | None = None) -> list[Notice]:
        """Notices behind a sequence number, for one principal or all, in order."""
        query = sa.select(notices).where(notices.c.seq > seq).order_by(notices.c.seq).limit(limit)
        if principal is not None:
            query = query.where(notices.c.principal == principal)
        return [_notice(row) for row in self._session.rows(query)]

    def newest(self, seq: int, limit: int, *, principal: PrincipalId) -> list[Notice]:
        """The newest notices of one principal behind a sequence number, in the order of writing."""
        mine = sa.and_(notices.c.principal == principal, notices.c.seq > seq)
        query = sa.select(notices).where(mine).order_by(notices.c.seq.desc()).limit(limit)
        return [_notice(row) for row in self._session.rows(query)][::-1]

    def last(self) -> int:
        """The newest sequence number; 0 where there is none."""
        return self._session.value(sa.select(sa.func.max(notices.c.seq))) or 0

    def is_behind(self, channel: str) -> bool:
        """Say whether there are notices that a channel has no deliveries for yet."""
        seq = self._session.value(sa.select(couriers.c.seq).where(couriers.c.channel == channel))
        return seq is None or self.last() > seq

    def hand_out(self, channel: str, since: datetime) -> int:
        """Give a channel a delivery for every notice it has none for; a new channel begins at ``since``."""
        seq = self._session.value(sa.select(couriers.c.seq).where(couriers.c.channel == channel))
        if seq is None:
            seq = self._begin(channel, since)
        last = self.last()
        if last <= seq:
            return 0
        waiting = sa.literal(DeliveryState.WAITING.value)
        chosen = sa.select(sa.literal(channel), notices.c.seq, waiting, sa.literal(0), notices.c.at)
        names = ["channel", "seq", "state", "attempts", "due_at"]
        added = self._session.run(sa.insert(deliveries).from_select(names, chosen.where(notices.c.seq > seq)))
        self._session.run(sa.update(couriers).where(couriers.c.channel == channel).values(seq=last))
        return added

    def due(self, channel: str, now: datetime, limit: int) -> list[Delivery]:
        """Deliveries whose turn it is, in order."""
        query = _joined().where(deliveries.c.channel == channel, _WAITING, deliveries.c.due_at <= now)
        return [_delivery(row) for row in self._session.rows(query.order_by(notices.c.seq).limit(limit))]

    def next_due(self) -> datetime | None:
        """When the next delivery of any channel is due."""
        query = sa.select(deliveries.c.due_at).where(_WAITING).order_by(deliveries.c.due_at).limit(1)
        found: datetime | None = self._session.value(query)
        return found

    def record(self, made: Sequence[Delivery], due_at: datetime | None = None) -> None:
        """How attempts ended; ``due_at`` is when those that still wait are tried again."""
        for delivery in made:
            done = delivery.state is DeliveryState.DONE
            values = {
                "state": delivery.state,
                "attempts": delivery.attempts,
                "error": delivery.error,
                "due_at": due_at if delivery.state is DeliveryState.WAITING else None,
                "delivered_at": self._session.now if done else None,
            }
            same = (deliveries.c.channel == delivery.channel, deliveries.c.seq == delivery.notice.seq)
            self._session.run(sa.update(deliveries).where(*same).values(values))

    def undelivered(self, limit: int) -> list[Delivery]:
        """What was given up, newest first."""
        query = _joined().where(deliveries.c.state == DeliveryState.DEAD)
        return [
            _delivery(row) for row in self._session.rows(query.order_by(notices.c.seq.desc()).limit(limit))
        ]

    def _begin(self, channel: str, since: datetime) -> int:
        before = sa.select(sa.func.max(notices.c.seq)).where(notices.c.at < since)
        seq: int = self._session.value(before) or 0
        self._session.run(sa.insert(couriers).values(channel=channel, seq=seq))
        return seq


def _joined() -> sa.Select[tuple[object, ...]]:
    facts = (deliveries.c.channel, deliveries.c.state, deliveries.c.attempts, deliveries.c.error)
    return sa.select(notices, *facts).join(deliveries, deliveries.c.seq == notices.c.seq)


def _notice(row: Row) -> Notice:
    return Notice(
        row.seq, row.id, NoticeEvent(row.event), row.subject, row.principal, dict(row.facts), row.at
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(row.channel, _notice(row), DeliveryState(row.state), row.attempts, row.error)
