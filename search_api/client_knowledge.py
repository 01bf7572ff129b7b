"""The client's part for what people say of assets."""

from collections.abc import Sequence

from search_api import schemas as s
from search_api import schemas_knowledge as k
from search_api.client_paths import Send, part


class KnowledgeClient:
    """What people say of assets, who may show them, and what is withdrawn."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def say(self, asset: str, said: k.NewStatement) -> s.Statement:
        """Say something of an asset; saying it again changes nothing."""
        body = said.model_dump(mode="json", exclude_none=True)
        return self._send("POST", f"{_of(asset)}/statements", s.Statement, body=body)

    def take_back(self, asset: str, statement: str) -> s.Statement:
        """Take back what a person said."""
        return self._send("DELETE", f"{_of(asset)}/statements/{part(statement)}", s.Statement)

    def rights(self, asset: str) -> k.RightsList:
        """Rights of an asset."""
        return self._send("GET", f"{_of(asset)}/rights", k.RightsList)

    def add_right(self, asset: str, right: k.NewRight) -> k.RightsList:
        """Add one to the rights of an asset; all of them."""
        body = right.model_dump(mode="json")
        return self._send("POST", f"{_of(asset)}/rights", k.RightsList, body=body)

    def set_rights(self, asset: str, rights: Sequence[k.NewRight]) -> k.RightsList:
        """All rights of an asset from now on."""
        body = k.NewRights(rights=list(rights)).model_dump(mode="json")
        return self._send("PUT", f"{_of(asset)}/rights", k.RightsList, body=body)

    def withdraw(self, asset: str) -> s.Asset:
        """Hide an asset; nothing of it is lost."""
        return self._send("PUT", f"{_of(asset)}/withdrawal", s.Asset)

    def bring_back(self, asset: str) -> s.Asset:
        """Show a withdrawn asset again."""
        return self._send("DELETE", f"{_of(asset)}/withdrawal", s.Asset)

    def withdrawn(self, *, cursor: str | None = None, limit: int = 100) -> s.AssetPage:
        """A page of what is withdrawn, in id order."""
        query = {"cursor": cursor, "limit": limit}
        return self._send("GET", "/v1/withdrawals", s.AssetPage, query=query)


def _of(asset: str) -> str:
    return f"/v1/assets/{part(asset)}"
