"""What lifecycle rules may say, and how faults in them are told."""

import contextlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_tiering.rules.file import load_rules, read_rules
from archive_tiering.rules.values import Comparison, bytes_of, compared, path_pattern, seconds_of
from foundation.errors import BadRules

GOOD = b"""\
version: 1
exceptions:
  - label: keep-hot
rules:
  - name: wrapped productions
    when:
      project: {state: wrapped, for: 30 days}
      kind: [video, sound]
      size: ">= 1 GB"
    unless:
      - path: "**/deliverables/**"
      - rights: active
        age: "< 1 year"
    to:
      class: DEEP_ARCHIVE
    pays_back_within: 6 months
    allow_early_deletion: true
  - name: tapes
    when: {location: nas, last_use: 2 years}
    to: {location: vault}
"""


def test_a_file_is_read_with_lines() -> None:
    rules = read_rules(GOOD, "tiering.yaml")
    first, second = rules.rules
    assert [(rule.name, rule.line) for rule in rules.rules] == [("wrapped productions", 5), ("tapes", 18)]
    assert first.when.project is not None
    assert (first.when.project.states, first.when.project.at_least) == (("wrapped",), 30 * 86400)
    assert (first.when.kinds, first.when.size) == (("video", "sound"), (Comparison(">=", 1 << 30),))
    assert (len(first.unless), first.unless[1].age) == (2, (Comparison("<", 365 * 86400),))
    assert (first.pays_back_within, first.allow_early) == (Decimal(6), True)
    assert first.storage_class is not None
    assert (first.location, first.storage_class.name) == (None, "DEEP_ARCHIVE")
    assert second.location is not None
    assert (second.location.name, second.location.line, second.storage_class) == ("vault", 20, None)
    assert rules.exceptions[0].labels == ("keep-hot",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("version: 1\nrules: [", 2, "not YAML"),
        ("rules: []", 1, "needs `version`"),
        ("version: 2\nrules: []", 1, "version '2'"),
        ("version: 1\nrules: none", 2, "must be a list"),
        ("version: 1\nrulez: []\nrules: []", 2, "did you mean `rules`"),
        ("version: 1\nversion: 1\nrules: []", 2, "stands twice"),
        ("- 1", 1, "key: value"),
        ("version: 1\nrules:\n - when: {kind: video}\n   to: {class: GLACIER}", 3, "a rule needs `name`"),
        ("version: 1\nrules:\n - name: a\n   to: {class: GLACIER}", 3, "a rule needs `when`"),
        ("version: 1\nrules:\n - name: a\n   when: {kind: video}", 3, "a rule needs `to`"),
        ("version: 1\nrules:\n - name: a\n   when: {}\n   to: {class: GLACIER}", 4, "everything"),
        ("version: 1\nrules:\n - name: a\n   when: {kind: video}\n   to: {}", 5, "must name"),
        (
            "version: 1\nrules:\n - name: a\n   when: {kind: video}\n   to:\n    class: GLACIR",
            6,
            "did you mean `GLACIER`",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when:\n    kind: film\n   to: {class: GLACIER}",
            5,
            "one of video, still, sound",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when:\n    proyect: b\n   to: {class: GLACIER}",
            5,
            "did you mean `project`",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when:\n    age: 30\n   to: {class: GLACIER}",
            5,
            "a number and a unit",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when:\n    size: 3 days\n   to: {class: GLACIER}",
            5,
            "is no size",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when:\n    project: {for: 3 days}\n   to: {class: GLACIER}",
            5,
            "name the `state` too",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when: {kind: video}\n   to: {class: GLACIER}\n"
            "   allow_early_deletion: maybe",
            6,
            "true or false",
        ),
        (
            "version: 1\nrules:\n - name: a\n   when: {kind: video}\n   to: {class: GLACIER}\n"
            " - name: a\n   when: {kind: video}\n   to: {class: GLACIER}",
            6,
            "of line 3 is named 'a' already",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadRules) as caught:
        read_rules(text.encode(), "tiering.yaml")
    assert f"tiering.yaml:{line}: " in caught.value.message
    assert words in caught.value.message


def test_all_faults_are_told_at_once() -> None:
    text = "version: 1\nrules:\n - name: a\n   when: {kind: film}\n   to: {klass: X}\n - 7"
    with pytest.raises(BadRules) as caught:
        read_rules(text.encode(), "r.yaml")
    assert [line.split(": ")[0] for line in caught.value.message.splitlines()] == [
        "r.yaml:4",
        "r.yaml:5",
        "r.yaml:6",
    ]


def test_a_missing_file_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(BadRules) as caught:
        load_rules(tmp_path / "tiering.yaml")
    assert "tiering.yaml" in caught.value.remedy


@given(st.binary(max_size=300))
def test_whatever_bytes_are_rules_or_a_fault(data: bytes) -> None:
    with contextlib.suppress(BadRules):
        assert read_rules(data, "x").source == "x"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 hour", 3600),
        ("30 days", 2592000),
        ("2weeks", 1209600),
        ("1.5 months", 3888000),
        ("1 Year", 31536000),
    ],
)
def test_spans_of_time(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("0 B", 0), ("500 MB", 500 << 20), ("1.5gb", 3 << 29), ("2 TB", 2 << 40)]
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    ("text", "below", "at", "above"),
    [("10 B", 0, 1, 1), (">= 10 B", 0, 1, 1), ("> 10 B", 0, 0, 1), ("<10 B", 1, 0, 0), ("<= 10 B", 1, 1, 0)],
)
def test_comparisons(text: str, below: int, at: int, above: int) -> None:
    found = compared(text, bytes_of)
    assert [found.holds(9), found.holds(10), found.holds(11)] == [below, at, above]


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("*.mov", ["a.mov", "x/y/a.mov"], ["a.mov.txt", "amov"]),
        ("raw/*.mov", ["raw/a.mov"], ["raw/b/a.mov", "x/raw/a.mov"]),
        ("raw/**", ["raw/a.mov", "raw/b/a.mov"], ["raws/a.mov"]),
        ("**/dailies/**", ["dailies/a", "x/y/dailies/z/a"], ["x/dailies2/a"]),
        ("reel?.mxf", ["reel1.mxf"], ["reel12.mxf"]),
        ("a[1].mov", ["a[1].mov"], ["a1.mov"]),
    ],
)
def test_path_patterns(glob: str, matching: list[str], other: list[str]) -> None:
    pattern = path_pattern(glob)
    assert [name for name in [*matching, *other] if pattern.match(name)] == matching
