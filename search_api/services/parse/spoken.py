"""Dates and durations in plain words, as filters: ``in the 1980s``, ``longer than two minutes``. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

_ONES = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_DECADES = "twenties thirties forties fifties sixties seventies eighties nineties"
_MONTHS = "january february march april may june july august september october november december"
_NUMBERS = {word: number for number, word in enumerate(f"{_ONES} {_TEENS}".split(), start=1)} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), start=2)
}
_PARTS = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}
"""Years of a decade, first and last."""


def _any(words: str) -> str:
    return words.replace(" ", "|")


_COUNT = rf"(?:(?:{_any(_TENS)})(?:[- ](?:{_any(_ONES)}))?|{_any(_TEENS)}|{_any(_ONES)})\b"
_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h)\b"
_NUMBER = rf"(?:\d{{1,4}}(?:\.\d{{1,3}})?|{_COUNT})"
AMOUNT = rf"(?:half an?|an?|{_NUMBER})[ -]?{_UNIT}"
"""A duration: ``90 s``, ``two minutes``, ``half an hour``."""

_END = r"(?![\w:/]|[.,-]\d)"
_YEAR = rf"(?:(?:1[89]|20)\d\d{_END}|(?:eighteen|nineteen)[ -]{_COUNT})"
_SHORT_DECADE = rf"(?:1[89]|20)\d0['\u2019]?s\b|['\u2019]?[2-9]0s\b|(?:nineteen[ -])?(?:{_any(_DECADES)})\b"
_DECADE = rf"the (?:(?:{'|'.join(_PARTS)})[ -])?(?:{_SHORT_DECADE})"
_WHEN = rf"(?:{_YEAR}|{_DECADE})"
_MONTH = rf"(?:(?:\d{{1,2}} )?(?:{_any(_MONTHS)}),? )?"
_LONGER = r"(?:longer than|more than|at least|no less than|over)"
_SHORTER = r"(?:shorter than|less than|at most|no more than|up to|under)"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stretch of plain words asks for.

    Attributes:
        name: The filter.
        value: In the API's spelling.
        left: Words of the stretch that stay text (a month: only years are on record).
    """

    name: str
    value: str
    left: str = ""


Years = tuple[int, int]


def reading_of(stretch: str) -> Reading | None:
    """What the stretch asks for; None where it makes no sense (a range that runs backwards)."""
    for pattern, read in _table():
        match = pattern.fullmatch(stretch)
        if match is not None:
            return read(*(group or "" for group in match.groups()))
    return None


def seconds_of(amount: str) -> float:
    """Seconds of an amount that :data:`AMOUNT` matches."""
    number, unit = re.fullmatch(rf"(.*?)[ -]?({_UNIT})", amount, re.IGNORECASE).group(1, 2)  # type: ignore[union-attr]
    factor = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0].lower()]
    return _number(number.strip().lower()) * factor


def _number(text: str) -> float:
    if text.startswith("half"):
        return 0.5
    if text in ("a", "an"):
        return 1.0
    return float(text) if text[0].isdigit() else float(_counted(text))


def _counted(text: str) -> int:
    return sum(_NUMBERS[word] for word in re.split(r"[- ]", text.lower()))


def years_of(when: str) -> Years:
    """First and last year of what a year or decade names; a decade without century is of the 1900s."""
    words = re.split(r"[- ]", when.lower().removeprefix("the "))
    part = _PARTS.get(words[0], (0, 9))
    last = words[-1].strip("'\u2019").removesuffix("s").rstrip("'\u2019")
    if words[-1] in _DECADES.split():
        decade = 1920 + 10 * _DECADES.split().index(words[-1])
    elif words[0] in ("eighteen", "nineteen"):
        year = 100 * _NUMBERS[words[0]] + _counted(" ".join(words[1:]))
        return year, year
    elif last == words[-1]:
        return int(last), int(last)
    else:
        decade = int(last) if len(last) == 4 else 1900 + int(last)
    return decade + part[0], decade + part[1]


def _inside(month: str, when: str) -> Reading | None:
    return _spanned(*years_of(when), left=month)


def _between(low: str, high: str) -> Reading | None:
    return _spanned(years_of(low)[0], years_of(high)[1])


def _before(when: str) -> Reading | None:
    return _spanned(None, years_of(when)[0] - 1)


def _until(when: str) -> Reading | None:
    return _spanned(None, years_of(when)[1])


def _after(when: str) -> Reading | None:
    return _spanned(years_of(when)[1] + 1, None)


def _since(when: str) -> Reading | None:
    return _spanned(years_of(when)[0], None)


def _spanned(low: int | None, high: int | None, left: str = "") -> Reading | None:
    if low is not None and high is not None and low > high:
        return None
    value = f"{low}" if low == high else f"{low or ''}..{high or ''}"
    return Reading("year", value, left.strip(" ,"))


def _longer(amount: str) -> Reading:
    return Reading("duration", f"{_shown(seconds_of(amount))}..")


def _shorter(amount: str) -> Reading:
    return Reading("duration", f"..{_shown(seconds_of(amount))}")


def _lasting(low: str, unit: str, high: str) -> Reading | None:
    unit = unit or re.sub(rf"{_NUMBER}[ -]?", "", high, count=1, flags=re.IGNORECASE)
    first, last = seconds_of(f"{low} {unit}"), seconds_of(high)
    return Reading("duration", f"{_shown(first)}..{_shown(last)}") if first <= last else None


def _shown(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


_FORMS: tuple[tuple[str, Callable[..., Reading | None]], ...] = (
    (rf"between ({_WHEN}) and ({_WHEN})", _between),
    (rf"from ({_WHEN}) (?:to|until|till|through) ({_WHEN})", _between),
    (rf"(?:in|from|during) ({_MONTH})({_WHEN})", _inside),
    (rf"before ({_WHEN})", _before),
    (rf"(?:until|till|up to) ({_WHEN})", _until),
    (rf"after ({_WHEN})", _after),
    (rf"since ({_WHEN})", _since),
    (rf"between ({_NUMBER})[ -]?({_UNIT})? and ({_NUMBER}[ -]?{_UNIT})(?: long)?", _lasting),
    (rf"{_LONGER} ({AMOUNT})(?: long)?", _longer),
    (rf"{_SHORTER} ({AMOUNT})(?: long)?", _shorter),
)
STRETCH = "|".join(re.sub(r"(?<!\\)\((?!\?)", "(?:", form) for form, _ in _FORMS)
"""Pattern of every stretch that may be one, without groups."""


@cache
def _table() -> tuple[tuple[re.Pattern[str], Callable[..., Reading | None]], ...]:
    """The forms, compiled with the first question: most processes are asked none."""
    return tuple((re.compile(form, re.IGNORECASE), read) for form, read in _FORMS)
