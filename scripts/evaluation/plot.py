"""A bar chart as SVG: a few lines, so that no plotting library is needed. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _LEFT, _BAR, _GAP, _TOP = 640, 110, 14, 12, 44
_COLOURS = ("#e8793a", "#4a7fa5", "#7a9e5f")


def bars(title: str, measures: Sequence[str], rows: Mapping[str, Sequence[float]]) -> str:
    """Horizontal bars of values in 0..1, one group per row, one colour per measure.

    Args:
        title: Heading.
        measures: Name of each value of a row.
        rows: Values by name of the row, top to bottom.
    """
    step = len(measures) * _BAR + _GAP
    height = _TOP + len(rows) * step + _GAP
    drawn = [
        part
        for number, (name, values) in enumerate(rows.items())
        for part in _group(name, values, _TOP + number * step)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
            f'<text x="{_GAP}" y="18" font-weight="bold">{escape(title)}</text>',
            *(_legend(number, name) for number, name in enumerate(measures)),
            *drawn,
            "</svg>\n",
        ]
    )


def _group(name: str, values: Sequence[float], top: int) -> list[str]:
    label = f'<text x="{_LEFT - 8}" y="{top + 12}" text-anchor="end">{escape(name)}</text>'
    return [label, *(_bar(number, value, top + number * _BAR) for number, value in enumerate(values))]


def _bar(number: int, value: float, top: int) -> str:
    length = value * (_WIDTH - _LEFT - 60)
    return (
        f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR - 2}" fill="{_COLOURS[number]}"/>'
        f'<text x="{_LEFT + length + 5:.1f}" y="{top + 10}" font-size="10">{value:.3f}</text>'
    )


def _legend(number: int, name: str) -> str:
    left = _LEFT + number * 80
    return (
        f'<rect x="{left}" y="26" width="10" height="10" fill="{_COLOURS[number]}"/>'
        f'<text x="{left + 14}" y="35" font-size="11">{escape(name)}</text>'
    )
