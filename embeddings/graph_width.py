"""How wide a graph is searched."""

from math import isqrt

_LEAST = 1024
"""Sentences lie far from all pictures, and fewer candidates miss many of them among 100,000."""


def graph_width(points: int, limit: int) -> int:
    """Candidates that are kept while the graph of a space is walked.

    Twice the root of the number of points: 1,024 are too few among a million pictures. What it gives there is
    measured by ``python -m scripts.bench search_million``.

    Args:
        points: How many the space holds, about.
        limit: Most matches.
    """
    return max(_LEAST, 2 * isqrt(points), 2 * limit)
