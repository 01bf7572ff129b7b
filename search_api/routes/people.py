"""Names of faces. Biometric data: nothing here exists until faces are switched on and somebody names one."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from catalog import model as m
from catalog.query import AssetFilter
from foundation.ids import LOCAL_PRINCIPAL
from search_api import schemas as s
from search_api import schemas_work as w
from search_api.presenters import Clock, face_of
from search_api.problems import documented
from search_api.routes.deps import ServicesDep, visible

router = APIRouter(prefix="/v1/people", tags=["people"], responses=documented(404, 422))
LimitQuery = Annotated[int, Query(ge=1, le=500, description="Most face tracks.")]
PersonPath = Annotated[str, Path(max_length=200, description="Id or name of the person.")]


@router.get("", operation_id="people")
def people(services: ServicesDep) -> w.PersonList:
    """Everybody, by name."""
    with services.catalog.read() as reader:
        return w.PersonList(people=[_wire(person) for person in reader.people.all()])


@router.post("", operation_id="add_person", status_code=201, responses=documented(409))
def add_person(services: ServicesDep, body: w.NewPerson) -> w.Person:
    """Somebody new, of whom no face is known yet."""
    with services.catalog.write() as writer:
        person = writer.people.add(" ".join(body.name.split()) or body.name)
        writer.audit.append(LOCAL_PRINCIPAL, "person.add", person.id, {})
        return _wire(person)


@router.get("/unnamed", operation_id="unnamed_faces")
def unnamed_faces(services: ServicesDep, limit: LimitQuery = 100) -> s.FaceList:
    """Face tracks without a name, the clearest first."""
    with services.catalog.read() as reader:
        tracks = reader.people.tracks(None, AssetFilter(), limit)
        assets = reader.assets.many(dict.fromkeys(track.asset_id for track in tracks))
        timelines = services.timelines.of(reader, assets.values())
    return s.FaceList(
        faces=[
            face_of(track, Clock(assets[track.asset_id].kind, timelines.get(track.asset_id)))
            for track in tracks
            if track.asset_id in assets
        ]
    )


@router.delete("/{person}", operation_id="remove_person", status_code=204)
def remove_person(services: ServicesDep, person: PersonPath) -> Response:
    """Forget somebody; the faces become nameless."""
    with services.catalog.write() as writer:
        found = writer.people.get(person)
        writer.people.remove(found.id)
        writer.audit.append(LOCAL_PRINCIPAL, "person.remove", found.id, {})
    return Response(status_code=204)


@router.post("/{person}/faces", operation_id="name_faces")
def name_faces(services: ServicesDep, person: PersonPath, body: w.NamedFaces) -> w.Person:
    """Say that face tracks of an asset show this person."""
    with services.catalog.write() as writer:
        found = writer.people.get(person)
        asset = visible(writer, body.asset)
        writer.people.assign(asset.id, body.ordinals, found.id)
        detail = {"asset": asset.id, "ordinals": list(body.ordinals)}
        writer.audit.append(LOCAL_PRINCIPAL, "person.name_faces", found.id, detail)
        return _wire(writer.people.get(found.id))


def _wire(person: m.Person) -> w.Person:
    return w.Person(id=person.id, name=person.name, faces=person.faces)
