"""What keeps a master where it is, whatever the rules say."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from archive_tiering.prices.moving import Way
from archive_tiering.rules.destinations import Destination
from catalog.model import ProjectState
from catalog.repository import CatalogReader, Placed
from foundation.ids import AssetId, InstanceId, ProjectId

DAY = 86400

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "unavailable": "It is not in its location now.",
        "moving": "It is being moved already.",
        "kept hot": "It is what a keep wants awake where it is.",
        "held": "A hold keeps it, or its project.",
        "leased": "Somebody works with the master.",
        "restoring": "It is being restored, or its restored copy is in use.",
        "asleep": "It sleeps, and must be restored before it can be copied.",
        "unsearchable": "It has no verified proxy or is not indexed: nobody could find or play it any more.",
        "no classes": "A folder or vault has one storage class only; the rule must name another location.",
        "upwards": "A bucket's own lifecycle rules move objects to colder classes only.",
        "too small": "It is smaller than the class is worth: the move would not pay back in time.",
        "too young": "The minimum stay of its storage class is not over; leaving now is billed.",
    }
)
"""Why a copy that a rule chose stays, by code."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Who and what keeps masters now."""

    held_assets: frozenset[AssetId]
    held_projects: frozenset[ProjectId]
    leased: frozenset[AssetId]
    restoring: frozenset[AssetId]
    moving: frozenset[InstanceId] = frozenset()
    hot: frozenset[InstanceId] = frozenset()


def kept_now(view: CatalogReader, asset: AssetId | None = None) -> Kept:
    """Read what keeps masters, of all assets or one (without its own moves)."""
    holds = view.holds.active(asset)
    everything = asset is None
    on_hold = frozenset(p.id for p in view.projects.all(counted=False) if p.state is ProjectState.ON_HOLD)
    return Kept(
        held_assets=frozenset(hold.asset_id for hold in holds if hold.asset_id is not None),
        held_projects=on_hold | {hold.project_id for hold in holds if hold.project_id is not None},
        leased=frozenset(lease.asset_id for lease in view.leases.active(asset)),
        restoring=view.plans.restoring(),
        moving=view.plans.moving() if everything else frozenset(),
        hot=view.keeps.kept(asset),
    )


def kept_by(copy: Placed, kept: Kept) -> str | None:
    """Return the code of what people or work in progress keep a copy with; None where nothing does."""
    if not copy.is_available:
        return "unavailable"
    if copy.instance_id in kept.moving:
        return "moving"
    if copy.instance_id in kept.hot:
        return "kept hot"
    if copy.asset_id in kept.held_assets or copy.project_id in kept.held_projects:
        return "held"
    if copy.asset_id in kept.leased:
        return "leased"
    if copy.awake or copy.asset_id in kept.restoring:
        return "restoring"
    return None if copy.is_searchable else "unsearchable"


def refusal_of(copy: Placed, destination: Destination, kept: Kept, now: int) -> str | None:
    """Return the code of why a copy stays, the weightiest first; None where it may move.

    Args:
        copy: The copy.
        destination: Where the rule sends it.
        kept: What keeps masters now.
        now: Seconds since 1970, UTC.
    """
    found = kept_by(copy, kept) or destination.refusal
    if found is not None:
        return found
    if copy.asleep and destination.way is not Way.TAG:
        return "asleep"
    if not destination.is_worth(copy):
        return "too small"
    stayed = max(0, now - copy.since)  # clocks of stores may be ahead of ours
    if not destination.allow_early and stayed < destination.min_days * DAY:
        return "too young"
    return None
