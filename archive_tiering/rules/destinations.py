"""Where a rule sends masters of a location and class: resolved once, then applied to many."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archive_tiering.places import Places
from archive_tiering.prices.moving import Amounts, Route, Spot, Way, parts_of, worth_from
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.rules.matching import location_named
from archive_tiering.rules.rule_set import Rule, RuleSet
from catalog.model import Location, LocationKind
from catalog.repository import Placed
from foundation.errors import BadRules
from foundation.ids import LocationId

DAY = 86400
_DOWNWARDS = (
    "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE",
)  # fmt: skip
"""Order in which bucket lifecycle rules may move objects: S3 user guide, "Transitioning objects"."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where copies of one location and class go by one rule.

    Attributes:
        refusal: Why none of them can; None where they can.
        worth: Bytes per object from which it pays back in time; None where it never does.
        min_days: Minimum stay of the class they leave.
    """

    rule: Rule
    source: Location
    target: Location
    from_class: str
    to_class: str
    way: Way
    route: Route
    refusal: str | None = None
    worth: int | None = 0
    min_days: int = 0
    allow_early: bool = False

    def is_worth(self, copy: Placed) -> bool:
        """Say whether moving a copy pays back within the rule's time."""
        objects, size = self.moved(copy)
        return self.worth is not None and objects > 0 and size >= objects * self.worth

    def moved(self, copy: Placed) -> tuple[int, int]:
        """Objects and bytes that change their class: within a bucket, small ones stay."""
        if self.source.id != self.target.id:
            return copy.objects, copy.size
        return copy.big_objects, copy.big

    def amounts(self, copy: Placed, now: int) -> Amounts:
        """What one copy adds to its route."""
        objects, size = self.moved(copy)
        short = max(0, self.min_days * DAY - max(0, now - copy.since))
        return Amounts(objects, size, objects - 1 + parts_of(size) if objects else 0, size * short // DAY)


class Destinations:
    """Resolves rules to destinations, each pair of location and class once.

    Args:
        rules: The rules.
        locations: By id.
        places: Terms of locations.
        tag_locations: Names of locations whose buckets move objects by themselves.
    """

    def __init__(
        self,
        rules: RuleSet,
        locations: Mapping[LocationId, Location],
        places: Places,
        tag_locations: frozenset[str],
    ) -> None:
        self._rules = rules
        self._locations = locations
        self._places = places
        self._tagged = tag_locations
        self._found: dict[tuple[int, LocationId, str], Destination | None] = {}

    def of(self, number: int, location: LocationId, storage_class: str) -> Destination | None:
        """Where a rule sends copies of a location and class; None where they are there already.

        Raises:
            BadRules: The rule names a location that does not exist, or a class that its target does not have.
        """
        key = (number, location, storage_class)
        if key not in self._found:
            self._found[key] = self._resolve(*key)
        return self._found[key]

    def _resolve(self, number: int, location: LocationId, storage_class: str) -> Destination | None:
        rule, source = self._rules.rules[number], self._locations[location]
        target = self._target(rule, source)
        to_class = self._class(rule, target)
        stays = target.id == source.id
        has_classes = source.kind is LocationKind.S3 or rule.location is not None
        if stays and to_class == storage_class and has_classes:
            return None
        way = self._way(source, target)
        route = Route(self._spot(source, storage_class), self._spot(target, to_class), way)
        made = Destination(
            rule=rule, source=source, target=target, from_class=storage_class, to_class=to_class, way=way,
            route=route, min_days=route.source.facts.min_days, allow_early=rule.allow_early,
        )  # fmt: skip
        refusal = _refusal(made)
        if refusal is not None:
            return replace(made, refusal=refusal)
        return replace(made, worth=worth_from(route, rule.pays_back_within))

    def _target(self, rule: Rule, source: Location) -> Location:
        if rule.location is None:
            return source
        by_name = {location.name: location for location in self._locations.values()}
        return self._locations[location_named(self._rules.source, rule.location, by_name)]

    def _class(self, rule: Rule, target: Location) -> str:
        wanted = rule.storage_class
        if target.kind is LocationKind.S3:
            return wanted.name if wanted is not None else "STANDARD"
        own = self._places.terms(target.id).storage_class
        if wanted is not None and wanted.name != own and rule.location is not None:
            raise BadRules(
                f"{self._rules.source}:{wanted.line}: {target.name} has the storage class {own} only.",
                remedy="Leave `class` out for folders and vaults.",
            )
        return own

    def _way(self, source: Location, target: Location) -> Way:
        if source.id != target.id:
            return Way.STORE_COPY if self._places.are_one_store(source, target) else Way.ACROSS
        return Way.TAG if source.name in self._tagged else Way.IN_PLACE

    def _spot(self, location: Location, storage_class: str) -> Spot:
        terms = self._places.terms(location.id)
        is_folder = location.kind is LocationKind.FOLDER
        return Spot(facts_or_plain(storage_class), terms.prices, is_folder, terms.egress)


def _refusal(made: Destination) -> str | None:
    if made.source.kind is not LocationKind.S3 and made.source.id == made.target.id:
        return "no classes"
    if made.way is Way.TAG and not _is_downwards(made.from_class, made.to_class):
        return "upwards"
    return None


def _is_downwards(old: str, new: str) -> bool:
    both = [_DOWNWARDS.index(name) for name in (old, new) if name in _DOWNWARDS]
    return len(both) == 2 and both[0] < both[1]
