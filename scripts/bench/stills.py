"""Stills found through the whole archive, beside the same encoder's exact figure.

``python -m scripts.bench.stills --eval FOLDER [--original SOURCE]``

Indexes the pictures as assets, asks for every caption through the API with the visual signal alone, and
compares recall with what :mod:`scripts.bench.retrieval` computes exactly: for the starter encoder from its
pack, for ``--original`` from its own weights in torch, unquantised. Prints one JSON object.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from foundation.settings import load
from scripts.bench.retrieval import measure, recall
from scripts.evaluation.captions import read_captions
from scripts.processes import connect
from search_api.schemas import Hit

DEPTH = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--eval", type=Path, required=True, help="folder with captions.csv and images/")
    parser.add_argument("--original", help="open_clip weights to add as a pack and to compare with")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(figures_of(asked.eval, asked.original, Path(scratch)), indent=1))
    return 0


def figures_of(
    folder: Path, original: str | None, scratch: Path, packs: Path | None = None
) -> dict[str, float]:
    """R@10 through the API and computed exactly, for the starter encoder and for ``original``.

    Args:
        folder: Holds ``captions.csv`` and ``images/``.
        original: open_clip weights, or None for the starter encoder alone.
        scratch: Gets the archives.
        packs: Where ``original`` is installed; None exports it first.
    """
    exact = measure(folder, None, None, scratch / "exact")
    starter = next(found for space, found in exact.items() if space.startswith("visual:starter"))
    figures = {
        "starter, through the API, R@10": through_api(folder, None, scratch / "starter"),
        "starter, exact, R@10": _recall(starter),
    }
    if original:
        # torch is needed for these figures only.
        from scripts.bench.original import encode_all, export_into  # noqa: PLC0415

        installed = packs or export_into(scratch / "exported", original)
        figures["pack, through the API, R@10"] = through_api(folder, installed, scratch / "pack")
        paths, captions, answers = read_captions(folder)
        in_torch = recall(*encode_all(original, paths, captions), answers)
        figures["pack, original weights in torch, exact, R@10"] = _recall(in_torch)
    return figures


def through_api(folder: Path, packs: Path | None, home: Path) -> float:
    """R@10 over all captions of an archive that holds the pictures, with these packs."""
    index_stills(folder, packs, home)
    paths, captions, answers = read_captions(folder)
    with connect(load(home)) as client:
        found = [
            paths[answer].name in _names(client.search(caption, limit=DEPTH, signals=["visual"]).hits)
            for caption, answer in zip(captions, answers, strict=True)
        ]
    return round(sum(found) / len(found), 4)


def index_stills(folder: Path, packs: Path | None, home: Path) -> None:
    """Make an archive of the pictures in ``folder/images``, by their looks alone."""
    if packs:
        shutil.copytree(packs, home / "packs")
    _rekindle(home, "index", str(folder / "images"))


def _names(hits: Sequence[Hit]) -> set[str]:
    return {hit.asset.name for hit in hits}


def _recall(figures: object) -> float:
    return float(figures[f"R@{DEPTH}"]) if isinstance(figures, dict) else 0.0


def _rekindle(home: Path, *arguments: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "rekindle.toml").write_text("[signals]\nonscreen = false\nfaces = false\n", encoding="utf-8")
    command = [sys.executable, "-m", "scripts.rekindle", "--home", str(home), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
