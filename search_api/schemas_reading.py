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

    @property
    def shown(self) -> str:
        """As it would be typed."""
        parts = [
            *self.words,
            *(f'"{phrase}"' for phrase in self.phrases),
            *(f'said:"{phrase}"' for phrase in self.said),
            *(f'onscreen:"{phrase}"' for phrase in self.onscreen),
            *(f"{name}:{value}" for name, value in self.filters.items()),
            *(f"NOT {item}" for item in self.excluded),
        ]
        return " ".join(parts)


class StepReading(Wire):
    """One step of `A then B`."""

    alternatives: list[Reading]
    within: float | None = Field(
        description="Most seconds since the step before; None for the first.", examples=[20.0]
    )

    @property
    def shown(self) -> str:
        """As it would be typed."""
        told = " OR ".join(reading.shown for reading in self.alternatives)
        return told if self.within is None else f"{told} within {self.within:g} s"


class Understood(Reading):
    """How the query was read; what lies in alternatives and steps is listed together here too."""

    alternatives: list[Reading] = Field(
        default_factory=list, description="Where `OR` joins some; any of them may match."
    )
    steps: list[StepReading] = Field(
        default_factory=list, description="Where the query says `then`; in order of time."
    )

    @property
    def told(self) -> str:
        """How it was read, as it would be typed; empty where it was read as plain words and phrases."""
        if self.steps:
            return ", then ".join(step.shown for step in self.steps)
        if self.alternatives:
            return " OR ".join(reading.shown for reading in self.alternatives)
        is_more = self.filters or self.excluded or self.said or self.onscreen
        return self.shown if is_more else ""
