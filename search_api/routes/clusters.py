"""Clusters of faces: named once, known in all footage before and after."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from catalog import model as m
from catalog.repository import CatalogReader
from foundation.ids import LOCAL_PRINCIPAL, ClusterId
from search_api import schemas as s
from search_api import schemas_people as p
from search_api import schemas_work as w
from search_api.bootstrap import Services
from search_api.presenters import person_of
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.faces import faces_of
from search_api.services.people import CLUSTER, order, person_called
from search_api.services.runs import run_of

router = APIRouter(prefix="/v1/face-clusters", tags=["people"], responses=documented(404, 422))
ClusterPath = Annotated[str, Path(max_length=64, description="Id of the cluster.", examples=[p.CLUSTER_ID])]
LimitQuery = Annotated[int, Query(ge=1, le=500, description="Most of them.")]


@router.get("", operation_id="face_clusters")
def face_clusters(
    services: ServicesDep,
    named: Annotated[bool | None, Query(description="Only with a name, or only without.")] = None,
    limit: LimitQuery = 50,
) -> p.FaceClusterList:
    """Clusters of faces, the largest first."""
    with services.catalog.read() as reader:
        found = reader.clusters.page(named=named, limit=limit)
        return p.FaceClusterList(clusters=[_wire(services, reader, cluster) for cluster in found])


@router.get("/{cluster}/faces", operation_id="cluster_faces")
def cluster_faces(services: ServicesDep, cluster: ClusterPath, limit: LimitQuery = 50) -> s.FaceList:
    """Face tracks of a cluster, the clearest first."""
    with services.catalog.read() as reader:
        tracks = reader.clusters.tracks(ClusterId(cluster), limit)
        return s.FaceList(faces=faces_of(reader, services.timelines, tracks))


@router.post("/{cluster}/name", operation_id="name_cluster")
def name_cluster(services: ServicesDep, cluster: ClusterPath, body: p.ClusterName) -> p.FaceCluster:
    """Say whom a cluster shows: in all footage there is, and in all that comes."""
    with services.catalog.write() as writer:
        found = writer.clusters.get(ClusterId(cluster))
        person = person_called(writer, body.person)
        writer.clusters.name(found.id, person.id)
        writer.audit.append(LOCAL_PRINCIPAL, "cluster.name", found.id, {"person": person.id})
        return _wire(services, writer, writer.clusters.get(found.id))


@router.delete("/{cluster}/name", operation_id="unname_cluster")
def unname_cluster(services: ServicesDep, cluster: ClusterPath) -> p.FaceCluster:
    """Take the name of a cluster away; faces that were confirmed one by one keep it."""
    with services.catalog.write() as writer:
        found = writer.clusters.get(ClusterId(cluster))
        writer.clusters.name(found.id, None)
        writer.audit.append(LOCAL_PRINCIPAL, "cluster.unname", found.id, {})
        return _wire(services, writer, writer.clusters.get(found.id))


@router.post("/runs", operation_id="cluster_faces_now", status_code=201)
def cluster_faces_now(services: ServicesDep) -> w.Run:
    """Put faces that are in no cluster into one; an index run ends with that by itself."""
    with services.catalog.write() as writer:
        return run_of(writer.runs.get(order(writer, CLUSTER, CLUSTER, {})), [])


def _wire(services: Services, reader: CatalogReader, cluster: m.FaceCluster) -> p.FaceCluster:
    person = None if cluster.person_id is None else person_of(reader.people.get(cluster.person_id))
    (best,) = faces_of(reader, services.timelines, [cluster.best])
    return p.FaceCluster(id=cluster.id, faces=cluster.faces, assets=cluster.assets, person=person, best=best)
