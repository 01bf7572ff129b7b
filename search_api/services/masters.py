"""Which of several copies is the best master, and why. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foundation.ids import AssetId

MEZZANINE = frozenset(
    (
        *("prores", "dnxhd", "cfhd", "ffv1", "v210", "v410", "rawvideo", "jpeg2000", "huffyuv", "ffvhuff"),
        *("utvideo", "dvvideo", "hq_hqa", "tiff", "dpx", "exr", "png", "bmp"),
    )
)
"""Codecs that masters are kept in: each picture whole, little or nothing lost (names as ffmpeg has them)."""

OUTDATED = frozenset(
    (
        *("mpeg1video", "mpeg4", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2"),
        *("flv1", "h263", "theora", "rv40", "cinepak", "gif"),
    )
)
"""Codecs of deliveries and web copies."""

_LESSER_NAMES = (
    "proxy",
    "preview",
    "screener",
    "lowres",
    "low-res",
    "low_res",
    "offline",
    "watermark",
    "thumb",
)


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of one candidate; None where nobody looked.

    Attributes:
        seconds: Length; 0 for stills.
        filled: Share of the frame that is picture and not bars, 0..1.
        text_share: Share of the length with text on screen, 0..1.
        size: Bytes of the essence.
    """

    asset: AssetId
    name: str
    is_available: bool = True
    seconds: float = 0.0
    width: int | None = None
    height: int | None = None
    filled: float = 1.0
    codec: str | None = None
    size: int = 0
    has_colour: bool | None = None
    text_share: float = 0.0

    @property
    def pixels(self) -> float:
        """Pixels that hold picture."""
        return (self.width or 0) * (self.height or 0) * self.filled

    @property
    def bit_rate(self) -> float:
        """Bits per second; of a still, its bits."""
        return self.size * 8 / (self.seconds or 1.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """The best master and what speaks for it, most important first; no reason where it is the only copy."""

    asset: AssetId
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Criterion:
    """Copies that come near the best one stay, the others are out; ``near`` is a share of the best."""

    value: Callable[[Copy], float]
    near: float
    reason: Callable[[Copy], str]


_CRITERIA = (
    _Criterion(lambda c: float(c.is_available), 1.0, lambda _: "its master is in its place"),
    _Criterion(lambda c: c.seconds, 0.97, lambda c: f"the whole: {c.seconds:.1f} s"),
    _Criterion(lambda c: float(c.has_colour is not False), 1.0, lambda _: "in colour"),
    _Criterion(lambda c: 1 - c.text_share, 0.7, lambda _: "no text burnt in"),
    _Criterion(lambda c: c.pixels, 0.9, lambda c: f"the largest picture: {c.width} × {c.height}{_bars(c)}"),
    _Criterion(lambda c: float(_grade(c)), 1.0, lambda c: f"the better codec: {c.codec}"),
    _Criterion(lambda c: c.bit_rate, 0.9, lambda c: f"the highest bit rate: {c.bit_rate / 1e6:.1f} Mbit/s"),
    _Criterion(lambda c: float(not _is_lesser(c)), 1.0, lambda _: "the name speaks of no proxy or preview"),
)


def best_master(copies: Sequence[Copy]) -> Choice:
    """Choose among at least one copy.

    One criterion after the other puts out what falls behind: availability, completeness, colour, burnt-in
    text, picture without bars, codec, bit rate, name; then the copy that was catalogued first. A name that
    says FINAL counts for nothing.
    """
    left = sorted(copies, key=lambda copy: copy.asset)
    decided: list[_Criterion] = []
    for criterion in _CRITERIA:
        best = max(criterion.value(copy) for copy in left)
        kept = [copy for copy in left if criterion.value(copy) >= best * criterion.near]
        decided += [criterion] if len(kept) < len(left) else []
        left = kept
    reasons = [criterion.reason(left[0]) for criterion in decided]
    if len(left) > 1:
        reasons.append("catalogued first among equals")
    return Choice(left[0].asset, tuple(reasons))


def _grade(copy: Copy) -> int:
    if copy.codec is None:
        return 0
    return 2 if copy.codec in MEZZANINE else int(copy.codec not in OUTDATED)


def _is_lesser(copy: Copy) -> bool:
    return any(word in copy.name.casefold() for word in _LESSER_NAMES)


def _bars(copy: Copy) -> str:
    return f", {1 - copy.filled:.0%} of it bars" if copy.filled < 0.95 else ""
