"""Encoders that follow the choice of packs."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import PackMissing
from search_api.services.encoders import KEPT_QUERIES, Encoders, RememberingText, Slot
from tests.fakes.small_archive import TEXT, VISUAL, ToyEncoder


def choose(path: Path, text: str, at: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(at, at))


def test_an_encoder_is_opened_once_and_again_when_the_choice_changes(tmp_path: Path) -> None:
    choice, opened = tmp_path / "active.json", []
    slot = Slot(lambda: opened.append(1) or ToyEncoder(VISUAL), choice)
    first = slot.get()
    assert slot.get() is first
    choose(choice, "{}", 1)
    assert slot.get() is not first
    choose(choice, "{ }", 2)
    slot.get()
    assert len(opened) == 3


def test_a_missing_pack_stays_missing_until_the_choice_changes(tmp_path: Path) -> None:
    choice, asked = tmp_path / "active.json", []

    def open_pack() -> ToyEncoder:
        asked.append(1)
        if not choice.exists():
            raise PackMissing("No visual pack is installed.")
        return ToyEncoder(VISUAL)

    slot = Slot(open_pack, choice)
    for _ in range(3):
        with pytest.raises(PackMissing):
            slot.get()
    assert len(asked) == 1
    choose(choice, "{}", 1)
    assert slot.get().spec == VISUAL


def test_two_searches_at_once_open_it_once(tmp_path: Path) -> None:
    opened: list[int] = []

    def slow() -> ToyEncoder:
        opened.append(1)
        time.sleep(0.05)
        return ToyEncoder(VISUAL)

    slot = Slot(slow, tmp_path / "active.json")
    threads = [threading.Thread(target=slot.get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [1]


def test_a_query_is_encoded_once_and_the_oldest_is_forgotten(tmp_path: Path) -> None:
    encoded: list[str] = []

    class Counting(ToyEncoder):
        def encode_queries(self, texts: list[str]) -> np.ndarray:  # type: ignore[override,type-arg]
            encoded.extend(texts)
            return super().encode_queries(texts)

    choice = tmp_path / "active.json"
    encoders = Encoders(Slot(lambda: Counting(VISUAL), choice), Slot(lambda: ToyEncoder(TEXT), choice))
    _, first = encoders.picture_query("boat")
    _, again = encoders.picture_query("boat")
    assert encoded == ["boat"]
    assert np.array_equal(first, again)
    for number in range(KEPT_QUERIES):
        encoders.picture_query(f"q{number}")
    encoders.picture_query("boat")
    assert encoded.count("boat") == 2


def test_a_sentence_is_encoded_once_for_all_who_continue_it() -> None:
    encoded: list[str] = []

    class Counting(ToyEncoder):
        def encode_texts(self, texts: list[str]) -> np.ndarray:  # type: ignore[override,type-arg]
            encoded.extend(texts)
            return super().encode_texts(texts)

    text = RememberingText(Counting(TEXT))
    first = text.encode_texts(["boat", "rabbit"])
    assert np.array_equal(text.encode_texts(["rabbit", "boat"]), first[::-1])
    assert encoded == ["boat", "rabbit"]
    assert text.encode_texts(["rabbit"]).shape == (1, TEXT.dim)
