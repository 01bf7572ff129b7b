"""Stage ``descriptors``: what each shot is like, as statements that carry the stage as their source."""

from fractions import Fraction

from catalog.model import DRAFT, AssetKind, RenditionRole, Statement
from catalog.repository import CatalogWriter
from foundation.ids import StatementId, mint
from foundation.timecode import FrameRange
from indexer.work import Commit, Work
from media.descriptors import (
    BLACK_AND_WHITE,
    DEFAULT_ON,
    REVISION,
    SHOT_SIZE,
    SILENCE,
    Description,
    Hearing,
    ShotDescriber,
)
from media.look import Look, Sample, small_picture
from media.shots import SmallPicture
from media.silence import levels

SOURCE = f"stage:descriptors@{REVISION}"
DRAFT_SOURCE = f"{SOURCE}{DRAFT}"
"""Source of what descriptors say that are off unless asked for: their figures are below 0.8."""

_SAID: dict[tuple[str, str], tuple[str, str]] = {
    (BLACK_AND_WHITE, "true"): ("look", "black and white"),
    (SILENCE, "true"): ("sound", "silence, nothing is heard"),
}
"""Flags in words that full text can find."""


class Descriptors:
    """Watches every frame of the look, small; describes the shots when it is over."""

    def __init__(self, work: Work) -> None:
        self._work = work
        wanted = work.recipe.describes
        self._describer = ShotDescriber(work.asset.technical.rate or Fraction(1), wanted)
        self._finder = work.face_finder() if SHOT_SIZE in wanted else None
        self._heights: dict[int, float] = {}

    def glance(self, frame: int, picture: SmallPicture) -> None:
        """Take in one frame of a film."""
        self._describer.glance(frame, picture)

    def see(self, sample: Sample) -> None:
        """Films are described by their glances; a still has its one picture only. Faces need a sharp one."""
        if self._work.asset.kind is AssetKind.STILL:
            self._describer.glance(sample.frame, small_picture(sample.picture))
        if self._finder is not None:
            heights = (face.box.height for face in self._finder.faces_in(sample))
            self._heights[sample.frame] = max(heights, default=0.0)

    def finish(self, look: Look) -> Commit:
        """Statements about every shot; about the whole of a still."""
        described = self._describer.describe(look.shots, faces=self._heights, hearing=self._hearing())
        still = self._work.asset.kind is AssetKind.STILL
        statements = [
            self._statement(field, value, description, None if still else frames)
            for frames, descriptions in zip(look.shots, described, strict=True)
            for description in descriptions
            for field, value in _worded(description)
        ]
        asset_id = self._work.asset.id

        def write(writer: CatalogWriter) -> None:
            for source in (SOURCE, DRAFT_SOURCE):
                theirs = [statement for statement in statements if statement.source == source]
                writer.facts_writer.replace_statements(asset_id, source, theirs)

        return write

    def _hearing(self) -> Hearing | None:
        audio = self._work.renditions.get(RenditionRole.AUDIO)
        with self._work.services.catalog.read() as reader:
            timeline = reader.assets.timelines([self._work.asset.id]).get(self._work.asset.id)
        if audio is None or timeline is None or timeline.pts is None:
            return None
        return Hearing(levels(self._work.folder / audio.path), timeline.pts)

    def _statement(
        self, field: str, value: str, description: Description, frames: FrameRange | None
    ) -> Statement:
        return Statement(
            id=StatementId(mint("stm")),
            asset_id=self._work.asset.id,
            field=field,
            value=value,
            source=SOURCE if description.field in DEFAULT_ON else DRAFT_SOURCE,
            confidence=description.confidence,
            language="en",
            frames=frames,
        )


def _worded(description: Description) -> list[tuple[str, str]]:
    plain = (description.field, description.value)
    return [plain, *([_SAID[plain]] if plain in _SAID else [])]
