"""Which faces of an asset may not be taken down: those on the do-not-identify list."""

from dataclasses import dataclass

from catalog.model import FacePlace
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from indexer.face_grouping import mean_of
from indexer.face_tracks import FollowedFace


@dataclass(frozen=True, slots=True)
class ProhibitedFaces:
    """Places in one asset, and templates of one space, as the catalog has them now."""

    places: tuple[FacePlace, ...]
    templates: tuple[bytes, ...]

    @classmethod
    def of(cls, reader: CatalogReader, asset_id: AssetId, space: str) -> "ProhibitedFaces":
        """What concerns an asset."""
        templates = tuple(mean for _, mean in reader.prohibitions.templates(space))
        return cls(tuple(reader.prohibitions.places(asset_id)), templates)

    def include(self, face: FollowedFace, same_person: float) -> bool:
        """Say whether a face is one of them.

        Args:
            face: As it was followed through a shot.
            same_person: Mean cosine to the members of a template above which it is that person.
        """
        if any(place.holds(face.frames, face.box) for place in self.places):
            return True
        vector = face.vector.ravel()
        return any(float(mean_of(template) @ vector) > same_person for template in self.templates)
