"""When it was recorded: from what a person wrote beside it, else its name, else the file's own clock. Pure.

A file's modification time is never taken: on a digitised tape it is the day of the transfer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from catalog.recorded import FIRST_YEAR

_YEAR = r"(18[89]\d|19\d\d|20\d\d)"
_IN_NAME = re.compile(rf"(?<![0-9A-Za-z]){_YEAR}(?![0-9xXpPiIkK])")
_DATE_IN_NAME = re.compile(rf"(?<!\d){_YEAR}[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_STARTS = re.compile(rf"\s*{_YEAR}(?!\d)")
_RECORDED = ("recorded", "date_recorded", "date_created", "datecreated", "created", "date", "year")
_FILE = ("creation_time", "com.apple.quicktime.creationdate", "date", "year")
_UNSET = ("1904-01-01", "1970-01-01")
"""What QuickTime and Unix clocks say that nobody set."""
_PICTURE_TAKEN = ("date_taken", "datetimeoriginal", "date")


@dataclass(frozen=True, slots=True)
class Year:
    """A year and where it comes from: ``recorded`` (somebody or a camera said so), ``name`` or ``file``."""

    value: int
    source: str


def year_of(
    name: str, described: Mapping[str, str], tags: Mapping[str, str], *, still: bool, this_year: int
) -> Year | None:
    """The best-founded year of an asset.

    Args:
        name: Path within the location.
        described: Fields of its sidecars, keys in lower case.
        tags: The container's (or EXIF) tags, keys in lower case.
        still: A camera's own date counts as recorded.
        this_year: Later years are mistakes.
    """
    written = _first(described, _RECORDED, this_year)
    if written is not None:
        return Year(written, "recorded")
    if still and (taken := _first(tags, _PICTURE_TAKEN, this_year)) is not None:
        return Year(taken, "recorded")
    if (named := _named(name, this_year)) is not None:
        return Year(named, "name")
    stamped = _first({k: v for k, v in tags.items() if not v.startswith(_UNSET)}, _FILE, this_year)
    return None if stamped is None else Year(stamped, "file")


def _first(fields: Mapping[str, str], keys: tuple[str, ...], this_year: int) -> int | None:
    for key in keys:
        match = _STARTS.match(fields.get(key, ""))
        if match and _plausible(int(match[1]), this_year):
            return int(match[1])
    return None


def _named(name: str, this_year: int) -> int | None:
    """A date or year in the file's name, else in the folder nearest to it."""
    path = PurePosixPath(name)
    for part in (path.stem, *(parent.name for parent in path.parents)):
        matches = [*_DATE_IN_NAME.finditer(part), *_IN_NAME.finditer(part.replace("_", " "))]
        years = [year for match in matches if _plausible(year := int(match[1]), this_year)]
        if years:
            return years[0]
    return None


def _plausible(year: int, this_year: int) -> bool:
    return FIRST_YEAR <= year <= this_year
