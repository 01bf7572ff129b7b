"""Proxies that others made, found for the sleeping masters of one listing."""

from collections.abc import Iterator

from archive_tiering.stores.object_store import ObjectStore
from catalog.model import Location
from foundation.errors import BadSettings, MediaError, leaves
from foundation.ids import LocationId
from indexer.bootstrap import Services
from indexer.borrowing import lent_to
from indexer.candidates import Candidate
from indexer.differences import Differences
from indexer.plan import Kind

_UNFIT = frozenset(leaf.code for leaf in leaves() if issubclass(leaf, MediaError))
"""Codes of dead letters that say that what was looked at is no proxy of this master."""


class Lender:
    """Applies the naming rules of the settings to one location.

    Args:
        services: Of this process.
        location: That was listed.
    """

    def __init__(self, services: Services, location: Location) -> None:
        self._services = services
        self._location = location
        self._stores: dict[str, tuple[LocationId, ObjectStore]] = {}

    def lend(self, found: Differences) -> None:
        """Note proxies, not of masters for which one was tried and did not do; they are no assets.

        Raises:
            BadSettings: A rule names no location.
            StorageError: A location that a rule names cannot be asked.
        """
        rules = self._services.settings.indexer.proxy_names
        if not rules:
            return
        with self._services.catalog.read() as reader:
            bad = {letter.uri for letter in reader.runs.dead_letters() if letter.code in _UNFIT}
        listed = _Listed(self._services, self._location, found)
        for master in _sleepers(found):
            if master.essence.uri in bad:
                continue
            lent = lent_to(master, listed.at, rules, self._location.id, self._sibling)
            if lent is not None:
                found.lend(master.name, lent)
        found.drop_lent(self._location.id)

    def _sibling(self, name: str) -> tuple[LocationId, ObjectStore]:
        if name not in self._stores:
            with self._services.catalog.read() as reader:
                others = {each.name: each for each in reader.locations.all()}
            if name not in others:
                raise BadSettings(f"REKINDLE_INDEXER__PROXY_NAMES: there is no location {name!r}.")
            self._stores[name] = others[name].id, self._services.open_store(others[name])
        return self._stores[name]


def _sleepers(found: Differences) -> Iterator[Candidate]:
    for each in found.found(Kind.NEW_COLD, Kind.THAW, Kind.CHANGED):
        if each.known is None or not each.known.complete:
            yield each.candidate


class _Listed:
    """What the location lists by name: what differs, and what is as the catalog has it."""

    def __init__(self, services: Services, location: Location, found: Differences) -> None:
        self._catalog = services.catalog
        self._location = location
        self._found = found

    def at(self, name: str) -> Candidate | None:
        return self._found.at(name) or self._known(name)

    def _known(self, name: str) -> Candidate | None:
        with self._catalog.read() as reader:
            there = reader.moves.occupant(self._location.id, name)
            if there is None:
                return None
            asset = reader.assets.get(there[1])
            copy = next((each for each in reader.assets.instances(there[1]) if each.id == there[0]), None)
        if copy is None or not copy.available:
            return None
        return Candidate(copy.name, copy.kind, asset.kind, copy.objects)
