"""The active packs' encoders, loaded when first used and kept until another pack becomes active."""

from collections.abc import Callable
from typing import TypeVar, cast

from embeddings import factory
from embeddings.encoder import (
    EncoderKind,
    EncoderSpec,
    FaceEncoder,
    SpeechRecogniser,
    TextEncoder,
    TextReader,
    VisualEncoder,
)
from embeddings.packs import PackStore
from embeddings.session import Compute
from foundation.errors import PackMissing

_Encoder = TypeVar("_Encoder", VisualEncoder, TextEncoder, FaceEncoder, SpeechRecogniser, TextReader)


class Models:
    """Encoders of one worker process. Every method raises ModelError leaves.

    Args:
        packs: The home's packs.
        compute: Threads and device of a model.
    """

    def __init__(self, packs: PackStore, compute: Compute) -> None:
        self._packs = packs
        self._compute = compute
        self._loaded: dict[EncoderKind, tuple[EncoderSpec, object]] = {}

    def visual(self) -> VisualEncoder:
        """Pictures and sentences."""
        return self._kept("visual", factory.open_visual)

    def text(self) -> TextEncoder:
        """Sentences."""
        return self._kept("text", factory.open_text)

    def face(self) -> FaceEncoder:
        """Faces."""
        return self._kept("face", factory.open_face)

    def speech(self) -> SpeechRecogniser:
        """Speech."""
        return self._kept("speech", factory.open_speech)

    def reader(self) -> TextReader:
        """Text on screen."""
        return self._kept("ocr", factory.open_ocr)

    def _kept(self, kind: EncoderKind, open_it: Callable[[PackStore, Compute], _Encoder]) -> _Encoder:
        pack = self._packs.active(kind)
        if pack is None:
            raise PackMissing(f"No {kind} pack is installed.")
        kept = self._loaded.get(kind)
        if kept is None or kept[0] != pack.spec:
            kept = (pack.spec, open_it(self._packs, self._compute))
            self._loaded[kind] = kept
        return cast("_Encoder", kept[1])
