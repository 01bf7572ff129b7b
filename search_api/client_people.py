"""The client's part for people: persons, clusters of faces, merges, the do-not-identify list."""

from collections.abc import Callable, Sequence

from search_api import schemas as s
from search_api import schemas_people as p
from search_api import schemas_work as w
from search_api.client_paths import Method, Send, part


class PeopleClient:
    """Who is seen, at one API.

    Args:
        send: Sends a request and reads its answer.
        ask: Sends a request that is answered without a body.
    """

    def __init__(self, send: Send, ask: Callable[[Method, str], object]) -> None:
        self._send = send
        self._ask = ask

    def all(self) -> list[p.Person]:
        """Everybody, by name."""
        return self._send("GET", "/v1/people", p.PersonList).people

    def get(self, person: str) -> p.Person:
        """One person by name or id."""
        return self._send("GET", f"/v1/people/{part(person)}", p.Person)

    def add(self, name: str) -> p.Person:
        """Somebody new."""
        return self._send("POST", "/v1/people", p.Person, body={"name": name})

    def remove(self, person: str) -> None:
        """Forget a name; the faces become nameless."""
        self._ask("DELETE", f"/v1/people/{part(person)}")

    def faces(self, person: str, *, limit: int = 100) -> list[s.Face]:
        """Face tracks that show a person."""
        path = f"/v1/people/{part(person)}/faces"
        return self._send("GET", path, s.FaceList, query={"limit": limit}).faces

    def unnamed(self, *, limit: int = 100) -> list[s.Face]:
        """Face tracks without a name."""
        return self._send("GET", "/v1/people/unnamed", s.FaceList, query={"limit": limit}).faces

    def confirm(self, person: str, asset_id: str, ordinals: Sequence[int]) -> p.Person:
        """Say that face tracks of an asset show this person."""
        body = {"asset": asset_id, "ordinals": list(ordinals)}
        return self._send("POST", f"/v1/people/{part(person)}/faces", p.Person, body=body)

    def reject(self, person: str, asset_id: str, ordinals: Sequence[int]) -> p.Person:
        """Say that face tracks of an asset do not show this person."""
        body = {"asset": asset_id, "ordinals": list(ordinals)}
        return self._send("POST", f"/v1/people/{part(person)}/rejections", p.Person, body=body)

    def recluster(self, person: str) -> w.Run:
        """Group a person's faces anew around those that were confirmed one by one."""
        return self._send("POST", f"/v1/people/{part(person)}/recluster", w.Run)

    def clusters(self, *, named: bool | None = None, limit: int = 50) -> list[p.FaceCluster]:
        """Clusters of faces, the largest first."""
        query = {"named": None if named is None else str(named).lower(), "limit": limit}
        return self._send("GET", "/v1/face-clusters", p.FaceClusterList, query=query).clusters

    def cluster_faces(self, cluster_id: str, *, limit: int = 50) -> list[s.Face]:
        """Face tracks of a cluster."""
        path = f"/v1/face-clusters/{part(cluster_id)}/faces"
        return self._send("GET", path, s.FaceList, query={"limit": limit}).faces

    def name_cluster(self, cluster_id: str, person: str) -> p.FaceCluster:
        """Say whom a cluster shows; a name nobody has is a new person."""
        path = f"/v1/face-clusters/{part(cluster_id)}/name"
        return self._send("POST", path, p.FaceCluster, body={"person": person})

    def unname_cluster(self, cluster_id: str) -> p.FaceCluster:
        """Take the name of a cluster away."""
        return self._send("DELETE", f"/v1/face-clusters/{part(cluster_id)}/name", p.FaceCluster)

    def cluster_now(self) -> w.Run:
        """Put faces that are in no cluster into one."""
        return self._send("POST", "/v1/face-clusters/runs", w.Run)

    def merge(self, gone: str, kept: str) -> p.Merge:
        """Let a person or cluster count as another one."""
        return self._send("POST", "/v1/people/merges", p.Merge, body={"gone": gone, "kept": kept})

    def unmerge(self, merge_id: str) -> p.Merge:
        """Part what was merged."""
        return self._send("DELETE", f"/v1/people/merges/{part(merge_id)}", p.Merge)

    def merges(self) -> list[p.Merge]:
        """The log of merges, newest first."""
        return self._send("GET", "/v1/people/merges", p.MergeList).merges

    def prohibit(self, subject: str, reason: str) -> p.Removal:
        """Remove a person or cluster for good; ``reason`` is ``suppressed`` or ``erased``."""
        body = {"subject": subject, "reason": reason}
        return self._send("POST", "/v1/prohibitions", p.Removal, body=body)

    def prohibitions(self) -> p.ProhibitionList:
        """The do-not-identify list, newest first."""
        return self._send("GET", "/v1/prohibitions", p.ProhibitionList)

    def allow(self, prohibition_id: str) -> None:
        """Take an entry off the list."""
        self._ask("DELETE", f"/v1/prohibitions/{part(prohibition_id)}")
