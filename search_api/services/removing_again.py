"""A catalog that was put back from a backup is told again who was removed since."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from catalog.model import FacePlace, FaceTrack, Removal
from catalog.repository import CatalogWriter
from foundation.errors import AssetNotFound, PersonNotFound, ProhibitionNotFound
from foundation.ids import LOCAL_PRINCIPAL, AssetId, ClusterId, FaceTrackId, PersonId, is_id
from search_api.services.people import allow


def remove_again(writer: CatalogWriter, removal: Removal) -> bool:
    """Remove whom the catalog knows still, or no more; False where it knows all of this already.

    Names, faces and clusters go, and the next index run removes the vectors. Who was allowed again since is
    removed and then taken off the list, as they were: their face may be looked for, and has no name.
    """
    listed, here = _is_listed(writer, removal), replace(removal, places=tuple(_here(writer, removal)))
    if listed and removal.is_allowed:
        allow(writer, removal.id)
        return True
    tracks = _still_known(writer, here)
    if tracks or not (listed or removal.is_allowed):
        writer.prohibitions.repeat(here, tracks)
    gone = [subject for subject in removal.subjects if _drop(writer, subject)]
    if not tracks and not gone and (listed or removal.is_allowed):
        return False
    detail = {"reason": removal.reason.value, "places": len(tracks), "recovered": True}
    writer.audit.append(LOCAL_PRINCIPAL, "people.prohibit", removal.id, detail)
    if tracks and removal.is_allowed:
        allow(writer, removal.id)
    return True


def _is_listed(writer: CatalogWriter, removal: Removal) -> bool:
    try:
        writer.prohibitions.get(removal.id)
    except ProhibitionNotFound:
        return False
    return True


def _drop(writer: CatalogWriter, subject: str) -> bool:
    """Delete a person or cluster; False where there is none."""
    if is_id(subject, "clu"):
        return bool(writer.clusters.dissolve(ClusterId(subject)))
    writer.clusters.dissolve(PersonId(subject))
    with suppress(PersonNotFound):
        writer.people.remove(PersonId(subject))
        return True
    return False


def _here(writer: CatalogWriter, removal: Removal) -> Iterator[FacePlace]:
    """Places in assets that the catalog knows; what was merged into another asset is looked for there."""
    for place in removal.places:
        with suppress(AssetNotFound):
            yield replace(place, asset_id=writer.assets.get(place.asset_id).id)


def _still_known(writer: CatalogWriter, removal: Removal) -> list[FaceTrack]:
    """Their faces: those that have their name, are in their clusters, or are where theirs were seen."""
    found: dict[FaceTrackId, FaceTrack] = {}
    ours = (None, *removal.subjects)
    for subject in removal.subjects:
        # A cluster of before may hold the face of somebody whom a person named since the backup.
        tracks = [track for track in writer.prohibitions.tracks_of(subject) if track.person_id in ours]
        found |= {track.id: track for track in tracks}
    if removal.is_allowed:
        return list(found.values())  # what is seen at those places was looked for again, and may stay
    for asset_id, places in _by_asset(removal).items():
        tracks = [track for track in writer.facts.faces(asset_id) if _is_at(places, track)]
        found |= {track.id: track for track in tracks}
    return list(found.values())


def _by_asset(removal: Removal) -> dict[AssetId, list[FacePlace]]:
    by_asset: dict[AssetId, list[FacePlace]] = defaultdict(list)
    for place in removal.places:
        by_asset[place.asset_id].append(place)
    return by_asset


def _is_at(places: list[FacePlace], track: FaceTrack) -> bool:
    return any(place.holds(track.frames, track.box) for place in places)
