"""Values that lifecycle rules are written with: spans of time, sizes, comparisons, path patterns."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_UNITS_OF_TIME: Mapping[str, int] = MappingProxyType(
    {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30 * 86400, "year": 365 * 86400}
)
_UNITS_OF_SIZE: Mapping[str, int] = MappingProxyType(
    {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)\Z")
_COMPARED = re.compile(r"(>=|<=|>|<)?\s*(.+)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number compared with a bound; without a sign it means *at least*."""

    sign: str
    bound: int

    def holds(self, value: int) -> bool:
        """Say whether ``value`` lies on the right side."""
        match self.sign:
            case ">":
                return value > self.bound
            case "<":
                return value < self.bound
            case "<=":
                return value <= self.bound
        return value >= self.bound


def seconds_of(text: str) -> int:
    """Read ``30 days``: hours, days, weeks, months (of 30 days) or years (of 365).

    Raises:
        ValueError: It is no span of time; the message says how to write one.
    """
    number, unit = _split(text, "30 days")
    seconds = _UNITS_OF_TIME.get(unit.lower().removesuffix("s"))
    if seconds is None:
        raise ValueError(f"{text!r} is no span of time; write it like `30 days` or `2 years`")
    return round(number * seconds)


def bytes_of(text: str) -> int:
    """Read ``1.5 GB``; KB, MB, GB and TB are powers of 1,024, as storage is billed.

    Raises:
        ValueError: It is no size; the message says how to write one.
    """
    number, unit = _split(text, "1.5 GB")
    size = _UNITS_OF_SIZE.get(unit.upper())
    if size is None:
        raise ValueError(f"{text!r} is no size; write it like `500 MB` or `1.5 GB`")
    return round(number * size)


def compared(text: str, read: Callable[[str], int]) -> Comparison:
    """Read ``>= 30 days`` or ``< 1 GB``; without a sign, *at least*.

    Raises:
        ValueError: What ``read`` raises.
    """
    found = _COMPARED.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} says nothing to compare with")
    return Comparison(found[1] or ">=", read(found[2].strip()))


def path_pattern(glob: str) -> re.Pattern[str]:
    """Compile a path pattern: ``*`` and ``?`` stay within one folder, ``**`` crosses folders.

    A pattern without a slash is held against the file's name, one with a slash against the whole path within
    the location. Case counts, as it does on most stores.
    """
    anywhere = "" if "/" in glob else "(?:.*/)?"
    return re.compile(anywhere + _translated(glob.strip("/")) + r"\Z", re.DOTALL)


def _translated(glob: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(wild.get(part) or re.escape(part) for part in parts)


def _split(text: str, example: str) -> tuple[float, str]:
    found = _NUMBER.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} needs a number and a unit, like `{example}`")
    return float(found[1]), found[2]
