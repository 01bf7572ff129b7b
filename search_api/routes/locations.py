"""Roots that hold masters."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from catalog import model as m
from foundation.ids import LOCAL_PRINCIPAL
from foundation.settings import Settings
from search_api import schemas_work as w
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.targets import register

router = APIRouter(prefix="/v1/locations", tags=["locations"], responses=documented(422))


@router.get("", operation_id="locations")
def locations(services: ServicesDep) -> w.LocationList:
    """All locations by name."""
    with services.catalog.read() as reader:
        return w.LocationList(locations=[_wire(each, services.settings) for each in reader.locations.all()])


@router.post("", operation_id="add_location", status_code=201, responses=documented(404, 409))
def add_location(services: ServicesDep, body: w.NewLocation) -> w.Location:
    """Register a root; nothing is read from it yet."""
    with services.catalog.write() as writer:
        location = register(writer, body.uri, body.name)
        writer.audit.append(LOCAL_PRINCIPAL, "location.add", location.id, {"uri": location.uri})
        return _wire(writer.locations.by_id(location.id), services.settings)


@router.delete("/{name}", operation_id="remove_location", status_code=204, responses=documented(404))
def remove_location(
    services: ServicesDep, name: Annotated[str, Path(max_length=200, description="Name of the location.")]
) -> Response:
    """Forget a root; its assets become unavailable, nothing else is lost."""
    with services.catalog.write() as writer:
        location = writer.locations.get(name)
        writer.locations.remove(name)
        writer.audit.append(LOCAL_PRINCIPAL, "location.remove", location.id, {"uri": location.uri})
    return Response(status_code=204)


def _wire(location: m.Location, settings: Settings) -> w.Location:
    in_s3 = location.kind is m.LocationKind.S3
    return w.Location(
        id=location.id,
        name=location.name,
        uri=location.uri,
        kind=location.kind.value,
        endpoint=settings.s3.endpoint(location.name).shown if in_s3 else None,
        counts_egress=in_s3 and settings.counts_egress(location.name),
        created_at=location.created_at,
    )
