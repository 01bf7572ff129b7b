"""Wire types of how a query was read."""

from pydantic import Field

from search_api.wire import Wire


class Reading(Wire):
    """How a query, or one alternative of it, was read."""

    words: list[str] = Field(description="Words that count.", examples=[["rabbit", "meadow"]])
    phrases: list[str] = Field(description="Exact, all required.", examples=[["your country"]])
    said: list[str] = Field(
        default_factory=list, description="Exact, required of speech.", examples=[["ask not"]]
    )
    onscreen: list[str] = Field(
        default_factory=list, description="Exact, required of text on screen.", examples=[["exit"]]
    )
    filters: dict[str, str] = Field(default_factory=dict, examples=[{"class": "cold"}])
    excluded: list[str] = Field(
        default_factory=list, description="What a moment must not hold.", examples=[["snow", "kind:still"]]
    )


class StepReading(Wire):
    """One step of `A then B`."""

    alternatives: list[Reading]
    within: float | None = Field(
        description="Most seconds since the step before; None for the first.", examples=[20.0]
    )


class Understood(Reading):
    """How the query was read; what lies in alternatives and steps is listed together here too."""

    alternatives: list[Reading] = Field(
        default_factory=list, description="Where `OR` joins some; any of them may match."
    )
    steps: list[StepReading] = Field(
        default_factory=list, description="Where the query says `then`; in order of time."
    )
