"""What is particular to an engine in a process of its own: that process may die, or its parent may."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from catalog.query import AssetFilter
from embeddings import edge_process
from embeddings.edge_index import EdgeIndex
from embeddings.edge_process import EdgeProcess
from embeddings.vector_index import Point, VectorIndex
from foundation.errors import AlreadyOwned, IndexUnavailable
from tests.conftest import ROOT
from tests.vector_points import OTHER, SPEC, Material, material, payload_of

ANYTHING = AssetFilter()
OWNER = """
import pathlib, sys, time
from embeddings.edge_process import EdgeProcess
from tests.vector_points import SPEC, material
index = EdgeProcess(pathlib.Path(sys.argv[1]))
index.ensure_space(SPEC)
index.upsert(SPEC.space, material(30, 4).points)
print("ready", flush=True)
time.sleep(600)
"""


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


def test_an_engine_killed_while_it_was_asked_to_write_writes_all_the_same(index: EdgeProcess) -> None:
    more = material(60, 4).points
    os.kill(_pid(index), signal.SIGKILL)
    index.upsert(SPEC.space, more)
    assert _count(index) == {SPEC.space: len(more)}


def test_an_engine_that_cannot_be_opened_again_says_so_and_heals(
    index: EdgeProcess, folder: Path, points: Material
) -> None:
    (record,) = folder.glob("*/space.json")
    whole = record.read_bytes()
    record.write_bytes(b"{}")
    os.kill(_pid(index), signal.SIGKILL)
    with pytest.raises(IndexUnavailable, match=r"space\.json"):
        index.stats()
    record.write_bytes(whole)
    assert _count(index) == {SPEC.space: len(points.points)}


def test_a_question_that_ends_every_engine_is_given_up(
    index: EdgeProcess, monkeypatch: pytest.MonkeyPatch, points: Material
) -> None:
    ends_at_once = 'import os, sys; os._exit(7)  # "-m" and what follows are arguments'
    monkeypatch.setattr(edge_process, "_COMMAND", (sys.executable, "-c", ends_at_once))
    os.kill(_pid(index), signal.SIGKILL)
    with pytest.raises(IndexUnavailable, match="ended with 7"):
        index.stats()
    monkeypatch.undo()
    assert _count(index) == {SPEC.space: len(points.points)}


def test_only_one_may_have_it_open(index: EdgeProcess, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_process, "_ORPHANS_END", 0.0)
    for another in (EdgeIndex, EdgeProcess):
        with pytest.raises(AlreadyOwned):
            another(folder)


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


def test_it_can_be_opened_right_after_its_parent_was_killed(folder: Path, points: Material) -> None:
    argv = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        owner.kill()
    index = EdgeProcess(folder)
    assert _count(index) == {SPEC.space: len(points.points)}
    index.close()
