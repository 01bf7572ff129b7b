"""The setting that says what shots are described by."""

from pathlib import Path

import pytest

from foundation import errors, settings
from foundation.descriptors import DESCRIPTORS, SHOT_SIZE
from media import descriptors

BY_DEFAULT = frozenset({"black_and_white", "camera_movement", "colour", "silence"})


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("true", BY_DEFAULT),
        ("On", BY_DEFAULT),
        ("1", BY_DEFAULT),
        ("false", frozenset()),
        ("off", frozenset()),
        ("[]", frozenset()),
        ("default", BY_DEFAULT),
        ("default,shot_size", BY_DEFAULT | {"shot_size"}),
        (" colour , time_of_day ", {"colour", "time_of_day"}),
        ('["default", "time_of_day"]', BY_DEFAULT | {"time_of_day"}),
    ],
)
def test_what_the_environment_may_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, wanted: frozenset[str]
) -> None:
    monkeypatch.setenv("REKINDLE_SIGNALS__DESCRIPTORS", written)
    assert settings.load(tmp_path).signals.described == wanted


@pytest.mark.parametrize("written", ['"shot-size"', '["colour", "mood"]', "7"])
def test_what_is_no_descriptor_is_refused_by_name(tmp_path: Path, written: str) -> None:
    (tmp_path / "rekindle.toml").write_text(f"[signals]\ndescriptors = {written}\n")
    with pytest.raises(errors.BadSettings) as caught:
        settings.load(tmp_path)
    assert caught.value.message.startswith("REKINDLE_SIGNALS__DESCRIPTORS")
    if written != "7":
        assert "is no descriptor: write true, false, default or some of black_and_white" in str(caught.value)


def test_a_file_may_hold_a_list(tmp_path: Path) -> None:
    (tmp_path / "rekindle.toml").write_text('[signals]\ndescriptors = ["default", "shot_size"]\n')
    assert settings.load(tmp_path).signals.described == BY_DEFAULT | {"shot_size"}


def test_every_descriptor_that_is_measured_has_a_name() -> None:
    assert set(DESCRIPTORS) == descriptors.ALL
    assert descriptors.DEFAULT_ON == BY_DEFAULT
    assert {descriptors.SHOT_SIZE, descriptors.TIME_OF_DAY} == descriptors.ALL - BY_DEFAULT
    assert SHOT_SIZE == descriptors.SHOT_SIZE
