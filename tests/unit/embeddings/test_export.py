"""Exported packs: torch's vectors and open_clip's tokens without either."""

import csv
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings import factory
from embeddings.clip_text import Tokens
from embeddings.compute import Compute
from embeddings.encoder import Picture, Vectors
from embeddings.packs import Pack, PackStore
from foundation.errors import PackMissing
from tests.fakes.child import modules_after

STILLS = 50
"""Stills that are compared here, with their five captions each; `make bench` takes all thousand."""

ODD_TEXTS = (
    "", " ", "It's a dog's life; they'll don't — I'd \u2018say\u2019 “so”",
    "&amp;amp; &lt;b&gt;", "ﬁsh \uff21\uff22",
    "a\nb\tc", "naïve café", "1234 3.14", "ΑΒΓ ΣΑΣ", "word " * 100, "\U0001f3ac 東京", "mÃ¼ller", "x" * 500,
)  # fmt: skip


@pytest.fixture(scope="module")
def miniclip(testdata: Path) -> str:
    return f"local-dir:{testdata / 'models' / 'miniclip'}"


@pytest.fixture(scope="module")
def exported(miniclip_packs: Path) -> PackStore:
    return PackStore(miniclip_packs)


@dataclass(frozen=True)
class Compared:
    """Stills, captions, the still that each caption belongs to, and the original's vectors of them."""

    paths: Sequence[Path]
    captions: Sequence[str]
    answers: NDArray[np.int64]
    queries: Vectors
    stills: Vectors


@pytest.fixture(scope="module")
def compared(miniclip: str, testdata: Path) -> Compared:
    from scripts.bench.original import encode_all
    from scripts.evaluation.captions import read_captions

    paths, captions, answers = read_captions(testdata / "eval" / "flickr8k_dev")
    chosen = np.flatnonzero(answers < STILLS)
    paths, captions = paths[:STILLS], [captions[n] for n in chosen]
    return Compared(paths, captions, answers[chosen], *encode_all(miniclip, paths, captions))


@pytest.fixture(scope="module")
def ours(exported: PackStore, compared: Compared) -> tuple[Vectors, Vectors]:
    """The pack's vectors of the same captions and stills."""
    encoder = factory.open_visual(exported, Compute(threads=1))
    return encoder.encode_queries(compared.captions), encoder.encode_pictures(_stills(compared.paths))


def _active(store: PackStore) -> Pack:
    pack = store.active("visual")
    assert pack is not None
    return pack


def _stills(paths: Sequence[Path]) -> list[Picture]:
    from PIL import Image

    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


@pytest.mark.slow
def test_a_pack_says_what_it_is_and_how_well_it_was_exported(exported: PackStore) -> None:
    pack = _active(exported)
    pack.check()
    assert (pack.spec.name, pack.spec.dim, pack.active) == ("miniclip", 256, True)
    for side in ("image", "text"):
        figures = pack.manifest.checks[side]
        assert figures["cosine_mean"] >= figures["cosine_min"] >= 0.99


@pytest.mark.slow
def test_vectors_equal_those_of_the_original(ours: tuple[Vectors, Vectors], compared: Compared) -> None:
    queries, stills = ours
    assert (stills * compared.stills).sum(axis=1).min() >= 0.99
    assert (queries * compared.queries).sum(axis=1).min() >= 0.99


@pytest.mark.slow
def test_tokens_equal_those_of_the_original(miniclip: str, testdata: Path) -> None:
    from embeddings.export.torch_stack import open_clip
    from embeddings.export.visual import tokens_of

    original = open_clip.get_tokenizer(miniclip)
    tokens: Tokens = tokens_of(original)
    with (testdata / "eval" / "flickr8k_dev" / "captions.csv").open(encoding="utf-8", newline="") as file:
        captions = [row["caption"] for row in csv.DictReader(file)]
    for text in (*captions, *ODD_TEXTS, html.escape("<&>")):
        assert tokens.row(text).tolist() == original(text)[0].tolist(), text


@pytest.mark.slow
def test_recall_stays_with_the_original(ours: tuple[Vectors, Vectors], compared: Compared) -> None:
    from scripts.bench.retrieval import recall

    mine = recall(*ours, compared.answers)
    theirs = recall(compared.queries, compared.stills, compared.answers)
    assert abs(mine["R@10"] - theirs["R@10"]) <= 0.02


@pytest.mark.slow
def test_a_plain_folder_is_as_good_as_a_prefixed_one(miniclip: str) -> None:
    from embeddings.model_source import folder_of, pack_name_of

    path = miniclip.removeprefix("local-dir:")
    assert folder_of(path) == folder_of(miniclip) == Path(path)
    assert pack_name_of(path) == pack_name_of(miniclip) == "miniclip"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("local-dir:/nowhere/at/all", "has no open_clip_config.json"),
        ("/nowhere/at/all", "There is no folder"),
        ("ViT-B-32", "does not say which weights"),
        ("NoSuchModel/tag", "cannot be loaded"),
    ],
)
@pytest.mark.slow
def test_a_source_that_cannot_be_had_is_told_in_json(
    source: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from embeddings.export.__main__ import main

    assert main(["visual", source, "--packs", str(tmp_path), "--json"]) == PackMissing.exit_code
    failure = json.loads(capsys.readouterr().out)
    assert failure["code"] == "pack-missing"
    assert sentence in failure["message"]
    assert failure["remedy"]
    assert PackStore(tmp_path).problems() == []


@pytest.mark.slow
def test_a_sentence_model_becomes_a_text_pack(tmp_path: Path) -> None:
    from embeddings.export.__main__ import main

    source = str(PackStore(tmp_path).get("text", "minilm").folder)
    asked = ["--name", "again", "--licence", "research only"]
    assert main(["text", source, "--packs", str(tmp_path), *asked]) == 0
    store = PackStore(tmp_path)
    assert (pack := store.active("text")) is not None
    assert pack.spec.licence == "research only"
    assert (pack.spec.name, pack.spec.dim) == ("again", 384)
    ours = factory.open_text(store).encode_texts(["a man talking to camera", "snow"])
    store.use("text", "minilm")
    assert (ours * factory.open_text(store).encode_texts(["a man talking to camera", "snow"])).sum(
        axis=1
    ).min() > 0.99


def test_a_ready_pack_and_a_local_model_need_no_torch(
    tmp_path: Path, testdata: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from embeddings.export.__main__ import main
    from tests.fakes.pack_folder import make_visual_pack

    packs = ["--packs", str(tmp_path / "packs"), "--json"]
    assert main(["visual", str(make_visual_pack(tmp_path / "tiny")), *packs]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "tiny"
    assert main(["speech", str(testdata / "models" / "whisper_random"), *packs, "--licence", "MIT"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["licence"], told["active"]) == ("speech", "MIT", True)
    assert main(["ocr", str(tmp_path), *packs]) != 0
    assert json.loads(capsys.readouterr().out)["code"] == "pack-invalid"
    loaded = modules_after("import embeddings.export.__main__")
    assert not {"torch", "open_clip"} & loaded


def test_running_a_pack_never_imports_torch() -> None:
    loaded = modules_after(
        "import embeddings.factory, embeddings.clip, embeddings.sentence, embeddings.packs"
    )
    assert not {"torch", "open_clip", "transformers", "onnx", "cv2", "dlib"} & loaded
