"""Who may show a work."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.ids import LOCAL_PRINCIPAL, AssetId, PrincipalId
from foundation.timecode import FrameRange


class RightKind(StrEnum):
    """What a right rests on."""

    OWNED = "owned"
    LICENSED = "licensed"
    PUBLIC_DOMAIN = "public domain"


@dataclass(frozen=True, slots=True)
class Right:
    """Somebody may show an asset, or a range of it. Empty texts and open ends set no bounds.

    Attributes:
        who: Who may show it.
        territory: Where.
        media: In which media.
        valid_from: From this moment on.
        valid_until: Until this moment, which is not part of it.
        source: ``person:<principal>``.
    """

    asset_id: AssetId
    kind: RightKind
    who: str = ""
    territory: str = ""
    media: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    frames: FrameRange | None = None
    source: str = ""
    principal: PrincipalId = LOCAL_PRINCIPAL
    created_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Say whether it is in force at a moment."""
        begun = self.valid_from is None or self.valid_from <= now
        return begun and (self.valid_until is None or self.valid_until > now)
