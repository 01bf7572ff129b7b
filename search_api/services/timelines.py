"""Timelines of assets, kept between searches: a feature film's pts table takes milliseconds to unpack."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from catalog.model import Asset, AssetTimeline
from catalog.repository import CatalogReader
from foundation.ids import AssetId

KEPT_FRAMES = 2_000_000
"""Frames of all timelines kept (some 22 hours at 25 frames per second, about 70 MB)."""

Key = tuple[AssetId, int]


@dataclass
class Timelines:
    """Recently used timelines by asset and version."""

    _kept: OrderedDict[Key, AssetTimeline] = field(default_factory=OrderedDict)
    _frames: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, reader: CatalogReader, assets: Iterable[Asset]) -> dict[AssetId, AssetTimeline]:
        """Timelines of these assets, in at most one query."""
        keys = {
            asset.id: (asset.id, asset.version) for asset in assets if asset.indexed_at or asset.duration_ms
        }
        with self._lock:
            found = {asset: self._kept[key] for asset, key in keys.items() if key in self._kept}
        missing = [asset for asset in keys if asset not in found]
        read = reader.assets.timelines(missing) if missing else {}
        for asset, timeline in read.items():
            self._keep(keys[asset], timeline)
        return found | read

    def _keep(self, key: Key, timeline: AssetTimeline) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = timeline
            self._frames += _size(timeline)
            while self._frames > KEPT_FRAMES and len(self._kept) > 1:
                self._frames -= _size(self._kept.popitem(last=False)[1])


def _size(timeline: AssetTimeline) -> int:
    return 1 if timeline.pts is None else len(timeline.pts)
