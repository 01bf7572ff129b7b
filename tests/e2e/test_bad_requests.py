"""Bad queries and homes, typed and sent: a sentence, a remedy and an exit code, never a traceback."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from foundation.settings import load
from scripts.locks import reachable
from scripts.processes import connect
from tests.e2e.command import QUICK, Rekindle
from tests.e2e.stopping import make_footage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def rekindle(tmp_path_factory: pytest.TempPathFactory) -> Rekindle:
    folder = tmp_path_factory.mktemp("requests")
    make_footage(folder / "footage", 1)
    made = Rekindle(folder / "home", QUICK)
    made.json("index", str(folder / "footage"))
    return made


@pytest.fixture(scope="module")
def http(rekindle: Rekindle) -> Iterator[httpx.Client]:
    """The API of the home, over its own socket; the command line typed meanwhile is its client too."""
    settings = load(rekindle.home)
    with connect(settings):
        transport = httpx.HTTPTransport(uds=str(reachable(settings.layout.socket)))
        with httpx.Client(transport=transport, base_url="http://rekindle.local", timeout=60) as client:
            yield client


REFUSED = {
    "empty": {"q": ""},
    "blank": {"q": " \t\n\u00a0\u2003"},
    "10,000 characters": {"q": "a" * 10_000},
    "punctuation": {"q": "?!… -- \"\" '' () ***"},
    "underscores": {"q": "___"},
    "NUL": {"q": "\0"},
    "controls": {"q": "\x01\x02\x1b\x7f"},
    "emoji": {"q": "🎞🎬"},
    "no number for year": {"q": "a", "year": "nan"},
    "endless duration": {"q": "a", "duration": "inf"},
    "endless range": {"q": "a", "duration": "1..inf"},
    "reversed range": {"q": "a", "year": "1992..1987"},
    "huge year": {"q": "a", "year": "9" * 400},
    "year of another script": {"q": "a", "year": "\u0661\u0669\u0668\u0667..x"},
    "unknown kind": {"q": "a", "kind": "smell"},
    "unknown signal": {"q": "a", "signals": "smell"},
    "unknown class": {"q": "a", "class": "LUKEWARM'; DROP TABLE assets; --"},
    "unknown location": {"q": "a", "location": "nowhere\0\u202e"},
    "unknown person": {"q": "a", "person": "' OR 1=1 --"},
    "no truth": {"q": "a", "has_speech": "perhaps"},
    "no limit": {"q": "a", "limit": "0"},
    "too many": {"q": "a", "limit": "201"},
    "limit nan": {"q": "a", "limit": "nan"},
    "foreign cursor": {"q": "a", "cursor": "AAAA"},
    "unknown parameter": {"q": "a", "colour": "red"},
}

ANSWERED = {
    "SQL": "'; DROP TABLE assets; --",
    "FTS operators": 'clip NEAR(number, 2) OR NOT number* AND ^clip {a b}: "x" + (',
    "FTS column": "name:clip text:number",
    "open quotation": '"clip number',
    "many quotations": '"clip" "number" "0" ' * 40,
    "NUL inside": "clip\0number",
    "right to left": "\u202eclip\u202c \u05e9\u05dc\u05d5\u05dd",
    "combining": "c\u0301\u0301\u0301lip e" + "\u0301" * 500,
    "full width": "\uff43\uff4c\uff49\uff50",
    "Chinese": "\u4e00\u4e2a\u4eba\u5728\u6237\u5916",
    "joined": "\u200bclip\u200d \ufeffnumber \U000e0001",
    "percent": "100%25 %s %d %n {0} ${HOME} `id` $(id)",
    "2,000 characters": "ab " * 666,
    "one endless word": "a" * 2000,
    "markup": "<script>alert(1)</script> [bold]clip[/bold] &amp;",
    "backslashes": "\\x00 \\\\ \\' \\\"",
}


def problem_of(answer: httpx.Response) -> dict[str, object]:
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["remedy"]
    assert problem["detail"]
    assert problem["code"] not in {"internal", "api-failed"}
    return problem


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_asked_is_a_problem(http: httpx.Client, name: str) -> None:
    got = problem_of(http.get("/v1/search", params=REFUSED[name]))
    sent = problem_of(http.post("/v1/search", json=REFUSED[name]))
    assert (got["code"], got["exit_code"]) == (sent["code"], sent["exit_code"])


@pytest.mark.parametrize("name", ANSWERED)
def test_what_only_looks_odd_is_answered(http: httpx.Client, name: str) -> None:
    for answer in (
        http.get("/v1/search", params={"q": ANSWERED[name]}),
        http.post("/v1/search", json={"q": ANSWERED[name]}),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.json()["understood"]["words"] or answer.json()["understood"]["phrases"]


@pytest.mark.parametrize(
    "body",
    [
        rb'{"q": "clip \ud800 number"}',
        rb'{"q": "\udfff"}',
        b'{"q": "clip \xff\xfe"}',
        b'{"q": NaN}',
        b'{"q": "a", "limit": Infinity}',
        b'{"q": "a", "limit": 1e400}',
        b'{"q": "a", "duration": NaN}',
        b'{"q": "a", "year": -1e999}',
        b'{"q": ["a"]}',
        b'{"q": {"$ne": 1}}',
        b'{"q": "a", "\\u0000": 1}',
        b'{"q": "a", "person": [null]}',
        b"[1, 2",
        b"",
    ],
)
def test_bodies_that_are_not_what_they_should_be(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/v1/search", content=body, headers={"content-type": "application/json"})
    if answer.status_code != 200:
        problem_of(answer)


@pytest.mark.parametrize("path", ["/v1/assets/%00", "/v1/assets/%ED%A0%80/proxy", "/v1/assets/..%2f..%2fetc"])
def test_addresses_that_are_not_what_they_should_be(http: httpx.Client, path: str) -> None:
    problem_of(http.get(path))


TYPED: list[tuple[list[str], int]] = [
    ([""], 2),
    (["...?!"], 2),
    (["a" * 10_000], 2),
    (["\udcff\udcfe"], 2),
    (["🎞"], 2),
    (["a", "--year", "nan"], 2),
    (["a", "--duration", "inf"], 2),
    (["a", "--kind", "smell"], 2),
    (["a", "--signals", "smell"], 2),
    (["a", "--colour-of", "red"], 2),
    (["a", "--limit", "nan"], 2),
    (["a", "--cursor", "\udcff"], 2),
    (["a", "--location", "nowhere"], 4),
    (["a", "--person", "nobody"], 4),
    (["'; DROP TABLE assets; --"], 0),
    (["[bold]clip[/bold] [/]"], 0),
]


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize(("typed", "code"), TYPED)
def test_what_is_typed_ends_with_its_code(rekindle: Rekindle, typed: list[str], code: int) -> None:
    done = rekindle.run("search", *typed)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert code == 0 or done.stderr.strip()


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["index", "/nowhere/at/all"], 4),
        (["index", "no such name"], 4),
        (["index", "s3://"], 2),
        (["index", "--budget", "nan"], 2),
        (["location", "add", "x", "ftp://x"], 2),
        (["location", "remove", "nowhere"], 4),
        (["restore", "request", "quo_x"], 4),
        (["people", "forget", "nobody"], 4),
        (["packs", "add", "smell", "x"], 8),
    ],
)
def test_other_commands_fail_in_words_too(rekindle: Rekindle, typed: list[str], code: int) -> None:
    done = rekindle.run(*typed)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin \xe9"))
    make_footage(folder, 1)
    rekindle = Rekindle(tmp_path / "home", QUICK)
    assert rekindle.json("index", str(folder))["done"] == 1
    assert rekindle.json("index", str(folder))["unchanged"] == 1


COMMANDS = (["status"], ["search", "a"], ["index"], ["check"], ["location", "list"], ["packs", "list"])


def test_a_home_that_is_not_there_is_made(tmp_path: Path) -> None:
    rekindle = Rekindle(tmp_path / "not" / "yet" / "there", QUICK)
    assert rekindle.json("status")["counts"]["assets"] == 0
    assert rekindle.json("search", "a")["hits"] == []
    assert rekindle.json("index")["state"] == "finished"
    assert rekindle.json("check") == []


@pytest.mark.parametrize("below", [".", "below"])
def test_a_home_that_is_a_file(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("I am no folder")
    for command in COMMANDS:
        unusable(Rekindle(tmp_path / "file" / below, QUICK), command)
    assert (tmp_path / "file").read_text() == "I am no folder"


def test_a_home_that_may_not_be_written(rekindle: Rekindle, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(rekindle.home, home, ignore=lambda _, names: [n for n in names if n.endswith(".sock")])
    subprocess.run(["chmod", "-R", "a-w", str(home)], check=True)
    for command in COMMANDS[:3]:
        unusable(Rekindle(home, QUICK, obeys_permissions=True), command)
    subprocess.run(["chmod", "-R", "u+w", str(home)], check=True)


def unusable(rekindle: Rekindle, command: list[str]) -> None:
    done = rekindle.run(*command, "--json")
    assert done.returncode == 6, (command, done.stderr)
    said = json.loads(done.stderr)
    assert said["code"] == "home-unusable"
    assert "--home" in said["remedy"]
