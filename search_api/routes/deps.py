"""What routes share: the services, ids in paths, and the one asset a path names."""

from typing import Annotated

from fastapi import Depends, Header, Path, Request

from catalog.model import Asset, AssetState
from catalog.repository import CatalogReader
from foundation.errors import AssetNotFound
from foundation.ids import AssetId, PrincipalId
from search_api.bootstrap import Services
from search_api.presenters import Clock
from search_api.schemas import ASSET_ID
from search_api.services.principals import principal_of


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


def _principal(
    services: ServicesDep,
    authorization: Annotated[
        str | None, Header(max_length=400, description="`Bearer TOKEN`; the local user without one.")
    ] = None,
) -> PrincipalId:
    return principal_of(authorization, services.settings.access.tokens)


PrincipalDep = Annotated[PrincipalId, Depends(_principal)]
AssetPath = Annotated[str, Path(max_length=64, description="Id of the asset.", examples=[ASSET_ID])]


def visible(reader: CatalogReader, asset_id: str) -> Asset:
    """The asset a path names; withdrawn and erased ones are hidden.

    Raises:
        AssetNotFound: There is none to be seen.
    """
    asset = reader.assets.get(AssetId(asset_id))
    if asset.state in (AssetState.WITHDRAWN, AssetState.ERASED):
        raise AssetNotFound(f"There is no asset {asset_id!r}.")
    return asset


def clock_of(services: Services, reader: CatalogReader, asset: Asset) -> Clock:
    """Turns the asset's positions into seconds and labels."""
    return Clock(asset.kind, services.timelines.of(reader, [asset]).get(asset.id))
