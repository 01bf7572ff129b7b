"""The tree keeps its shape: packages, sizes, words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "archive_tiering", "catalog", "embeddings", "foundation", "indexer", "media", "scripts",
    "search_api", "ui",
)  # fmt: skip
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
BANNED = {"scene": "shot", "scenes": "shots", "utils": "a name that says what it does", "helpers": "the same"}
FOREIGN_NAMES = {"scenedetect"}


def _sources(*, tests: bool = False) -> list[Path]:
    roots = [*PACKAGES, *(["tests"] if tests else [])]
    return sorted(
        path for root in roots for path in (ROOT / root).rglob("*.py") if "versions" not in path.parts
    )


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _own_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _words(identifier: str) -> set[str]:
    spaced = "".join(f"_{letter}" if letter.isupper() else letter for letter in identifier)
    return {word.lower() for word in spaced.split("_") if word}


def test_top_level_packages_are_the_ones_the_contracts_name() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert found == set(PACKAGES)


@pytest.mark.parametrize("path", _sources(tests=True), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES_OF_A_FILE, f"{lines} lines: split it by meaning"


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_stay_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = {
        item.name: item.end_lineno - item.lineno + 1
        for item in _functions(tree)
        if item.end_lineno is not None and item.end_lineno - item.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    }
    assert not long


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_names_use_the_fields_words(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {*_own_names(tree), path.stem} - FOREIGN_NAMES
    wrong = {name: BANNED[word] for name in names for word in _words(name) & BANNED.keys()}
    assert not wrong


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_settings_reads_the_environment(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reads = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    allowed = path == ROOT / "foundation" / "settings.py"
    assert allowed or not reads


def test_the_word_finder_sees_inside_identifiers() -> None:
    assert _words("detectScene_cuts") == {"detect", "scene", "cuts"}
    assert "obscene" in _words("obscene")


@pytest.mark.parametrize("name", LONGEST)
def test_files_that_go_first_are_there(name: str) -> None:
    assert (ROOT / name).is_file()
