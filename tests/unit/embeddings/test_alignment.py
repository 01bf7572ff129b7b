"""Aligning fingerprints: what is a copy, where it lies, and what only looks like one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.alignment import SHORTEST, Stretch, Track
from embeddings.alignment import align as align_tracks
from embeddings.encoder import Vectors

DIM = 63
ROWS = st.integers(20, 80)


def footage(seed: int, rows: int, *, place: int | None = None, motion: float = 0.08) -> Vectors:
    """A shot: one picture that something moves through; ``place`` says which picture."""
    still = np.random.default_rng(seed if place is None else place).normal(size=DIM)
    steps = np.random.default_rng(seed).normal(size=(rows + 8, DIM))
    wander = np.stack([steps[row : row + 8].mean(axis=0) for row in range(rows)]) * np.sqrt(8)
    return unit(still / np.linalg.norm(still) + motion * wander)


def align(first: Vectors, second: Vectors) -> list[Stretch]:
    """Alignment by look and motion alone."""
    return align_tracks(Track.of(first), Track.of(second))


def unit(vectors: np.ndarray) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), np.float32)


def noisy(vectors: Vectors, seed: int, amount: float = 0.01) -> Vectors:
    """The same footage through a poor encoder."""
    return unit(vectors + np.random.default_rng(seed).normal(size=vectors.shape) * amount)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rows=ROWS)
def test_a_copy_is_the_same_from_end_to_end(seed: int, rows: int) -> None:
    original = footage(seed, rows)
    (found,) = align(original, noisy(original, seed + 1))
    assert found.lag == 0
    assert found.rows >= rows - 2
    assert found.score > 0.9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), start=st.integers(0, 40), rows=st.integers(15, 40))
def test_a_part_is_found_where_it_was_taken(seed: int, start: int, rows: int) -> None:
    original = footage(seed, 100)
    part = noisy(original[start : start + rows], seed + 1)
    (there,) = align(part, original)
    (back,) = align(original, part)
    assert there.lag == start == -back.lag
    assert min(there.rows, back.rows) >= rows - 2


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_other_footage_shares_nothing(seed: int) -> None:
    assert align(footage(seed, 80), footage(seed + 1, 80)) == []


@pytest.mark.parametrize("seed", range(20))
def test_two_takes_of_one_picture_are_two(seed: int) -> None:
    takes = [footage(seed * 2 + take, 80, place=9) for take in (100, 101)]
    assert float(np.median(np.einsum("ij,ij->i", *takes))) > 0.5
    assert align(*takes) == []


def test_what_never_moves_is_no_proof() -> None:
    card = np.repeat(footage(1, 1), 60, axis=0)
    assert align(noisy(card, 2, 0.002), noisy(card, 3, 0.002)) == []


def test_pictures_without_contrast_are_no_proof() -> None:
    black = np.zeros((60, DIM), np.float32)
    assert align(black, black) == []


def test_a_black_leader_does_not_hide_the_copy() -> None:
    original = footage(5, 60)
    copy = np.concatenate([np.zeros((15, DIM), np.float32), noisy(original, 6)])
    (found,) = align(original, copy)
    assert (found.lag, found.rows >= 58) == (15, True)


def test_shots_in_another_order_are_found_one_by_one() -> None:
    shots = [footage(seed, 30) for seed in (11, 12, 13)]
    one = np.concatenate([shots[0], footage(20, 25), shots[1], shots[2]])
    other = np.concatenate([shots[2], footage(21, 40), shots[0]])
    found = align(one, noisy(other, 22))
    assert [item.lag for item in found] == [70, -85]
    assert all(item.rows >= 28 for item in found)


@pytest.mark.parametrize("rows", [0, 1, 2, SHORTEST - 1])
def test_what_is_too_short_is_no_proof(rows: int) -> None:
    whole = footage(1, 40)
    assert align(whole[:rows], whole) == [] == align(whole, whole[:rows])


CELLS = 256


def room(rows: int) -> Vectors:
    """A camera that looks at an empty room."""
    return np.repeat(footage(1, 1), rows, axis=0)


def grain(seed: int, rows: int, *, amount: float = 0.15) -> Vectors:
    """What changes in a picture that stands still: the sensor's noise, from row to row."""
    noise = np.random.default_rng(seed).normal(size=(rows, CELLS)) * amount
    return np.diff(noise, axis=0, prepend=noise[:1]).astype(np.float32)


def encoded(source: Vectors, seed: int) -> Vectors:
    """Grain through an encoder that leaves a part of it and adds its own."""
    return (0.6 * source + grain(seed, len(source), amount=0.12)).astype(np.float32)


@pytest.mark.parametrize("start", [0, 7, 43])
def test_footage_that_stands_still_is_found_by_its_grain(start: int) -> None:
    source = grain(1, 60)
    copy = encoded(source[start : start + 17], 2)
    (found,) = align_tracks(Track.of(room(17), copy), Track.of(room(60), source))
    assert (found.rows, found.lag) == (17, start)


@pytest.mark.parametrize("seed", range(10))
def test_one_camera_at_another_time_has_other_grain(seed: int) -> None:
    takes = [Track.of(room(60), grain(2 * seed + take, 60)) for take in (100, 101)]
    assert align_tracks(*takes) == []


def test_light_in_a_corner_is_no_grain() -> None:
    flicker = np.random.default_rng(5).normal(size=60)
    takes = []
    for seed in (1, 2):
        changes = grain(seed, 60)
        changes[:, :6] += 4 * flicker[:, None]
        takes.append(Track.of(room(60), changes.astype(np.float32)))
    assert align_tracks(*takes) == []


def test_an_encoder_that_renews_its_picture_once_a_second_proves_nothing() -> None:
    pattern = grain(3, 60)
    takes = []
    for seed in (1, 2):
        changes = grain(seed, 60, amount=0.001)
        changes[::5] += pattern[::5]
        takes.append(Track.of(room(60), changes))
    assert align_tracks(*takes) == []


def test_a_picture_that_does_not_change_at_all_is_no_proof() -> None:
    still = Track.of(room(60), np.zeros((60, CELLS), np.float32))
    assert align_tracks(still, still) == []


def test_a_proven_stretch_takes_what_lies_beside_it_and_is_less_alike() -> None:
    original = footage(5, 60)
    lettered = noisy(original, 6)
    lettered[:15] = unit(lettered[:15] + 0.65 * footage(7, 1))
    alike = np.einsum("ij,ij->i", original, lettered)
    assert 0.8 < alike[:15].max() < 0.9
    (found,) = align(original, lettered)
    assert (found.start, found.rows, found.lag) == (0, 60, 0)
