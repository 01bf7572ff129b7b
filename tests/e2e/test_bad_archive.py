"""Every bad and every odd input in one archive: each is indexed right or refused with its reason, none stops
the others, and what is right stays right."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from archive_tiering.stores.names import to_key
from foundation.settings import load
from scripts.processes import connect
from search_api.client import Client
from search_api.schemas import AssetDetail
from tests.e2e.bad_archive import REFUSED, RIGHT, make_archive
from tests.e2e.command import QUICK, Rekindle
from tests.e2e.soundness import assert_whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


DAMAGED = {"corrupt packets.mp4"}
"""Its header is whole, so that it is an asset: known by name, with nothing to play."""


@dataclass(frozen=True)
class Indexed:
    rekindle: Rekindle
    root: Path
    run: dict[str, Any]
    client: Client

    @property
    def letters(self) -> dict[str, dict[str, Any]]:
        return {letter["uri"]: letter for letter in self.run["dead_letters"]}

    def detail(self, name: str) -> AssetDetail:
        (found,) = [asset for asset in self.client.assets(limit=200).assets if asset.name == name]
        return self.client.asset(found.id)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    folder = tmp_path_factory.mktemp("bad")
    root = make_archive(folder)
    # Root may read everything; without that privilege the unreadable are unreadable for it too.
    rekindle = Rekindle(folder / "home", QUICK, obeys_permissions=True)
    run = rekindle.json("index", str(root))
    with connect(load(rekindle.home)) as client:
        yield Indexed(rekindle, root, run, client)


def test_the_run_finishes_and_counts(indexed: Indexed) -> None:
    run = indexed.run
    assert run["state"] == "finished"
    assert set(indexed.letters) == {uri_of(indexed.root, name) for name in REFUSED}
    assert run["failed"] == len(REFUSED)
    assert run["done"] == len(RIGHT) + 1


def uri_of(root: Path, name: str) -> str:
    return f"file://{quote(str(root / name))}"


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_bad_has_its_code_and_a_remedy(indexed: Indexed, name: str) -> None:
    letter = indexed.letters[uri_of(indexed.root, name)]
    assert letter["code"] == REFUSED[name][1], letter
    assert letter["message"].endswith(".")
    assert letter["remedy"]
    assert letter["retryable"] is False


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_odd_is_indexed_right(indexed: Indexed, name: str) -> None:
    asset, right = indexed.detail(to_key(name)), RIGHT[name]
    assert (asset.kind, asset.technical.frames) == (right.kind, right.frames)
    assert asset.duration == (None if right.seconds is None else pytest.approx(right.seconds, abs=0.05))
    facts = asset.technical.model_dump()
    assert {field: facts[field] for field, _ in right.technical} == dict(right.technical)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_odd_is_found_by_its_name(indexed: Indexed, name: str) -> None:
    words = name.rpartition(".")[0]
    # A leading dash excludes; in quotation marks it is text.
    words = f'"{words}"' if words.startswith("-") else words
    hits = indexed.client.search(words if any(c.isalpha() for c in words) else name, signals=["name"]).hits
    assert to_key(name) in [hit.asset.name for hit in hits]


def test_equal_bytes_are_one_asset_with_two_copies(indexed: Indexed) -> None:
    copies = {copy.name for copy in indexed.detail("good clip.mp4").instances}
    assert copies == {"good clip.mp4", "good copy.mp4"}


def test_nothing_led_out_of_the_archive(indexed: Indexed) -> None:
    secret = indexed.root.parent / "secret" / "secret.mp4"
    assert secret.is_file()
    names = {asset.name for asset in indexed.client.assets(limit=200).assets}
    assert names == {to_key(name) for name in RIGHT} | DAMAGED


def test_what_is_damaged_is_known_and_not_played(indexed: Indexed) -> None:
    for name in DAMAGED:
        detail = indexed.detail(name)
        assert (detail.indexed_at, detail.links.proxy, detail.links.poster) == (None, None, None)


def test_nothing_half_written_is_left(indexed: Indexed) -> None:
    assert_whole(load(indexed.rekindle.home).layout, {to_key(name) for name in RIGHT}, unfinished=DAMAGED)


def test_the_next_runs_do_nothing_again_and_forget_what_is_gone(indexed: Indexed) -> None:
    """Stands last: it takes bad files away."""
    before = stamps(indexed.rekindle.home)
    again = indexed.rekindle.json("index", str(indexed.root))
    assert (again["done"], again["unchanged"]) == (0, len(RIGHT) + 1)
    assert again["failed"] == len(REFUSED)
    assert stamps(indexed.rekindle.home) == before
    for name in ("huge.png", "noise.jpg"):
        (indexed.root / name).unlink()
    third = indexed.rekindle.json("index", str(indexed.root), "--strict", exit_code=3)
    assert (third["done"], third["failed"]) == (0, len(REFUSED) - 2)


def stamps(home: Path) -> dict[Path, int]:
    return {
        path: path.stat().st_mtime_ns
        for folder in (home / "derived").glob("*/*")
        if (folder / "poster.jpg").exists()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".walk.lock"
    }
