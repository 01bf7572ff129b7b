"""The catalog's nouns as wire types: frames become seconds and labels here and nowhere else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from catalog import model as m
from foundation.errors import BadTimecode
from foundation.ids import AssetId, InstanceId, LocationId
from foundation.timecode import SOUND_RATE, FrameRange, SampleRange, count_of, label_of
from search_api import schemas as s
from search_api import schemas_people as p


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns positions of one asset into seconds and labels."""

    kind: m.AssetKind
    timeline: m.AssetTimeline | None

    @property
    def frames(self) -> int | None:
        """Presented frames, where there is a picture that moves."""
        if self.kind is not m.AssetKind.VIDEO or self.timeline is None:
            return None
        return self.timeline.technical.frames if self.timeline.pts is None else len(self.timeline.pts)

    @property
    def is_blind(self) -> bool:
        """Say whether nobody has seen the picture yet: only captions beside a cold master are known."""
        return self.timeline is None or (self.timeline.pts is None and not self.timeline.technical.rate)

    def seconds(self, frame: int) -> float | None:
        """Seconds at which a frame starts; past the end means the end."""
        timeline = self.timeline
        if self.kind is not m.AssetKind.VIDEO or timeline is None:
            return None
        if timeline.pts is not None:
            return _rounded(timeline.pts.start_of(min(frame, len(timeline.pts))))
        rate = timeline.technical.rate
        return None if not rate else _rounded(frame / rate)

    def label(self, frame: int) -> str | None:
        """SMPTE label of a frame: the master's own start plus what has passed."""
        technical = None if self.timeline is None else self.timeline.technical
        if self.kind is not m.AssetKind.VIDEO or technical is None or not technical.rate:
            return None
        start, drop_frame = _start_of(technical)
        passed = self._passed(frame, technical) if technical.variable_rate else frame
        return label_of(start + passed, technical.rate, drop_frame=drop_frame)

    def _passed(self, frame: int, technical: m.Technical) -> int:
        """Frames of the nominal rate that fit before a frame of variable rate."""
        return round((self.seconds(frame) or 0.0) * float(technical.rate or 0))

    def range_of(self, frames: FrameRange | None, sound: SampleRange | None = None) -> s.Range:
        """Frames and seconds of a range; both None stand for the whole asset and give None."""
        if (
            frames is None
            and sound is not None
            and self.timeline is not None
            and self.timeline.pts is not None
        ):
            within = self.timeline.pts.frames_of(sound)
            return self._range(within.in_frame, within.out_frame, sound)
        if frames is not None and self.kind is m.AssetKind.VIDEO:
            return self._range(frames.in_frame, frames.out_frame, sound)
        return self._range(None, None, sound)

    def _range(self, in_frame: int | None, out_frame: int | None, sound: SampleRange | None) -> s.Range:
        start = None if in_frame is None else self.seconds(in_frame)
        end = None if out_frame is None else self.seconds(out_frame)
        if sound is not None:
            start, end = _rounded(sound.start_seconds), _rounded(sound.end_seconds)
        label = None if in_frame is None else self.label(in_frame)
        return s.Range(in_frame=in_frame, out_frame=out_frame, start=start, end=end, timecode=label)


def _rounded(seconds: Fraction) -> float:
    return round(float(seconds), 6)


def _start_of(technical: m.Technical) -> tuple[int, bool]:
    """Frame count of the master's start label; a label that cannot be read counts as none."""
    if technical.start_timecode is None or technical.rate is None:
        return 0, False
    try:
        return count_of(technical.start_timecode, technical.rate)
    except BadTimecode:
        return 0, False


LocationNames = Mapping[LocationId, str]
Estimate = tuple[m.RestoreState, int | None, Decimal | None]


def master_of(instance: m.Instance | None, asset: m.Asset, estimate: Estimate) -> s.Master:
    """Where the master lives, and what having it back takes."""
    state, eta, cost = estimate
    stored = asset.storage_class if instance is None else instance.essence.storage_class
    return s.Master(storage_class=stored, restore=state.value, eta_seconds=eta, cost_usd=cost)


def proxy_url(asset_id: AssetId) -> str:
    """Where the proxy is served."""
    return f"/v1/assets/{asset_id}/proxy"


def picture_url(asset_id: AssetId, kind: m.AssetKind, frame: int | None) -> str:
    """Where a still of a moment is served."""
    if kind is m.AssetKind.VIDEO and frame is not None:
        return f"/v1/assets/{asset_id}/keyframes/{frame}"
    return f"/v1/assets/{asset_id}/poster"


def asset_of(asset: m.Asset, locations: LocationNames) -> s.Asset:
    """An asset, briefly."""
    return s.Asset(
        id=asset.id,
        kind=asset.kind.value,
        name=asset.name,
        location=locations.get(asset.location_id, ""),
        state=asset.state.value,
        storage_class=asset.storage_class,
        duration=None if asset.duration_ms is None else asset.duration_ms / 1000,
        year=asset.year,
        year_source=asset.year_source,
        has_speech=asset.has_speech,
        version=asset.version,
        indexed_at=asset.indexed_at,
    )


def technical_of(technical: m.Technical) -> s.Technical:
    """Technical facts; the rate stays rational."""
    rate = technical.rate
    return s.Technical(
        rate=None if rate is None else f"{rate.numerator}/{rate.denominator}",
        frames=technical.frames,
        width=technical.width,
        height=technical.height,
        rotation=technical.rotation,
        field_order=technical.field_order,
        colour=dict(technical.colour),
        codec=technical.codec,
        container=technical.container,
        start_timecode=technical.start_timecode,
        drop_frame=technical.drop_frame,
        variable_rate=technical.variable_rate,
    )


def copy_of(instance: m.Instance, locations: LocationNames, kept: Collection[InstanceId]) -> s.Copy:
    """One instance."""
    return s.Copy(
        id=instance.id,
        location=locations.get(instance.location_id, ""),
        name=instance.name,
        uri=instance.essence.uri,
        size=instance.size,
        storage_class=instance.essence.storage_class,
        restore=instance.essence.restore.value,
        available=instance.available,
        kept_hot=instance.id in kept,
    )


def shot_of(shot: m.Shot, clock: Clock) -> s.Shot:
    """One shot."""
    return s.Shot(id=shot.id, ordinal=shot.ordinal, **clock.range_of(shot.frames).model_dump())


def keyframe_of(keyframe: m.Keyframe, clock: Clock) -> s.Keyframe:
    """One keyframe."""
    return s.Keyframe(
        frame=keyframe.frame,
        seconds=clock.seconds(keyframe.frame),
        timecode=clock.label(keyframe.frame),
        shot=keyframe.shot_id,
        url=f"/v1/assets/{keyframe.asset_id}/keyframes/{keyframe.frame}",
    )


def cue_of(cue: m.Cue, clock: Clock) -> s.Cue:
    """One cue."""
    return s.Cue(
        ordinal=cue.ordinal,
        text=cue.text,
        kind=cue.kind.value,
        language=cue.language,
        speaker=cue.speaker,
        confidence=cue.confidence,
        **clock.range_of(None, cue.sound).model_dump(),
    )


def box_of(box: m.Box) -> s.Box:
    """A region of the picture."""
    return s.Box(left=box.left, top=box.top, width=box.width, height=box.height)


def person_of(person: m.Person) -> p.Person:
    """Somebody with a name."""
    return p.Person(id=person.id, name=person.name, faces=person.faces)


def face_of(face: m.FaceTrack, clock: Clock) -> s.Face:
    """One face track."""
    return s.Face(
        ordinal=face.ordinal,
        asset=face.asset_id,
        best_frame=face.best_frame,
        box=box_of(face.box),
        quality=face.quality,
        person=face.person_id,
        cluster=face.cluster_id,
        picture=picture_url(face.asset_id, clock.kind, face.best_frame),
        **clock.range_of(face.frames).model_dump(),
    )


def screen_text_of(text: m.ScreenText, clock: Clock) -> s.ScreenText:
    """One text on screen."""
    return s.ScreenText(
        ordinal=text.ordinal,
        box=box_of(text.box),
        text=text.text,
        confidence=text.confidence,
        **clock.range_of(text.frames).model_dump(),
    )


def statement_of(statement: m.Statement, clock: Clock) -> s.Statement:
    """One statement."""
    return s.Statement(
        id=statement.id,
        field=statement.field,
        value=statement.value,
        source=statement.source,
        draft=m.is_draft(statement.source),
        language=statement.language,
        confidence=statement.confidence,
        supersedes=statement.supersedes,
        **clock.range_of(statement.frames, statement.sound).model_dump(),
    )


def rendition_of(asset_id: AssetId, rendition: m.Rendition) -> s.Rendition:
    """One rendition; only proxy and poster are served."""
    served = {**dict.fromkeys(m.PLAYABLE, "proxy"), m.RenditionRole.POSTER: "poster"}.get(rendition.role)
    return s.Rendition(
        role=rendition.role.value,
        size=rendition.size,
        sha256=rendition.sha256,
        media_type=rendition.media_type,
        width=rendition.width,
        height=rendition.height,
        frames=rendition.frames,
        url=None if served is None else f"/v1/assets/{asset_id}/{served}",
    )


def duration_of(asset: m.Asset) -> SampleRange | None:
    """The whole of a sound."""
    samples = 0 if asset.duration_ms is None else asset.duration_ms * SOUND_RATE // 1000
    return SampleRange(0, samples) if samples > 0 else None
