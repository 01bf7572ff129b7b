"""Names of faces. Biometric data: nothing here exists until faces are switched on."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from catalog import model as m
from catalog.query import AssetFilter
from foundation.ids import LOCAL_PRINCIPAL, MergeId
from search_api import schemas as s
from search_api import schemas_people as p
from search_api import schemas_work as w
from search_api.presenters import person_of
from search_api.problems import documented
from search_api.routes.deps import ServicesDep, visible
from search_api.services.faces import faces_of
from search_api.services.people import merge, recluster
from search_api.services.runs import run_of

router = APIRouter(prefix="/v1/people", tags=["people"], responses=documented(404, 422))
LimitQuery = Annotated[int, Query(ge=1, le=500, description="Most face tracks.")]
PersonPath = Annotated[
    str, Path(max_length=200, description="Id or name of the person.", examples=[p.PERSON_ID])
]
MergePath = Annotated[str, Path(max_length=64, description="Id of the merge.", examples=[p.MERGE_ID])]


@router.get("", operation_id="people")
def people(services: ServicesDep) -> p.PersonList:
    """Everybody, by name."""
    with services.catalog.read() as reader:
        return p.PersonList(people=[person_of(person) for person in reader.people.all()])


@router.post("", operation_id="add_person", status_code=201, responses=documented(409))
def add_person(services: ServicesDep, body: p.NewPerson) -> p.Person:
    """Somebody new, of whom no face is known yet."""
    with services.catalog.write() as writer:
        person = writer.people.add(body.name)
        writer.audit.append(LOCAL_PRINCIPAL, "person.add", person.id, {})
        return person_of(person)


@router.get("/unnamed", operation_id="unnamed_faces")
def unnamed_faces(services: ServicesDep, limit: LimitQuery = 100) -> s.FaceList:
    """Face tracks without a name, the clearest first."""
    with services.catalog.read() as reader:
        tracks = reader.people.tracks(None, AssetFilter(), limit)
        return s.FaceList(faces=faces_of(reader, services.timelines, tracks))


@router.get("/merges", operation_id="merges")
def merges(services: ServicesDep) -> p.MergeList:
    """The log of merges of persons and clusters, newest first."""
    with services.catalog.read() as reader:
        return p.MergeList(merges=[_merge(item) for item in reader.people.merges()])


@router.post("/merges", operation_id="merge_people", status_code=201, responses=documented(409))
def merge_people(services: ServicesDep, body: p.NewMerge) -> p.Merge:
    """Let a person count as another one, or a cluster as another one; it can be undone at any time."""
    with services.catalog.write() as writer:
        made = merge(writer, body.gone, body.kept)
        return next(_merge(item) for item in writer.people.merges() if item.id == made)


@router.delete("/merges/{merge_id}", operation_id="undo_merge", responses=documented(409))
def undo_merge(services: ServicesDep, merge_id: MergePath) -> p.Merge:
    """Part what was merged; everything said of each before the merge is theirs again."""
    with services.catalog.write() as writer:
        undone = writer.people.unmerge(MergeId(merge_id))
        writer.audit.append(LOCAL_PRINCIPAL, "people.unmerge", undone.id, {})
        return _merge(undone)


@router.get("/{person}", operation_id="person")
def person_of_name(services: ServicesDep, person: PersonPath) -> p.Person:
    """One person; a name that was merged into another one gives that one."""
    with services.catalog.read() as reader:
        return person_of(reader.people.get(person))


@router.get("/{person}/faces", operation_id="person_faces")
def person_faces(services: ServicesDep, person: PersonPath, limit: LimitQuery = 100) -> s.FaceList:
    """Face tracks that show a person, the clearest first."""
    with services.catalog.read() as reader:
        found = reader.people.get(person)
        tracks = reader.people.tracks(found.id, AssetFilter(), limit)
        return s.FaceList(faces=faces_of(reader, services.timelines, tracks))


@router.delete("/{person}", operation_id="remove_person", status_code=204)
def remove_person(services: ServicesDep, person: PersonPath) -> Response:
    """Forget the name and what was said of it; the faces become nameless and stay."""
    with services.catalog.write() as writer:
        found = writer.people.get(person)
        writer.people.remove(found.id)
        writer.audit.append(LOCAL_PRINCIPAL, "person.remove", found.id, {})
    return Response(status_code=204)


@router.post("/{person}/faces", operation_id="name_faces")
def name_faces(services: ServicesDep, person: PersonPath, body: p.NamedFaces) -> p.Person:
    """Say that face tracks of an asset show this person; a cluster of theirs without a name takes it on."""
    with services.catalog.write() as writer:
        found = writer.people.get(person)
        asset = visible(writer, body.asset)
        writer.people.assign(asset.id, body.ordinals, found.id)
        detail = {"asset": asset.id, "ordinals": list(body.ordinals)}
        writer.audit.append(LOCAL_PRINCIPAL, "person.name_faces", found.id, detail)
        return person_of(writer.people.get(found.id))


@router.post("/{person}/rejections", operation_id="reject_faces")
def reject_faces(services: ServicesDep, person: PersonPath, body: p.NamedFaces) -> p.Person:
    """Say that face tracks do not show this person; that holds through every later detection."""
    with services.catalog.write() as writer:
        found = writer.people.get(person)
        asset = visible(writer, body.asset)
        writer.people.reject(asset.id, body.ordinals, found.id)
        detail = {"asset": asset.id, "ordinals": list(body.ordinals)}
        writer.audit.append(LOCAL_PRINCIPAL, "person.reject_faces", found.id, detail)
        return person_of(writer.people.get(found.id))


@router.post(
    "/{person}/recluster", operation_id="recluster_person", status_code=201, responses=documented(409)
)
def recluster_person(services: ServicesDep, person: PersonPath) -> w.Run:
    """Group a person's faces anew around those that were confirmed one by one."""
    with services.catalog.write() as writer:
        run = recluster(writer, writer.people.get(person).id)
        return run_of(writer.runs.get(run), [])


def _merge(merge: m.Merge) -> p.Merge:
    return p.Merge(id=merge.id, gone=merge.gone, kept=merge.kept, at=merge.at, undone_at=merge.undone_at)
