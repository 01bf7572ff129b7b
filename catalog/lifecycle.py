"""Legal state changes and identities, pure."""

import hashlib
from collections.abc import Iterable, Mapping

from catalog.model import AssetState, RestoreStatus, StoredObject
from foundation.errors import StateConflict

_ASSET: Mapping[AssetState, frozenset[AssetState]] = {
    AssetState.PRESENT: frozenset({AssetState.UNAVAILABLE, AssetState.WITHDRAWN, AssetState.ERASED}),
    AssetState.UNAVAILABLE: frozenset({AssetState.PRESENT, AssetState.WITHDRAWN, AssetState.ERASED}),
    AssetState.WITHDRAWN: frozenset({AssetState.PRESENT, AssetState.UNAVAILABLE, AssetState.ERASED}),
    AssetState.ERASED: frozenset(),
}

_ENDED = frozenset({RestoreStatus.EXPIRED, RestoreStatus.FAILED, RestoreStatus.CANCELLED})


def check_asset(old: AssetState, new: AssetState) -> None:
    """Allow a change of an asset's state; staying is always allowed.

    Raises:
        StateConflict: There is no way from ``old`` to ``new``; what was erased stays erased.
    """
    if new != old and new not in _ASSET[old]:
        raise StateConflict(f"An asset that is {old} cannot become {new}.")


def check_restore(old: RestoreStatus, new: RestoreStatus) -> None:
    """Allow a change of a restore's status: stores decide its course, but an ended restore stays ended.

    Raises:
        StateConflict: The restore has ended in another way.
    """
    if new != old and old in _ENDED:
        raise StateConflict(f"A restore that is {old} cannot become {new}.")


def has_ended(status: RestoreStatus) -> bool:
    """Say whether nothing more will happen to a restore of this status."""
    return status in _ENDED


def identity_of(objects: Iterable[StoredObject]) -> str:
    """SHA-256 (hex) of an instance's provisional identity: all its objects, sorted by role and URI."""
    ordered = sorted(objects, key=lambda item: (item.role, item.uri))
    joined = "\n".join(item.identity for item in ordered)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
