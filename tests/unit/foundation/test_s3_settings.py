"""Settings of S3 stores: general ones, and those of single locations."""

import json
from pathlib import Path

import pytest

from foundation import settings
from foundation.errors import BadSettings
from foundation.s3_settings import S3Endpoint, S3Settings

TOML = """\
[s3]
region = "us-east-1"
profile = "archive"

[s3.locations.wasabi]
endpoint_url = "https://s3.wasabisys.com"
profile = "wasabi"
count_egress = true

[s3.locations.Camera-A]
region = "eu-west-1"
"""


def load(home: Path) -> settings.Settings:
    (home / "rekindle.toml").write_text(TOML)
    return settings.load(home)


def test_what_a_location_does_not_say_is_as_in_general(tmp_path: Path) -> None:
    made = load(tmp_path)
    assert made.s3.endpoint("elsewhere") == S3Endpoint(region="us-east-1", profile="archive")
    assert made.s3.endpoint("Camera-A") == S3Endpoint(region="eu-west-1", profile="archive")
    wasabi = S3Endpoint(endpoint_url="https://s3.wasabisys.com", region="us-east-1", profile="wasabi")
    assert made.s3.endpoint("wasabi") == wasabi
    assert (made.counts_egress("wasabi"), made.counts_egress("Camera-A")) == (True, False)


def test_variables_beat_the_file_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKINDLE_S3__LOCATIONS__WASABI__REGION", "eu-central-1")
    monkeypatch.setenv("REKINDLE_S3__LOCATIONS__WASABI__PRICE_TABLE", "/etc/wasabi.toml")
    monkeypatch.setenv("REKINDLE_TIERING__PRICE_TABLE", "/etc/aws.toml")
    made = load(tmp_path)
    assert made.s3.endpoint("wasabi").region == "eu-central-1"
    assert made.s3.endpoint("wasabi").endpoint_url == "https://s3.wasabisys.com"
    assert made.price_table("wasabi") == Path("/etc/wasabi.toml")
    assert made.price_table("Camera-A") == Path("/etc/aws.toml")


def test_names_with_capitals_and_dashes_come_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"Camera-A": {"region": "eu-north-1"}}
    monkeypatch.setenv("REKINDLE_S3__LOCATIONS", json.dumps(value))
    assert load(tmp_path).s3.endpoint("Camera-A").region == "eu-north-1"


def test_what_is_empty_is_as_boto3_has_it() -> None:
    made = S3Settings.model_validate(
        {
            "endpoint_url": "http://minio:9000",
            "profile": "minio",
            "locations": {"aws": {"endpoint_url": "", "profile": ""}},
        }
    )
    assert made.endpoint("aws") == S3Endpoint()


def test_a_slash_makes_no_other_store() -> None:
    one, other = (S3Endpoint(endpoint_url=f"http://minio:9000{end}") for end in ("", "/"))
    assert one.store == other.store != S3Endpoint().store


def test_no_password_is_shown() -> None:
    assert S3Endpoint(endpoint_url="https://ada:secret@s3.example.org:9000/a").shown == (
        "https://s3.example.org:9000/a"
    )
    assert S3Endpoint().shown is None


def test_names_of_no_location_are_told() -> None:
    made = S3Settings.model_validate({"locations": {"a": {}, "b": {}}, "inventories": {"c": "s3://x/y"}})
    assert made.unmatched(["b", "d"]) == ["a", "c"]


def test_a_setting_that_there_is_not_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKINDLE_S3__LOCATIONS__WASABI__SECRET", "x")
    with pytest.raises(BadSettings, match="REKINDLE_S3__LOCATIONS__WASABI__SECRET"):
        load(tmp_path)
