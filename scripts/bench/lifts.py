"""What a rise above chance is worth: how often the best hit of a question is right, by its lift.

``python -m scripts.bench.lifts --eval FOLDER --nothing FILE [--original SOURCE] [--vectors FOLDER]``

Every caption of every still is asked, and every question that the stills have no answer to. The best hit is
right when it is the caption's own still, or one of whose captions one says much the same. Beside the lift,
other statistics of the best hit are held against the same questions: how well each tells answered questions
from unanswered ones, and right hits from wrong ones (area under the curve; a half is chance). Writes
``lifts.json`` and ``lifts.md``.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embeddings.cursor import FollowedIndex
from embeddings.encoder import EncoderSpec, Vectors, VisualEncoder
from embeddings.factory import open_text, open_visual
from embeddings.index_factory import open_index
from embeddings.packs import PackStore
from embeddings.vector_index import Payload, Point, VectorIndex
from foundation.home import Home
from foundation.ids import AssetId, point_uuid
from foundation.settings import VectorSettings
from scripts.bench.geometry import real_geometry, unit
from scripts.bench.report import Figure, save, table
from scripts.evaluation.captions import read_captions
from scripts.evaluation.known_items import KnownItem, read_known_items
from scripts.evaluation.stills import known_items_of
from search_api.services.background import SHARE, Backgrounds
from search_api.services.confidence import POSSIBLE, STRONG
from search_api.services.unlikely_queries import UNLIKELY_QUERIES

BOUNDS = (-math.inf, 0.0, 1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, math.inf)
"""Of the lifts that are told apart."""

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions to one encoder's pictures, [q] each: those of captions first, then those without an answer.

    Attributes:
        cosines: [q, pictures].
        lifts: Of the best hit, in spreads; not shortened where the encoder is known to be weak.
        right: The best hit answers the question.
        has_answer: It is a caption.
        unlikely: [u, pictures] cosines of questions that no archive answers.
    """

    cosines: Numbers
    lifts: Numbers
    right: Flags
    has_answer: Flags
    unlikely: Numbers


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--eval", type=Path, required=True, help="folder with captions.csv and images/")
    parser.add_argument("--nothing", type=Path, required=True, help="questions that have no answer there")
    parser.add_argument("--original", help="open_clip weights to measure beside the starter encoder")
    parser.add_argument("--vectors", type=Path, help="folder with real CLIP vectors of stills")
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        figures = list(measure(asked.eval, asked.nothing, asked.original, asked.vectors, Path(scratch)))
    title = "What a rise above chance is worth"
    save("lifts", title, figures, asked.out)
    print(table(title, figures))
    return 0


def measure(
    folder: Path, nothing: Path, original: str | None, vectors: Path | None, scratch: Path
) -> Iterator[Figure]:
    """All figures, of the starter encoder and of ``original``, then of stored vectors."""
    stores = {"starter": PackStore(scratch / "starter")}
    if original:
        # torch is needed for the export only.
        from scripts.bench.original import export_into  # noqa: PLC0415

        stores["pack"] = PackStore(export_into(scratch / "exported", original))
    each = len(read_captions(folder)[1])
    captions = known_items_of(folder, open_text(stores["starter"]), each=each)
    items = [*captions, *read_known_items(nothing)]
    for name, store in stores.items():
        asked = _asked(open_visual(store), folder, items, scratch / f"{name} index")
        yield from _shares(name, asked)
        yield _even(name, asked)
        yield from _curves(name, asked)
    if vectors:
        yield from _look_alikes(vectors, scratch / "stored")
        yield from _spreads(vectors)


def _asked(encoder: VisualEncoder, folder: Path, items: Sequence[KnownItem], scratch: Path) -> Asked:
    paths, _, _ = read_captions(folder)
    pictures = np.concatenate([encoder.encode_pictures([_pixels(path)]) for path in paths])
    queries = np.concatenate([encoder.encode_queries([item.q]) for item in items])
    names = [path.name for path in paths]
    cosines = queries @ pictures.T
    best = cosines.argmax(axis=1)
    with closing(_filled(scratch, encoder.spec, pictures)) as index:
        lifts = _lifts(index, encoder, queries, cosines.max(axis=1), scratch)
    right = [names[place] in _answers(item) for place, item in zip(best, items, strict=True)]
    has_answer = np.array([bool(item.relevant) for item in items])
    unlikely = encoder.encode_queries(UNLIKELY_QUERIES) @ pictures.T
    return Asked(cosines, lifts, np.array(right), has_answer, unlikely)


def _lifts(
    index: VectorIndex, encoder: VisualEncoder, queries: Vectors, best: Numbers, scratch: Path
) -> Numbers:
    backgrounds = Backgrounds(lambda name: scratch / name)
    lifts = []
    for query, cosine in zip(queries, best, strict=True):
        background = backgrounds.of(index, encoder.spec, query, encoder.encode_queries)
        lifts.append(background.lift(float(cosine)) / background.share)
    return np.array(lifts, np.float32)


def _answers(item: KnownItem) -> set[str]:
    return {place.asset for place in (*item.relevant, *item.also)}


def _filled(folder: Path, spec: EncoderSpec, pictures: Vectors) -> FollowedIndex:
    index = open_index(Home(folder).create(), VectorSettings())
    index.ensure_space(spec)
    index.upsert(spec.space, [_point(spec, number, vector) for number, vector in enumerate(pictures)])
    return index


def _point(spec: EncoderSpec, number: int, vector: Vectors) -> Point:
    asset = AssetId(f"ast_{number}")
    payload = Payload(asset, collection="", location="", storage_class="", kind="still")
    return Point(point_uuid(asset, spec.space, 0), vector, payload)


def _shares(name: str, asked: Asked) -> Iterator[Figure]:
    for low, high in pairwise(BOUNDS):
        inside = (asked.lifts >= low) & (asked.lifts < high)
        answered = inside & asked.has_answer
        if answered.any():
            note = f"{int(answered.sum())} captions; {int((inside & ~asked.has_answer).sum())} without answer"
            share = float(asked.right[answered].mean())
            yield Figure(f"{name}, lift {_within(low, high)}: right", share, note=note)


def _within(low: float, high: float) -> str:
    if math.isinf(low):
        return f"below {high:g}"
    return f"{low:g} and more" if math.isinf(high) else f"{low:g} to {high:g}"


def _even(name: str, asked: Asked) -> Figure:
    """Where the logistic curve of slope one that fits best says a half; solves its likelihood equation."""
    lifts, right = asked.lifts[asked.has_answer], asked.right[asked.has_answer]
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        expected = float((1 / (1 + np.exp(middle - lifts))).sum())
        low, high = (middle, high) if expected > right.sum() else (low, middle)
    return Figure(f"{name}, lift of an even chance", low, note="logistic curve of slope 1")


def _curves(name: str, asked: Asked) -> Iterator[Figure]:
    best, mean = asked.cosines.max(axis=1), asked.cosines.mean(axis=1)
    rows = np.arange(len(best))
    to_picture = asked.unlikely[:, asked.cosines.argmax(axis=1)]
    statistics: dict[str, Numbers] = {
        "standard deviations above the query's mean": (best - mean) / asked.cosines.std(axis=1),
        "cosine less the query's mean": best - mean,
        "cosine": best,
        f"cosine less {SHARE:g} of the query's mean": best - SHARE * mean,
        "cosine, against unlikely questions to the same still": (best - to_picture.mean(axis=0)[rows])
        / to_picture.std(axis=0)[rows],
    }
    for statistic, values in statistics.items():
        answered = _area(values, asked.has_answer)
        right = _area(values[asked.has_answer], asked.right[asked.has_answer])
        yield Figure(f"{name}, {statistic}: answered from unanswered", answered)
        yield Figure(f"{name}, {statistic}: right from wrong", right)


def _area(values: Numbers, positive: Flags) -> float:
    """Area under the curve: how often a positive one lies above a negative one (Mann and Whitney, 1947)."""
    above = values[positive][:, None] > values[~positive][None, :]
    level = values[positive][:, None] == values[~positive][None, :]
    return float(above.mean() + level.mean() / 2)


def _look_alikes(folder: Path, scratch: Path) -> Iterator[Figure]:
    """How many stills have another one that a search by example calls strong, or possible."""
    pictures = _stored_pictures(folder)
    spec = EncoderSpec("visual", "stored", "0", pictures.shape[1])
    cosines = pictures @ pictures.T
    np.fill_diagonal(cosines, -1.0)
    backgrounds = Backgrounds(lambda name: scratch / name)

    def stand_in(texts: Sequence[str]) -> Vectors:
        # Chance of words plays no part for pictures, so that no text encoder is needed.
        return pictures[: len(texts)]

    with closing(_filled(scratch, spec, pictures)) as index:
        found = [backgrounds.of_example(index, spec, picture, stand_in) for picture in pictures]
    trusts = np.array([one.trust(float(near)) for one, near in zip(found, cosines.max(axis=1), strict=True)])
    note = f"{len(pictures)} stills, ViT-B/32"
    yield Figure("by example: stills with a strong other one", float((trusts >= STRONG).mean()), note=note)
    yield Figure("by example: stills with a possible one", float((trusts >= POSSIBLE).mean()), note=note)


def _spreads(folder: Path) -> Iterator[Figure]:
    """How widely cosines of one picture with others spread, and those of one name with pictures."""
    pictures, names = _stored_pictures(folder), real_geometry(folder).queries
    alike = pictures @ pictures.T
    np.fill_diagonal(alike, np.nan)
    note = "standard deviation, mean over all; ViT-B/32"
    spreads = {
        "a picture with pictures": np.nanstd(alike, axis=1),
        "a name with pictures": (names @ pictures.T).std(axis=1),
    }
    for what, spread in spreads.items():
        yield Figure(f"spread of cosines, {what}", float(spread.mean()), note=note)


def _stored_pictures(folder: Path) -> Vectors:
    return unit(np.load(folder / "flickr8k_clip_vitb32_image.npy").astype(np.float32))


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    sys.exit(main())
