"""Projects, and what keeps masters where they are: holds and leases."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from catalog import model as m
from catalog.repository import CatalogReader
from foundation.errors import InputError
from foundation.ids import AssetId, HoldId, LeaseId, mint
from search_api import schemas_tiering as t
from search_api.problems import documented
from search_api.routes.deps import AssetPath, PrincipalDep, ServicesDep, visible

router = APIRouter(prefix="/v1", tags=["projects"], responses=documented(401, 404, 422))
ProjectPath = Annotated[str, Path(max_length=200, description="Name or id of the project.")]


@router.post("/projects", operation_id="create_project", status_code=201, responses=documented(409))
def create_project(services: ServicesDep, principal: PrincipalDep, body: t.NewProject) -> t.Project:
    """Make a project; it is active and has no assets yet."""
    with services.catalog.write(principal) as writer:
        made = writer.projects.create(body.name)
        writer.audit.append(principal, "project.create", made.id, {"name": made.name})
    return _project(made)


@router.get("/projects", operation_id="projects")
def projects(services: ServicesDep) -> t.ProjectList:
    """Projects by name, and where they stand."""
    with services.catalog.read() as reader:
        return t.ProjectList(projects=[_project(project) for project in reader.projects.all()])


@router.post("/projects/{name}/state", operation_id="set_project_state")
def set_project_state(
    services: ServicesDep, principal: PrincipalDep, name: ProjectPath, body: t.NewState
) -> t.Project:
    """Wrap a project, activate it again, or put it on hold. Wrapping sets lifecycle rules in motion."""
    with services.catalog.write(principal) as writer:
        before = writer.projects.get(name)
        after = writer.projects.set_state(before.id, m.ProjectState(body.state))
        if after.state is not before.state:
            facts = {"name": after.name, "from": before.state, "to": after.state}
            writer.audit.append(principal, "project.state", after.id, facts)
    return _project(after)


@router.post("/projects/{name}/assets", operation_id="assign_assets")
def assign_assets(
    services: ServicesDep, principal: PrincipalDep, name: ProjectPath, body: t.Assignment
) -> t.Assigned:
    """Put assets into a project; each is in one project, so they leave the one they were in."""
    if bool(body.assets) is (body.location is not None):
        raise InputError(
            "Name either assets or a location.", remedy="Send `assets`, or `location` and `path`."
        )
    with services.catalog.write(principal) as writer:
        project = writer.projects.get(name)
        if body.location is None:
            wanted = [visible(writer, asset).id for asset in body.assets]
            changed = writer.projects.assign(project.id, wanted)
        else:
            place = writer.locations.get(body.location)
            changed = writer.projects.assign_below(project.id, place.id, body.path)
        facts = {"name": project.name, "assets": changed, "location": body.location, "path": body.path}
        writer.audit.append(principal, "project.assign", project.id, facts)
        return t.Assigned(project=_project(writer.projects.get(project.id)), changed=changed)


@router.post("/holds", operation_id="hold", status_code=201)
def hold(services: ServicesDep, principal: PrincipalDep, body: t.NewHold) -> t.Hold:
    """Keep an asset, or all assets of a project, where they are."""
    with services.catalog.write(principal) as writer:
        made = m.Hold(
            id=HoldId(mint("hld")),
            reason=body.reason,
            asset_id=None if body.asset is None else visible(writer, body.asset).id,
            project_id=None if body.project is None else writer.projects.get(body.project).id,
            principal=principal,
            created_at=writer.now,
            until=body.until,
        )
        writer.holds.add(made)
        facts = {"asset": made.asset_id, "project": made.project_id, "reason": made.reason}
        writer.audit.append(principal, "hold.add", made.id, facts)
    return _hold(made)


@router.get("/holds", operation_id="holds")
def holds(
    services: ServicesDep,
    asset: Annotated[str | None, Query(max_length=64, description="That keep this asset.")] = None,
) -> t.HoldList:
    """Holds in force, oldest first."""
    with services.catalog.read() as reader:
        return t.HoldList(holds=[_hold(item) for item in reader.holds.active(_known(reader, asset))])


@router.delete("/holds/{hold_id}", operation_id="release_hold")
def release_hold(
    services: ServicesDep,
    principal: PrincipalDep,
    hold_id: Annotated[str, Path(max_length=64, description="Id of the hold.")],
) -> t.Hold:
    """End a hold."""
    with services.catalog.write(principal) as writer:
        released = writer.holds.release(HoldId(hold_id))
        writer.audit.append(principal, "hold.release", released.id, {"reason": released.reason})
    return _hold(released)


@router.post("/leases", operation_id="take_lease", status_code=201)
def take_lease(services: ServicesDep, principal: PrincipalDep, body: t.NewLease) -> t.Lease:
    """Say that somebody works with a master; asking again extends it to the later end."""
    with services.catalog.write(principal) as writer:
        asset = visible(writer, body.asset)
        if body.until <= writer.now:
            raise InputError("The lease would have ended already.", remedy="Give a time that lies ahead.")
        lease = m.Lease(LeaseId(mint("lse")), asset.id, body.until, principal, body.reason)
        taken = writer.leases.take(lease)
        facts = {"asset": asset.id, "until": taken.until.isoformat()}
        writer.audit.append(principal, "lease.take", taken.id, facts)
    return _lease(taken)


@router.get("/leases", operation_id="leases")
def leases(services: ServicesDep) -> t.LeaseList:
    """Leases in force, the one that ends last first."""
    with services.catalog.read() as reader:
        return t.LeaseList(leases=[_lease(item) for item in reader.leases.active()])


@router.delete("/leases/{asset_id}", operation_id="give_back_lease", status_code=204)
def give_back_lease(services: ServicesDep, principal: PrincipalDep, asset_id: AssetPath) -> Response:
    """Say that the work with a master is done; nothing happens where there was no lease."""
    with services.catalog.write(principal) as writer:
        asset = visible(writer, asset_id)
        if writer.leases.give_back(asset.id, principal):
            writer.audit.append(principal, "lease.end", asset.id, {})
    return Response(status_code=204)


def _known(reader: CatalogReader, asset: str | None) -> AssetId | None:
    return None if asset is None else visible(reader, asset).id


def _project(project: m.Project) -> t.Project:
    return t.Project(
        id=project.id,
        name=project.name,
        state=project.state.value,
        state_at=project.state_at,
        state_by=project.state_by,
        assets=project.assets,
        created_at=project.created_at,
    )


def _hold(item: m.Hold) -> t.Hold:
    assert item.created_at is not None  # noqa: S101 - the catalog gives every hold one
    return t.Hold(
        id=item.id,
        asset=item.asset_id,
        project=item.project_id,
        reason=item.reason,
        principal=item.principal,
        created_at=item.created_at,
        until=item.until,
        released_at=item.released_at,
    )


def _lease(item: m.Lease) -> t.Lease:
    assert item.created_at is not None  # noqa: S101 - the catalog gives every lease one
    return t.Lease(
        id=item.id,
        asset=item.asset_id,
        principal=item.principal,
        until=item.until,
        reason=item.reason,
        created_at=item.created_at,
    )
