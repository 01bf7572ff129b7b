"""Why a hit matched, in sentences for people. Pure."""

import re
from collections.abc import Sequence

from catalog.model import CueKind, is_draft
from search_api.schemas import Match
from search_api.services.evidence import LISTED, MEANING, Evidence
from search_api.services.fuse import Scored, total

MARK, UNMARK = "\x02", "\x03"
_AROUND = 60


def matches_of(evidence: Sequence[Scored]) -> list[Match]:
    """The best reason of each signal, the one that counts most first, with its part of the score."""
    of_signal: dict[str, list[Scored]] = {}
    for item in sorted(evidence, key=lambda item: -item.points):
        of_signal.setdefault(item.evidence.signal, []).append(item)
    whole = total(evidence) or 1.0
    parts = {signal: total(items) / whole for signal, items in of_signal.items()}
    ordered = sorted(of_signal, key=lambda signal: -parts[signal])
    return [_match(of_signal[signal][0].evidence, parts[signal]) for signal in ordered]


def _match(evidence: Evidence, part: float) -> Match:
    text = excerpt(evidence.highlight)
    return Match(
        signal=evidence.signal,
        score=float(f"{evidence.score:.4g}"),
        why=why(evidence, text),
        contribution=round(part, 4),
        words=list(dict.fromkeys(stretches(evidence.highlight))),
        text=text or None,
        frame=_frame(evidence),
        person=evidence.source if evidence.signal == "face" else None,
        encoder=evidence.encoder or None,
    )


def _frame(evidence: Evidence) -> int | None:
    if evidence.position is not None or evidence.frames is None:
        return evidence.position
    return evidence.frames.in_frame


def stretches(highlight: str) -> list[str]:
    """Matched words; those that only a space parts are one stretch."""
    joined = re.sub(rf"{UNMARK}(\s*){MARK}", r"\1", highlight)
    return [part.partition(UNMARK)[0] for part in joined.split(MARK)[1:]]


def why(evidence: Evidence, text: str) -> str:
    """One reason in words; ``text`` is what matched, as an excerpt."""
    if evidence.source == LISTED:
        return "passes the filters"
    if evidence.signal == "visual":
        return f"looks like it ({evidence.source})"
    if evidence.signal == "face":
        return f"shows {evidence.source}"
    if evidence.signal == "speech":
        return f"{_voice(evidence.source)}: {text}"
    lead = _DRAFTED if is_draft(evidence.source) else _LEADS[evidence.signal]
    return f"{lead} {text}"


_LEADS = {"onscreen": "on screen:", "name": "name holds", "description": "described:"}
_DRAFTED = "described (often wrong):"


def _voice(source: str) -> str:
    if source == MEANING:
        return "said something close"
    return "said (draft recognition)" if source == CueKind.DRAFT else "said"


def excerpt(highlight: str) -> str:
    """The text around its first match, matched words in «guillemets», on one line."""
    text = " ".join(highlight.split())
    first, last = text.find(MARK), text.rfind(UNMARK)
    start = max(0, (first if first >= 0 else 0) - _AROUND)
    end = min(len(text), max(start + 2 * _AROUND, min(last, start + 4 * _AROUND) + _AROUND))
    shown = text[_word_start(text, start) : _word_end(text, end)]
    shown = f"{'… ' if start > 0 else ''}{shown}{' …' if end < len(text) else ''}"
    return _balanced(shown).replace(MARK, "«").replace(UNMARK, "»")


def _balanced(text: str) -> str:
    """Close a mark that the cut has opened, and drop one that it has closed."""
    if text.rfind(MARK) > text.rfind(UNMARK):
        text += UNMARK
    if 0 <= text.find(UNMARK) < (text.find(MARK) if MARK in text else len(text)):
        text = text.replace(UNMARK, "", 1)
    return text


def _word_start(text: str, at: int) -> int:
    return at if at == 0 else text.find(" ", at) + 1


def _word_end(text: str, at: int) -> int:
    return at if at >= len(text) else max(text.rfind(" ", 0, at), 0) or at
