"""Groups faces as they come in: which cluster a face joins, which clusters turn out to be one. Pure.

A face joins the cluster to whose members its mean cosine is greatest, where that mean is above the encoder's
threshold (average linkage; Sokal and Michener 1958, as in Kaufman and Rousseeuw, Finding Groups in Data,
chapter 5). Linking by the nearest member alone would chain strangers together through in-between faces.
A person split over two clusters is put right by naming both; a cluster of two people misleads.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.model import ClusterMean
from embeddings.encoder import Vectors
from embeddings.exact import products_above
from foundation.ids import ClusterId, FaceTrackId, PersonId

_SLACK = 1e-4
"""Products are searched in single precision and decided in double: none near the threshold may be missed."""


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face that has no cluster; ``vector`` has unit norm.

    Attributes:
        person: Whom it is said to show.
        rejected: Whom it is said not to show.
    """

    track: FaceTrackId
    vector: Vectors
    person: PersonId | None = None
    rejected: frozenset[PersonId] = frozenset()


@dataclass(slots=True)
class Grouping:
    """What to write down.

    Attributes:
        added: New clusters.
        changed: Known clusters with another mean.
        joined: Which cluster every face is in.
        absorbed: Clusters (first) that are part of another one (second) from now on, in order.
    """

    added: list[ClusterMean] = field(default_factory=list)
    changed: list[ClusterMean] = field(default_factory=list)
    joined: dict[FaceTrackId, ClusterId] = field(default_factory=dict)
    absorbed: list[tuple[ClusterId, ClusterId]] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """A cluster while faces join it; ``total`` is the sum of its members' vectors."""

    id: ClusterId
    total: NDArray[np.float64]
    size: int
    person: PersonId | None
    fixed: bool
    rejected: frozenset[PersonId]
    is_new: bool
    touched: bool = False
    into: int | None = None

    @property
    def mean(self) -> NDArray[np.float64]:
        return self.total / self.size

    def takes(self, face: NewFace) -> bool:
        """Say whether what people decided allows this face in it."""
        if face.person is not None:
            return self.person == face.person
        return self.person is None or self.person not in face.rejected

    def may_absorb(self, other: "_Group") -> bool:
        """Say whether what people decided allows the other's members in it."""
        return not other.fixed and (self.person is None or self.person not in other.rejected)

    def take(self, total: NDArray[np.float64], size: int, rejected: frozenset[PersonId]) -> None:
        """Add members."""
        self.total, self.size, self.touched = self.total + total, self.size + size, True
        self.rejected |= rejected


class Grouper:
    """Puts faces into clusters; the same faces in the same order give the same clusters.

    Args:
        space: The face space.
        threshold: Cosine above which two faces of it are probably one person.
        name: Gives a new cluster its id.
    """

    def __init__(self, space: str, threshold: float, name: Callable[[], ClusterId]) -> None:
        self._space = space
        self._threshold = threshold
        self._name = name

    def group(self, faces: Sequence[NewFace], known: Sequence[ClusterMean]) -> Grouping:
        """Place faces, those first that somebody put a name to.

        Args:
            faces: In the order they were taken down.
            known: All clusters of the space, the oldest first.
        """
        ordered = sorted(faces, key=lambda face: face.person is None)
        groups = [_known(cluster) for cluster in known]
        places = self._place(ordered, groups)
        self._unite(groups)
        return self._written(groups, {face.track: at for face, at in zip(ordered, places, strict=True)})

    def _place(self, faces: Sequence[NewFace], groups: list[_Group]) -> list[int]:
        """Index of every face's group; new groups are added to ``groups``."""
        if not faces:
            return []
        vectors = np.stack([face.vector for face in faces])
        near = self._near(vectors, _means(groups))
        alike = self._near(vectors, vectors)
        places: list[int] = []
        for row, face in enumerate(faces):
            # The mean is above the threshold only if a part of it is: the former mean, or a face that joined.
            candidates = {*near[row], *(places[other] for other in alike[row] if other < row)}
            places.append(self._join(face, sorted(candidates), groups))
        return places

    def _near(self, queries: Vectors, stored: Vectors) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for query, row, _ in products_above(queries, stored, self._threshold - _SLACK):
            found[query].append(row)
        return found

    def _join(self, face: NewFace, candidates: Iterable[int], groups: list[_Group]) -> int:
        vector = face.vector.astype(np.float64)
        scored = [(float(groups[at].mean @ vector), -at) for at in candidates if groups[at].takes(face)]
        score, at = max(scored, default=(-1.0, 0))
        if score > self._threshold:
            group = groups[-at]
            group.take(vector, 1, face.rejected)
            return -at
        groups.append(self._new(face))
        return len(groups) - 1

    def _new(self, face: NewFace) -> _Group:
        return _Group(
            id=self._name(),
            total=face.vector.astype(np.float64),
            size=1,
            person=face.person,
            fixed=face.person is not None,
            rejected=face.rejected,
            is_new=True,
            touched=True,
        )

    def _unite(self, groups: list[_Group]) -> None:
        """Clusters that turned out to be alike become one, the most alike first."""
        touched = [at for at, group in enumerate(groups) if group.touched]
        if not touched:
            return
        means = _means(groups)
        pairs = {
            (-score, min(touched[row], at), max(touched[row], at))
            for row, at, score in products_above(means[touched], means, self._threshold - _SLACK)
            if touched[row] != at
        }
        for _, first, second in sorted(pairs):
            self._unite_two(groups, first, second)

    def _unite_two(self, groups: list[_Group], first: int, second: int) -> None:
        kept, gone = (second, first) if groups[second].fixed else (first, second)
        one, other = groups[kept], groups[gone]
        if one.into is not None or other.into is not None or not one.may_absorb(other):
            return
        if float(one.mean @ other.mean) > self._threshold:
            one.take(other.total, other.size, other.rejected)
            other.into = kept

    def _written(self, groups: Sequence[_Group], places: dict[FaceTrackId, int]) -> Grouping:
        made = Grouping()
        for group in groups:
            if group.into is None and group.touched:
                (made.added if group.is_new else made.changed).append(self._mean_of(group))
            elif group.into is not None and not group.is_new:
                made.absorbed.append((group.id, groups[group.into].id))
        made.joined = {track: groups[_final(groups, at)].id for track, at in places.items()}
        return made

    def _mean_of(self, group: _Group) -> ClusterMean:
        return ClusterMean(
            group.id,
            self._space,
            mean_bytes(group.mean),
            group.size,
            group.person,
            group.fixed,
            group.rejected,
        )


def mean_bytes(mean: NDArray[np.floating]) -> bytes:
    """A mean as :class:`ClusterMean` keeps it."""
    return mean.astype("<f4").tobytes()


def mean_of(kept: bytes) -> Vectors:
    """A mean that :func:`mean_bytes` made, [dim]."""
    return np.frombuffer(kept, dtype="<f4").astype(np.float32)


def _known(cluster: ClusterMean) -> _Group:
    total = mean_of(cluster.mean).astype(np.float64) * cluster.size
    return _Group(
        id=cluster.id,
        total=total,
        size=cluster.size,
        person=cluster.person_id,
        fixed=cluster.fixed,
        rejected=cluster.rejected,
        is_new=False,
    )


def _means(groups: Sequence[_Group]) -> Vectors:
    return np.array([group.mean for group in groups], dtype=np.float32)


def _final(groups: Sequence[_Group], at: int) -> int:
    into = groups[at].into
    return at if into is None else _final(groups, into)
