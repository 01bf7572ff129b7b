"""The client's part for the audit."""

from collections.abc import Iterator

from search_api import schemas_audit as a
from search_api.client_paths import Send


class AuditClient:
    """Who did what, as one API tells it."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def page(
        self,
        *,
        principal: str | None = None,
        action: str | None = None,
        asset: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> a.AuditPage:
        """Entries, newest first; at most 500."""
        query = {"principal": principal, "action": action, "asset": asset, "limit": limit, "cursor": cursor}
        return self._send("GET", "/v1/audit", a.AuditPage, query=query)

    def entries(
        self, *, principal: str | None = None, action: str | None = None, asset: str | None = None, most: int
    ) -> Iterator[a.AuditEntry]:
        """As many entries as wanted, page by page."""
        cursor, left = None, most
        while left > 0:
            page = self.page(
                principal=principal, action=action, asset=asset, limit=min(left, 500), cursor=cursor
            )
            yield from page.entries
            cursor, left = page.next_cursor, left - len(page.entries)
            if cursor is None:
                return
