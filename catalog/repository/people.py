"""Ports to who is seen: persons, clusters of faces, and whom not to identify."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from catalog.model import (
    ClusterMean,
    FaceCluster,
    FacePlace,
    FaceTrack,
    LooseFace,
    Merge,
    Person,
    Prohibition,
    ProhibitionReason,
    Removal,
)
from catalog.query import AssetFilter
from foundation.ids import AssetId, ClusterId, FaceTrackId, MergeId, PersonId, ProhibitionId


class People(Protocol):
    """Names of faces. Whatever changes whom a track shows appends PAYLOAD changes."""

    def all(self) -> list[Person]:
        """Everybody, by name; those merged into others are left out."""

    def names(self) -> list[Person]:
        """Everybody with all their names, faces not counted: quick however many there are."""

    def get(self, name_or_id: str) -> Person:
        """By id, else by name without regard to case, merges followed; raises PersonNotFound."""

    def add(self, name: str) -> Person:
        """Create; raises NameTaken, or InputError for a name without a letter."""

    def remove(self, person_id: PersonId) -> None:
        """Forget the person and the decisions about them; tracks become nameless. Raises PersonNotFound."""

    def assign(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId | None) -> None:
        """Say whom face tracks show; None says that they do not show whom they are thought to show."""

    def reject(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId) -> None:
        """Say that face tracks do not show this person; that sticks. Raises PersonNotFound."""

    def tracks(self, person_id: PersonId | None, where: AssetFilter, limit: int) -> list[FaceTrack]:
        """Face tracks of a person; None gives the nameless ones."""

    def confirmed(self, person_id: PersonId) -> list[FaceTrack]:
        """Face tracks, one by one said to show the person, by asset and ordinal."""

    def merge(self, gone: PersonId, kept: PersonId) -> Merge:
        """Let a person count as another one; raises PersonNotFound, StateConflict."""

    def merges(self) -> list[Merge]:
        """The log of merges of persons and clusters, newest first."""

    def unmerge(self, merge_id: MergeId) -> Merge:
        """Undo a merge of persons or clusters; raises MergeNotFound, StateConflict."""


class Clusters(Protocol):
    """Faces that are alike. Ids stay while the cluster has members or a name."""

    def page(self, *, named: bool | None, limit: int) -> list[FaceCluster]:
        """Clusters with faces that may be shown, the largest first; ``named`` None gives all."""

    def get(self, cluster_id: ClusterId) -> FaceCluster:
        """By id, merges followed; raises ClusterNotFound."""

    def tracks(self, cluster_id: ClusterId, limit: int) -> list[FaceTrack]:
        """Members that may be shown, clearest first."""

    def name(self, cluster_id: ClusterId, person_id: PersonId | None) -> None:
        """Say whom a cluster shows, now and in all footage to come; None takes the name away."""

    def merge(self, gone: ClusterId, kept: ClusterId) -> Merge:
        """Let a cluster count as another one.

        Raises:
            ClusterNotFound: One of them is unknown.
            StateConflict: They count as one already, or show different persons.
        """

    def loose(self, space: str, *, after: tuple[AssetId, int] | None, limit: int) -> list[LooseFace]:
        """Tracks with a vector in this space that are in no cluster, by asset and ordinal, from there on."""

    def due(self) -> bool:
        """Say whether any track with a vector is in no cluster."""

    def means(self, space: str) -> list[ClusterMean]:
        """What new faces are compared with, the oldest cluster first."""

    def stale(self, space: str) -> dict[ClusterId, list[FaceTrack]]:
        """Clusters whose mean no longer holds, with the members they have left."""

    def add(self, mean: ClusterMean) -> None:
        """A new cluster."""

    def set_mean(self, mean: ClusterMean) -> None:
        """Another mean of a cluster; one that is gone by now stays gone."""

    def join(self, members: Mapping[FaceTrackId, ClusterId]) -> None:
        """Put tracks into clusters; tracks that are gone by now make their cluster stale.

        A cluster that is gone by now takes nobody in: its tracks stay loose.
        """

    def absorb(self, gone: ClusterId, kept: ClusterId) -> None:
        """Move all members into another cluster for good; only for clusters that nobody named or merged."""

    def dissolve(self, subject: PersonId | ClusterId) -> list[FaceTrack]:
        """Empty and delete a cluster, or all of a person; what was confirmed stays. Returns the members."""


class Prohibitions(Protocol):
    """The do-not-identify list: faces that were removed and must not come back."""

    def all(self) -> list[Prohibition]:
        """Newest first."""

    def get(self, prohibition_id: ProhibitionId) -> Prohibition:
        """By id; raises ProhibitionNotFound."""

    def add(
        self,
        reason: ProhibitionReason,
        tracks: Sequence[FaceTrack],
        *,
        subjects: Sequence[str],
        templates: bool,
    ) -> Prohibition:
        """Remove face tracks with what was decided about them, and let nothing take their places again.

        It is written down outside the catalog before the transaction ends, as :class:`Removal` has it, and so
        is what happens to the entry later.

        Args:
            reason: Why.
            tracks: What is removed; their clusters are deleted where nothing else is in them.
            subjects: Ids of the persons and clusters that are removed, as :meth:`subjects` gives them.
            templates: Keep the clusters' means, to recognise the same face in other footage.
        """

    def extend(
        self, prohibition_id: ProhibitionId, tracks: Sequence[FaceTrack], *, subjects: Sequence[str] = ()
    ) -> None:
        """Remove more face tracks, and maybe clusters, under an entry."""

    def repeat(self, removal: Removal, tracks: Sequence[FaceTrack]) -> None:
        """Remove again what a catalog of before knows still.

        The entry is put back where it is missing, and its places with it. One that keeps templates takes them
        from the tracks' clusters.

        Args:
            removal: Its places lie in assets that the catalog knows.
            tracks: What is removed.
        """

    def subjects(self, subject: str) -> list[str]:
        """Ids of all persons and clusters that count as a person or cluster."""

    def allow(self, prohibition_id: ProhibitionId) -> list[AssetId]:
        """Take an entry off the list; returns the assets in which faces may be looked for again."""

    def places(self, asset_id: AssetId) -> list[FacePlace]:
        """Where in an asset no face may be taken down."""

    def assets(self, prohibition_id: ProhibitionId) -> list[AssetId]:
        """Assets whose files held what was removed."""

    def templates(self, space: str) -> list[tuple[ProhibitionId, bytes]]:
        """Means of faces that may not be identified anywhere, as :class:`ClusterMean` has them."""

    def unpurged(self) -> list[ProhibitionId]:
        """Entries of which something may be left in files, oldest first."""

    def set_purged(self, prohibition_id: ProhibitionId) -> None:
        """Take note that nothing of it is left in any file; appends PURGE changes."""

    def tracks_of(self, subject: str) -> list[FaceTrack]:
        """All face tracks of a person or cluster, in hidden assets too."""
