"""Captioned stills are found through the whole archive as well as the encoder can."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from embeddings.factory import open_text
from embeddings.packs import PackStore
from scripts.bench.stills import figures_of
from scripts.evaluation.known_items import read_known_items
from scripts.evaluation.stills import known_items_of
from tests.e2e.command import Rekindle
from tests.e2e.judging import KNOWN_ITEMS, expect_that_fusion_never_loses, expect_that_strong_can_be_believed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.testdata,
    pytest.mark.timeout(1200),
]

EVERY = 16
"""Of the stills, one in so many is asked for here: `make bench` measures all of them."""


def _some_of(folder: Path, into: Path) -> Path:
    """Some stills with their captions."""
    (into / "images").mkdir(parents=True)
    kept = sorted((folder / "images").iterdir())[::EVERY]
    for image in kept:
        shutil.copy(image, into / "images")
    names = {image.name for image in kept}
    rows = (folder / "captions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    chosen = [row for row in rows[1:] if row.partition(",")[0] in names]
    (into / "captions.csv").write_text("".join([rows[0], *chosen]), encoding="utf-8")
    return into


@dataclass(frozen=True)
class Stills:
    """Captioned stills, the archive that holds them with miniclip as its pack, and recall of both packs."""

    folder: Path
    rekindle: Rekindle
    figures: dict[str, float]


@pytest.fixture(scope="module")
def stills(testdata: Path, miniclip_packs: Path, tmp_path_factory: pytest.TempPathFactory) -> Stills:
    scratch = tmp_path_factory.mktemp("stills")
    folder = _some_of(testdata / "eval" / "flickr8k_dev", scratch / "some")
    original = f"local-dir:{testdata / 'models' / 'miniclip'}"
    figures = figures_of(folder, original, scratch, miniclip_packs)
    return Stills(folder, Rekindle(scratch / "pack"), figures)


def test_stills_are_found_by_their_captions_as_well_as_the_encoder_can(stills: Stills) -> None:
    """R@10 through the API is within .02 of exact search with the same encoder, unquantised."""
    starter, starter_exact, miniclip, miniclip_exact = stills.figures.values()
    assert starter >= starter_exact - 0.02
    assert miniclip >= miniclip_exact - 0.02


def test_captions_of_stills_find_them_and_other_questions_find_nothing(
    stills: Stills, tmp_path: Path
) -> None:
    encoder = open_text(PackStore(tmp_path / "packs"))
    captions = tmp_path / "captions.jsonl"
    items = [
        *known_items_of(stills.folder, encoder, each=2),
        *read_known_items(KNOWN_ITEMS / "stills_nothing.toml"),
    ]
    captions.write_text("\n".join(item.model_dump_json() for item in items), encoding="utf-8")
    (report,) = stills.rekindle.json("eval", str(captions))
    expect_that_fusion_never_loses(report)
    expect_that_strong_can_be_believed(report)
    assert report["channels"]["fused"]["recall_10"] >= 0.6
