"""The audit: who did what, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from catalog import model as m
from foundation.errors import BadCursor, NotAllowed
from foundation.ids import AssetId, PrincipalId
from search_api import schemas_audit as a
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep
from search_api.schemas import ASSET_ID
from search_api.schemas_work import Request
from search_api.services.cursor import issue, key_of

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=documented(401, 403, 422))


class AuditQuery(Request):
    """A page of the audit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    principal: str | None = Field(
        None, max_length=64, description="Whose entries; approvers see everybody's.", examples=["prn_ada"]
    )
    action: str | None = Field(
        None,
        max_length=80,
        description="An action, or all that begin so: `restore` is `restore.request`, `restore.cancel` …",
        examples=["restore"],
    )
    asset: str | None = Field(
        None,
        max_length=64,
        description="About this asset: itself, its quotes, restores, moves, findings and keeps.",
        examples=[ASSET_ID],
    )
    limit: int = Field(100, ge=1, le=500, description="Most entries of one page.")
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before.")


@router.get("", operation_id="audit")
def audit(
    services: ServicesDep, principal: PrincipalDep, request: Annotated[AuditQuery, Query()]
) -> a.AuditPage:
    """Who did what, newest first. Who is no approver sees what they did themselves."""
    whose = _whose(services, principal, request)
    where = m.AuditFilter(whose, request.action, None if request.asset is None else AssetId(request.asset))
    identity = f"audit {whose} {request.action} {request.asset}"
    before = None if request.cursor is None else _seq(key_of(request.cursor, identity))
    with services.catalog.read() as reader:
        found = reader.audit.find(where, before=before, limit=request.limit + 1)
    shown = found[: request.limit]
    cursor = issue(str(shown[-1].seq), identity) if len(found) > request.limit else None
    return a.AuditPage(entries=[_entry(entry) for entry in shown], next_cursor=cursor)


def _whose(services: Services, principal: PrincipalId, request: AuditQuery) -> PrincipalId | None:
    wanted = None if request.principal is None else PrincipalId(request.principal)
    if services.restorer.approvals.is_approver(principal):
        return wanted
    if wanted not in (None, principal):
        raise NotAllowed(f"{principal} may not see what {wanted} did.")
    return principal


def _seq(key: str) -> int:
    if not key.isdecimal():
        raise BadCursor("The cursor points nowhere.")
    return int(key)


def _entry(entry: m.AuditEntry) -> a.AuditEntry:
    return a.AuditEntry(
        seq=entry.seq,
        at=entry.at,
        principal=entry.principal,
        action=entry.action,
        subject=entry.subject,
        detail=dict(entry.detail),
        digest=entry.digest,
    )
