"""kill -9 while the index is written, built or swapped: the next owner shows what the catalog says."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.query import AssetFilter
from embeddings.generations import GenerationalIndex
from embeddings.vector_file import read_vectors
from foundation.errors import AlreadyOwned
from foundation.settings import VectorSettings
from indexer.follower import open_follower
from tests.conftest import ROOT
from tests.fakes.exact_vector_index import ExactVectorIndex
from tests.vector_archive import Archive, open_archive, vectors_of
from tests.vector_points import SPEC, asset_name


def _killed_owner(home: Path, how: str, seconds: float, *, after: str = "ready") -> None:
    argv = [sys.executable, "-m", "tests.faults.index_owner", str(home), how]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(AlreadyOwned):
            GenerationalIndex(home / "index", VectorSettings())
        while after != "ready" and process.stdout.readline() != f"{after}\n":
            pass
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)


def _walked_again(archive: Archive) -> None:
    """What the next walk does to an asset whose vectors were written and not yet committed."""
    with archive.catalog.read() as reader:
        files = reader.facts.vector_files()
    for number in range(len(files)):
        file = next(f for f in files if f.asset_id == asset_name(number))
        path = archive.path(number)
        if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            archive.replace(number, read_vectors(path)[1])


def _shows_the_truth(archive: Archive, folder: Path) -> int:
    _walked_again(archive)
    truth = ExactVectorIndex(folder)
    open_follower(archive.catalog, truth, archive.home).run_once()
    index = GenerationalIndex(archive.home.index, VectorSettings())
    try:
        open_follower(archive.catalog, index, archive.home).run_once()
        assert {r.space: r.points for r in index.stats()} == {r.space: r.points for r in truth.stats()}
        for number in range(0, 60, 7):
            query = vectors_of(number, 1)[0]
            found = index.search(SPEC.space, query, AssetFilter(), 10, exact=True)
            expected = truth.search(SPEC.space, query, AssetFilter(), 10)
            assert [match.score for match in found] == pytest.approx([m.score for m in expected], abs=1e-5)
        return index.number
    finally:
        index.close()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["follow", "follow apart"])
def test_killed_while_it_follows(tmp_path: Path, how: str) -> None:
    archive = open_archive(tmp_path / "home")
    archive.add(range(10))
    chance = random.Random(7)
    for attempt in range(3):
        _killed_owner(archive.home.root, how, chance.uniform(0.05, 1.5))
        assert _shows_the_truth(archive, tmp_path / f"truth {attempt}") == 1
    archive.catalog.close()


@pytest.mark.slow
def test_killed_while_it_rebuilds(tmp_path: Path) -> None:
    archive = open_archive(tmp_path / "home")
    archive.add(range(10))
    numbers = []
    for attempt, (after, seconds) in enumerate(
        [("ready", 0.3), ("ready", 2.0), ("rebuilt", 0.0), ("rebuilt", 1.5)]
    ):
        _killed_owner(archive.home.root, "rebuild", seconds, after=after)
        numbers.append(_shows_the_truth(archive, tmp_path / f"truth {attempt}"))
    assert numbers == sorted(numbers)
    assert numbers[2] > numbers[0]
    archive.catalog.close()


def test_killed_at_every_step_of_the_swap(tmp_path: Path) -> None:
    """The states a kill can leave behind: before the pointer moved, and before the old folder went."""
    archive = open_archive(tmp_path / "home")
    archive.add(range(10))
    index = GenerationalIndex(archive.home.index, VectorSettings())
    follower = open_follower(archive.catalog, index, archive.home)
    follower.run_once()
    built = index.next_generation()
    with built.building() as edge:
        follower._projector.everything(edge)
    assert index.cursor.load() is not None
    index.close()
    assert _shows_the_truth(archive, tmp_path / "not built to the end") == 1

    index = GenerationalIndex(archive.home.index, VectorSettings())
    with built.building() as edge:
        seq, _ = follower._projector.everything(edge)
    built.cursor.save(seq)
    index.close()
    assert _shows_the_truth(archive, tmp_path / "built, not pointed to") == 1

    index = GenerationalIndex(archive.home.index, VectorSettings())
    with built.building() as edge:
        seq, _ = follower._projector.everything(edge)
    built.cursor.save(seq)
    index.close()
    (archive.home.index / "current").write_text(built.folder.name, encoding="utf-8")
    assert _shows_the_truth(archive, tmp_path / "pointed to, old one still there") == 2
    assert [path.name for path in archive.home.index.glob("gen-*")] == ["gen-2"]
    archive.catalog.close()
