"""What is to be kept hot, and the copies that were made for it."""

from dataclasses import dataclass
from datetime import datetime

from foundation.ids import (
    LOCAL_PRINCIPAL,
    AssetId,
    InstanceId,
    KeepId,
    LocationId,
    MoveId,
    PrincipalId,
    ProjectId,
)


@dataclass(frozen=True, slots=True)
class Keep:
    """While it is in force, an asset, or each of a project's assets, has a copy in a hot location.

    Attributes:
        location_id: Where the copy lies.
        asset_id: The asset; None where ``project_id`` is set. Exactly one of the two is.
        until: When it ends by itself; None for never.
        released_at: When somebody ended it.
    """

    id: KeepId
    location_id: LocationId
    asset_id: AssetId | None = None
    project_id: ProjectId | None = None
    reason: str = ""
    principal: PrincipalId = LOCAL_PRINCIPAL
    created_at: datetime | None = None
    until: datetime | None = None
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HotCopy:
    """A copy that was made for keeping hot; it alone may be deleted when nothing keeps it any more.

    Attributes:
        instance_id: The copy.
        move_id: The move that made it; its objects say how.
        origin_id: The copy it was made from.
        origin_identity: Provisional identity of that one then.
        stays: Why it could not be let go, when that was last tried.
    """

    instance_id: InstanceId
    asset_id: AssetId
    move_id: MoveId
    origin_id: InstanceId
    origin_identity: str
    stays: str | None = None


@dataclass(frozen=True, slots=True)
class KeepCount:
    """How far a keep is, in assets.

    Attributes:
        assets: How many it covers.
        hot: That have an available copy in its location.
        copying: That are being copied there.
        asleep: That have no copy there, and none that can be read now.
    """

    assets: int
    hot: int
    copying: int
    asleep: int
