"""Speech with PocketSphinx: a draft of English words, found without any model to fetch."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pocketsphinx import Decoder, Endpointer, Vad

from embeddings.cues import Word, join_words
from embeddings.encoder import HeardCue
from embeddings.packs import Pack
from foundation.errors import PackInvalid
from foundation.timecode import SOUND_RATE
from media.sound import SPEECH_RATE, speech_samples

ACOUSTIC_MODEL, LANGUAGE_MODEL, DICTIONARY = "en-us", "en-us.lm.bin", "cmudict-en-us.dict"
LANGUAGE = "en"
FRAMES_PER_SECOND = 100
BYTES_PER_SAMPLE = 2
# The decoder settles on silence: words at the edges of an utterance are heard better for it.
SETTLING = FRAMES_PER_SECOND // 5
SILENCE = bytes(SETTLING * SPEECH_RATE // FRAMES_PER_SECOND * BYTES_PER_SAMPLE)
# Longer stretches without a pause are music or noise more often than speech, and cost memory.
LONGEST_UTTERANCE = 15 * SPEECH_RATE * BYTES_PER_SAMPLE
NOT_WORDS = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
VARIANT = re.compile(r"\(\d+\)\Z")


@dataclass(frozen=True, slots=True)
class _Utterance:
    """Sound between two pauses, and its first sample on the 48 kHz clock."""

    start: int
    sound: bytes

    def at(self, frame: int) -> int:
        """Sample on the 48 kHz clock of a decoder frame; the silence before the sound counts as its start."""
        length = len(self.sound) // BYTES_PER_SAMPLE * (SOUND_RATE // SPEECH_RATE)
        return self.start + min(max(frame - SETTLING, 0) * SOUND_RATE // FRAMES_PER_SECOND, length)


class PocketSphinxRecogniser:
    """English only; its words must be shown as a draft.

    Args:
        pack: Whose folder holds the three parts of the model.

    Raises:
        PackInvalid: They cannot be read.
    """

    draft = True

    def __init__(self, pack: Pack) -> None:
        self.spec = pack.spec
        try:
            self._decoder = Decoder(
                hmm=str(pack.file(ACOUSTIC_MODEL)), lm=str(pack.file(LANGUAGE_MODEL)),
                dict=str(pack.file(DICTIONARY)), loglevel="FATAL", samprate=float(SPEECH_RATE), cmn="batch",
            )  # fmt: skip
        except (RuntimeError, ValueError, OSError) as error:
            raise PackInvalid(f"The PocketSphinx model cannot be read: {error}.") from error

    def transcribe(self, audio: Path, language: str | None = None) -> Iterator[HeardCue]:
        """Cues in order; none for languages other than English."""
        if language is not None and not language.lower().startswith(LANGUAGE):
            return
        words = (word for utterance in _utterances(audio) for word in self._words(utterance))
        yield from join_words(words, LANGUAGE)

    def _words(self, utterance: _Utterance) -> list[Word]:
        # Forgets the noise of what was heard before: the same sound always gives the same words.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(SILENCE + utterance.sound + SILENCE, full_utt=True)
        self._decoder.end_utt()
        if self._decoder.hyp() is None:
            return []
        return [
            Word(
                start=utterance.at(segment.start_frame),
                end=max(utterance.at(segment.end_frame + 1), utterance.at(segment.start_frame) + 1),
                text=" " + VARIANT.sub("", segment.word),
                confidence=min(float(segment.prob), 1.0),
            )
            for segment in self._decoder.seg()
            if not NOT_WORDS.fullmatch(segment.word)
        ]


def _utterances(audio: Path) -> Iterator[_Utterance]:
    pauses = Endpointer(vad_mode=Vad.LOOSE, sample_rate=SPEECH_RATE)
    start, voiced = 0, bytearray()
    for frame, last in _frames(audio, pauses.frame_bytes):
        heard = pauses.end_stream(frame) if last else pauses.process(frame)
        if heard is None:
            continue
        if not voiced:
            start = round(pauses.speech_start * SOUND_RATE)
        voiced += heard
        if not pauses.in_speech or len(voiced) >= LONGEST_UTTERANCE:
            yield _Utterance(start, bytes(voiced))
            start += len(voiced) // BYTES_PER_SAMPLE * (SOUND_RATE // SPEECH_RATE)
            voiced.clear()
    if voiced:
        yield _Utterance(start, bytes(voiced))


def _frames(audio: Path, size: int) -> Iterator[tuple[bytes, bool]]:
    """Frames of ``size`` bytes and whether they are the last, which may be shorter but never empty."""
    rest = b""
    for piece in speech_samples(audio):
        rest += piece.tobytes()
        whole = max(len(rest) - 1, 0) // size * size
        yield from ((rest[place : place + size], False) for place in range(0, whole, size))
        rest = rest[whole:]
    if rest:
        yield rest, True
