"""From a folder to hits, restores and back, through the command line alone, with generated footage."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import material
from tests.e2e.background import Started
from tests.e2e.command import Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

QUIET = (("REKINDLE_SIGNALS__ONSCREEN", "false"), ("REKINDLE_SIGNALS__SPEECH", "false"))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("footage")
    clip = material.clip(root / "spring" / "a.mov", 4, timecode="10:00:00:00", cuts=(2,))
    material.sidecar(clip.with_suffix(".srt"), [(0.5, 1.5, "The harbour was"), (2.5, 3.5, "empty at dawn.")])
    material.clip(root / "b.mp4", 2)
    material.sound(root / "c.wav")
    material.still(root / "d.jpg")
    (root / "broken.mp4").write_bytes(b"\x00" * 5000)
    return root


@pytest.fixture(scope="module")
def indexed(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Rekindle:
    rekindle = Rekindle(tmp_path_factory.mktemp("home"), QUIET)
    run = rekindle.json("index", str(footage), "--strict", exit_code=3)
    assert (run["state"], run["failed"]) == ("finished", 1)
    letter = run["dead_letters"][0]
    assert letter["uri"].endswith("broken.mp4")
    assert letter["code"]
    assert letter["remedy"]
    return rekindle


def test_a_hit_has_the_shape_that_programs_rely_on(indexed: Rekindle) -> None:
    reply = indexed.json("search", '"harbour was empty"')
    hit = reply["hits"][0]
    assert hit["asset"]["name"] == "spring/a.mov"
    assert reply["query"] == '"harbour was empty"'
    assert reply["signals"]["visual"] == "on"
    assert {"in_frame", "out_frame", "start", "end", "timecode", "score", "confidence"} <= hit.keys()
    assert hit["playback"].keys() == {"url", "start"}
    assert hit["confidence"] in {"strong", "possible", "weak"}
    assert hit["master"] == {
        "storage_class": "STANDARD", "restore": "none", "eta_seconds": None, "cost_usd": None
    }  # fmt: skip
    assert {"signal", "score", "why"} <= hit["matched"][0].keys()
    assert hit["timecode"].startswith("10:00:0")


def test_sound_and_stills_have_no_frames(indexed: Rekindle) -> None:
    for kind in ("sound", "still"):
        hits = indexed.search("c d", "--kind", kind)
        assert {(hit["in_frame"], hit["out_frame"]) for hit in hits} == {(None, None)}


def test_again_nothing_is_left_to_do(indexed: Rekindle, footage: Path) -> None:
    again = indexed.json("index", str(footage))
    assert (again["state"], again["unchanged"]) == ("finished", 4)
    assert [item["name"] for item in indexed.json("location", "list")] == [footage.name]


def test_everything_is_whole(indexed: Rekindle) -> None:
    assert indexed.json("check", "--deep") == []
    assert indexed.json("check", "--repair") == []
    assert indexed.search('"harbour was empty"')


def test_a_damaged_proxy_is_told(indexed: Rekindle) -> None:
    proxy = next(indexed.home.glob("derived/*/*/proxy.mp4"))
    kept = proxy.read_bytes()
    proxy.write_bytes(kept[:100])
    try:
        faults = indexed.json("check", exit_code=3)
        assert [str(proxy) in fault["wrong"] for fault in faults] == [True]
    finally:
        proxy.write_bytes(kept)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("search", ""), 2),
        (("search", "..."), 2),
        (("search", "x" * 10_000), 2),
        (("search", "a", "--year", "nan"), 2),
        (("search", "a", "--location", "nowhere"), 4),
        (("index", "/does/not/exist"), 4),
        (("restore", "status", "rst_01K9X2V7QJ8M4T6W0N3B5C7D9F"), 4),
        (("packs", "use", "visual", "nonsense"), 8),
    ],
)
def test_mistakes_are_told_with_code_and_remedy(
    indexed: Rekindle, arguments: tuple[str, ...], code: int
) -> None:
    done = indexed.run(*arguments)
    assert done.returncode == code, done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_search_uses_the_process_that_serves(indexed: Rekindle) -> None:
    with Started(indexed, "serve", "--port", "0", "--json") as serving:
        assert serving.stdout is not None
        assert "http://127.0.0.1:" in serving.stdout.readline() + serving.stdout.readline()
        assert indexed.search('"harbour was empty"')
        assert indexed.run("serve", "--port", "0").returncode == 5
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(30) == 0
    assert not (indexed.home / "run" / "api.sock").exists()


def test_a_run_whose_workers_were_orphaned_is_finished_by_the_next(tmp_path: Path) -> None:
    for number in range(4):
        material.clip(
            tmp_path / "footage" / f"{number}.mp4", 4, size="640x360", filters=f"hue=h={number * 50}"
        )
    rekindle = Rekindle(tmp_path / "home", QUIET)
    with Started(rekindle, "index", str(tmp_path / "footage"), "--json") as running:
        _until(lambda: any((tmp_path / "home" / "derived").glob("*/*")))
        running.kill()
        assert running.wait(60) == -signal.SIGKILL
    run = rekindle.json("index", str(tmp_path / "footage"))
    assert (run["state"], run["failed"]) == ("finished", 0)
    assert rekindle.json("status")["counts"]["assets"] == 4
    assert rekindle.json("check", "--deep") == []


def test_two_runs_at_once_share_the_work(footage: Path, tmp_path: Path) -> None:
    rekindle = Rekindle(tmp_path / "home", QUIET)
    with (
        Started(rekindle, "index", str(footage), "--json") as first,
        Started(rekindle, "index", str(footage), "--json") as second,
    ):
        assert (first.wait(300), second.wait(300)) == (0, 0)
    assert rekindle.json("status")["counts"]["assets"] == 4


def test_a_cold_master_is_quoted_restored_and_verified(footage: Path, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    material.clip(vault / "cold.mp4", 2)
    (vault / ".vault.json").write_text(
        '{"retrieval": {"standard": 2, "bulk": 1}, "prices": {"standard": "10", "bulk": "0"}}'
    )
    rekindle = Rekindle(tmp_path / "home", QUIET)
    rekindle.json("location", "add", "cold", f"vault:{vault}")
    assert rekindle.json("index", "cold")["cold"] == 1
    hit = rekindle.search("cold.mp4")[0]
    assert (hit["playback"]["url"], hit["master"]["restore"]) == (None, "needed")
    quote = rekindle.json("restore", "quote", hit["asset"]["id"], "--retrieval-tier", "standard")
    assert float(quote["cost"]) > 0
    broke = rekindle.run("restore", "request", quote["id"], "--budget", "0", "--json")
    assert broke.returncode == 9
    restored = rekindle.json("restore", "request", quote["id"], "--wait")
    assert [item["status"] for item in restored] == ["verified"]
    rekindle.json("index", "cold", "--cold", "--budget", "0")
    assert rekindle.search("cold.mp4")[0]["playback"]["url"]


def _until(seen: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)
