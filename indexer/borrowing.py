"""Proxies that others made: where naming rules look for the one of a cold master.

A rule is a path with ``{stem}`` (the master's name without its suffix), ``{name}`` (with it) or ``{folder}``.
It starts at the master's own folder; one that begins with ``/`` starts at the location's root, one that
begins with ``@NAME/`` at the root of that other location.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from archive_tiering.stores.object_store import ObjectStore
from catalog.model import InstanceKind, RestoreState
from foundation.errors import BadSettings, ObjectMissing
from foundation.ids import LocationId
from indexer.candidates import Candidate
from indexer.plan import is_asleep

_READABLE = (RestoreState.NONE, RestoreState.RESTORED)


@dataclass(frozen=True, slots=True)
class Lent:
    """A proxy that somebody else made, by where it lies."""

    location: LocationId
    key: str


Sibling = Callable[[str], tuple[LocationId, ObjectStore]]
"""Another location by its name."""

Listed = Callable[[str], Candidate | None]
"""What a location lists under a name."""


def places_of(rule: str, master: str) -> tuple[str, str]:
    """Return the sibling's name (empty: the same location) and the key at which a rule looks.

    Raises:
        BadSettings: The rule has a placeholder that there is not.
    """
    path = PurePosixPath(master)
    folder = "" if str(path.parent) == "." else f"{path.parent}/"
    sibling, rest = "", rule
    if rule.startswith("@"):
        sibling, _, rest = rule[1:].partition("/")
    try:
        filled = rest.format(stem=path.stem, name=path.name, folder=folder.rstrip("/"))
    except (KeyError, IndexError, ValueError) as error:
        raise BadSettings(f"REKINDLE_INDEXER__PROXY_NAMES: {rule!r} is no rule: {error}.") from error
    from_root = sibling or rule.startswith("/")
    return sibling, filled.strip("/") if from_root else folder + filled


def lent_to(
    master: Candidate, listed: Listed, rules: Sequence[str], here: LocationId, sibling: Sibling
) -> Lent | None:
    """Return the first proxy that the rules find for a sleeping file; None for anything else.

    Args:
        master: Of one location.
        listed: What the location lists, by name.
        rules: In order of preference.
        here: The location.
        sibling: Opens other locations; asked once for each object that a rule names there.
    """
    if master.kind is not InstanceKind.FILE or not is_asleep(master.objects):
        return None
    return next((each for rule in rules if (each := _look(rule, master, listed, here, sibling))), None)


def _look(rule: str, master: Candidate, listed: Listed, here: LocationId, sibling: Sibling) -> Lent | None:
    name, key = places_of(rule, master.name)
    if name:
        return _at_sibling(key, *sibling(name))
    other = listed(key)
    same_kind = other is not None and other.name != master.name and other.media is master.media
    return Lent(here, key) if other is not None and same_kind and not is_asleep(other.objects) else None


def _at_sibling(key: str, location: LocationId, store: ObjectStore) -> Lent | None:
    try:
        info = store.head(key)
    except ObjectMissing:
        return None
    return Lent(location, key) if info.restore in _READABLE else None
