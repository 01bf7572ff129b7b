"""Finds the weights of rankings that answer judged queries best.

``python -m scripts.evaluation.tune --home DIR FILE …``

Works on the home itself, which no other process may have open. Each weight is tried at a few factors, keeping
what raises the mean reciprocal rank over all queries, until a round changes nothing. Prints one JSON object:
the factors on the weights in ``search_api/services``, and the figure before and after.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from foundation.settings import load
from scripts.evaluation.asking import judged, request_of
from scripts.evaluation.known_items import KnownItem, read_known_items
from scripts.evaluation.measures import gains_of, reciprocal_rank
from search_api.bootstrap import build_services
from search_api.services.search import Search
from search_api.services.weights import Tilt, tilt_of

RANKINGS = ("visual", "speech", "meaning", "onscreen", "description", "name", "face")
FACTORS = (0.5, 0.7, 1.0, 1.4, 2.0)
LEAST_GAIN = 0.002
"""Rise of the figure that is worth a change; less is chance."""

Score = Callable[[Mapping[str, float]], float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Tune and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True, help="an indexed home")
    parser.add_argument("files", type=Path, nargs="+", help="known items as TOML, or as JSON lines")
    asked = parser.parse_args(arguments)
    items = [item for path in asked.files for item in read_known_items(path) if is_of_use(item)]
    services = build_services(load(asked.home))
    try:
        print(json.dumps(tuned(lambda factors: mrr(services.search, items, factors)), indent=1))
    finally:
        services.close()
    return 0


def is_of_use(item: KnownItem) -> bool:
    """Say whether weights can be tuned by it: examples have the rankings of pictures and words alone."""
    return not item.is_nothing and not item.by_example


def tuned(score: Score) -> dict[str, object]:
    """Climb one weight at a time."""
    factors = dict.fromkeys(RANKINGS, 1.0)
    first = best = score(factors)
    for _ in range(2):
        before = best
        for name in RANKINGS:
            factors, best = _best_of(name, factors, best, score)
        if best == before:
            break
    return {"factors": factors, "mrr before": round(first, 4), "mrr after": round(best, 4)}


def _best_of(
    name: str, factors: dict[str, float], best: float, score: Score
) -> tuple[dict[str, float], float]:
    tried = [factors | {name: factor} for factor in FACTORS if factor != factors[name]]
    figure, found = max(((score(one), one) for one in tried), key=lambda pair: pair[0])
    return (found, figure) if figure > best + LEAST_GAIN else (factors, best)


def mrr(search: Search, items: Sequence[KnownItem], factors: Mapping[str, float]) -> float:
    """Mean reciprocal rank of the fused answers with these factors."""
    leaning = replace(search, tilt=lambda text: _scaled(tilt_of(text), factors))
    replies = ((item, leaning.run(request_of(item, item.signals, {}))) for item in items)
    ranks = [reciprocal_rank(gains_of([hit.places for hit in judged(*pair)])) for pair in replies]
    return sum(ranks) / len(ranks)


def _scaled(tilt: Tilt, factors: Mapping[str, float]) -> Tilt:
    return {name: factors.get(name, 1.0) * tilt.get(name, 1.0) for name in {*tilt, *factors}}


if __name__ == "__main__":
    sys.exit(main())
