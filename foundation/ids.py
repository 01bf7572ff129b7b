"""Ids: minted, never derived from bytes, sortable by the time they were minted.

An id is a prefix and a ULID (48 bits of milliseconds, 80 random bits, Crockford base 32;
https://github.com/ulid/spec): ``ast_01JD3Q6S0V7W2XKQ5Y8Z9A4B6C``.
"""

import re
import secrets
import time
from typing import NewType
from uuid import UUID, uuid5

AssetId = NewType("AssetId", str)
InstanceId = NewType("InstanceId", str)
LocationId = NewType("LocationId", str)
ShotId = NewType("ShotId", str)
CueId = NewType("CueId", str)
PassageId = NewType("PassageId", str)
FaceTrackId = NewType("FaceTrackId", str)
PersonId = NewType("PersonId", str)
ClusterId = NewType("ClusterId", str)
MergeId = NewType("MergeId", str)
ProhibitionId = NewType("ProhibitionId", str)
StatementId = NewType("StatementId", str)
JobId = NewType("JobId", str)
RunId = NewType("RunId", str)
RestoreId = NewType("RestoreId", str)
QuoteId = NewType("QuoteId", str)
WaiterId = NewType("WaiterId", str)
ApprovalId = NewType("ApprovalId", str)
NoticeId = NewType("NoticeId", str)
BasketId = NewType("BasketId", str)
BasketItemId = NewType("BasketItemId", str)
SavedSearchId = NewType("SavedSearchId", str)
PrincipalId = NewType("PrincipalId", str)
CollectionId = NewType("CollectionId", str)
ProjectId = NewType("ProjectId", str)
HoldId = NewType("HoldId", str)
LeaseId = NewType("LeaseId", str)
MoveId = NewType("MoveId", str)
PlanId = NewType("PlanId", str)
FindingId = NewType("FindingId", str)
KeepId = NewType("KeepId", str)

LOCAL_PRINCIPAL = PrincipalId("prn_local")
DEFAULT_COLLECTION = CollectionId("col_default")
DEFAULT_PROJECT = ProjectId("prj_default")

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PATTERN = re.compile(r"[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}\Z")
_NAMESPACE = UUID("6f0c2b7e-6d2c-4a54-9a3b-2b6f3f1f7a10")


def mint(prefix: str) -> str:
    """Return a fresh id with a three-letter prefix."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = [_ALPHABET[(value >> shift) & 31] for shift in range(125, -5, -5)]
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Say whether ``text`` has the shape of a minted id with this prefix."""
    return text.startswith(f"{prefix}_") and _PATTERN.match(text) is not None


def point_uuid(asset_id: str, space: str, ordinal: int) -> str:
    """Return the stable id of one vector: the same asset, space and ordinal give the same point."""
    return str(uuid5(_NAMESPACE, f"{asset_id}\0{space}\0{ordinal}"))
