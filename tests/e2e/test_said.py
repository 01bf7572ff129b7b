"""What people say of assets on the command line: found at once, minded by rules, taken back."""

import json

import pytest

from tests import material
from tests.e2e.command import QUICK, Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def rekindle(tmp_path_factory: pytest.TempPathFactory) -> Rekindle:
    """Two stills; a sidecar labels the second."""
    folder = tmp_path_factory.mktemp("stills")
    for name, colour in (("first.png", "steelblue"), ("second.png", "tomato")):
        material.still(folder / name, colour=colour)
    (folder / "second.json").write_text(json.dumps({"title": "Harbour", "labels": ["keep-hot", "harbour"]}))
    made = Rekindle(tmp_path_factory.mktemp("said") / "home", QUICK)
    assert made.json("index", str(folder))["failed"] == 0
    return made


def asset_of(rekindle: Rekindle, name: str) -> str:
    hits = rekindle.search(name)
    return str(next(hit["asset"]["id"] for hit in hits if hit["asset"]["name"] == name))


def said_of(rekindle: Rekindle, asset: str, field: str) -> set[str]:
    return {each["value"] for each in rekindle.json("asset", "statements", asset) if each["field"] == field}


def names(rekindle: Rekindle, *query: str) -> list[str]:
    return [hit["asset"]["name"] for hit in rekindle.search(*query, "--signals", "description,name")]


def test_labels_of_a_sidecar_are_labels(rekindle: Rekindle) -> None:
    second = asset_of(rekindle, "second.png")
    assert said_of(rekindle, second, "label") == {"keep-hot", "harbour"}
    assert said_of(rekindle, second, "title") == {"Harbour"}


def test_what_is_said_is_found_and_can_be_taken_back(rekindle: Rekindle) -> None:
    first = asset_of(rekindle, "first.png")
    (said,) = rekindle.json("asset", "describe", "the ferry leaves", first)
    assert names(rekindle, "ferry") == ["first.png"]
    rekindle.json("asset", "take-back", first, said["id"])
    assert names(rekindle, "ferry") == []


def test_a_date_moves_an_asset_into_its_year(rekindle: Rekindle) -> None:
    first = asset_of(rekindle, "first.png")
    rekindle.json("asset", "say", "recorded", "1931-06", first)
    assert names(rekindle, "year:1931") == ["first.png"]


def test_labels_are_put_on_and_taken_off(rekindle: Rekindle) -> None:
    first = asset_of(rekindle, "first.png")
    rekindle.json("asset", "label", "keep-hot", first)
    assert said_of(rekindle, first, "label") == {"keep-hot"}
    assert len(rekindle.json("asset", "unlabel", "KEEP-HOT", first)) == 1
    assert said_of(rekindle, first, "label") == set()


def test_a_label_that_a_sidecar_gives_goes_from_the_sidecar(rekindle: Rekindle) -> None:
    first, second = (asset_of(rekindle, f"{name}.png") for name in ("first", "second"))
    rekindle.json("asset", "label", "keep-hot", second, first)
    done = rekindle.run("asset", "unlabel", "keep-hot", second, first)
    assert "2 labels taken off" in done.stderr
    assert f"{second} is still labelled" in done.stderr
    assert said_of(rekindle, first, "label") == set()
    assert said_of(rekindle, second, "label") == {"keep-hot", "harbour"}


def test_rights_are_granted_listed_and_revoked(rekindle: Rekindle) -> None:
    first = asset_of(rekindle, "first.png")
    rekindle.json(
        "asset", "grant", first, "--kind", "licensed", "--who", "North Film", "--until", "2000-01-01"
    )
    rekindle.json("asset", "grant", first, "--kind", "owned")
    (listed,) = rekindle.json("asset", "rights", first)
    assert [(right["kind"], right["active"]) for right in listed["rights"]] == [
        ("licensed", False),
        ("owned", True),
    ]
    assert "North Film" in rekindle.run("asset", "rights", first).stdout
    rekindle.json("asset", "revoke", first)
    (listed,) = rekindle.json("asset", "rights", first)
    assert listed["rights"] == []


def test_what_is_withdrawn_is_not_found_until_it_is_brought_back(rekindle: Rekindle) -> None:
    first = asset_of(rekindle, "first.png")
    rekindle.json("asset", "withdraw", first)
    assert "first.png" not in names(rekindle, "first.png")
    assert [asset["id"] for asset in rekindle.json("asset", "withdrawn")] == [first]
    rekindle.json("asset", "bring-back", first)
    assert names(rekindle, "first.png")[0] == "first.png"
    assert rekindle.json("asset", "withdrawn") == []


def test_an_asset_that_is_not_there_is_named(rekindle: Rekindle) -> None:
    done = rekindle.run("asset", "label", "x", "ast_00000000000000000000000000", "--json")
    assert done.returncode != 0
    assert "asset-not-found" in done.stderr
