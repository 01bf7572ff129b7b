"""Settings choose the index; repair opens what can no longer be opened."""

from pathlib import Path

import pytest

from embeddings.generations import GenerationalIndex
from embeddings.index_factory import open_for_repair, open_index
from foundation.errors import IndexUnavailable
from foundation.home import Home
from foundation.settings import VectorSettings
from tests.vector_points import SPEC, material


def _damaged(home: Home) -> None:
    index = open_index(home, VectorSettings())
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, material(3, 2).points)
    index.flush()
    index.cursor.save(4)
    index.close()
    for segment in home.index.glob("gen-1/*/segments/*/segment.json"):
        segment.write_bytes(b"{")


def test_the_default_is_the_engine_in_this_process(tmp_path: Path) -> None:
    index = open_index(Home(tmp_path), VectorSettings())
    assert isinstance(index, GenerationalIndex)
    index.close()


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    settings = VectorSettings(adapter="qdrant", qdrant_url="http://127.0.0.1:9")
    for opened in (open_index, open_for_repair):
        with pytest.raises(IndexUnavailable) as caught:
            opened(Home(tmp_path), settings)
        assert "QDRANT_URL" in caught.value.remedy


def test_repair_begins_a_damaged_index_again(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    _damaged(home)
    with pytest.raises(IndexUnavailable):
        open_index(home, VectorSettings())
    index = open_for_repair(home, VectorSettings())
    assert (index.stats(), index.cursor.load()) == ([], None)
    index.close()


def test_repair_keeps_a_sound_index(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    index = open_index(home, VectorSettings())
    index.cursor.save(7)
    index.close()
    again = open_for_repair(home, VectorSettings())
    assert again.cursor.load() == 7
    again.close()
