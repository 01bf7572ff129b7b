"""Port of the vector index: a projection of stored vectors that answers nearest-neighbour queries.

One index holds many spaces (one per encoder revision); they never mix. Payloads carry what filters need.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.query import AssetFilter
from embeddings.encoder import EncoderSpec, Vectors
from foundation.ids import AssetId


@dataclass(frozen=True, slots=True)
class Place:
    """What a vector stands for: all that a match says, since reading more would cost more than finding it.

    Attributes:
        ordinal: Of the vector among those of its asset in one space.
        position: Frame of a picture vector, first 48 kHz sample of a passage vector.
        in_frame, out_frame: The shot (or face track) the vector stands for; None for sound and stills.
    """

    asset: AssetId
    ordinal: int = 0
    position: int = 0
    in_frame: int | None = None
    out_frame: int | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """Facts a point is filtered by; the same for every point of an asset but for the last four.

    Attributes:
        in_frame, out_frame: The shot (or face track) the vector stands for; None for sound and stills.
        position: Frame of a picture vector, first 48 kHz sample of a passage vector.
        black_and_white: Of the shot, where known.
    """

    asset: AssetId
    collection: str
    location: str
    storage_class: str
    kind: str
    year: int | None = None
    duration_ms: int | None = None
    has_speech: bool | None = None
    persons: tuple[str, ...] = ()
    ordinal: int = 0
    position: int = 0
    in_frame: int | None = None
    out_frame: int | None = None
    black_and_white: bool | None = None

    @property
    def place(self) -> Place:
        """What the point stands for."""
        return Place(self.asset, self.ordinal, self.position, self.in_frame, self.out_frame)


@dataclass(frozen=True, slots=True)
class Point:
    """A vector to be stored; ``id`` is a UUID from :func:`foundation.ids.point_uuid`."""

    id: str
    vector: Vectors
    payload: Payload


@dataclass(frozen=True, slots=True)
class VectorMatch:
    """A near neighbour; ``score`` is the cosine."""

    score: float
    place: Place


@dataclass(frozen=True, slots=True)
class SpaceStats:
    """Size of a space and how much of it the graph covers."""

    space: str
    points: int
    indexed: int


class VectorIndex(Protocol):
    """Nearest neighbours under filters."""

    def ensure_space(self, spec: EncoderSpec) -> None:
        """Create the space and its payload indexes if missing."""

    def upsert(self, space: str, points: Sequence[Point]) -> None:
        """Add or replace by id."""

    def replace(self, space: str, points: Mapping[AssetId, Sequence[Point]]) -> None:
        """Make these the only points of their assets in the space."""

    def delete_asset(self, asset_id: AssetId, space: str | None = None) -> None:
        """Remove an asset's points from one space, or from all."""

    def search(
        self, space: str, vector: Vectors, where: AssetFilter, limit: int, *, exact: bool = False
    ) -> list[VectorMatch]:
        """Best first; an unknown space gives none. ``exact`` compares with every point."""

    def sample(self, space: str, most: int) -> Vectors:
        """[n, dim] unit vectors of at most so many points, chosen without regard to what they show.

        The same while nothing changes; an unknown space gives none.
        """

    def stats(self) -> list[SpaceStats]:
        """One row per space."""

    def flush(self) -> None:
        """Make all that was written durable."""


class VectorSource(Protocol):
    """Where points come from when an index is built: the derived store, described by the catalog."""

    def points(self, asset_id: AssetId, space: str) -> Iterable[Point]:
        """All points of an asset in a space, with current payloads."""
