"""Which hits count as found: what standing queries report, and what unmet demand lacks. Pure."""

from search_api.schemas import Hit


def is_good(hit: Hit) -> bool:
    """Say whether a hit is worth telling somebody who did not look at the page.

    By its confidence where that is calibrated; else anything said, read, known or named counts, and the
    nearest picture, which there always is, does not.
    """
    if hit.confidence is not None:
        return hit.confidence != "weak"
    return any(match.signal != "visual" for match in hit.matched)
