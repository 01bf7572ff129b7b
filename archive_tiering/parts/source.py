"""Copies of masters of which a part can be read now, and the reading itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archive_tiering.archived import Standing, note, to_ask
from archive_tiering.places import Places
from archive_tiering.prices.terms import Terms
from archive_tiering.stores.object_store import ObjectStore
from catalog.model import (
    Asset,
    AssetTimeline,
    Instance,
    InstanceKind,
    RestoreState,
    StoredObject,
    Technical,
)
from catalog.repository import Catalog
from foundation.errors import (
    BadTimecode,
    NeedsRestore,
    ObjectChanged,
    ObjectMissing,
    RangeUnavailable,
)
from foundation.home import Home
from foundation.ids import AssetId
from foundation.timecode import FrameRange, PtsTable, count_of
from media.byte_map import NAME, ByteMap, Span
from media.subclip import Labelled, Plan, plan

WHOLE = "The whole master can be had: copy it from its location, or `rekindle restore quote` first."
_READABLE = (RestoreState.NONE, RestoreState.RESTORED)


@dataclass(frozen=True, slots=True)
class PartSource:
    """A copy that can be read now, and what is known of its asset."""

    asset: Asset
    timeline: AssetTimeline
    instance: Instance
    store: ObjectStore
    terms: Terms
    byte_map: ByteMap

    @property
    def item(self) -> StoredObject:
        """The object that is read."""
        return self.instance.essence

    @property
    def pts(self) -> PtsTable:
        """The timeline; raises RangeUnavailable where nobody has looked yet."""
        if self.timeline.pts is None:
            raise RangeUnavailable(f"Nobody has looked at {self.asset.name!r} yet.", remedy=WHOLE)
        return self.timeline.pts

    @property
    def labelled(self) -> Labelled:
        """How the master counts."""
        return _labelled(self.timeline.technical)

    def plan(self, wanted: FrameRange) -> Plan:
        """What to read for a range; raises BadRange or RangeUnavailable."""
        self.pts.start_of(wanted.out_frame)
        return plan(self.byte_map, self.pts, wanted)

    def expect_unchanged(self) -> RestoreState:
        """Ask the store; raises ObjectChanged where the object is no longer the one on record."""
        found = self.store.head(self.item.key, self.item.version)
        if (found.size, found.etag) != (self.item.size, self.item.etag):
            raise ObjectChanged(f"{self.item.key!r} is no longer the object that was indexed.")
        return found.restore

    def state(self) -> RestoreState | None:
        """Whether it can be read now, None where it is gone; raises ObjectChanged."""
        try:
            return self.expect_unchanged()
        except ObjectMissing:
            return None


def _labelled(technical: Technical) -> Labelled:
    rate = None if technical.variable_rate else technical.rate
    if rate is None or technical.start_timecode is None:
        return Labelled(rate, None)
    try:
        start, drop_frame = count_of(technical.start_timecode, rate)
    except BadTimecode:
        return Labelled(rate, None)
    return Labelled(rate, start, drop_frame)


def readable_sources(catalog: Catalog, places: Places, home: Home, asset_id: AssetId) -> list[PartSource]:
    """Copies of an asset that can be read now, of the very bytes that were indexed.

    Raises:
        AssetNotFound: There is no such asset.
        RangeUnavailable: Where its parts lie is not on record.
        ObjectMissing: No such copy is in any location.
        NeedsRestore: All of them sleep.
        ObjectChanged: One of them is another object now.
    """
    with catalog.read() as view:
        asset = view.assets.get(asset_id)
        timeline = view.assets.timelines([asset.id])[asset.id]
        known = view.assets.instances(asset.id)
    byte_map = _byte_map(home, asset)
    copies = [copy for copy in known if _holds(copy, asset, byte_map)]
    sources = [
        PartSource(
            asset, timeline, copy, places.store(copy.location_id), places.terms(copy.location_id), byte_map
        )
        for copy in copies
    ]
    states = [source.state() for source in sources]
    _note(catalog, sources, states)
    readable = [source for source, state in zip(sources, states, strict=True) if state in _READABLE]
    if not any(states):
        raise ObjectMissing(f"No copy of {asset.name!r} that was indexed is in any location now.")
    if not readable:
        raise NeedsRestore(f"Every copy of {asset.name!r} sleeps.")
    return readable


def _note(catalog: Catalog, sources: Sequence[PartSource], states: Sequence[RestoreState | None]) -> None:
    """Write down what was found out about masters that their class archives by itself."""
    news = {
        source.item.uri: Standing(state)
        for source, state in zip(sources, states, strict=True)
        if state is not None and state is not source.item.restore and to_ask([source.item])
    }
    if news:
        with catalog.write() as tx:
            note(tx, sources[0].asset.id, news)


def _holds(copy: Instance, asset: Asset, byte_map: ByteMap) -> bool:
    if not copy.available or copy.kind is not InstanceKind.FILE:
        return False
    item = copy.essence
    return item.size == byte_map.size and item.sha256 in (None, asset.sha256)


def _byte_map(home: Home, asset: Asset) -> ByteMap:
    try:
        return ByteMap.from_bytes((home.asset(asset.id) / NAME).read_bytes())
    except (FileNotFoundError, ValueError) as error:
        raise RangeUnavailable(
            f"Where the parts of {asset.name!r} lie is not on record: its format keeps them to itself, or "
            "it was indexed before parts could be fetched.",
            remedy=WHOLE,
        ) from error


class Reads:
    """Reads spans of an object one after the other, and counts the bytes.

    Args:
        source: Where to read.
        spans: Bytes to read, in order.
    """

    def __init__(self, source: PartSource, spans: Sequence[Span]) -> None:
        self._source, self._spans = source, spans
        self.size = 0

    def parts(self) -> Iterator[tuple[Span, Iterable[bytes]]]:
        """Every span with its bytes; raises ObjectChanged where one is short."""
        for span in self._spans:
            yield span, self._chunks(*span)

    def _chunks(self, start: int, end: int) -> Iterator[bytes]:
        item, got = self._source.item, 0
        for chunk in self._source.store.read(item.key, start, end, item.version):
            got += len(chunk)
            self.size += len(chunk)
            yield chunk
        if got != end - start:
            raise ObjectChanged(f"{item.key!r} gave {got} bytes where {end - start} were asked for.")
