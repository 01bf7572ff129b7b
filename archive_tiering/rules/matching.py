"""Rules, compiled against what the catalog knows now: which rule decides about a copy."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from archive_tiering.rules.rule_set import Condition, Named, ProjectCondition, RuleSet, conditions_of
from archive_tiering.rules.values import Comparison
from catalog.model import Location, Project
from catalog.repository import CatalogReader, Placed
from foundation.errors import BadRules
from foundation.ids import AssetId, LocationId

Test = Callable[[Placed], bool]


@dataclass(frozen=True, slots=True)
class Known:
    """What conditions are held against, as of one moment.

    Attributes:
        labelled: Assets by label, for the labels that rules name.
        rights: Assets by ``active`` and ``expired``.
    """

    now: datetime
    locations: Mapping[str, Location]
    projects: Sequence[Project]
    labelled: Mapping[str, frozenset[AssetId]]
    rights: Mapping[str, frozenset[AssetId]]


def known_to(view: CatalogReader, rules: RuleSet, now: datetime) -> Known:
    """Read what the rules' conditions need."""
    conditions = conditions_of(rules)
    labels = {label for condition in conditions for label in condition.labels}
    return Known(
        now=now,
        locations={location.name: location for location in view.locations.all()},
        projects=view.projects.all(counted=False),
        labelled=view.plans.labelled(labels),
        rights=view.plans.rights() if any(item.rights for item in conditions) else {},
    )


class Matcher:
    """Finds the rule that decides about a copy.

    Args:
        rules: The rules.
        known: What is known now.

    Raises:
        BadRules: A rule names a location or a project that does not exist; the message has the line.
    """

    def __init__(self, rules: RuleSet, known: Known) -> None:
        compiler = _Compiler(rules.source, known)
        self._exceptions = [compiler.test(item) for item in rules.exceptions]
        self._rules = [
            (number, compiler.test(rule.when), [compiler.test(item) for item in rule.unless])
            for number, rule in enumerate(rules.rules)
        ]

    def decides(self, copy: Placed) -> int | None:
        """Return the position of the first rule that matches; None where none does."""
        for number, holds, exceptions in self._rules:
            if holds(copy) and not any(excepted(copy) for excepted in exceptions):
                return None if any(excepted(copy) for excepted in self._exceptions) else number
        return None


class _Compiler:
    """Makes one test of a condition, cheap parts first."""

    def __init__(self, source: str, known: Known) -> None:
        self._source = source
        self._known = known
        self._now = int(known.now.timestamp())

    def test(self, condition: Condition) -> Test:
        """One test that holds where every part does."""
        tests = [test for test in self._parts(condition) if test is not None]

        def holds(copy: Placed) -> bool:
            return all(test(copy) for test in tests)  # the generator stops at the first that fails

        return tests[0] if len(tests) == 1 else holds

    def _parts(self, condition: Condition) -> Iterable[Test | None]:
        yield self._project(condition.project)
        yield self._location(condition.locations)
        yield _among(lambda copy: copy.kind, condition.kinds)
        yield _among(lambda copy: copy.storage_class, condition.classes)
        yield _compared(lambda copy: copy.size, condition.size)
        yield _compared(lambda copy: self._now - copy.modified, condition.age)
        yield _compared(lambda copy: self._now - (copy.used or copy.modified), condition.last_use)
        yield self._label(condition.labels)
        yield self._rights(condition.rights)
        yield _path(condition)

    def _project(self, wanted: ProjectCondition | None) -> Test | None:
        if wanted is None:
            return None
        named = {item.name.casefold() for item in wanted.names}
        for item in wanted.names:
            self._exists(item, {key for p in self._known.projects for key in (p.name.casefold(), p.id)})
        ids = frozenset(p.id for p in self._known.projects if self._fits(p, named, wanted))
        return lambda copy: copy.project_id in ids

    def _fits(self, project: Project, named: set[str], wanted: ProjectCondition) -> bool:
        if named and project.name.casefold() not in named and project.id not in named:
            return False
        if wanted.states and project.state not in wanted.states:
            return False
        since = (self._known.now - project.state_at).total_seconds()
        return max(0.0, since) >= wanted.at_least  # a clock may have been set back

    def _exists(self, item: Named, names: set[str]) -> None:
        if item.name.casefold() not in names and item.name not in names:
            raise BadRules(
                f"{self._source}:{item.line}: there is no project {item.name!r}.",
                remedy=f"Make it with `rekindle project create {item.name!r}`, or correct the name.",
            )

    def _location(self, wanted: Sequence[Named]) -> Test | None:
        if not wanted:
            return None
        ids = frozenset(location_named(self._source, item, self._known.locations) for item in wanted)
        return lambda copy: copy.location_id in ids

    def _label(self, wanted: Sequence[str]) -> Test | None:
        if not wanted:
            return None
        ids: frozenset[AssetId] = frozenset().union(*(self._known.labelled[label] for label in wanted))
        return lambda copy: copy.asset_id in ids

    def _rights(self, wanted: Sequence[str]) -> Test | None:
        if not wanted:
            return None
        active, expired = self._known.rights["active"], self._known.rights["expired"]

        def holds(copy: Placed) -> bool:
            asset = copy.asset_id
            state = "active" if asset in active else "expired" if asset in expired else "none"
            return state in wanted

        return holds


def location_named(source: str, item: Named, locations: Mapping[str, Location]) -> LocationId:
    """Return the id of a location that rules name.

    Raises:
        BadRules: There is none of this name.
    """
    found = locations.get(item.name)
    if found is None:
        known = ", ".join(locations) or "none"
        raise BadRules(
            f"{source}:{item.line}: there is no location {item.name!r} (known: {known}).",
            remedy=f"`rekindle location add {item.name} URI` registers it.",
        )
    return found.id


def _among(of: Callable[[Placed], str], wanted: Sequence[str]) -> Test | None:
    allowed = frozenset(wanted)
    return (lambda copy: of(copy) in allowed) if allowed else None


def _compared(of: Callable[[Placed], int], wanted: Sequence[Comparison]) -> Test | None:
    if not wanted:
        return None
    return lambda copy: all(comparison.holds(of(copy)) for comparison in wanted)


def _path(condition: Condition) -> Test | None:
    patterns = condition.paths
    if not patterns:
        return None
    return lambda copy: any(pattern.match(copy.name) for pattern in patterns)
