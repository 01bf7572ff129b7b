"""Face tracks of any assets as the wire has them."""

from collections.abc import Sequence

from catalog import model as m
from catalog.repository import CatalogReader
from search_api import schemas as s
from search_api.presenters import Clock, face_of
from search_api.services.timelines import Timelines


def faces_of(reader: CatalogReader, timelines: Timelines, tracks: Sequence[m.FaceTrack]) -> list[s.Face]:
    """Tracks with seconds and labels, in the order given; assets are read in a fixed number of queries."""
    assets = reader.assets.many(dict.fromkeys(track.asset_id for track in tracks))
    known = timelines.of(reader, assets.values())
    return [
        face_of(track, Clock(assets[track.asset_id].kind, known.get(track.asset_id)))
        for track in tracks
        if track.asset_id in assets
    ]
