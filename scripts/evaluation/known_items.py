"""Judged queries: what is asked, and where in the archive the answer lies."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundation.errors import BadKnownItems
from search_api.client import Client
from search_api.schemas import SIGNALS, AssetFilters, Cue, Hit, SignalName

CAPTION = "caption"
"""Kind of the queries that are made from the archive's own captions."""

FEWEST_WORDS = 4
"""Words a caption needs to be a query; shorter ones fit anywhere."""

SLACK = 0.5
"""Seconds by which a hit may miss a range: cuts and cues are rounded to frames."""


class Place(BaseModel):
    """A range of an asset, half-open, in seconds; the whole asset without both ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: str = Field(min_length=1, description="Name: the path within its location.")
    start: float | None = Field(None, ge=0)
    end: float | None = Field(None, gt=0)

    def holds(self, hit: Hit) -> bool:
        """Say whether a hit lies here, if only in part."""
        if hit.asset.name != self.asset:
            return False
        if hit.start is None or hit.end is None:
            return True
        starts_before = self.end is None or hit.start < self.end + SLACK
        return starts_before and (self.start is None or hit.end > self.start - SLACK)


class Shown(Place):
    """A moment that is shown as an example: an instant where it has a start alone."""

    def holds(self, hit: Hit) -> bool:
        """Say whether a hit is the example itself, if only in part."""
        end = self.start if self.end is None else self.end
        return Place.model_construct(asset=self.asset, start=self.start, end=end).holds(hit)


class KnownItem(BaseModel):
    """One judged query, by words, by example, or by both.

    Attributes:
        like: It should be like these, which are no answers themselves: hits on them are left out.
        unlike: It should not be like these.
        unlike_text: It should not be like what these words describe.
        relevant: What is asked for; nothing in the archive when empty.
        also: Answers it too without being what is asked for; not found there, and not wrong.
        filters: As the API's search takes them.
        signals: The only ones that may take part; all when empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = ""
    like: tuple[Shown, ...] = ()
    unlike: tuple[Shown, ...] = ()
    unlike_text: tuple[str, ...] = ()
    kind: str = "known item"
    relevant: tuple[Place, ...] = ()
    also: tuple[Place, ...] = ()
    filters: AssetFilters = AssetFilters()
    signals: tuple[SignalName, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Say whether the archive holds no answer."""
        return not self.relevant

    @property
    def by_example(self) -> bool:
        """Say whether it is asked with more than words."""
        return bool(self.like or self.unlike or self.unlike_text)

    @property
    def told(self) -> str:
        """The query as people read it."""
        shown = [f"like {_told(place)}" for place in self.like]
        shown += [f"unlike {_told(place)}" for place in self.unlike]
        return ", ".join([*([self.q] if self.q else []), *shown, *(f"unlike {t}" for t in self.unlike_text)])

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.q and not self.by_example:
            raise ValueError("q: give words, or an example")
        return self


def read_known_items(path: Path) -> list[KnownItem]:
    """Read a set: ``[[query]]`` tables of a TOML file, or one JSON object a line.

    Raises:
        BadKnownItems: The file cannot be read, or a query in it is not one.
    """
    try:
        items = [KnownItem.model_validate(entry) for entry in _entries(path)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadKnownItems(f"{path} is no set of known items: {first_problem(error)}.") from error
    if not items:
        raise BadKnownItems(f"{path} holds no query.")
    return items


def own_captions(client: Client, most: int) -> list[KnownItem]:
    """Queries from the archive's own captions, evenly over the assets that have any.

    The caption itself answers no query of this set: speech does not take part, so that nothing finds itself.

    Args:
        client: The API.
        most: Queries at most.
    """
    others = tuple(name for name in SIGNALS if name != "speech")
    by_asset = [list(_captions(client, asset, name, others)) for asset, name in _captioned(client)]
    share = max(1, -(-most // max(1, len(by_asset))))
    return [item for items in by_asset for item in items[:: max(1, len(items) // share)][:share]][:most]


def _captioned(client: Client) -> Iterator[tuple[str, str]]:
    cursor: str | None = None
    while True:
        page = client.assets(cursor=cursor, limit=200, filters={"has_speech": "true"})
        yield from ((asset.id, asset.name) for asset in page.assets)
        cursor = page.next_cursor
        if cursor is None:
            return


def _captions(client: Client, asset: str, name: str, signals: tuple[SignalName, ...]) -> Iterator[KnownItem]:
    for cue in client.transcript(asset):
        if cue.kind == CAPTION and len(cue.text.split()) >= FEWEST_WORDS:
            yield KnownItem(q=cue.text, kind=CAPTION, relevant=(_place(name, cue),), signals=signals)


def _place(name: str, cue: Cue) -> Place:
    return Place(asset=name, start=cue.start, end=cue.end or None)


def _entries(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        return list(tomllib.loads(text)["query"])
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _told(place: Place) -> str:
    return place.asset if place.start is None else f"{place.asset}@{place.start:g}"


def first_problem(error: Exception) -> str:
    """Say in words where and why something could not be read."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}" if where else first["msg"]
    return str(error).rstrip(".") or type(error).__name__
