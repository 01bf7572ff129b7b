"""Objects that something happened to become orders to look at them: nobody lists the location for that.

An order says where to look and nothing else; what is there now is asked of the store. So orders may come
twice, late, in any order or not at all: the next whole listing makes up for those that were lost.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from archive_tiering.stores.names import is_hidden
from catalog.model import Location, LocationKind
from catalog.repository import CatalogWriter
from foundation.ids import mint
from indexer.payload import DISCOVER
from indexer.segments import reach_of

_TOGETHER = 500


def order_looks(writer: CatalogWriter, uris: Iterable[str]) -> int:
    """Order a look at each object that lies in a location and may be, or belong to, a master.

    Args:
        writer: The transaction that the orders are part of.
        uris: Addresses, ``s3://bucket/key``.

    Returns:
        How many objects will be looked at.
    """
    keys = _by_location(writer, dict.fromkeys(uris))
    if not keys:
        return 0
    run = writer.runs.start()
    for location, found in keys.items():
        for start in range(0, len(found), _TOGETHER):
            payload = {"location": location, "keys": found[start : start + _TOGETHER]}
            writer.jobs.enqueue(DISCOVER, f"look:{mint('lok')}", payload, run=run, asset=None)
    return sum(map(len, keys.values()))


def _by_location(writer: CatalogWriter, uris: Iterable[str]) -> dict[str, list[str]]:
    places = [place for place in writer.locations.all() if place.kind is LocationKind.S3]
    found: dict[str, list[str]] = defaultdict(list)
    for uri in uris:
        for place, key in _within(places, uri):
            if reach_of(key) and not any(map(is_hidden, key.split("/"))):
                found[place.id].append(key)
    return found


def _within(places: Sequence[Location], uri: str) -> Iterable[tuple[Location, str]]:
    for place in places:
        root = f"{place.uri}/"
        if uri.startswith(root):
            yield place, uri[len(root) :]
