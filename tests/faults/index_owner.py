"""A process that owns a vector index and is meant to be killed; its arguments are the home and what to do."""

import sys
import threading
import time
from pathlib import Path

from embeddings.edge_index import EdgeIndex
from embeddings.edge_process import EdgeProcess
from embeddings.generations import GenerationalIndex
from foundation.settings import VectorSettings
from indexer.follower import open_follower
from tests.vector_archive import open_archive, vectors_of


def main(home: Path, how: str) -> None:
    archive = open_archive(home)
    engine = EdgeProcess if how == "follow apart" else EdgeIndex
    index = GenerationalIndex(archive.home.index, VectorSettings(), engine)
    follower = open_follower(archive.catalog, index, archive.home)
    with archive.catalog.read() as reader:
        number = len(reader.facts.vector_files())
    follower.run_once()
    _say("ready")
    if how.startswith("follow"):
        threading.Thread(target=follower.run, args=(threading.Event(),), daemon=True).start()
    while True:
        archive.add([number], per_asset=20)
        archive.replace(number // 2, vectors_of(number, 1 + number % 20))
        number += 1
        if how == "rebuild":
            follower.rebuild()
            _say("rebuilt")
        time.sleep(0.001)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
