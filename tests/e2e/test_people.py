"""Real faces through the command line: indexed, grouped, named, found, merged, parted, removed."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.command import QUICK, Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.testdata, pytest.mark.timeout(600)]

ACTRESS, OTHER = ("img1.jpg", "img2.jpg", "img4.jpg"), ("img3.jpg", "img12.jpg")
"""Photographs of one woman, and of another one, as the test data labels them."""


@pytest.fixture
def photographs(testdata: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name in (*ACTRESS[:2], *OTHER):
        shutil.copyfile(testdata / "faces" / "pairs" / name, folder / name)
    return folder


def test_somebody_is_named_once_found_everywhere_and_erased(
    photographs: Path, testdata: Path, tmp_path: Path
) -> None:
    rekindle = Rekindle(tmp_path / "home", (*QUICK, ("REKINDLE_SIGNALS__FACES", "true")))
    assert rekindle.json("index", str(photographs))["state"] == "finished"
    clusters = rekindle.json("people", "clusters")
    assert sorted(cluster["faces"] for cluster in clusters) == [2, 2]
    of = {
        hit["asset"]: cluster["id"]
        for cluster in clusters
        for hit in rekindle.json("people", "faces", cluster["id"])
    }
    names = {hit["asset"]["name"]: hit["asset"]["id"] for hit in _all(rekindle)}
    assert of[names["img1.jpg"]] == of[names["img2.jpg"]] != of[names["img3.jpg"]]

    named = rekindle.json("people", "name", "Wilhelmina Quibble", of[names["img1.jpg"]])
    assert (named["name"], named["faces"]) == ("Wilhelmina Quibble", 2)
    shutil.copyfile(testdata / "faces" / "pairs" / ACTRESS[2], photographs / ACTRESS[2])
    rekindle.json("index")
    assert _shown(rekindle, "Wilhelmina Quibble") == set(ACTRESS)

    rekindle.json("people", "name", "Q.", of[names["img3.jpg"]])
    merge = rekindle.json("people", "merge", "Q.", "Wilhelmina Quibble")
    assert _shown(rekindle, "q.") == {*ACTRESS, *OTHER}
    rekindle.json("people", "unmerge", merge["id"])
    assert _shown(rekindle, "Q.") == set(OTHER)

    assert rekindle.run("people", "erase", "Wilhelmina Quibble").returncode != 0, "it asks first"
    erased = rekindle.json("people", "erase", "Wilhelmina Quibble", "--yes")
    assert (erased["places"], erased["recognises"]) == (3, False)
    assert erased["purged_at"] is not None
    rekindle.json("index")
    assert [person["name"] for person in rekindle.json("people", "list")] == ["Q."]
    assert rekindle.json("people", "unnamed") == []
    assert _holding(rekindle.home, b"Quibble") == []


def _all(rekindle: Rekindle) -> list[dict[str, dict[str, str]]]:
    return rekindle.search("img", "--limit", "20")


def _shown(rekindle: Rekindle, person: str) -> set[str]:
    found = rekindle.search("people", "--person", person, "--signals", "face", "--limit", "20")
    return {hit["asset"]["name"] for hit in found}


def _holding(home: Path, trace: bytes) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and trace in path.read_bytes()]
