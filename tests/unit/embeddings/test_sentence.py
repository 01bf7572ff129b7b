"""Sentence vectors without torch, and what damage to their weights says."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from embeddings import factory
from embeddings.compute import Compute
from embeddings.manifest import describe_files, revision_of
from embeddings.packs import Pack, PackStore
from embeddings.sentence import open_sentence_encoder
from foundation.errors import PackInvalid

TEXTS = (
    "a man talking to camera outdoors",
    "A MAN, talking to the camera; outdoors!",
    "x",
    "",
    "Ünïcödé — \u2018quotes\u2019 東京 \U0001f3ac",
    "one two three " * 200,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> PackStore:
    return PackStore(tmp_path_factory.mktemp("home") / "packs")


def test_paraphrases_are_nearer_than_strangers(store: PackStore) -> None:
    encoder = factory.open_text(store, Compute(threads=1))
    vectors = encoder.encode_texts(["a dog runs", "a puppy is running", "the stock market fell"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3


def test_the_network_is_converted_once(store: PackStore) -> None:
    factory.open_text(store)
    (built,) = (store.folder / ".built").iterdir()
    before = built.stat().st_mtime_ns
    factory.open_text(store)
    assert built.stat().st_mtime_ns == before


@pytest.mark.slow
def test_vectors_equal_those_of_sentence_transformers(store: PackStore) -> None:
    from embeddings.export.torch_stack import SentenceTransformer

    pack = store.get("text", "minilm")
    theirs = SentenceTransformer(str(pack.folder), device="cpu").encode(
        list(TEXTS), normalize_embeddings=True, show_progress_bar=False
    )
    ours = factory.open_text(store).encode_texts(TEXTS)
    assert (ours * theirs).sum(axis=1).min() >= 0.999


def _copy(store: PackStore, target: Path) -> Pack:
    original = store.get("text", "minilm")
    target.mkdir()
    for name in original.manifest.files:
        shutil.copyfile(original.file(name), target / name)
    return Pack(original.manifest, target, active=True, builtin=False)


def _described_again(pack: Pack) -> Pack:
    files = describe_files(pack.folder, pack.manifest.files)
    changed = pack.manifest.model_copy(update={"files": files, "revision": revision_of(files)})
    return Pack(changed, pack.folder, active=True, builtin=False)


def test_damaged_weights_are_never_converted(store: PackStore, tmp_path: Path) -> None:
    pack = _copy(store, tmp_path / "copy")
    weights = bytearray(pack.file("model.safetensors").read_bytes())
    weights[-1] ^= 1
    pack.file("model.safetensors").write_bytes(weights)
    fresh = PackStore(tmp_path / "packs")
    with pytest.raises(PackInvalid, match=r"model\.safetensors was changed"):
        open_sentence_encoder(pack, fresh, Compute())
    assert list((fresh.folder / ".built").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.safetensors", b"\x00" * 64, "cannot be read"),
        ("tokenizer.json", b"{}", "is not a tokenizer"),
        ("config.json", b"{}", "is not a BERT"),
    ],
)
def test_wrong_files_are_invalid(
    store: PackStore, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    pack = _copy(store, tmp_path / "copy")
    pack.file(name).write_bytes(content)
    with pytest.raises(PackInvalid, match=sentence):
        open_sentence_encoder(_described_again(pack), PackStore(tmp_path / "packs"), Compute())


def test_vectors_have_unit_norm(store: PackStore) -> None:
    vectors = factory.open_text(store).encode_texts(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
