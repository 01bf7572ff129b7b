"""What an evaluation says: figures by channel, by kind and of confidence; as JSON, Markdown and a plot."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.evaluation.asking import FUSED, Answer
from scripts.evaluation.measures import DEPTH, Measured, measured, share
from scripts.evaluation.plot import bars

STRONG = "strong"
_MOST_MISSED = 60
"""Misses that the Markdown page lists; JSON has all of them."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """How far ``strong`` can be trusted; a share is None where nothing could be counted.

    Attributes:
        nothing: Queries without an answer in the archive.
        quiet: Share of them without a strong hit.
        strong: Strong hits on queries with an answer.
        precision: Share of them that are right: asked for, or an answer too.
        sure: Share of queries with an answer that got a right strong hit.
    """

    nothing: int
    quiet: float | None
    strong: int
    precision: float | None
    sure: float | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A query whose answer did not come first; rank 0 means not among the first hits at all."""

    q: str
    kind: str
    rank: int


@dataclass(frozen=True, slots=True)
class Report:
    """One set, evaluated.

    Attributes:
        name: Of the set.
        encoders: Active packs by kind.
        channels: Figures of all signals together and of each alone.
        kinds: The fused figures by kind of query.
        confidence: Of the fused answers.
        missed: Fused answers that did not come first.
    """

    name: str
    encoders: Mapping[str, str]
    channels: Mapping[str, Measured]
    kinds: Mapping[str, Measured]
    confidence: Confidence
    missed: Sequence[Missed]


def report_of(name: str, encoders: Mapping[str, str], answers: Sequence[Answer]) -> Report:
    """Sum up the answers of one set."""
    found = [answer for answer in answers if not answer.item.is_nothing]
    fused = [answer for answer in found if answer.channel == FUSED]
    return Report(
        name=name,
        encoders=encoders,
        channels={key: _measured(found, key) for key in _in_order(a.channel for a in found)},
        kinds={kind: _of_kind(fused, kind) for kind in _in_order(a.item.kind for a in fused)},
        confidence=confidence_of([answer for answer in answers if answer.channel == FUSED]),
        missed=[miss for answer in fused if (miss := _missed(answer)).rank != 1],
    )


def confidence_of(answers: Iterable[Answer]) -> Confidence:
    """Count strong hits, where they should be and where they should not."""
    every = list(answers)
    nothing = [answer for answer in every if answer.item.is_nothing]
    asked = [answer for answer in every if not answer.item.is_nothing]
    strong = [hit for answer in asked for hit in answer.hits if hit.confidence == STRONG]
    quiet = [a for a in nothing if all(hit.confidence != STRONG for hit in a.hits)]
    sure = [a for a in asked if any(hit.places and hit.confidence == STRONG for hit in a.hits)]
    right = sum(not hit.is_wrong for hit in strong)
    return Confidence(
        nothing=len(nothing),
        quiet=share(len(quiet), len(nothing)),
        strong=len(strong),
        precision=share(right, len(strong)),
        sure=share(len(sure), len(asked)),
    )


def write(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Write ``evaluation.json``, ``evaluation.md`` and one plot per set.

    Returns:
        The files, in that order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {"evaluation.json": as_json(reports) + "\n", "evaluation.md": as_markdown(reports)}
    files |= {f"{report.name}.svg": _plot(report) for report in reports}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def as_json(reports: Sequence[Report]) -> str:
    """All figures as one JSON array."""
    return json.dumps([asdict(report) for report in reports], indent=2, ensure_ascii=False)


def as_markdown(reports: Sequence[Report]) -> str:
    """All figures as a Markdown page."""
    return "\n".join(["# Evaluation", "", *(line for report in reports for line in _section(report))])


def _section(report: Report) -> list[str]:
    encoders = ", ".join(f"{kind} {name}" for kind, name in report.encoders.items())
    return [
        f"## {report.name}", "", f"Encoders: {encoders}.", "", f"![R@10 and MRR]({report.name}.svg)", "",
        *_table("signals", report.channels), "", *_table("kind", report.kinds), "",
        *_confidence_lines(report.confidence), "", *_missed_lines(report.missed), "",
    ]  # fmt: skip


def _table(title: str, rows: Mapping[str, Measured]) -> list[str]:
    head = [
        f"| {title} | queries | R@1 | R@{DEPTH} | MRR | nDCG@{DEPTH} |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    return head + [
        f"| {name} | {m.queries} | {m.recall_1:.3f} | {m.recall_10:.3f} | {m.mrr:.3f} | {m.ndcg:.3f} |"
        for name, m in rows.items()
    ]


def _confidence_lines(found: Confidence) -> list[str]:
    return [
        "| confidence | counted | share |",
        "| --- | --: | --: |",
        f"| queries without an answer that got no strong hit | {found.nothing} | {_shown(found.quiet)} |",
        f"| strong hits that are right | {found.strong} | {_shown(found.precision)} |",
        f"| queries with an answer that got a right strong hit | | {_shown(found.sure)} |",
    ]


def _missed_lines(missed: Sequence[Missed]) -> list[str]:
    if not missed:
        return ["Every answer came first."]
    ranks = [f"- {miss.q} ({miss.kind}): {miss.rank or 'not found'}" for miss in missed[:_MOST_MISSED]]
    return ["Answers that did not come first, with their rank:", "", *ranks]


def _shown(part: float | None) -> str:
    return "–" if part is None else f"{part:.3f}"


def _plot(report: Report) -> str:
    rows = {name: (found.recall_10, found.mrr) for name, found in report.channels.items()}
    return bars(report.name, (f"R@{DEPTH}", "MRR"), rows)


def _measured(answers: Sequence[Answer], channel: str) -> Measured:
    return measured([(a.gains, len(a.item.relevant)) for a in answers if a.channel == channel])


def _of_kind(answers: Sequence[Answer], kind: str) -> Measured:
    return measured([(a.gains, len(a.item.relevant)) for a in answers if a.item.kind == kind])


def _missed(answer: Answer) -> Missed:
    rank = next((number for number, gain in enumerate(answer.gains, start=1) if gain), 0)
    return Missed(answer.item.told, answer.item.kind, rank)


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
