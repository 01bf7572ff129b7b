"""The packs' encoders, loaded when first used: the one in use of each kind, and one on trial."""

from collections.abc import Callable
from typing import TypeVar, cast

from embeddings import factory
from embeddings.compute import Compute
from embeddings.encoder import (
    EncoderKind,
    EncoderSpec,
    FaceEncoder,
    SpeechRecogniser,
    TextEncoder,
    TextReader,
    VisualEncoder,
)
from embeddings.packs import Pack, PackStore
from foundation.errors import PackMissing

_Encoder = TypeVar("_Encoder", VisualEncoder, TextEncoder, FaceEncoder, SpeechRecogniser, TextReader)

_MOST_OF_A_KIND = 2


class Models:
    """Encoders of one worker process. Every method raises ModelError leaves.

    Args:
        packs: The home's packs.
        compute: Threads and device of a model.
    """

    def __init__(self, packs: PackStore, compute: Compute) -> None:
        self._packs = packs
        self._compute = compute
        self._loaded: dict[EncoderKind, dict[EncoderSpec, object]] = {}

    def visual(self, name: str, revision: str) -> VisualEncoder:
        """Pictures and sentences, with the pack of this name at this revision."""
        pack = self._expected("visual", name, revision)
        return self._kept(pack, lambda: factory.open_visual(self._packs, self._compute, name=name))

    def text(self, name: str, revision: str) -> TextEncoder:
        """Sentences, with the pack of this name at this revision."""
        pack = self._expected("text", name, revision)
        return self._kept(pack, lambda: factory.open_text(self._packs, self._compute, name=name))

    def face(self) -> FaceEncoder:
        """Faces."""
        return self._kept(self._active("face"), lambda: factory.open_face(self._packs, self._compute))

    def speech(self) -> SpeechRecogniser:
        """Speech."""
        return self._kept(self._active("speech"), lambda: factory.open_speech(self._packs, self._compute))

    def reader(self) -> TextReader:
        """Text on screen."""
        return self._kept(self._active("ocr"), lambda: factory.open_ocr(self._packs, self._compute))

    def _active(self, kind: EncoderKind) -> Pack:
        pack = self._packs.active(kind)
        if pack is None:
            raise PackMissing(f"No {kind} pack is installed.")
        return pack

    def _expected(self, kind: EncoderKind, name: str, revision: str) -> Pack:
        pack = self._packs.get(kind, name)
        if pack.spec.revision != revision:
            raise PackMissing(f"The {kind} pack {name} was replaced by another one of this name.")
        return pack

    def _kept(self, pack: Pack, open_it: Callable[[], _Encoder]) -> _Encoder:
        kind = pack.spec.kind
        kept = self._loaded.setdefault(kind, {})
        if pack.spec not in kept:
            while len(kept) >= _MOST_OF_A_KIND:
                kept.pop(next(iter(kept)))
            kept[pack.spec] = open_it()
        return cast("_Encoder", kept[pack.spec])
