"""Which hits count as found: what standing queries report, and what unmet demand lacks. Pure."""

from search_api.schemas import Hit


def is_good(hit: Hit) -> bool:
    """Say whether a hit is worth telling somebody who did not look at the page."""
    return hit.confidence != "weak"
