"""Rocchio's rule: towards what is wanted, away from what is not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embeddings.encoder import EncoderSpec, Vectors
from search_api.services.feedback import AWAY, PICTURE_SPREAD, centre, moved, shift_of

SPEC = EncoderSpec("visual", "toy", "a" * 64, 8)


def axis(number: int) -> Vectors:
    return np.eye(8, dtype=np.float32)[number]


def unit_vectors() -> st.SearchStrategy[Vectors]:
    numbers = arrays(np.float32, 8, elements=st.floats(-1, 1, width=32))
    return numbers.filter(lambda v: np.linalg.norm(v) > 0.1).map(
        lambda v: (v / np.linalg.norm(v)).astype(np.float32)
    )


def looked_for(words: Vectors | None, wanted: list[Vectors], unwanted: list[Vectors]) -> Vectors | None:
    shift = shift_of(SPEC, wanted, unwanted, [], spread=0.25)
    assert shift is not None
    return moved(words, shift)


def test_nothing_is_no_shift() -> None:
    assert shift_of(SPEC, [], [], [], spread=1.0) is None


def test_one_example_alone_is_what_is_looked_for() -> None:
    assert looked_for(None, [axis(0)], []) == pytest.approx(axis(0))


def test_several_examples_give_their_middle() -> None:
    found = looked_for(None, [axis(0), axis(1)], [])
    assert found is not None
    assert found[0] == pytest.approx(found[1])
    assert np.linalg.norm(found) == pytest.approx(1)


def test_unwanted_words_alone_cannot_be_looked_for() -> None:
    shift = shift_of(SPEC, [], [], [axis(0)], spread=1.0)
    assert shift is not None
    assert moved(None, shift) is None
    found = moved(axis(1), shift)
    assert found is not None
    assert found[0] == pytest.approx(-AWAY / np.hypot(1, AWAY))


def test_what_is_wanted_and_unwanted_at_once_is_still_wanted() -> None:
    assert looked_for(None, [axis(0)], [axis(0)]) == pytest.approx(axis(0))


def test_examples_that_cancel_each_other_are_nothing() -> None:
    assert looked_for(None, [axis(0), -axis(0)], []) is None


@settings(max_examples=200, deadline=None)
@given(words=unit_vectors(), wanted=unit_vectors(), unwanted=unit_vectors())
def test_an_example_never_looks_worse_for_being_wanted_nor_better_for_being_rejected(
    words: Vectors, wanted: Vectors, unwanted: Vectors
) -> None:
    with_both = looked_for(words, [wanted], [unwanted])
    with_wanted = looked_for(words, [wanted], [])
    if with_both is None or with_wanted is None:
        return
    assert with_wanted @ wanted >= words @ wanted - 1e-5
    gap_before = with_wanted @ wanted - with_wanted @ unwanted
    gap_after = with_both @ wanted - with_both @ unwanted
    scale = np.linalg.norm(words + 0.25 * wanted) / np.linalg.norm(words + 0.25 * (wanted - AWAY * unwanted))
    assert gap_after >= scale * gap_before - 1e-4


@given(vectors=st.lists(unit_vectors(), min_size=1, max_size=5))
def test_the_centre_has_unit_norm_or_is_zero(vectors: list[Vectors]) -> None:
    norm = float(np.linalg.norm(centre(np.stack(vectors))))
    assert norm == pytest.approx(1, abs=1e-3) or norm < 1e-3 or np.linalg.norm(np.mean(vectors, 0)) < 1e-4


@pytest.fixture(scope="module")
def pictures(testdata: Path) -> Vectors:
    """986 genuine CLIP ViT-B/32 vectors of photographs."""
    path = testdata / "eval" / "real_clip_vectors" / "flickr8k_clip_vitb32_image.npy"
    vectors = np.load(path).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.testdata
def test_a_real_picture_is_its_own_nearest_and_a_rejected_neighbour_goes_down(pictures: Vectors) -> None:
    spec = EncoderSpec("visual", "real", "b" * 64, pictures.shape[1])
    fallen = []
    for number in range(0, len(pictures), 7):
        alone = shift_of(spec, [pictures[number]], [], [], spread=PICTURE_SPREAD)
        assert alone is not None
        order = _ranked(pictures, moved(None, alone))
        assert order[0] == number
        rejected = order[1]
        judged = shift_of(spec, [pictures[number]], [pictures[rejected]], [], spread=PICTURE_SPREAD)
        assert judged is not None
        fallen.append(_ranked(pictures, moved(None, judged)).index(rejected))
        assert _ranked(pictures, moved(None, judged))[0] == number, "what is wanted stays first"
    assert all(rank >= 1 for rank in fallen)
    assert np.median(fallen) > 50


def _ranked(pictures: Vectors, vector: Vectors | None) -> list[int]:
    assert vector is not None
    order: list[int] = np.argsort(-(pictures @ vector)).tolist()
    return order
