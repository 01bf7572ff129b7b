"""Who asks."""

from fastapi import APIRouter

from search_api import schemas_work as w
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep

router = APIRouter(prefix="/v1/me", tags=["people"], responses=documented(401, 422))


@router.get("", operation_id="me")
def me(services: ServicesDep, principal: PrincipalDep) -> w.Me:
    """Who you are by your token, and whether you may decide on money."""
    return w.Me(principal=principal, approver=services.restorer.approvals.is_approver(principal))
