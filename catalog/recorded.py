"""When a work was recorded, as people write it: EDTF dates of a day, a month or a year. Pure."""

import re
from datetime import date

FIRST_YEAR = 1888
"""Roundhay Garden Scene, the oldest film that survives."""

_EDTF = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?[?~%]?\Z")


def recorded_year(value: str) -> int | None:
    """The year of ``1987``, ``1987-06`` or ``1987-06-14``, also with ``?``, ``~`` or ``%`` behind.

    None where it is no such date, or one before film.
    """
    match = _EDTF.match(value)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found.year if found.year >= FIRST_YEAR else None
