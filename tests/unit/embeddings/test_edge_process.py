"""What is particular to an engine in a process of its own: that process may die, or its parent may."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from catalog.query import AssetFilter
from embeddings import edge_process
from embeddings.edge_index import EdgeIndex
from embeddings.edge_process import EdgeProcess
from embeddings.generations import GenerationalIndex, OpenBuilt
from embeddings.vector_index import Point, VectorIndex
from foundation.errors import AlreadyOwned, IndexUnavailable, NoSpace
from foundation.settings import VectorSettings
from tests.conftest import ROOT
from tests.vector_points import OTHER, SPEC, Material, material, payload_of

ANYTHING = AssetFilter()
OWNER = """
import pathlib, sys, time
from embeddings.edge_process import EdgeProcess
from embeddings.generations import GenerationalIndex
from foundation.settings import VectorSettings
from tests.vector_points import SPEC, material
index = GenerationalIndex(pathlib.Path(sys.argv[1]), VectorSettings(), EdgeProcess)
index.ensure_space(SPEC)
index.upsert(SPEC.space, material(30, 4).points)
index.cursor.save(1)
print(index._live._child._process.pid, flush=True)
time.sleep(600)
"""


ANSWERS = (
    "import os, sys; from multiprocessing.connection import Connection; line = Connection(int(sys.argv[-2]))"
)


@pytest.fixture(scope="module")
def points() -> Material:
    return material(30, 4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "gen"


@pytest.fixture
def index(folder: Path, points: Material) -> Iterator[EdgeProcess]:
    opened = EdgeProcess(folder)
    opened.ensure_space(SPEC)
    opened.upsert(SPEC.space, points.points)
    yield opened
    opened.close()


def _pid(index: EdgeProcess) -> int:
    return index._child._process.pid


def _count(index: VectorIndex) -> dict[str, int]:
    return {row.space: row.points for row in index.stats()}


def test_what_was_acknowledged_is_there_after_the_engine_was_killed(
    index: EdgeProcess, points: Material
) -> None:
    before, killed = index.search(SPEC.space, points.vectors[7], ANYTHING, 5), _pid(index)
    os.kill(killed, signal.SIGKILL)
    assert index.search(SPEC.space, points.vectors[7], ANYTHING, 5) == before
    assert _count(index) == {SPEC.space: len(points.points)}
    assert _pid(index) != killed


def test_an_engine_killed_while_it_writes_writes_all_the_same(index: EdgeProcess) -> None:
    more = material(60, 4).points
    killed = _pid(index)
    os.kill(killed, signal.SIGSTOP)
    writing = threading.Thread(target=index.upsert, args=(SPEC.space, more))
    writing.start()
    while not index._turns._line:
        time.sleep(0.001)
    os.kill(killed, signal.SIGKILL)
    writing.join()
    assert _pid(index) != killed
    assert _count(index) == {SPEC.space: len(more)}


def test_an_engine_that_cannot_be_opened_again_says_so_and_heals(
    index: EdgeProcess, folder: Path, points: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record,) = folder.glob("*/space.json")
    whole = record.read_bytes()
    record.write_bytes(b"{}")
    os.kill(_pid(index), signal.SIGKILL)
    with pytest.raises(IndexUnavailable, match=r"space\.json"):
        index.stats()
    record.write_bytes(whole)
    with pytest.raises(IndexUnavailable, match=r"space\.json"):
        index.stats()
    monkeypatch.setattr(edge_process, "_REST", 0.0)
    assert _count(index) == {SPEC.space: len(points.points)}


def test_without_room_for_an_engine_questions_are_unavailable(
    index: EdgeProcess, points: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(folder: Path) -> edge_process._Child:
        raise NoSpace("The disk is full.", remedy="Make room.")

    monkeypatch.setattr(edge_process, "_Child", no_room)
    os.kill(_pid(index), signal.SIGKILL)
    with pytest.raises(IndexUnavailable, match="The disk is full") as told:
        index.search(SPEC.space, points.vectors[0], ANYTHING, 3)
    assert told.value.remedy == "Make room."


def test_without_a_process_to_be_had_questions_are_unavailable(
    index: EdgeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_process, "_COMMAND", ("/nowhere/python",))
    os.kill(_pid(index), signal.SIGKILL)
    with pytest.raises(IndexUnavailable, match="No process could be started"):
        index.stats()


@pytest.mark.parametrize(
    ("child", "told"),
    [
        ("import os; os._exit(7)", "ended with 7 as it was opened"),
        (f"{ANSWERS}; line.send('opened'); line.recv(); os._exit(7)", "ended with 7, twice"),
    ],
)
def test_a_question_that_ends_every_engine_is_given_up(
    index: EdgeProcess, monkeypatch: pytest.MonkeyPatch, points: Material, child: str, told: str
) -> None:
    monkeypatch.setattr(edge_process, "_REST", 0.0)
    monkeypatch.setattr(edge_process, "_COMMAND", (sys.executable, "-c", child))
    os.kill(_pid(index), signal.SIGKILL)
    with pytest.raises(IndexUnavailable, match=told):
        index.stats()
    monkeypatch.undo()
    monkeypatch.setattr(edge_process, "_REST", 0.0)
    assert _count(index) == {SPEC.space: len(points.points)}


def test_whoever_is_interrupted_leaves_no_answer_for_the_next(
    index: EdgeProcess, monkeypatch: pytest.MonkeyPatch, points: Material
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index._child._line, "recv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        index.search(SPEC.space, points.vectors[7], ANYTHING, 5)
    assert _count(index) == {SPEC.space: len(points.points)}


@pytest.mark.parametrize("another", [EdgeIndex, EdgeProcess])
def test_only_one_may_have_it_open(
    index: EdgeProcess, folder: Path, another: Callable[[Path], VectorIndex]
) -> None:
    with pytest.raises(AlreadyOwned):
        another(folder)


def test_searches_go_on_through_a_swap(tmp_path: Path, points: Material) -> None:
    index = GenerationalIndex(tmp_path, VectorSettings(), EdgeProcess)
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points.points)
    stop, found = threading.Event(), list[int]()

    def search() -> None:
        while not stop.is_set():
            found.append(len(index.search(SPEC.space, points.vectors[7], ANYTHING, 5)))

    with ThreadPoolExecutor(2) as pool:
        searching = [pool.submit(search) for _ in range(2)]
        for _ in range(2):
            built = index.next_generation()
            with built.building() as edge:
                edge.ensure_space(SPEC)
                edge.upsert(SPEC.space, points.points)
            built.cursor.save(1)
            index.swap(built, built.open())
        stop.set()
        for one in searching:
            one.result()
    index.close()
    assert index.number == 3
    assert set(found) == {5}


def test_a_swap_whose_engine_does_not_answer_changes_nothing(tmp_path: Path, points: Material) -> None:
    index = GenerationalIndex(tmp_path, VectorSettings(), EdgeProcess)
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points.points)
    built = index.next_generation()
    with built.building():
        pass
    built.cursor.save(1)
    opened = built.open()
    opened.close()
    with pytest.raises(IndexUnavailable):
        index.swap(built, opened)
    assert _count(index) == {SPEC.space: len(points.points)}
    assert index.number == 1
    index.close()


def test_a_closed_one_lets_another_open_it(index: EdgeProcess, folder: Path, points: Material) -> None:
    pid = _pid(index)
    index.close()
    index.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(IndexUnavailable):
        index.search(SPEC.space, points.vectors[0], ANYTHING, 3)
    again = EdgeIndex(folder)
    assert _count(again) == {SPEC.space: len(points.points)}
    again.close()


def test_damage_is_told_by_whoever_opens_it(index: EdgeProcess, folder: Path) -> None:
    index.close()
    (damaged,) = folder.glob("*/edge_config.json")
    damaged.write_bytes(b"\xff\x00")
    with pytest.raises(IndexUnavailable, match="failed"):
        EdgeProcess(folder)


def test_what_is_refused_is_refused_here(index: EdgeProcess, points: Material) -> None:
    nan = np.full(SPEC.dim, np.nan, np.float32)
    with pytest.raises(ValueError, match="not finite"):
        index.upsert(SPEC.space, [Point(points.points[0].id, nan, payload_of(0, 0))])
    with pytest.raises(IndexUnavailable):
        index.upsert(OTHER.space, points.points)


def test_a_signal_to_the_group_leaves_the_end_to_the_parent(index: EdgeProcess) -> None:
    before = _pid(index)
    for sent in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, sent)
    time.sleep(0.1)
    assert index.stats()
    assert _pid(index) == before


@pytest.mark.parametrize("engine", [EdgeIndex, EdgeProcess])
def test_the_next_owner_waits_for_an_engine_whose_owner_was_killed(
    tmp_path: Path, points: Material, engine: OpenBuilt
) -> None:
    argv = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        child = int(owner.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        owner.kill()
    threading.Timer(0.5, os.kill, (child, signal.SIGCONT)).start()
    index = GenerationalIndex(tmp_path, VectorSettings(), engine)
    assert _count(index) == {SPEC.space: len(points.points)}
    index.close()


def test_an_engine_reads_its_files_ahead_whenever_it_is_opened(folder: Path, index: EdgeProcess) -> None:
    index.close()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    opened = EdgeProcess(folder)
    try:
        patience = time.monotonic() + 60
        while _bytes_read(_pid(opened)) < size and time.monotonic() < patience:
            time.sleep(0.05)
        assert _bytes_read(_pid(opened)) >= size
    finally:
        opened.close()


def _bytes_read(pid: int) -> int:
    told = Path(f"/proc/{pid}/io").read_text(encoding="utf-8")
    return int(told.partition("rchar: ")[2].partition("\n")[0])
