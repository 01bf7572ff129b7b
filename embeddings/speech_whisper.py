"""Speech with a faster-whisper folder (CTranslate2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel, download_model
from numpy.typing import NDArray

from embeddings.compute import Compute
from embeddings.cues import Word, join_words
from embeddings.encoder import HeardCue
from embeddings.packs import Pack
from foundation.errors import PackInvalid, PackMissing
from foundation.timecode import SOUND_RATE
from media.sound import SPEECH_RATE, Samples, speech_samples

NEEDED_FILES = ("config.json", "model.bin", "tokenizer.json")
LONGEST_PIECE = 600 * SPEECH_RATE
SEARCHED_FOR_PAUSE = 30 * SPEECH_RATE
PAUSE = SPEECH_RATE // 2
FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of sound that fits in memory, and its first sample on the 48 kHz clock."""

    start: int
    samples: NDArray[np.float32]


class WhisperRecogniser:
    """Any language the model knows; silence is left out by the voice detector that comes with the package.

    Args:
        pack: Whose folder is the model; ``language`` among its options where it cannot tell languages.
        compute: Threads and device.

    Raises:
        PackInvalid: The model cannot be opened.
    """

    draft = False

    def __init__(self, pack: Pack, compute: Compute) -> None:
        self.spec = pack.spec
        self._language = pack.options.get("language")
        check_folder(pack.folder)
        try:
            # An existing folder with its tokenizer keeps faster-whisper from asking a hub.
            self._model = WhisperModel(
                str(pack.folder), device=compute.device, compute_type="int8",
                cpu_threads=compute.threads, local_files_only=True,
            )  # fmt: skip
        except (RuntimeError, ValueError, OSError) as error:
            raise PackInvalid(f"The speech pack {self.spec.name} cannot be opened: {error}.") from error

    def transcribe(self, audio: Path, language: str | None = None) -> Iterator[HeardCue]:
        """Cues in order; the first piece decides the language where none is given."""
        language = language or self._language
        for piece in _pieces(audio):
            segments, info = self._model.transcribe(
                piece.samples, language=language, vad_filter=True, word_timestamps=True, temperature=0.0,
                condition_on_previous_text=False,
            )  # fmt: skip
            language = info.language
            words = (
                _word(piece.start, word.start, word.end, word.word, word.probability)
                for segment in segments
                for word in segment.words or ()
            )
            yield from join_words(words, language)


def check_folder(folder: Path) -> None:
    """See that a folder is a faster-whisper model.

    Raises:
        PackInvalid: A file is missing.
    """
    for name in NEEDED_FILES:
        if not (folder / name).is_file():
            raise PackInvalid(f"{folder} is no faster-whisper model: it lacks {name}.")


def fetch(name: str, target: Path) -> Path:
    """Fetch a published faster-whisper model by its name.

    Raises:
        PackMissing: There is none of this name, or the hub cannot be reached.
    """
    try:
        return Path(download_model(name, output_dir=str(target)))
    except (ValueError, OSError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise PackMissing(
            f"The speech model {name} cannot be fetched: {reason}.", remedy="Give the path of its folder."
        ) from error


def _word(offset: int, start: float, end: float, text: str, probability: float) -> Word:
    first = offset + round(start * SOUND_RATE)
    return Word(first, max(offset + round(end * SOUND_RATE), first + 1), text, float(probability))


def _pieces(audio: Path) -> Iterator[_Piece]:
    """Cut long sound where it is quietest, so that hours never lie in memory at once."""
    start, waiting = 0, np.zeros(0, dtype=np.int16)
    for block in _blocks(audio):
        waiting = np.concatenate([waiting, block])
        while len(waiting) > LONGEST_PIECE:
            cut = _quietest(waiting[:LONGEST_PIECE])
            yield _piece(start, waiting[:cut])
            start, waiting = start + cut, waiting[cut:]
    if len(waiting):
        yield _piece(start, waiting)


def _blocks(audio: Path) -> Iterator[Samples]:
    """The sound in pieces of a minute: joining fractions of a second one by one would be slow."""
    gathered: list[Samples] = []
    for piece in speech_samples(audio):
        gathered.append(piece)
        if sum(map(len, gathered)) >= 60 * SPEECH_RATE:
            yield np.concatenate(gathered)
            gathered = []
    if gathered:
        yield np.concatenate(gathered)


def _quietest(samples: Samples) -> int:
    tail = samples[-SEARCHED_FOR_PAUSE:]
    energy = np.square(tail[: len(tail) // PAUSE * PAUSE].astype(np.float64)).reshape(-1, PAUSE).sum(axis=1)
    return len(samples) - len(tail) + int(energy.argmin()) * PAUSE + PAUSE // 2


def _piece(start: int, samples: Samples) -> _Piece:
    return _Piece(start * SOUND_RATE // SPEECH_RATE, samples.astype(np.float32) / FULL_SCALE)
