"""The active packs' encoders."""

from embeddings.clip import open_visual_encoder
from embeddings.encoder import (
    EncoderSpec,
    TextEncoder,
    VisualEncoder,
)
from embeddings.manifest import check_presence
from embeddings.packs import Pack, PackKind, PackStore
from embeddings.sentence import open_sentence_encoder
from embeddings.session import Compute
from foundation.errors import PackMissing


def spec_of(packs: PackStore, kind: PackKind) -> EncoderSpec | None:
    """Spec of the pack in use, without loading it; None where there is none.

    Raises:
        PackMissing: The chosen pack is gone.
        PackInvalid: The chosen pack is unusable.
    """
    pack = packs.active(kind)
    return None if pack is None else pack.spec


def open_visual(
    packs: PackStore, compute: Compute | None = None, text: TextEncoder | None = None
) -> VisualEncoder:
    """Open the active visual pack.

    Args:
        packs: Of the home.
        compute: Threads and device; one thread per core unless told otherwise.
        text: A text encoder that is open already; it is shared if the visual pack continues it.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    compute = compute or Compute()

    def open_sentences(name: str) -> TextEncoder:
        source = packs.get("text", name)
        if text is not None and text.spec == source.spec:
            return text
        return open_sentence_encoder(source, packs, compute)

    return open_visual_encoder(_active(packs, "visual"), compute, open_sentences)


def open_text(packs: PackStore, compute: Compute | None = None) -> TextEncoder:
    """Open the active text pack.

    Raises:
        PackMissing: There is none.
        PackInvalid: It is unusable.
    """
    return open_sentence_encoder(_active(packs, "text"), packs, compute or Compute())


def _active(packs: PackStore, kind: PackKind) -> Pack:
    pack = packs.active(kind)
    if pack is None:
        raise PackMissing(f"No {kind} pack is installed.")
    check_presence(pack.manifest, pack.folder)
    return pack
