"""How far ``strong`` can be believed where words and a picture are looked for together.

``python -m scripts.bench.mixtures --eval FOLDER --nothing FILE [--original SOURCE]``

Every still is asked for by a caption: alone, with a still that looks like it, and with any still. So are
questions that the archive has no answer to. Whatever a caption says much the same of is right; the picture
that was given is neither right nor wrong. Writes ``mixtures.json`` and ``mixtures.md``.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.factory import open_text
from embeddings.packs import PackStore
from foundation.settings import load
from scripts.bench.report import Figure, save, table
from scripts.bench.stills import index_stills
from scripts.evaluation.known_items import KnownItem, read_known_items
from scripts.evaluation.stills import known_items_of
from scripts.processes import connect
from search_api.client import Client
from search_api.schemas import Asset
from search_api.schemas_examples import Example, ExampleRequest

CAPTIONS = 2
"""Of each still that are asked."""
_ALIKE = 5
"""Of the nearest so many stills, each is given in turn."""
_STRIDE = 173
"""Walks through all stills in an order of its own; prime."""

Asked = tuple[KnownItem, str | None]
"""A question and the asset given beside it; or None."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one way of asking came to.

    Attributes:
        strong: Hits that are strong.
        right: Of those, such that answer the words.
        loud: Questions with a strong hit.
    """

    asked: int
    strong: int
    right: int
    loud: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; a missed target is reported, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--eval", type=Path, required=True, help="folder with captions.csv and images/")
    parser.add_argument("--nothing", type=Path, required=True, help="questions that have no answer there")
    parser.add_argument("--original", help="open_clip weights to use; the starter encoder otherwise")
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        figures = list(measure(asked.eval, asked.nothing, asked.original, Path(scratch)))
    title = "How sure a hit is by words and a picture together"
    save("mixtures", title, figures, asked.out)
    print(table(title, figures))
    return 0


def measure(folder: Path, nothing: Path, original: str | None, scratch: Path) -> Iterator[Figure]:
    """All figures, of an archive that holds the pictures of the folder."""
    packs = None
    if original:
        # torch is needed for the export only.
        from scripts.bench.original import export_into  # noqa: PLC0415

        packs = export_into(scratch / "exported", original)
    home = scratch / "home"
    index_stills(folder, packs, home)
    with connect(load(home)) as client:
        items = known_items_of(folder, open_text(PackStore(home / "packs")), each=CAPTIONS)
        yield from _figures(client, items, read_known_items(nothing))


def _figures(client: Client, items: Sequence[KnownItem], nothing: Sequence[KnownItem]) -> Iterator[Figure]:
    ids = {asset.name: asset.id for asset in _assets(client)}
    stills = sorted(ids.values())

    def any_still(number: int) -> str:
        return stills[number * _STRIDE % len(stills)]

    def alike(number: int) -> str:
        return _looks_like(client, ids[items[number].relevant[0].asset])[number % _ALIKE]

    ways: dict[str, Callable[[int], str] | None] = {
        "words alone": None, "words with a still that looks like it": alike, "words with any still": any_still
    }  # fmt: skip
    for way, given in ways.items():
        asked = [(item, given(number) if given else None) for number, item in enumerate(items)]
        found = verdict(client, asked)
        yield Figure(f"{way}: strong hits", found.strong, note=f"{found.asked} questions")
        if found.strong:
            yield Figure(f"{way}: of those right", round(found.right / found.strong, 3), "", "at least", 0.9)
    found = verdict(client, [(item, any_still(number)) for number, item in enumerate(nothing)])
    quiet = round(1 - found.loud / found.asked, 3)
    yield Figure("no answer, with any still: without a strong hit", quiet, "", "at least", 0.9)


def verdict(client: Client, asked: Sequence[Asked]) -> Verdict:
    """Ask everything, by looks alone."""
    strong = right = loud = 0
    for item, given in asked:
        wanted = {place.asset for place in (*item.relevant, *item.also)}
        names = _strong(client, item.q, given)
        strong += len(names)
        right += len(names & wanted)
        loud += bool(names)
    return Verdict(len(asked), strong, right, loud)


def _strong(client: Client, words: str, given: str | None) -> set[str]:
    """Names of the strong hits, less the one that was given."""
    like = [] if given is None else [Example(asset=given)]
    request = ExampleRequest(q=words, like=like, signals=["visual"], limit=100, collapse=False)
    hits = client.search_by_example(request).hits
    return {hit.asset.name for hit in hits if hit.confidence == "strong" and hit.asset.id != given}


def _looks_like(client: Client, asset: str) -> list[str]:
    request = ExampleRequest(
        like=[Example(asset=asset)], signals=["visual"], limit=_ALIKE + 1, collapse=False
    )
    return [hit.asset.id for hit in client.search_by_example(request).hits if hit.asset.id != asset]


def _assets(client: Client) -> Iterator[Asset]:
    cursor = None
    while True:
        page = client.assets(cursor=cursor, limit=200)
        yield from page.assets
        cursor = page.next_cursor
        if cursor is None:
            return


if __name__ == "__main__":
    sys.exit(main())
