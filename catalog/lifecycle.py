"""Legal state changes and identities, pure."""

import hashlib
from collections.abc import Iterable, Mapping

from catalog.model import AssetState, FindingState, MoveState, RestoreStatus, StoredObject
from foundation.errors import StateConflict

_ASSET: Mapping[AssetState, frozenset[AssetState]] = {
    AssetState.PRESENT: frozenset({AssetState.UNAVAILABLE, AssetState.WITHDRAWN, AssetState.ERASED}),
    AssetState.UNAVAILABLE: frozenset({AssetState.PRESENT, AssetState.WITHDRAWN, AssetState.ERASED}),
    AssetState.WITHDRAWN: frozenset({AssetState.PRESENT, AssetState.UNAVAILABLE, AssetState.ERASED}),
    AssetState.ERASED: frozenset(),
}

_ENDED = frozenset({RestoreStatus.EXPIRED, RestoreStatus.FAILED, RestoreStatus.CANCELLED})

_STEPS = tuple(MoveState)[:7]
"""The way of a move that goes well: from planned to done."""

MOVE_ENDED = frozenset({MoveState.DONE, MoveState.FAILED, MoveState.CANCELLED})
"""States after which nothing more happens to a move."""


def check_move(old: MoveState, new: MoveState) -> None:
    """Allow a step of a move: the next one, or giving up while the source is the master.

    Staying is always allowed. A copy that has become the master is never given up, and what has ended stays
    ended.

    Raises:
        StateConflict: There is no way from ``old`` to ``new``.
    """
    if new == old:
        return
    if old not in MOVE_ENDED:
        gives_up = new in (MoveState.FAILED, MoveState.CANCELLED) and old is not MoveState.DELETING
        if gives_up or (new in _STEPS and _STEPS.index(new) == _STEPS.index(old) + 1):
            return
    raise StateConflict(f"A move that is {old} cannot become {new}.")


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


_FINDING: Mapping[FindingState, frozenset[FindingState]] = {
    FindingState.FOUND: frozenset({FindingState.CONFIRMED, FindingState.OUTDATED}),
    FindingState.CONFIRMED: frozenset({FindingState.REPAIRED, FindingState.OUTDATED}),
    FindingState.REPAIRED: frozenset(),
    FindingState.OUTDATED: frozenset(),
}


def check_finding(old: FindingState, new: FindingState) -> None:
    """Allow a step of a finding; staying is always allowed.

    Nothing is repaired that was not confirmed; a finding whose bytes have changed since, or read well again,
    is outdated, and what is found next is a finding of its own.

    Raises:
        StateConflict: There is no way from ``old`` to ``new``.
    """
    if new != old and new not in _FINDING[old]:
        raise StateConflict(f"A finding that is {old} cannot become {new}.")


def has_ended(status: RestoreStatus) -> bool:
    """Say whether nothing more will happen to a restore of this status."""
    return status in _ENDED


def identity_of(objects: Iterable[StoredObject]) -> str:
    """SHA-256 (hex) of an instance's provisional identity: all its objects, sorted by role and URI."""
    ordered = sorted(objects, key=lambda item: (item.role, item.uri))
    joined = "\n".join(item.identity for item in ordered)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
