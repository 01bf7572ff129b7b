"""How a query was read, for people. Pure."""

from collections.abc import Iterable, Mapping

from search_api.schemas_reading import Reading, StepReading, Understood
from search_api.services.parse import Clause, Query, Step


def understood_of(query: Query, asked: Mapping[str, str]) -> Understood:
    """The reading of a query.

    Args:
        query: As parsed.
        asked: Filters asked for beside it.
    """
    whole = _together([reading_of(clause) for clause in query.clauses])
    alternatives = query.steps[0].alternatives if len(query.steps) == 1 else ()
    return Understood(
        words=whole.words,
        phrases=whole.phrases,
        said=whole.said,
        onscreen=whole.onscreen,
        filters=_merged([asked, whole.filters]),
        excluded=whole.excluded,
        alternatives=[reading_of(clause) for clause in alternatives] if len(alternatives) > 1 else [],
        steps=[_step(step) for step in query.steps] if len(query.steps) > 1 else [],
    )


def reading_of(clause: Clause) -> Reading:
    """The reading of one clause."""
    refused = [condition.shown for condition in clause.refused]
    return Reading(
        words=list(clause.text.telling),
        phrases=list(clause.text.phrases),
        said=list(clause.text.said),
        onscreen=list(clause.text.onscreen),
        filters=_merged([{condition.name: condition.value} for condition in clause.conditions]),
        excluded=[*(item.shown for item in clause.excluded), *refused],
    )


def _step(step: Step) -> StepReading:
    return StepReading(alternatives=[reading_of(item) for item in step.alternatives], within=step.within)


def _together(readings: list[Reading]) -> Reading:
    return Reading(
        words=_each(reading.words for reading in readings),
        phrases=_each(reading.phrases for reading in readings),
        said=_each(reading.said for reading in readings),
        onscreen=_each(reading.onscreen for reading in readings),
        filters=_merged([reading.filters for reading in readings]),
        excluded=_each(reading.excluded for reading in readings),
    )


def _each(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(item for several in lists for item in several))


def _merged(filters: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Values of one filter side by side, each once."""
    found: dict[str, list[str]] = {}
    for several in filters:
        for name, value in several.items():
            found.setdefault(name, []).append(value)
    return {name: ", ".join(dict.fromkeys(values)) for name, values in found.items()}
