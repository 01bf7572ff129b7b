"""Wire types of the audit."""

from datetime import datetime

from pydantic import Field

from search_api.wire import Wire

SUBJECT = "quo_01K9X2V7QJ8M4T6W0N3B5C7D9F"


class AuditEntry(Wire):
    """Who did what."""

    seq: int = Field(description="Its place in the chain, from 1 without gaps.", examples=[412])
    at: datetime
    principal: str = Field(examples=["prn_ada"])
    action: str = Field(examples=["restore.request"])
    subject: str = Field(description="What it was done to: an id, or a name.", examples=[SUBJECT])
    detail: dict[str, object] = Field(
        description="More about it, by action.", examples=[{"cost": "4.20", "restores": []}]
    )
    digest: str = Field(
        description="SHA-256 over this entry and the digest of the one before.", examples=["9f" * 32]
    )


class AuditPage(Wire):
    """Entries, newest first."""

    entries: list[AuditEntry]
    next_cursor: str | None = Field(description="For the page after; null on the last.")
