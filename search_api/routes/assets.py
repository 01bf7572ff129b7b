"""What is known of assets."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from catalog.model import Asset, RenditionRole, RestoreState, playable_of
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from search_api import presenters as p
from search_api import schemas as s
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import AssetPath, ServicesDep, clock_of, visible
from search_api.services.cursor import issue, key_of
from search_api.services.filters import filters_of

router = APIRouter(prefix="/v1/assets", tags=["assets"], responses=documented(404, 422))


class AssetsQuery(s.AssetFilters):
    """A page of assets."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    limit: int = Field(100, ge=1, le=200, description="Most assets of one page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


@router.get("", operation_id="assets")
def assets(services: ServicesDep, request: Annotated[AssetsQuery, Query()]) -> s.AssetPage:
    """Assets in id order."""
    identity = "assets" + request.model_dump_json(exclude={"limit", "cursor"})
    after = None if request.cursor is None else AssetId(key_of(request.cursor, identity))
    with services.catalog.read() as reader:
        where = filters_of(request, reader).where
        page = reader.assets.page(where, after=after, limit=request.limit + 1)
        locations = _locations(reader)
    shown = page[: request.limit]
    cursor = issue(shown[-1].id, identity) if len(page) > request.limit else None
    return s.AssetPage(assets=[p.asset_of(asset, locations) for asset in shown], next_cursor=cursor)


@router.get("/{asset_id}", operation_id="asset")
def asset(services: ServicesDep, asset_id: AssetPath) -> s.AssetDetail:
    """One asset with its copies, where its master lives, and where it plays."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        return _detail(services, reader, found)


def _detail(services: Services, reader: CatalogReader, found: Asset) -> s.AssetDetail:
    copies, locations = reader.assets.instances(found.id), _locations(reader)
    kept = reader.keeps.kept(found.id)
    estimate = services.restorer.estimate(copies[0]) if copies else (RestoreState.NONE, None, None)
    return s.AssetDetail(
        **p.asset_of(found, locations).model_dump(),
        sha256=found.sha256,
        technical=p.technical_of(found.technical),
        master=p.master_of(copies[0] if copies else None, found, estimate),
        links=_links(reader, found.id),
        instances=[p.copy_of(copy, locations, kept) for copy in copies],
    )


def _links(reader: CatalogReader, asset_id: AssetId) -> s.Links:
    renditions = reader.facts.renditions(asset_id)
    base = f"/v1/assets/{asset_id}"
    return s.Links(
        proxy=f"{base}/proxy" if playable_of(renditions) else None,
        poster=f"{base}/poster" if RenditionRole.POSTER in renditions else None,
        captions=f"{base}/captions.vtt" if reader.facts.cues(asset_id) else None,
    )


@router.get("/{asset_id}/shots", operation_id="shots")
def shots(services: ServicesDep, asset_id: AssetPath) -> s.ShotList:
    """Shots in order; together they cover the picture."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        clock = clock_of(services, reader, found)
        return s.ShotList(shots=[p.shot_of(shot, clock) for shot in reader.facts.shots(found.id)])


@router.get("/{asset_id}/keyframes", operation_id="keyframes")
def keyframes(services: ServicesDep, asset_id: AssetPath) -> s.KeyframeList:
    """Keyframes in order."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        clock = clock_of(services, reader, found)
        frames = [p.keyframe_of(frame, clock) for frame in reader.facts.keyframes(found.id)]
    return s.KeyframeList(keyframes=frames)


@router.get("/{asset_id}/transcript", operation_id="transcript")
def transcript(services: ServicesDep, asset_id: AssetPath) -> s.Transcript:
    """Words heard or captioned, in order."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        clock = clock_of(services, reader, found)
        return s.Transcript(cues=[p.cue_of(cue, clock) for cue in reader.facts.cues(found.id)])


@router.get("/{asset_id}/faces", operation_id="faces")
def faces(services: ServicesDep, asset_id: AssetPath) -> s.FaceList:
    """Faces, each followed through its shot."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        clock = clock_of(services, reader, found)
        return s.FaceList(faces=[p.face_of(face, clock) for face in reader.facts.faces(found.id)])


@router.get("/{asset_id}/screen-text", operation_id="screen_text")
def screen_text(services: ServicesDep, asset_id: AssetPath) -> s.ScreenTextList:
    """Text read off the picture."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        clock = clock_of(services, reader, found)
        texts = [p.screen_text_of(text, clock) for text in reader.facts.screen_text(found.id)]
    return s.ScreenTextList(texts=texts)


@router.get("/{asset_id}/statements", operation_id="statements")
def statements(services: ServicesDep, asset_id: AssetPath) -> s.StatementList:
    """What is known, and who says so."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        clock = clock_of(services, reader, found)
        known = [p.statement_of(statement, clock) for statement in reader.facts.statements(found.id)]
    return s.StatementList(statements=known)


@router.get("/{asset_id}/renditions", operation_id="renditions")
def renditions(services: ServicesDep, asset_id: AssetPath) -> s.RenditionList:
    """Encodings of the asset in the derived store."""
    with services.catalog.read() as reader:
        found = visible(reader, asset_id)
        known = reader.facts.renditions(found.id)
    return s.RenditionList(renditions=[p.rendition_of(found.id, item) for item in known.values()])


def _locations(reader: CatalogReader) -> p.LocationNames:
    return {location.id: location.name for location in reader.locations.all()}
