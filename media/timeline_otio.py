"""OpenTimelineIO: written with the library here, read with it in a jailed child (:mod:`media.otio_reader`).

Rates are floats in OTIO; the exact one stands beside them, ``rate`` in the ``rekindle`` metadata. Every clip
carries references to both the proxy and the master, under those names: switching the active one relinks.
"""

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from pydantic import TypeAdapter

from foundation.errors import BadTimeline, ToolFailed
from media.timeline import Cut, Media, Source, Timeline, clean
from media.timeline_read import ReadTimeline
from media.tool import MediaLimits, open_master, run_reader

READ_SECONDS = 60.0
"""Essence that the child may take as long over as over a timeline."""

_TIMELINE = TypeAdapter(ReadTimeline)


def write_otio(timeline: Timeline) -> str:
    """Write a timeline as OpenTimelineIO JSON: one picture track, and one track per sound track."""
    made = otio.schema.Timeline(
        timeline.name,
        global_start_time=_time(timeline.record_start, timeline.rate),
        metadata={"rekindle": _facts_of_timeline(timeline)},
    )
    if any(cut.source.kind != "sound" for cut in timeline.cuts):
        made.tracks.append(_track(timeline, "V1", None))
    most = max(len(timeline.media(cut).channels) for cut in timeline.cuts)
    for number in range(most):
        made.tracks.append(_track(timeline, f"A{number + 1}", number))
    return str(otio.adapters.write_to_string(made, "otio_json")) + "\n"


def _facts_of_timeline(timeline: Timeline) -> dict[str, object]:
    return {"against": timeline.against, "rate": _text(timeline.rate), "drop_frame": timeline.drop_frame}


def _track(timeline: Timeline, name: str, sound: int | None) -> otio.schema.Track:
    kind = otio.schema.TrackKind.Video if sound is None else otio.schema.TrackKind.Audio
    track = otio.schema.Track(name, kind=kind)
    for cut in timeline.cuts:
        shown = cut.source.kind != "sound" if sound is None else sound < len(timeline.media(cut).channels)
        track.append(_clip(timeline, cut) if shown else _gap(timeline, cut))
    return track


def _gap(timeline: Timeline, cut: Cut) -> otio.schema.Gap:
    return otio.schema.Gap(duration=_time(timeline.length(cut), timeline.rate))


def _clip(timeline: Timeline, cut: Cut) -> otio.schema.Clip:
    source, media = cut.source, timeline.media(cut)
    clip = otio.schema.Clip(
        clean(media.name),
        source_range=_range(media.start + cut.frames.in_frame, len(cut.frames), source.rate),
        metadata={"rekindle": _facts(cut), "cmx_3600": {"reel": clean(source.reel)}},
    )
    references = {against: _reference(source, item) for against, item in source.media.items()}
    clip.set_media_references(references, timeline.against)
    return clip


def _reference(source: Source, media: Media) -> otio.schema.ExternalReference:
    frames = 1 if source.kind == "still" else source.frames
    reference = otio.schema.ExternalReference(clean(media.url), _range(media.start, frames, source.rate))
    reference.name = clean(media.name)
    return reference


def _facts(cut: Cut) -> dict[str, object]:
    source = cut.source
    facts: dict[str, object] = {
        "asset": source.asset,
        "kind": source.kind,
        "rate": _text(source.rate),
        "drop_frame": source.drop_frame,
        "has_timecode": source.has_timecode,
        "notes": list(source.notes),
    }
    if source.sha256 is not None:
        facts["sha256"] = source.sha256
    if cut.asset_frames is not None:
        facts["in_frame"], facts["out_frame"] = cut.asset_frames.in_frame, cut.asset_frames.out_frame
    return facts


def _text(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"


def _time(frames: int, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(frames, float(rate))


def _range(start: int, frames: int, rate: Fraction) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(_time(start, rate), _time(frames, rate))


def read_otio(path: Path, limits: MediaLimits) -> ReadTimeline:
    """Read an OpenTimelineIO file in a child: it comes from outside, and the library is native code.

    Args:
        path: The file.
        limits: What the child may use.

    Raises:
        BadTimeline: It is no timeline that the library can read.
        ToolTimeout: It took too long.
    """
    try:
        with open_master(path) as opened:
            answer = run_reader("media.otio_reader", {}, opened, limits=limits, seconds=READ_SECONDS)
    except ToolFailed as error:
        raise BadTimeline("OpenTimelineIO cannot read it.") from error
    return _TIMELINE.validate_python(answer)
