"""How sure a hit is: from the trust in its evidence to ``strong``, ``possible`` or ``weak``. Pure."""

from collections.abc import Iterable
from typing import Literal

from search_api.services.fuse import Scored

Confidence = Literal["strong", "possible", "weak"]

STRONG, POSSIBLE = 0.9, 0.5
"""Sureness from which a hit is strong: nine of ten are right; and possible: as likely right as wrong. Held
against judged queries in ``docs/explanation/evaluation.md``."""

NOTHING_GOOD = "Nothing good was found; these hits are merely the nearest."


def sureness(evidence: Iterable[Scored]) -> float:
    """0..1: how likely one of the reasons holds, each signal speaking once (noisy or).

    A signal's best reason counts; reasons of different signals are taken as independent.
    """
    best: dict[str, float] = {}
    for item in evidence:
        signal = item.evidence.signal
        best[signal] = max(best.get(signal, 0.0), item.evidence.trust)
    doubt = 1.0
    for trust in best.values():
        doubt *= 1.0 - trust
    return 1.0 - doubt


def confidence_of(sure: float) -> Confidence:
    """The word for a sureness."""
    if sure >= STRONG:
        return "strong"
    return "possible" if sure >= POSSIBLE else "weak"
