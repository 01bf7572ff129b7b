"""The command line: what it loads, how it fails, how it reads what was typed."""

import json
from pathlib import Path

import pytest

from foundation.errors import BadQuery
from scripts.commands.table import COMMANDS
from scripts.rekindle import hoist_home, run
from scripts.targets import absolute
from scripts.terminal import duration_text, money_text, print_error, size_text
from tests.fakes.child import modules_after

HEAVY = {"torch", "onnxruntime", "cv2", "av", "faiss", "dlib", "streamlit", "boto3", "fastapi", "qdrant_edge"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["search", "a", "--home", "/h"], ["--home", "/h", "search", "a"]),
        (["search", "--home=/h", "a"], ["--home=/h", "search", "a"]),
        (["--home", "/h", "status"], ["--home", "/h", "status"]),
        (["search", "--", "--home"], ["search", "--", "--home"]),
        (["status", "--home"], ["status", "--home"]),
    ],
)
def test_home_may_stand_anywhere(typed: list[str], read: list[str]) -> None:
    assert hoist_home(typed) == read


def test_the_list_of_commands_loads_nothing_heavy() -> None:
    loaded = modules_after("from scripts.rekindle import run\nimport io, contextlib\n"
                           "with contextlib.redirect_stdout(io.StringIO()): run(['--help'])")  # fmt: skip
    assert not loaded & (HEAVY | {"sqlalchemy", "httpx"})


def test_a_search_that_finds_an_api_loads_no_application() -> None:
    loaded = modules_after("import scripts.commands.search")
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage: rekindle" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("rekindle ")


@pytest.mark.parametrize("typed", [["nonsense"], ["search"], ["index", "--nonsense"]])
def test_what_cannot_be_understood_exits_with_2(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(typed) == 2
    assert capsys.readouterr().err


def test_bad_settings_are_told_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rekindle.toml").write_text("[api]\nport = 'x'\n")
    assert run(["--home", str(tmp_path), "status"]) == 2
    said = capsys.readouterr().err
    assert "REKINDLE_API__PORT" in said
    assert "→" in said


def test_an_error_as_json_has_code_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(BadQuery("The query is empty."), as_json=True)
    told = json.loads(capsys.readouterr().err)
    assert (told["code"], told["exit_code"], told["retryable"]) == ("bad-query", 2, False)


def test_an_api_that_does_not_answer_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REKINDLE_API__URL", "http://127.0.0.1:9")
    assert run(["--home", str(tmp_path), "status"]) != 0
    assert "rekindle up" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["s3://bucket/prefix", "/footage", "~/footage", "file:///footage", "rushes"])
def test_names_and_addresses_stay_as_typed(text: str) -> None:
    assert absolute(text, ["rushes"]) == text


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert absolute("here") == f"{tmp_path}/here"
    assert absolute("here", ["here"]) == "here"
    assert absolute("./new") == f"{tmp_path}/new"
    assert absolute("vault:cold") == f"vault:{tmp_path}/cold"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000_000_000_000, "2000.0 TB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0, "now"), (40, "40 s"), (600, "10 min"), (18_000, "5 h")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "–"), ("0", "0.00 USD"), ("0.42", "0.42 USD"), ("0.0004", "0.000400 USD")]
)
def test_amounts(amount: str | None, text: str) -> None:
    assert money_text(amount) == text
