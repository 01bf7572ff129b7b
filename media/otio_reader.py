"""Reads an OpenTimelineIO file with the library, in a process of its own that :mod:`media.tool` jails."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

_EXACT = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(48000, 1001), Fraction(60000, 1001))


def main(question: str) -> None:
    """Answer on stdout with the title and a list of clips."""
    url = json.loads(question)["url"]
    try:
        text = Path(url.removeprefix("file:")).read_text(encoding="utf-8")
        found = otio.adapters.read_from_string(text, "otio_json")
    except (otio.exceptions.OTIOError, UnicodeDecodeError, ValueError, RuntimeError, TypeError) as error:
        answer: dict[str, Any] = {"error": "BadTimeline", "message": f"It is no OTIO timeline: {error}"[:300]}
    else:
        answer = _answer(found)
    print(json.dumps(answer))  # noqa: T201 - stdout is how a reader answers


def _answer(found: Any) -> dict[str, Any]:
    if not hasattr(found, "find_clips"):
        return {"error": "BadTimeline", "message": "It holds no timeline."}
    clips: dict[str, dict[str, Any]] = {}
    for clip in found.find_clips():
        # Sound that lies beside its picture is the same clip.
        read = _clip(clip)
        clips.setdefault(json.dumps({**read, "place": _place(found, clip)}), read)
    if not clips:
        return {"error": "BadTimeline", "message": "There is no clip in it."}
    return {"name": found.name, "clips": list(clips.values())}


def _place(root: Any, clip: Any) -> str:
    try:
        stack = root.tracks if isinstance(root, otio.schema.Timeline) else root
        return str(clip.transformed_time_range(clip.trimmed_range(), stack).start_time.to_seconds())
    except (otio.exceptions.OTIOError, ValueError):
        return ""


def _clip(clip: Any) -> dict[str, Any]:
    ours, reference = dict(clip.metadata.get("rekindle", {})), clip.media_reference
    used, available = _range(clip), getattr(reference, "available_range", None)
    rate = None if used is None else _rate(used.start_time.rate, ours.get("rate"))
    return {
        "name": clip.name or "",
        "reel": next(_reels(clip), None),
        "file": _file(reference),
        "asset": ours.get("asset"),
        "count_in": None if used is None else round(used.start_time.value),
        "count_out": None if used is None else round(used.end_time_exclusive().value),
        "rate": None if rate is None else str(rate),
        "available": None if used is None or available is None else _count(available.start_time, used),
    }


def _range(clip: Any) -> Any:
    if clip.source_range is not None:
        return clip.source_range
    return getattr(clip.media_reference, "available_range", None)


def _count(start: Any, used: Any) -> int:
    return int(round(start.rescaled_to(used.start_time.rate).value))  # noqa: RUF046 - the library is untyped


def _rate(rate: float, exact: object) -> Fraction:
    """The rational rate that a float stands for."""
    if isinstance(exact, str) and abs(float(Fraction(exact)) - rate) < 0.001:
        return Fraction(exact)
    near = min(_EXACT, key=lambda known: abs(float(known) - rate))
    return near if abs(float(near) - rate) < 0.01 else Fraction(rate).limit_denominator(1001)


def _file(reference: Any) -> str | None:
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return f"{reference.target_url_base}{reference.name_prefix}"
    return getattr(reference, "target_url", None) or getattr(reference, "name", None) or None


def _reels(clip: Any) -> Iterator[str]:
    """Reel names where known writers put them."""
    for metadata in (clip.metadata, getattr(clip.media_reference, "metadata", {})):
        for key in ("cmx_3600", "fcp_xml", "ale", "Resolve_OTIO"):
            found = metadata.get(key, {})
            for name in ("reel", "reel_name", "Reel", "Reel Name"):
                if hasattr(found, "get") and isinstance(found.get(name), str) and found.get(name):
                    yield found[name]
