"""What is kept hot: a copy that can be read at once, beside a master that may sleep."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from catalog import model as m
from catalog.repository import CatalogReader
from foundation.ids import KeepId, mint
from search_api import schemas_tiering as t
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep, visible

router = APIRouter(prefix="/v1/keeps", tags=["tiering"], responses=documented(401, 404, 422))
_MOST_LEAVING = 10_000


@router.post("", operation_id="keep_hot", status_code=201, responses=documented(402))
def keep_hot(services: ServicesDep, principal: PrincipalDep, body: t.NewKeep) -> t.Keep:
    """Keep an asset, or all assets of a project, hot: each gets a verified copy in a location."""
    with services.catalog.read() as reader:
        wanted = m.Keep(
            id=KeepId(mint("kep")),
            location_id=reader.locations.get(body.location).id,
            asset_id=None if body.asset is None else visible(reader, body.asset).id,
            project_id=None if body.project is None else reader.projects.get(body.project).id,
            reason=body.reason,
            principal=principal,
            until=body.until,
        )
    made = services.tiering.hot.keep(wanted)
    with services.catalog.read() as reader:
        return _keep(reader, made)


@router.get("", operation_id="keeps")
def keeps(
    services: ServicesDep,
    asset: Annotated[str | None, Query(max_length=64, description="That keep this asset.")] = None,
) -> t.KeepList:
    """Keeps in force, oldest first, and how far they are."""
    with services.catalog.read() as reader:
        wanted = None if asset is None else visible(reader, asset).id
        leaving = reader.keeps.unkept(_MOST_LEAVING)
        return t.KeepList(
            keeps=[_keep(reader, item) for item in reader.keeps.active(wanted)],
            leaving=len(leaving),
            staying=list(dict.fromkeys(copy.stays for copy in leaving if copy.stays is not None)),
        )


@router.delete("/{keep_id}", operation_id="release_keep")
def release_keep(
    services: ServicesDep,
    principal: PrincipalDep,
    keep_id: Annotated[str, Path(max_length=64, description="Id of the keep.")],
) -> t.Keep:
    """Keep it no longer: copies made for it go, where another copy is seen to be sound."""
    ended = services.tiering.hot.release(KeepId(keep_id), principal)
    with services.catalog.read() as reader:
        return _keep(reader, ended)


def _keep(reader: CatalogReader, item: m.Keep) -> t.Keep:
    assert item.created_at is not None  # noqa: S101 - the catalog gives every keep one
    count = reader.keeps.count(item)
    names = {each.id: each.name for each in reader.locations.all()}
    return t.Keep(
        id=item.id,
        asset=item.asset_id,
        project=item.project_id,
        name=_name(reader, item),
        location=names.get(item.location_id, item.location_id),
        reason=item.reason,
        principal=item.principal,
        created_at=item.created_at,
        until=item.until,
        released_at=item.released_at,
        assets=count.assets,
        hot=count.hot,
        copying=count.copying,
        asleep=count.asleep,
    )


def _name(reader: CatalogReader, item: m.Keep) -> str:
    """Of what is kept, whatever became of it meanwhile."""
    if item.project_id is not None:
        return reader.projects.get(item.project_id).name
    kept = [] if item.asset_id is None else [item.asset_id]
    return next((asset.name for asset in reader.assets.many(kept).values()), item.asset_id or "")
