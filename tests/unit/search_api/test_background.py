"""What a cosine is worth against an archive's background."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.query import AssetFilter
from embeddings.encoder import EncoderSpec, Vectors
from search_api.services.background import COUNTED_FOR, EVEN_LIFT, REGROWN, WEAK_LIFT, Background, Backgrounds
from search_api.services.confidence import STRONG
from search_api.services.unlikely_queries import UNLIKELY_QUERIES
from tests.fakes.exact_vector_index import ExactVectorIndex
from tests.vector_points import SPEC, material, unit

_ANY = AssetFilter()
COSINES = st.floats(-1, 1)


class Encoding:
    """Random directions for sentences, and how often it was asked."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.calls = 0

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        return unit(np.random.default_rng(5).standard_normal((len(texts), self.dim)))


class CountingIndex(ExactVectorIndex):
    """Says how often it was searched."""

    searches = 0

    def search(self, *asked: object, **named: object) -> list:  # type: ignore[type-arg]
        self.searches += 1
        return super().search(*asked, **named)  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path) -> CountingIndex:
    index = CountingIndex(tmp_path)
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, material(60, 5).points)
    return index


@pytest.fixture
def backgrounds(tmp_path: Path) -> Backgrounds:
    return Backgrounds(lambda name: tmp_path / name)


@given(COSINES, COSINES, st.floats(0, 1), st.floats(0.02, 0.5))
def test_trust_grows_with_the_cosine_and_stays_a_share(
    one: float, other: float, chance: float, spread: float
) -> None:
    background = Background(0.1, chance, spread)
    low, high = sorted((one, other))
    assert 0 <= background.trust(low) <= background.trust(high) <= 1


def test_trust_is_even_where_right_and_wrong_are() -> None:
    background = Background(mean=0.2, chance=0.3, spread=0.05)
    cosine = 0.3 + 0.5 * 0.2 + EVEN_LIFT * 0.05
    assert background.lift(cosine) == pytest.approx(EVEN_LIFT)
    assert background.trust(cosine) == pytest.approx(0.5)


def test_a_query_without_an_answer_is_trusted_less_than_one_with(
    index: CountingIndex, backgrounds: Backgrounds
) -> None:
    encode = Encoding(SPEC.dim)
    stored = index.sample(SPEC.space, 1)[0]
    strange = encode(["x"] * 9)[8]
    trusts = []
    for query in (stored, strange):
        best = index.search(SPEC.space, query, _ANY, 1)[0].score
        trusts.append(backgrounds.of(index, SPEC, query, encode).trust(best))
    assert trusts[0] > 0.9
    assert trusts[1] < 0.6


def test_unlikely_queries_are_encoded_once_and_searched_once(index: CountingIndex, tmp_path: Path) -> None:
    encode, query = Encoding(SPEC.dim), index.sample(SPEC.space, 1)[0]
    for _ in range(2):
        backgrounds = Backgrounds(lambda name: tmp_path / name)
        first = backgrounds.of(index, SPEC, query, encode)
        assert backgrounds.of(index, SPEC, query, encode) == first
    assert encode.calls == 1
    assert index.searches == 2 * len(UNLIKELY_QUERIES)


@pytest.mark.parametrize(("assets", "times"), [(int(60 * REGROWN), 1), (int(60 * REGROWN) + 1, 2)])
def test_the_chance_level_follows_an_archive_that_grows(
    index: CountingIndex, backgrounds: Backgrounds, assets: int, times: int
) -> None:
    encode, query = Encoding(SPEC.dim), index.sample(SPEC.space, 1)[0]
    backgrounds.of(index, SPEC, query, encode)
    index.upsert(SPEC.space, material(assets, 5).points)
    backgrounds.of(index, SPEC, query, encode)
    assert index.searches == times * len(UNLIKELY_QUERIES)


def test_a_large_archive_is_counted_now_and_then(tmp_path: Path) -> None:
    points = material(260, 5).points
    index, now = CountingIndex(tmp_path), [0.0]
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points[:1100])
    backgrounds = Backgrounds(lambda name: tmp_path / name, clock=lambda: now[0])
    encode, query = Encoding(SPEC.dim), index.sample(SPEC.space, 1)[0]
    backgrounds.of(index, SPEC, query, encode)
    index.upsert(SPEC.space, material(400, 5).points)
    for seconds, rounds in ((COUNTED_FOR - 0.1, 1), (COUNTED_FOR, 2), (COUNTED_FOR + 0.1, 2)):
        now[0] = seconds
        backgrounds.of(index, SPEC, query, encode)
        assert index.searches == rounds * len(UNLIKELY_QUERIES)


def test_a_weak_encoder_rises_less(index: CountingIndex, backgrounds: Backgrounds) -> None:
    weak = EncoderSpec(SPEC.kind, SPEC.name, SPEC.revision, SPEC.dim, weakness="It is weak.")
    encode, query = Encoding(SPEC.dim), index.sample(SPEC.space, 1)[0]
    strong = backgrounds.of(index, SPEC, query, encode)
    assert backgrounds.of(index, weak, query, encode).lift(0.9) == pytest.approx(WEAK_LIFT * strong.lift(0.9))


def test_nothing_is_trusted_in_a_space_that_holds_nothing(tmp_path: Path, backgrounds: Backgrounds) -> None:
    encode = Encoding(SPEC.dim)
    empty = ExactVectorIndex(tmp_path)
    background = backgrounds.of(empty, SPEC, encode(["x"])[0], encode)
    assert background.trust(1.0) < 0.5


def test_a_picture_is_sure_of_itself_and_of_nothing_that_is_noise(
    index: CountingIndex, backgrounds: Backgrounds
) -> None:
    encode, vectors = Encoding(SPEC.dim), index.sample(SPEC.space, 60)
    for vector in vectors:
        found = backgrounds.of_example(index, SPEC, vector, encode)
        assert found.trust(1.0) >= STRONG
        assert found.trust(found.mean) < 0.5
    for vector in unit(np.random.default_rng(9).standard_normal((40, SPEC.dim))):
        found = backgrounds.of_example(index, SPEC, vector, encode)
        best = index.search(SPEC.space, vector, _ANY, 1)[0].score
        assert found.trust(best) < STRONG


@pytest.mark.parametrize("weight", [0.125, 0.25])
def test_beside_examples_words_with_an_answer_are_trusted_and_others_are_not(
    index: CountingIndex, backgrounds: Backgrounds, weight: float
) -> None:
    encode, stored = Encoding(SPEC.dim), index.sample(SPEC.space, 60)

    def mix(words: Vectors) -> Vectors:
        return unit((words + weight * stored[7])[None])[0]

    trusts = []
    for words in (stored[3], encode(["x"] * 9)[8]):
        best = index.search(SPEC.space, mix(words), _ANY, 1)[0].score
        trusts.append(backgrounds.of_mixture(index, SPEC, mix(words), encode, mix).trust(best))
    assert trusts[0] > 0.9
    assert trusts[1] < 0.6


def test_examples_that_cancel_all_words_out_leave_the_chance_level_of_words(
    index: CountingIndex, backgrounds: Backgrounds
) -> None:
    encode, query = Encoding(SPEC.dim), index.sample(SPEC.space, 1)[0]
    found = backgrounds.of_mixture(index, SPEC, query, encode, lambda _: None)
    plain = backgrounds.of(index, SPEC, query, encode)
    assert found.mean == plain.mean
    assert found.chance == pytest.approx(plain.chance, abs=3 * plain.spread)


def test_a_mixture_in_an_empty_space_is_trusted_no_more(tmp_path: Path, backgrounds: Backgrounds) -> None:
    encode = Encoding(SPEC.dim)
    found = backgrounds.of_mixture(ExactVectorIndex(tmp_path), SPEC, encode(["x"])[0], encode, lambda v: v)
    assert found.trust(1.0) < 0.5


def test_a_space_with_one_picture_is_no_reason_to_fail(tmp_path: Path, backgrounds: Backgrounds) -> None:
    index = ExactVectorIndex(tmp_path)
    index.ensure_space(SPEC)
    vector = unit(np.ones((1, SPEC.dim)))[0]
    assert backgrounds.of_example(index, SPEC, vector, Encoding(SPEC.dim)).trust(1.0) >= STRONG
