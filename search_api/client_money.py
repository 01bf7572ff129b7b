"""The client's part for approvals, budgets and notices."""

from search_api import schemas_restores as r
from search_api.client_paths import Send, part


class MoneyClient:
    """Who decides on money, and who is told.

    Args:
        send: Sends a request and reads its answer.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    def approvals(self, state: str | None = None) -> list[r.Approval]:
        """Requests that need or needed an approver, newest first."""
        return self._send("GET", "/v1/approvals", r.ApprovalList, query={"state": state}).approvals

    def approve(self, approval_id: str, decision: r.NewDecision) -> r.Approval:
        """Let the restores begin."""
        path = f"/v1/approvals/{part(approval_id)}/approve"
        return self._send("POST", path, r.Approval, body=decision.model_dump(mode="json"))

    def decline(self, approval_id: str, decision: r.NewDecision) -> r.Approval:
        """Say no."""
        path = f"/v1/approvals/{part(approval_id)}/decline"
        return self._send("POST", path, r.Approval, body=decision.model_dump(mode="json"))

    def budgets(self) -> r.BudgetList:
        """Budgets of this month."""
        return self._send("GET", "/v1/budgets", r.BudgetList)

    def set_budget(self, budget: r.NewBudget) -> r.BudgetList:
        """Set a cap."""
        return self._send("POST", "/v1/budgets", r.BudgetList, body=budget.model_dump(mode="json"))

    def clear_budget(self, scope: str, subject: str = "", month: str = "") -> r.BudgetList:
        """Let the settings hold again."""
        query = {"scope": scope, "subject": subject, "month": month}
        return self._send("DELETE", "/v1/budgets", r.BudgetList, query=query)

    def notices(self, *, after: int = 0, limit: int = 100, newest: bool = False) -> r.NoticeList:
        """What you were told behind a sequence number, from the oldest on or the newest alone."""
        query = {"after": after, "limit": limit, "newest": "true" if newest else None}
        return self._send("GET", "/v1/notices", r.NoticeList, query=query)

    def undelivered(self) -> list[r.Undelivered]:
        """Notices that were given up on a channel, newest first."""
        return self._send("GET", "/v1/notices/undelivered", r.UndeliveredList).undelivered
