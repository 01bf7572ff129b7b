"""Options by which hits are handed to a command: a search, a saved search, or a file of hits."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import InputError, ObjectUnreadable
from search_api.client import Client
from search_api.schemas import Hit
from search_api.schemas_timelines import Moment, moment_of_hit

SearchText = Annotated[str | None, typer.Option("--search", metavar="QUERY", help="The hits of a search.")]
SavedName = Annotated[
    str | None, typer.Option("--saved", metavar="NAME", help="What a saved search has found.")
]
HitsFile = Annotated[
    Path | None,
    typer.Option(
        "--hits", metavar="FILE", help="Hits as `search --json` prints them; `-` for standard input."
    ),
]
HitLimit = Annotated[int, typer.Option("--limit", min=1, max=200, help="Most hits of a search.")]
MOST_MATCHES = 500
"""Matches of a saved search that are taken, the oldest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where hits come from; all that are given count, in this order.

    Attributes:
        search: A query to ask now, for ``limit`` hits.
        saved: Name of a saved search.
        hits: A file of hits.
    """

    search: str | None
    saved: str | None
    hits: Path | None
    limit: int

    def moments(self, client: Client) -> list[Moment]:
        """Return the moments of all hits.

        Raises:
            InputError: The file does not hold hits.
            ObjectUnreadable: The file cannot be read.
            SavedSearchNotFound: There is no such saved search.
        """
        return [moment_of_hit(hit) for hit in self._hits(client)]

    def _hits(self, client: Client) -> Iterator[Hit]:
        if self.search is not None:
            yield from client.search(self.search, limit=self.limit).hits
        if self.saved is not None:
            yield from (match.hit for match in client.saved.matches(self.saved, limit=MOST_MATCHES).matches)
        if self.hits is not None:
            yield from hits_in(self.hits)


def hits_in(file: Path) -> list[Hit]:
    """Read hits as ``rekindle search --json`` prints them; ``-`` is standard input.

    Raises:
        InputError: The file does not hold hits.
        ObjectUnreadable: The file cannot be read.
    """
    text = text_of(file)
    try:
        return [Hit.model_validate(hit) for hit in json.loads(text)["hits"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} does not hold hits.", remedy="Hand in what `rekindle search --json` prints."
        ) from error


def text_of(file: Path) -> str:
    """Read a file of text, or standard input where it is called ``-``.

    Raises:
        ObjectUnreadable: It cannot be read.
    """
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ObjectUnreadable(f"{file} cannot be read: {error.strerror}.") from error
