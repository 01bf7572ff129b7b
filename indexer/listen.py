"""Stages ``words`` and ``meaning``: captions if there are any, else recognised speech; then their vectors."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from catalog.model import Cue, CueKind, ObjectRole, Passage, RenditionRole, StoredObject
from catalog.passages import build_passages
from catalog.repository import CatalogWriter
from embeddings.vector_file import VectorRow
from embeddings.voice import voiced_ranges
from foundation.errors import BadCaptions
from foundation.ids import CueId, mint
from foundation.timecode import SampleRange
from indexer.embedded import kept_captions
from indexer.letters import letter_of
from indexer.recipe import Encoding
from indexer.vectors import Encoded, put_vectors
from indexer.work import Commit, Work
from media.captions import parse_sidecar

_TEXTS_AT_ONCE = 32
_SPEECH = frozenset({CueKind.CAPTION, CueKind.SDH, CueKind.RECOGNISED, CueKind.TRANSLATION, CueKind.DRAFT})


@dataclass(frozen=True, slots=True)
class Heard:
    """Words from one source, before they are numbered."""

    sound: SampleRange
    text: str
    kind: CueKind
    language: str | None = None
    speaker: str | None = None
    track: int | None = None
    confidence: float | None = None


@dataclass(slots=True)
class _Found:
    """What the words stage found, and which files it could not read."""

    heard: list[Heard] = field(default_factory=list)
    listened: bool = False
    bad: list[tuple[StoredObject, BadCaptions]] = field(default_factory=list)

    @property
    def captioned(self) -> bool:
        return any(item.kind is not CueKind.FORCED for item in self.heard)


def words_inputs(work: Work) -> str:
    """The sound's digest and every caption file."""
    audio = work.renditions.get(RenditionRole.AUDIO)
    parts = [work.asset.sha256 or "", audio.sha256 if audio else "", *(o.identity for o in _files(work))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def words(work: Work) -> Commit:
    """Find the words: captions from files, captions from the master, else recognition."""
    found = _Found()
    for item in _files(work):
        try:
            found.heard += _from_file(work, item)
        except BadCaptions as error:
            found.bad.append((item, error))
    found.heard += _from_master(work)
    if not found.captioned and _can_listen(work):
        found.heard += _recognised(work)
        found.listened = True
    cues = _numbered(work, found.heard)
    passages = build_passages(cues)
    return lambda writer: _write(writer, work, found, cues, passages)


def _files(work: Work) -> list[StoredObject]:
    return [o for o in work.instance.objects if o.role is ObjectRole.CAPTIONS]


def _from_file(work: Work, item: StoredObject) -> list[Heard]:
    copy = _kept(work, item)
    kind = item.caption_kind or CueKind.CAPTION
    try:
        cues = parse_sidecar(copy)
    except BadCaptions as error:
        raise BadCaptions(error.message.replace(copy.name, item.key), remedy=error.remedy) from error
    return [Heard(cue.sound, cue.text, kind, item.language, cue.speaker) for cue in cues]


def _kept(work: Work, item: StoredObject) -> Path:
    """Our copy of a caption file, so that a later walk of a cold asset has no need to wake it."""
    name = hashlib.sha256(item.identity.encode(errors="surrogateescape")).hexdigest()[:24]
    copy = work.folder / "sidecars" / f"{name}{item.key[item.key.rfind('.') :]}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        fresh = copy.with_name(f".{copy.name}.part")
        fresh.write_bytes(b"".join(work.store.read(item.key, 0, None, item.version)))
        fresh.replace(copy)
    return copy


def _from_master(work: Work) -> list[Heard]:
    return [
        Heard(cue.sound, cue.text, CueKind.CAPTION, language, cue.speaker, stream)
        for stream, language, cues in kept_captions(work.folder)
        for cue in cues
    ]


def _can_listen(work: Work) -> bool:
    return work.recipe.recognises and RenditionRole.AUDIO in work.renditions


def _recognised(work: Work) -> Iterator[Heard]:
    """Words where somebody speaks; a recogniser finds some in music, too, and those are left out."""
    audio = work.folder / work.renditions[RenditionRole.AUDIO].path
    voiced = voiced_ranges(audio)
    if not voiced:
        return
    recogniser = work.models.speech()
    kind = CueKind.DRAFT if recogniser.draft else CueKind.RECOGNISED
    length = work.asset.technical.samples or voiced[-1].end
    for cue in recogniser.transcribe(audio):
        work.lease.report("words", min(cue.sound.end / length, 1.0))
        if any(cue.sound.start < part.end and part.start < cue.sound.end for part in voiced):
            yield Heard(cue.sound, cue.text, kind, cue.language, confidence=cue.confidence)


def _numbered(work: Work, heard: Sequence[Heard]) -> list[Cue]:
    ordered = sorted(heard, key=lambda item: (item.sound.start, item.sound.end, item.language or ""))
    return [
        Cue(
            id=CueId(mint("cue")),
            asset_id=work.asset.id,
            ordinal=ordinal,
            sound=item.sound,
            text=item.text,
            kind=item.kind,
            language=item.language,
            speaker=item.speaker,
            track=item.track,
            confidence=item.confidence,
        )
        for ordinal, item in enumerate(ordered)
    ]


def _write(
    writer: CatalogWriter, work: Work, found: _Found, cues: Sequence[Cue], passages: Sequence[Passage]
) -> None:
    writer.facts_writer.replace_words(work.asset.id, cues, passages)
    if found.captioned or found.listened:
        spoken = any(cue.kind in _SPEECH for cue in cues)
        writer.assets_writer.set_has_speech(work.asset.id, has_speech=spoken)
    for item in _files(work):
        writer.runs.clear_dead_letter(item.uri)
    for item, error in found.bad:
        writer.runs.put_dead_letter(letter_of(error, item.uri, "words", writer.now, work.lease.job))


def meaning_inputs(work: Work) -> str:
    """The words stage's own proof: other words, other vectors."""
    done = work.done.get("words")
    return f"{done.version}|{done.input_digest}" if done else ""


def meaning(encoding: Encoding, work: Work) -> Commit:
    """One vector per passage, at the sample where it starts."""
    encoder = work.models.text(encoding.pack, encoding.revision)
    with work.services.catalog.read() as reader:
        passages = reader.facts.passages(work.asset.id)
    vectors = [np.empty((0, encoder.spec.dim), np.float32)]
    for start in range(0, len(passages), _TEXTS_AT_ONCE):
        work.lease.report("meaning", start / len(passages))
        vectors.append(encoder.encode_texts([p.text for p in passages[start : start + _TEXTS_AT_ONCE]]))
    rows = [VectorRow(passage.ordinal, passage.sound.start) for passage in passages]
    return put_vectors(work, Encoded(encoder.spec, rows, np.concatenate(vectors)))
