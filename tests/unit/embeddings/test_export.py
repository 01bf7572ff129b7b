"""Exported packs: torch's vectors and open_clip's tokens without either."""

import csv
import html
import json
from pathlib import Path

import numpy as np
import pytest

from embeddings import factory
from embeddings.clip_text import Tokens
from embeddings.compute import Compute
from embeddings.encoder import Picture
from embeddings.packs import Pack, PackStore
from foundation.errors import PackMissing
from tests.fakes.child import modules_after

STILLS = 100
"""Stills that are compared here; `make bench` takes all thousand."""

ODD_TEXTS = (
    "", " ", "It's a dog's life; they'll don't — I'd \u2018say\u2019 “so”",
    "&amp;amp; &lt;b&gt;", "ﬁsh \uff21\uff22",
    "a\nb\tc", "naïve café", "1234 3.14", "ΑΒΓ ΣΑΣ", "word " * 100, "\U0001f3ac 東京", "mÃ¼ller", "x" * 500,
)  # fmt: skip


@pytest.fixture(scope="module")
def miniclip(testdata: Path) -> str:
    return f"local-dir:{testdata / 'models' / 'miniclip'}"


@pytest.fixture(scope="module")
def exported(miniclip: str, tmp_path_factory: pytest.TempPathFactory) -> PackStore:
    from embeddings.export.__main__ import main

    packs = tmp_path_factory.mktemp("packs")
    assert main(["visual", miniclip, "--packs", str(packs), "--licence", "research only"]) == 0
    return PackStore(packs)


def _active(store: PackStore) -> Pack:
    pack = store.active("visual")
    assert pack is not None
    return pack


def _stills(testdata: Path, count: int) -> tuple[list[Picture], list[str]]:
    from PIL import Image

    folder = testdata / "eval" / "flickr8k_dev"
    with (folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        captions = [row["caption"] for row in csv.DictReader(file)]
    paths = sorted((folder / "images").iterdir())[:count]
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths], captions


@pytest.mark.slow
def test_a_pack_says_what_it_is_and_how_well_it_was_exported(exported: PackStore) -> None:
    pack = _active(exported)
    pack.check()
    assert (pack.spec.name, pack.spec.dim, pack.active) == ("miniclip", 256, True)
    assert (pack.spec.licence, pack.spec.commercial_use) == ("research only", None)
    for side in ("image", "text"):
        figures = pack.manifest.checks[side]
        assert figures["cosine_mean"] >= figures["cosine_min"] >= 0.99


@pytest.mark.slow
def test_vectors_equal_those_of_the_original(exported: PackStore, miniclip: str, testdata: Path) -> None:
    from scripts.bench.original import encode_all

    pictures, captions = _stills(testdata, 24)
    paths = sorted((testdata / "eval" / "flickr8k_dev" / "images").iterdir())[:24]
    queries, stills = encode_all(miniclip, paths, captions[:48])
    encoder = factory.open_visual(exported, Compute(threads=1))
    assert (encoder.encode_pictures(pictures) * stills).sum(axis=1).min() >= 0.99
    assert (encoder.encode_queries(captions[:48]) * queries).sum(axis=1).min() >= 0.99


@pytest.mark.slow
def test_tokens_equal_those_of_the_original(miniclip: str, testdata: Path) -> None:
    from embeddings.export.torch_stack import open_clip
    from embeddings.export.visual import tokens_of

    original = open_clip.get_tokenizer(miniclip)
    tokens: Tokens = tokens_of(original)
    _, captions = _stills(testdata, 0)
    for text in (*captions, *ODD_TEXTS, html.escape("<&>")):
        assert tokens.row(text).tolist() == original(text)[0].tolist(), text


@pytest.mark.slow
def test_recall_stays_with_the_original(exported: PackStore, miniclip: str, testdata: Path) -> None:
    from scripts.bench.original import encode_all
    from scripts.bench.retrieval import read_captions, recall

    paths, captions, answers = read_captions(testdata / "eval" / "flickr8k_dev")
    paths, chosen = paths[:STILLS], [n for n, answer in enumerate(answers) if answer < STILLS]
    captions, answers = [captions[n] for n in chosen], answers[chosen]
    pictures, _ = _stills(testdata, len(paths))
    encoder = factory.open_visual(exported)
    ours = recall(encoder.encode_queries(captions), encoder.encode_pictures(pictures), answers)
    theirs = recall(*encode_all(miniclip, paths, captions), answers)
    assert abs(ours["R@10"] - theirs["R@10"]) <= 0.02


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
    assert main(["text", source, "--packs", str(tmp_path), "--name", "again"]) == 0
    store = PackStore(tmp_path)
    assert (pack := store.active("text")) is not None
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
