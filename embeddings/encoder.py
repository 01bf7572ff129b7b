"""Ports of the encoders: what turns pictures, sentences, faces and sound into facts and vectors.

Arrays of pictures are uint8 RGB, height × width × 3. Vectors are float32 with unit norm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.model import Box
from foundation.timecode import SampleRange

EncoderKind = Literal["visual", "text", "face", "speech", "ocr"]

VECTOR_STAGES: Mapping[str, str] = {"visual": "visual", "text": "meaning"}
"""Stages whose vectors exist side by side for several encoders, by kind."""

Picture = NDArray[np.uint8]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """Which model made a vector.

    Attributes:
        kind: What it encodes.
        name: Human name of the pack.
        revision: SHA-256 over the pack's weights; vectors of different revisions are never compared.
        dim: Length of a vector; 0 for models that make none (speech, OCR).
        metric: ``cosine`` for all vectors so far (unit norm, dot product).
        licence: SPDX id or a sentence.
        commercial_use: Whether the licence allows it; None when unknown.
        weakness: A sentence for users where the model is known to be weak, else empty.
    """

    kind: EncoderKind
    name: str
    revision: str
    dim: int
    metric: str = "cosine"
    licence: str = ""
    commercial_use: bool | None = None
    weakness: str = ""

    @property
    def space(self) -> str:
        """Name of its vector space: kind, name and the start of the revision."""
        return f"{self.kind}:{self.name}@{self.revision[:12]}"

    @property
    def stage(self) -> str:
        """Name of the stage that writes its vectors; see :func:`stage_of`."""
        return stage_of(self.kind, self.revision)


def stage_of(kind: str, revision: str) -> str:
    """Name of the stage that writes vectors of an encoder.

    What one encoder made of pictures or passages stays done while another one serves; faces are tracks first,
    and another encoder finds others.
    """
    if kind == "face":
        return "faces"
    return f"{VECTOR_STAGES[kind]}@{revision[:12]}"


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face in one picture."""

    box: Box
    score: float
    vector: Vectors
    sharpness: float = 0.0


@dataclass(frozen=True, slots=True)
class HeardCue:
    """Words recognised in sound."""

    sound: SampleRange
    text: str
    confidence: float | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ReadText:
    """Text read in one picture."""

    box: Box
    text: str
    confidence: float


class VisualEncoder(Protocol):
    """Pictures and sentences in one space."""

    spec: EncoderSpec

    def encode_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """[n, dim] for n pictures of any size; [0, dim] for none."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n sentences."""


class TextEncoder(Protocol):
    """Meaning of sentences."""

    spec: EncoderSpec

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n texts."""


class FaceEncoder(Protocol):
    """Finds and describes faces."""

    spec: EncoderSpec
    same_person: float
    """Cosine above which two faces are probably one person."""

    def detect(self, picture: Picture) -> list[DetectedFace]:
        """Faces from large to small."""


class SpeechRecogniser(Protocol):
    """Turns speech into cues."""

    spec: EncoderSpec
    draft: bool
    """True when the words are too unreliable to be shown without saying so."""

    def transcribe(self, audio: Path, language: str | None = None) -> Iterator[HeardCue]:
        """Cues of a 16 kHz mono file in order; silence is skipped."""


class TextReader(Protocol):
    """Reads text on screen."""

    spec: EncoderSpec

    def read(self, picture: Picture) -> list[ReadText]:
        """Lines of text, top to bottom."""
