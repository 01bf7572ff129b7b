"""The active packs' encoders.

Adapters bring large native libraries along; each is imported when a pack that needs it is opened. A process
that opens none, such as a run over an archive that has nothing new, loads none of them.
"""

from embeddings.compute import Compute
from embeddings.encoder import (
    EncoderSpec,
    FaceEncoder,
    SpeechRecogniser,
    TextEncoder,
    TextReader,
    VisualEncoder,
)
from embeddings.manifest import check_presence
from embeddings.packs import Pack, PackKind, PackStore
from foundation.errors import PackInvalid, PackMissing


def spec_of(packs: PackStore, kind: PackKind) -> EncoderSpec | None:
    """Spec of the pack in use, without loading it; None where there is none.

    Raises:
        PackMissing: The chosen pack is gone.
        PackInvalid: The chosen pack is unusable.
    """
    pack = packs.active(kind)
    return None if pack is None else pack.spec


def open_visual(
    packs: PackStore,
    compute: Compute | None = None,
    text: TextEncoder | None = None,
    *,
    name: str | None = None,
) -> VisualEncoder:
    """Open a visual pack.

    Args:
        packs: Of the home.
        compute: Threads and device; one thread per core unless told otherwise.
        text: A text encoder that is open already; it is shared if the visual pack continues it.
        name: Of the pack; the active one when None.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    compute, pack = compute or Compute(), chosen_pack(packs, "visual", name)
    _expect(pack, "onnx-clip")
    from embeddings.clip import open_visual_encoder  # noqa: PLC0415

    def open_sentences(name: str) -> TextEncoder:
        source = packs.get("text", name)
        if text is not None and text.spec == source.spec:
            return text
        return _open_sentences(source, packs, compute)

    return open_visual_encoder(pack, compute, open_sentences)


def open_text(packs: PackStore, compute: Compute | None = None, *, name: str | None = None) -> TextEncoder:
    """Open a text pack; the active one when ``name`` is None.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    pack = chosen_pack(packs, "text", name)
    _expect(pack, "onnx-sentence", "bert-safetensors")
    return _open_sentences(pack, packs, compute or Compute())


def _open_sentences(pack: Pack, packs: PackStore, compute: Compute) -> TextEncoder:
    from embeddings.sentence import open_sentence_encoder  # noqa: PLC0415

    return open_sentence_encoder(pack, packs, compute)


def open_face(packs: PackStore, compute: Compute | None = None) -> FaceEncoder:
    """Open the active face pack.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    pack = _active(packs, "face")
    if pack.manifest.adapter == "insightface":
        from embeddings.face_insightface import InsightFaceEncoder  # noqa: PLC0415

        return InsightFaceEncoder(pack, compute or Compute())
    _expect(pack, "dlib")
    from embeddings.face_dlib import DlibFaceEncoder  # noqa: PLC0415

    return DlibFaceEncoder(pack)


def open_speech(packs: PackStore, compute: Compute | None = None) -> SpeechRecogniser:
    """Open the active speech pack.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    pack = _active(packs, "speech")
    if pack.manifest.adapter == "faster-whisper":
        from embeddings.speech_whisper import WhisperRecogniser  # noqa: PLC0415

        return WhisperRecogniser(pack, compute or Compute())
    _expect(pack, "pocketsphinx")
    from embeddings.speech_pocketsphinx import PocketSphinxRecogniser  # noqa: PLC0415

    return PocketSphinxRecogniser(pack)


def open_ocr(packs: PackStore, compute: Compute | None = None) -> TextReader:
    """Open the active reader of text on screen.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    pack = _active(packs, "ocr")
    _expect(pack, "rapidocr")
    from embeddings.ocr import RapidTextReader  # noqa: PLC0415

    return RapidTextReader(pack, compute or Compute())


def _active(packs: PackStore, kind: PackKind) -> Pack:
    return chosen_pack(packs, kind, None)


def chosen_pack(packs: PackStore, kind: PackKind, name: str | None) -> Pack:
    """The pack of a name, the active one when it is None; its files are there.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    pack = packs.active(kind) if name is None else packs.get(kind, name)
    if pack is None:
        raise PackMissing(f"No {kind} pack is installed.")
    check_presence(pack.manifest, pack.folder)
    return pack


def _expect(pack: Pack, *adapters: str) -> None:
    if pack.manifest.adapter not in adapters:
        raise PackInvalid(
            f"The pack {pack.spec.name} wants the adapter {pack.manifest.adapter}, which is unknown here.",
            remedy="Upgrade Rekindle, or use another pack.",
        )
