"""The client's parts for projects, holds, leases, and tier plans."""

from collections.abc import Callable, Sequence
from datetime import datetime

from search_api import schemas_tiering as t
from search_api.client_paths import Send, part


class ProjectsClient:
    """Projects, and what keeps masters where they are.

    Args:
        send: Sends a request and reads its answer.
        delete: Sends a DELETE that answers nothing.
    """

    def __init__(self, send: Send, delete: Callable[[str], object]) -> None:
        self._send = send
        self._delete = delete

    def create(self, name: str) -> t.Project:
        """Make a project."""
        return self._send("POST", "/v1/projects", t.Project, body={"name": name})

    def all(self) -> list[t.Project]:
        """By name."""
        return self._send("GET", "/v1/projects", t.ProjectList).projects

    def set_state(self, name: str, state: t.State) -> t.Project:
        """Wrap it, activate it, put it on hold."""
        return self._send("POST", f"/v1/projects/{part(name)}/state", t.Project, body={"state": state})

    def assign(
        self, name: str, *, assets: Sequence[str] = (), location: str | None = None, path: str = ""
    ) -> t.Assigned:
        """Put assets into a project: by id, or all below a path of a location."""
        body = {"assets": list(assets), "location": location, "path": path}
        return self._send("POST", f"/v1/projects/{part(name)}/assets", t.Assigned, body=body)

    def hold(
        self,
        reason: str,
        *,
        asset: str | None = None,
        project: str | None = None,
        until: datetime | None = None,
    ) -> t.Hold:
        """Keep an asset or a project where it is."""
        ends = None if until is None else until.isoformat()
        body = {"asset": asset, "project": project, "reason": reason, "until": ends}
        return self._send("POST", "/v1/holds", t.Hold, body=body)

    def holds(self, *, asset: str | None = None) -> list[t.Hold]:
        """Holds in force."""
        return self._send("GET", "/v1/holds", t.HoldList, query={"asset": asset}).holds

    def release(self, hold_id: str) -> t.Hold:
        """End a hold."""
        return self._send("DELETE", f"/v1/holds/{part(hold_id)}", t.Hold)

    def keep_hot(
        self,
        location: str,
        *,
        asset: str | None = None,
        project: str | None = None,
        until: datetime | None = None,
        reason: str = "",
    ) -> t.Keep:
        """Keep a copy of an asset, or of each of a project's, in a location that does not sleep."""
        ends = None if until is None else until.isoformat()
        body = {"asset": asset, "project": project, "location": location, "reason": reason, "until": ends}
        return self._send("POST", "/v1/keeps", t.Keep, body=body)

    def keeps(self, *, asset: str | None = None) -> t.KeepList:
        """What is kept hot."""
        return self._send("GET", "/v1/keeps", t.KeepList, query={"asset": asset})

    def release_keep(self, keep_id: str) -> t.Keep:
        """Keep it no longer."""
        return self._send("DELETE", f"/v1/keeps/{part(keep_id)}", t.Keep)

    def lease(self, asset: str, *, until: datetime, reason: str = "") -> t.Lease:
        """Say that somebody works with a master."""
        body = {"asset": asset, "until": until.isoformat(), "reason": reason}
        return self._send("POST", "/v1/leases", t.Lease, body=body)

    def leases(self) -> list[t.Lease]:
        """Leases in force."""
        return self._send("GET", "/v1/leases", t.LeaseList).leases

    def give_back(self, asset: str) -> None:
        """Say that the work with a master is done."""
        self._delete(f"/v1/leases/{part(asset)}")


class TieringClient:
    """Tier plans and moves of one API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def plan(self) -> t.TierPlan:
        """Say what the lifecycle rules would move, and keep it."""
        return self._send("POST", "/v1/tiering/plans", t.TierPlan)

    def get(self, plan_id: str = "latest") -> t.TierPlan:
        """A plan as it was made; the newest one unless told otherwise."""
        return self._send("GET", f"/v1/tiering/plans/{part(plan_id)}", t.TierPlan)

    def items(
        self, plan_id: str, *, refused: bool | None = None, after: int = -1, limit: int = 1000
    ) -> list[t.PlanItem]:
        """A page of what a plan moves and what it leaves."""
        query = {"after": after, "limit": limit, "refused": None if refused is None else str(refused).lower()}
        return self._send(
            "GET", f"/v1/tiering/plans/{part(plan_id)}/items", t.PlanItemPage, query=query
        ).items

    def apply(self, plan_id: str, *, budget_usd: str | None = None) -> t.Applied:
        """Agree to a plan."""
        path = f"/v1/tiering/plans/{part(plan_id)}/apply"
        return self._send("POST", path, t.Applied, body={"budget_usd": budget_usd})

    def status(self, plan_id: str | None = None) -> t.TierStatus:
        """How far moves are."""
        return self._send("GET", "/v1/tiering/status", t.TierStatus, query={"plan": plan_id})

    def moves(
        self,
        *,
        asset: str | None = None,
        plan: str | None = None,
        states: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[t.Move]:
        """Moves, newest first."""
        query = {"asset": asset, "plan": plan, "state": list(states), "limit": limit}
        return self._send("GET", "/v1/tiering/moves", t.MoveList, query=query).moves

    def cancel(self, move_id: str) -> t.Move:
        """Give up a move that nobody has begun with."""
        return self._send("DELETE", f"/v1/tiering/moves/{part(move_id)}", t.Move)
