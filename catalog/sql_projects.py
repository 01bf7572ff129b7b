"""Projects in SQL."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import Project, ProjectState
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.tables import assets, instances, projects
from foundation.errors import AssetNotFound, NameTaken, ProjectNotFound
from foundation.ids import AssetId, LocationId, ProjectId, mint


class SqlProjects:
    """Groups of assets and where they stand."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, name: str) -> Project:
        """A new, active one; raises NameTaken."""
        name = " ".join(name.split())
        taken = sa.select(projects.c.id).where(projects.c.folded == name.casefold())
        if self._session.first(taken) is not None:
            raise NameTaken(f"There is a project {name!r} already.")
        project_id, now = ProjectId(mint("prj")), self._session.now
        values = {
            "id": project_id,
            "name": name,
            "folded": name.casefold(),
            "state": ProjectState.ACTIVE,
            "state_at": now,
            "state_by": self._session.principal,
            "created_at": now,
        }
        self._session.run(sa.insert(projects).values(values))
        return self.get(project_id)

    def get(self, name_or_id: str) -> Project:
        """By id, else by name without regard to case; raises ProjectNotFound."""
        folded = " ".join(name_or_id.split()).casefold()
        wanted = sa.or_(projects.c.id == name_or_id, projects.c.folded == folded)
        row = self._session.first(_counted().where(wanted).order_by((projects.c.id == name_or_id).desc()))
        if row is None:
            raise ProjectNotFound(f"There is no project {name_or_id!r}.")
        return _project(row)

    def all(self, *, counted: bool = True) -> list[Project]:
        """All, by name; counting their assets may be left out (0)."""
        query = _counted() if counted else sa.select(projects, sa.literal(0).label("assets"))
        return [_project(row) for row in self._session.rows(query.order_by(projects.c.folded))]

    def set_state(self, project_id: ProjectId, state: ProjectState) -> Project:
        """Say where it stands from now on; setting the state it is in changes nothing."""
        if self.get(project_id).state is not state:
            values = {"state": state, "state_at": self._session.now, "state_by": self._session.principal}
            self._session.run(sa.update(projects).where(projects.c.id == project_id).values(values))
        return self.get(project_id)

    def assign(self, project_id: ProjectId, asset_ids: Iterable[AssetId]) -> int:
        """Put assets into a project, out of the one they were in; returns how many changed."""
        self.get(project_id)
        return sum(self._assign(project_id, assets.c.id.in_(ids)) for ids in chunks(asset_ids))

    def assign_below(self, project_id: ProjectId, location_id: LocationId, prefix: str) -> int:
        """Likewise all assets with a copy in this location whose path is the prefix or lies below it."""
        self.get(project_id)
        copies = sa.select(instances.c.asset_id).where(
            instances.c.location_id == location_id, *_below(prefix.strip("/"))
        )
        return self._assign(project_id, assets.c.id.in_(copies))

    def of(self, asset_id: AssetId) -> Project:
        """The project of an asset; raises AssetNotFound."""
        found = self._session.value(sa.select(assets.c.project).where(assets.c.id == asset_id))
        if found is None:
            raise AssetNotFound(f"There is no asset {asset_id}.")
        return self.get(found)

    def _assign(self, project_id: ProjectId, chosen: sa.ColumnElement[bool]) -> int:
        others = sa.update(assets).where(chosen, assets.c.project != project_id, visible())
        return self._session.run(others.values(project=project_id))


def _below(prefix: str) -> Sequence[sa.ColumnElement[bool]]:
    if not prefix:
        return ()
    below = prefix + "/"
    return (sa.or_(instances.c.name == prefix, sa.func.substr(instances.c.name, 1, len(below)) == below),)


def _counted() -> sa.Select[tuple[object, ...]]:
    number = (
        sa.select(sa.func.count())
        .select_from(assets)
        .where(assets.c.project == projects.c.id, visible())
        .scalar_subquery()
    )
    return sa.select(projects, number.label("assets"))


def _project(row: Row) -> Project:
    return Project(
        id=row.id,
        name=row.name,
        state=ProjectState(row.state),
        state_at=row.state_at or row.created_at,
        state_by=row.state_by,
        created_at=row.created_at,
        collection=row.collection,
        assets=row.assets,
    )
