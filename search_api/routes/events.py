"""What you were told: a page at a time, or as server-sent events that can be resumed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from catalog.model import Notice
from foundation.errors import BadCursor
from foundation.ids import PrincipalId
from search_api import schemas_restores as r
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep
from search_api.services.restore_wire import notice_wire

router = APIRouter(prefix="/v1", tags=["notices"], responses=documented(401, 422))
LOOK_SECONDS = 1.0
"""How often the outbox is looked at for whoever listens."""

_COMMENT_AFTER = 15
_PAGE = 200


@router.get("/notices", operation_id="notices")
def notices(
    services: ServicesDep,
    principal: PrincipalDep,
    after: Annotated[int, Query(ge=0, le=2**62, description="Sequence number of the last one you have.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most of one page.")] = 100,
    *,
    newest: Annotated[bool, Query(description="The newest of these in place of the oldest.")] = False,
) -> r.NoticeList:
    """What you were told, in the order of writing."""
    found = (_newest if newest else _behind)(services, principal, after, limit)
    last = found[-1].seq if found else after
    return r.NoticeList(notices=[notice_wire(notice) for notice in found], last=last)


@router.get("/notices/undelivered", operation_id="undelivered")
def undelivered(services: ServicesDep) -> r.UndeliveredList:
    """Notices that were given up on a channel, newest first."""
    with services.catalog.read() as reader:
        found = reader.notices.undelivered(_PAGE)
    return r.UndeliveredList(
        undelivered=[
            r.Undelivered(
                channel=dead.channel,
                attempts=dead.attempts,
                error=dead.error,
                notice=notice_wire(dead.notice),
            )
            for dead in found
        ]
    )


@router.get(
    "/events",
    operation_id="events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def events(
    services: ServicesDep,
    principal: PrincipalDep,
    request: Request,
    last_event_id: Annotated[
        str | None,
        Header(max_length=20, description="The `id` of the last event you have."),
    ] = None,
    after: Annotated[
        int | None, Query(ge=0, le=2**62, description="The same, for who cannot send the header.")
    ] = None,
) -> StreamingResponse:
    """What you are told from now on, as it is written; with `Last-Event-ID`, all that came since then too."""
    seq = after if last_event_id is None else _seq(last_event_id)
    if seq is None:
        seq = await run_in_threadpool(_last, services)
    stream = _stream(services, principal, request, seq)
    return StreamingResponse(
        stream,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    services: Services, principal: PrincipalId, request: Request, seq: int
) -> AsyncIterator[str]:
    yield f": listening\nretry: {int(LOOK_SECONDS * 3000)}\n\n"
    silent = 0.0
    while not await request.is_disconnected():
        found = await run_in_threadpool(_behind, services, principal, seq, _PAGE)
        for notice in found:
            yield event_text(notice)
            seq = notice.seq
        silent = 0.0 if found else silent + LOOK_SECONDS
        if silent >= _COMMENT_AFTER:
            # Proxies close what is silent for long, and nobody notices a listener that has gone.
            yield ": still here\n\n"
            silent = 0.0
        if len(found) < _PAGE:
            await asyncio.sleep(LOOK_SECONDS)


def event_text(notice: Notice) -> str:
    """One notice as the event stream format has it (WHATWG HTML, "Server-sent events")."""
    data = json.dumps(notice_wire(notice).model_dump(mode="json"), ensure_ascii=False)
    return f"id: {notice.seq}\nevent: {notice.event.value}\ndata: {data}\n\n"


def _behind(services: Services, principal: PrincipalId, seq: int, limit: int) -> list[Notice]:
    with services.catalog.read() as reader:
        return reader.notices.after(seq, limit, principal=principal)


def _newest(services: Services, principal: PrincipalId, seq: int, limit: int) -> list[Notice]:
    with services.catalog.read() as reader:
        return reader.notices.newest(seq, limit, principal=principal)


def _last(services: Services) -> int:
    with services.catalog.read() as reader:
        return reader.notices.last()


def _seq(text: str) -> int:
    if not text.isdecimal():
        raise BadCursor(f"Last-Event-ID {text!r} is no event of this server.")
    return int(text)
