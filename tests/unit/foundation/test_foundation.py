"""Errors, ids, settings, the home."""

import json
import logging
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import errors, ids, settings
from foundation import logging as logs
from foundation.home import Home


def test_every_error_leaf_is_complete() -> None:
    found = list(errors.leaves())
    assert len({leaf.code for leaf in found}) == len(found), "codes are unique"
    for leaf in found:
        assert leaf.__doc__
        assert leaf.default_remedy.endswith((".", "`"))
        assert 400 <= leaf.http_status < 600
        assert leaf.exit_code != 0


def test_errors_survive_the_trip_between_processes() -> None:
    error = errors.BudgetExceeded("Too dear.", remedy="Save.", detail={"usd": "3.00"})
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.message, back.remedy, back.detail) == (
        errors.BudgetExceeded, "Too dear.", "Save.", {"usd": "3.00"},
    )  # fmt: skip


def test_every_leaf_stands_in_the_drawn_tree() -> None:
    assert errors.__doc__ is not None
    missing = [leaf.__name__ for leaf in errors.leaves() if leaf.__name__ not in errors.__doc__]
    assert not missing


def test_ids_are_unique_sortable_and_recognised() -> None:
    minted = [ids.mint("ast") for _ in range(500)]
    assert len(set(minted)) == 500
    assert all(ids.is_id(one, "ast") for one in minted)
    assert not ids.is_id(minted[0], "sht")
    assert not ids.is_id("ast_../../etc/passwd", "ast")


@given(st.text(max_size=20), st.integers(0, 10**9))
def test_point_ids_are_stable(space: str, ordinal: int) -> None:
    assert ids.point_uuid("ast_1", space, ordinal) == ids.point_uuid("ast_1", space, ordinal)
    assert ids.point_uuid("ast_1", space, ordinal) != ids.point_uuid("ast_1", space, ordinal + 1)


def test_settings_come_from_environment_then_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "rekindle.toml").write_text("[api]\nport = 9000\nui_port = 9001\n")
    monkeypatch.setenv("REKINDLE_API__PORT", "9500")
    loaded = settings.load(tmp_path)
    assert (loaded.api.port, loaded.api.ui_port) == (9500, 9001)
    assert loaded.layout.root == tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [("REKINDLE_API__PORT", "many"), ("REKINDLE_MEDIA__PROXY_CRF", "99"), ("REKINDLE_LOG_LEVEL", "loud")],
)
def test_bad_settings_name_the_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(errors.BadSettings, match=name):
        settings.load(tmp_path)


@pytest.mark.parametrize("text", ["[api\n", "[api]\nprot = 1\n", "[api]\nport = 'x'\n"])
def test_a_bad_settings_file_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "rekindle.toml").write_text(text)
    with pytest.raises(errors.BadSettings):
        settings.load(tmp_path)


def test_secrets_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKINDLE_VECTORS__QDRANT_API_KEY", "hush-hush")
    assert "hush-hush" not in repr(settings.load(tmp_path))


def test_the_home_keeps_assets_apart(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    asset = ids.AssetId(ids.mint("ast"))
    assert home.asset(asset).parent.name == asset[-2:].lower()
    assert home.asset(asset).is_relative_to(home.derived)
    assert home.scratch.is_dir()


def test_logs_are_json_with_bound_facts(tmp_path: Path) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.configure("info", file=tmp_path / "logs" / "x.log")
        logs.get("part").info("walk.done", asset_id="ast_1")
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = before
        root.setLevel(level)
    line = json.loads((tmp_path / "logs" / "x.log").read_text())
    assert (line["event"], line["asset_id"], line["level"]) == ("walk.done", "ast_1", "info")
