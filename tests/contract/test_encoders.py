"""What every encoder promises, whichever pack stands behind it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from embeddings import factory
from embeddings.compute import Compute
from embeddings.encoder import Picture, TextEncoder, VisualEncoder
from embeddings.packs import PackStore
from tests.fakes.pack_folder import make_visual_pack

ONE_THREAD = Compute(threads=1, device="cpu")
SENTENCES = ("a dog in the grass", "people at a table", "snow", "", "Straße — 東京 \U0001f3ac", "word " * 400)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> PackStore:
    return PackStore(tmp_path_factory.mktemp("home") / "packs")


def _pictures() -> list[Picture]:
    noise = np.random.default_rng(7).integers(0, 256, (270, 480, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(noise[:9, :16]).resize((960, 540), Image.Resampling.BICUBIC))
    grey = np.repeat(smooth[:, :, :1], 3, axis=2)
    black, white = np.zeros((540, 960, 3), np.uint8), np.full((540, 960, 3), 255, np.uint8)
    odd = [smooth[:1, :1], smooth[:3, :], smooth[:, :3], smooth[:539, :959], smooth[::-1, ::-2]]
    return [noise, smooth, grey, black, white, *odd]


def _tiny(store: PackStore, tmp_path_factory: pytest.TempPathFactory) -> VisualEncoder:
    own = PackStore(tmp_path_factory.mktemp("tiny") / "packs")
    own.add(make_visual_pack(tmp_path_factory.mktemp("source") / "pack"))
    return factory.open_visual(own, ONE_THREAD)


def _starter(store: PackStore, tmp_path_factory: pytest.TempPathFactory) -> VisualEncoder:
    return factory.open_visual(store, ONE_THREAD)


@pytest.fixture(scope="module", params=[_tiny, _starter], ids=["tiny", "starter"])
def visual(
    request: pytest.FixtureRequest, store: PackStore, tmp_path_factory: pytest.TempPathFactory
) -> VisualEncoder:
    made: VisualEncoder = request.param(store, tmp_path_factory)
    return made


@pytest.fixture(scope="module")
def text(store: PackStore) -> TextEncoder:
    return factory.open_text(store, ONE_THREAD)


Encode = Callable[[Sequence[object]], np.ndarray]


def _check_vectors(encode: Encode, items: Sequence[object], dim: int, *, tolerance: float) -> None:
    vectors = encode(items)
    assert vectors.shape == (len(items), dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    np.testing.assert_array_equal(vectors, encode(items))
    alone = np.concatenate([encode([item]) for item in items])
    assert (alone * vectors).sum(axis=1).min() >= 1 - tolerance
    backwards = encode(items[::-1])[::-1]
    assert (backwards * vectors).sum(axis=1).min() >= 1 - tolerance


def test_pictures_of_every_shape_become_unit_vectors_of_their_own(visual: VisualEncoder) -> None:
    pictures = [picture for picture in _pictures() if picture.any()]
    _check_vectors(visual.encode_pictures, pictures, visual.spec.dim, tolerance=1e-4)  # type: ignore[arg-type]


def test_queries_become_unit_vectors_of_their_own(visual: VisualEncoder) -> None:
    _check_vectors(visual.encode_queries, SENTENCES, visual.spec.dim, tolerance=1e-4)  # type: ignore[arg-type]


def test_sentences_become_unit_vectors_of_their_own(text: TextEncoder) -> None:
    _check_vectors(text.encode_texts, SENTENCES, text.spec.dim, tolerance=1e-4)  # type: ignore[arg-type]


def test_nothing_gives_no_vectors(visual: VisualEncoder, text: TextEncoder) -> None:
    assert visual.encode_pictures([]).shape == (0, visual.spec.dim)
    assert visual.encode_queries([]).shape == (0, visual.spec.dim)
    assert text.encode_texts([]).shape == (0, text.spec.dim)


def test_black_pictures_do_not_become_nan(visual: VisualEncoder) -> None:
    black = np.zeros((540, 960, 3), dtype=np.uint8)
    assert np.isfinite(visual.encode_pictures([black])).all()
    assert np.isfinite(visual.encode_pictures([np.full_like(black, 127)])).all()


def test_a_spec_names_its_space(visual: VisualEncoder, text: TextEncoder) -> None:
    assert visual.spec.space.startswith("visual:")
    assert text.spec.space.startswith("text:")
    assert visual.spec.dim > 0


def test_any_thread_may_ask(visual: VisualEncoder) -> None:
    together = visual.encode_queries(SENTENCES)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda text: visual.encode_queries([text])[0], SENTENCES))
    assert (np.stack(alone) * together).sum(axis=1).min() >= 1 - 1e-4
