"""What people say of assets, who may show them, and what is withdrawn."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from catalog import model as m
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import AssetNotFound
from foundation.ids import AssetId, PrincipalId, StatementId
from foundation.timecode import FrameRange
from search_api import presenters as p
from search_api import schemas as s
from search_api import schemas_knowledge as k
from search_api.problems import documented
from search_api.routes.deps import AssetPath, PrincipalDep, ServicesDep, clock_of, visible
from search_api.services.cursor import issue, key_of
from search_api.services.stating import frames_in, state, take_back

router = APIRouter(prefix="/v1", tags=["knowledge"], responses=documented(401, 404, 422))
_PAGE = "withdrawals"


@router.post(
    "/assets/{asset_id}/statements",
    operation_id="add_statement",
    status_code=201,
    responses=documented(409),
)
def add_statement(
    services: ServicesDep, principal: PrincipalDep, asset_id: AssetPath, body: k.NewStatement
) -> s.Statement:
    """Say something of an asset.

    It outlives whatever stages find, and can be taken back. A title or date takes the place of all others;
    everything else stands beside what is known, unless it names what it corrects.
    """
    with services.catalog.write(principal) as writer:
        asset = visible(writer, asset_id)
        made = state(writer, asset, body, principal)
        return p.statement_of(made, clock_of(services, writer, asset))


@router.delete(
    "/assets/{asset_id}/statements/{statement_id}",
    operation_id="take_back_statement",
    responses=documented(409),
)
def take_back_statement(
    services: ServicesDep,
    principal: PrincipalDep,
    asset_id: AssetPath,
    statement_id: Annotated[str, Path(max_length=64, description="Id of the statement.")],
) -> s.Statement:
    """Take back what a person said; what it superseded stands again."""
    with services.catalog.write(principal) as writer:
        asset = visible(writer, asset_id)
        gone = take_back(writer, asset, StatementId(statement_id), principal)
        return p.statement_of(gone, clock_of(services, writer, asset))


@router.get("/assets/{asset_id}/rights", operation_id="rights")
def rights(services: ServicesDep, asset_id: AssetPath) -> k.RightsList:
    """Who may show an asset, where, in which media, from when until when."""
    with services.catalog.read() as reader:
        return _rights(reader, visible(reader, asset_id).id)


@router.put("/assets/{asset_id}/rights", operation_id="set_rights")
def set_rights(
    services: ServicesDep, principal: PrincipalDep, asset_id: AssetPath, body: k.NewRights
) -> k.RightsList:
    """All rights of an asset from now on; one that says the same as before keeps its source and time."""
    with services.catalog.write(principal) as writer:
        asset = visible(writer, asset_id)
        wanted = [
            _right(asset.id, right, frames_in(writer, asset, right), principal) for right in body.rights
        ]
        writer.rights.replace(asset.id, wanted)
        return _audited(writer, asset.id, "rights.set", principal)


@router.post("/assets/{asset_id}/rights", operation_id="add_right", status_code=201)
def add_right(
    services: ServicesDep, principal: PrincipalDep, asset_id: AssetPath, body: k.NewRight
) -> k.RightsList:
    """Add a right to those an asset has, whatever others add meanwhile; replies with all of them.

    One that says the same as one there is changes nothing.
    """
    with services.catalog.write(principal) as writer:
        asset = visible(writer, asset_id)
        writer.rights.add(_right(asset.id, body, frames_in(writer, asset, body), principal))
        return _audited(writer, asset.id, "rights.add", principal)


@router.get("/withdrawals", operation_id="withdrawals")
def withdrawals(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=200, description="Most assets of one page.")] = 100,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> s.AssetPage:
    """Assets that are withdrawn, in id order."""
    after = None if cursor is None else AssetId(key_of(cursor, _PAGE))
    with services.catalog.read() as reader:
        page = reader.assets.withdrawn(after=after, limit=limit + 1)
        shown = [_brief(reader, asset) for asset in page[:limit]]
    following = issue(shown[-1].id, _PAGE) if len(page) > limit else None
    return s.AssetPage(assets=shown, next_cursor=following)


@router.put("/assets/{asset_id}/withdrawal", operation_id="withdraw")
def withdraw(services: ServicesDep, principal: PrincipalDep, asset_id: AssetPath) -> s.Asset:
    """Hide an asset from searches, lists and baskets.

    Nothing is lost: its master is neither moved nor deleted, and what is known of it stays.
    """
    with services.catalog.write(principal) as writer:
        asset = _known(writer, asset_id)
        if asset.state is not m.AssetState.WITHDRAWN:
            writer.assets_writer.set_state(asset.id, m.AssetState.WITHDRAWN)
            writer.audit.append(principal, "asset.withdraw", asset.id, {})
        return _brief(writer, writer.assets.get(asset.id))


@router.delete("/assets/{asset_id}/withdrawal", operation_id="bring_back")
def bring_back(services: ServicesDep, principal: PrincipalDep, asset_id: AssetPath) -> s.Asset:
    """Show a withdrawn asset again, with all that is known of it."""
    with services.catalog.write(principal) as writer:
        asset = _known(writer, asset_id)
        if asset.state is m.AssetState.WITHDRAWN:
            writer.assets_writer.set_state(asset.id, m.AssetState.PRESENT)
            writer.audit.append(principal, "asset.bring-back", asset.id, {})
        return _brief(writer, writer.assets.get(asset.id))


def _known(reader: CatalogReader, asset_id: str) -> m.Asset:
    """The asset a path names, withdrawn or not."""
    asset = reader.assets.get(AssetId(asset_id))
    if asset.state is m.AssetState.ERASED:
        raise AssetNotFound(f"There is no asset {asset_id!r}.")
    return asset


def _brief(reader: CatalogReader, asset: m.Asset) -> s.Asset:
    return p.asset_of(asset, {location.id: location.name for location in reader.locations.all()})


def _right(
    asset_id: AssetId, given: k.NewRight, frames: FrameRange | None, principal: PrincipalId
) -> m.Right:
    return m.Right(
        asset_id=asset_id,
        kind=m.RightKind(given.kind),
        who=given.who.strip(),
        territory=given.territory.strip(),
        media=given.media.strip(),
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        frames=frames,
        source=f"{m.HUMAN}{principal}",
        principal=principal,
    )


def _rights(reader: CatalogReader, asset_id: AssetId) -> k.RightsList:
    found = [_wire(right, active=right.is_active(reader.now)) for right in reader.rights.of(asset_id)]
    state_now = "active" if any(right.active for right in found) else "expired" if found else "none"
    return k.RightsList(state=state_now, rights=found)


def _audited(writer: CatalogWriter, asset_id: AssetId, action: str, principal: PrincipalId) -> k.RightsList:
    found = _rights(writer, asset_id)
    writer.audit.append(principal, action, asset_id, {"rights": len(found.rights), "state": found.state})
    return found


def _wire(right: m.Right, *, active: bool) -> k.Right:
    assert right.created_at is not None  # noqa: S101 - the catalog gives every right one
    return k.Right(
        kind=right.kind.value,
        who=right.who,
        territory=right.territory,
        media=right.media,
        valid_from=right.valid_from,
        valid_until=right.valid_until,
        in_frame=None if right.frames is None else right.frames.in_frame,
        out_frame=None if right.frames is None else right.frames.out_frame,
        active=active,
        source=right.source,
        created_at=right.created_at,
    )
