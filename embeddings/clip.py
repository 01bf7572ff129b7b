"""Pictures and sentences in one space: visual packs on ONNX Runtime.

``options`` of such a pack: ``image`` (file, input, batch, and the fields of :class:`Preprocessing`) and
``text``: either file, input, tokenizer, cleaning, length and pad of a CLIP-like text tower, or file, input
and ``sentence_pack`` of a projection that continues a text pack's sentence vectors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from embeddings.clip_text import TextProjection, TextSide, TextTower, Tokens
from embeddings.compute import Compute
from embeddings.encoder import EncoderSpec, Picture, TextEncoder, Vectors
from embeddings.packs import Pack
from embeddings.pictures import Preprocessing, prepare
from embeddings.sentence import open_tokenizer
from embeddings.session import OnnxModel
from foundation.errors import PackInvalid

BATCH = 8
PICTURE_FIELDS = ("height", "width", "mean", "std", "interpolation", "resize", "fill")


@dataclass(frozen=True, slots=True)
class ImageSide:
    """The picture side of a visual pack.

    Attributes:
        model: Takes float32 [n, 3, height, width].
        input_name: Of the network.
        batch: Most pictures of one call.
        preprocessing: How pictures become input.
    """

    model: OnnxModel
    input_name: str
    batch: int
    preprocessing: Preprocessing

    def encode(self, pictures: Sequence[Picture]) -> list[Vectors]:
        """One array per batch."""
        batches = [pictures[start : start + self.batch] for start in range(0, len(pictures), self.batch)]
        return [self.model.run({self.input_name: prepare(batch, self.preprocessing)}) for batch in batches]


class OnnxVisualEncoder:
    """A visual pack.

    Args:
        spec: Of the pack.
        image: One side.
        open_text: Opens the other side; called with the first query, since a worker never has one.
    """

    def __init__(self, spec: EncoderSpec, image: ImageSide, open_text: Callable[[], TextSide]) -> None:
        self.spec = spec
        self._image = image
        self._open_text = open_text
        self._text: TextSide | None = None
        self._lock = Lock()

    def encode_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """[n, dim] for n pictures of any size; [0, dim] for none."""
        return self._checked(self._image.encode(pictures))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n sentences."""
        return self._checked([self._text_side().encode(texts)] if texts else [])

    def _text_side(self) -> TextSide:
        with self._lock:
            if self._text is None:
                self._text = self._open_text()
            return self._text

    def _checked(self, found: Sequence[Vectors]) -> Vectors:
        if any(vectors.shape[1:] != (self.spec.dim,) for vectors in found):
            raise PackInvalid(
                f"The visual pack {self.spec.name} does not give vectors of {self.spec.dim} numbers."
            )
        return unit(np.concatenate([np.zeros((0, self.spec.dim), dtype=np.float32), *found]))


def unit(vectors: Vectors) -> Vectors:
    """The same directions with norm 1; a zero vector stays as it is."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
    return scaled


def open_visual_encoder(
    pack: Pack, compute: Compute, open_sentences: Callable[[str], TextEncoder]
) -> OnnxVisualEncoder:
    """Open a visual pack; networks are loaded when first used.

    Args:
        pack: The pack.
        compute: Threads and device.
        open_sentences: Opens the text pack of a name, for packs that continue one.

    Raises:
        PackInvalid: Its description lacks something.
    """
    try:
        image, text = pack.options["image"], pack.options["text"]
        model = OnnxModel(pack.file(image["file"]), compute)
        side = ImageSide(model, image["input"], int(image.get("batch", BATCH)), preprocessing_of(image))
        return OnnxVisualEncoder(
            pack.spec, side, partial(_open_text_side, pack, text, compute, open_sentences)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _lacking(pack, error) from error


def preprocessing_of(image: Mapping[str, Any]) -> Preprocessing:
    """Read the fields that ``pack.json`` keeps beside the image network's name."""
    fields = {name: image[name] for name in PICTURE_FIELDS if name in image}
    return Preprocessing(**{**fields, "mean": tuple(image["mean"]), "std": tuple(image["std"])})


def _open_text_side(
    pack: Pack, text: Mapping[str, Any], compute: Compute, open_sentences: Callable[[str], TextEncoder]
) -> TextSide:
    try:
        model = OnnxModel(pack.file(text["file"]), compute)
        if "sentence_pack" in text:
            return TextProjection(model, text["input"], open_sentences(text["sentence_pack"]))
        tokenizer = open_tokenizer(pack.file(text["tokenizer"]), text["length"])
        tokens = Tokens(tokenizer, text["cleaning"], text["length"], text["pad"])
        return TextTower(model, text["input"], tokens)
    except (KeyError, TypeError) as error:
        raise _lacking(pack, error) from error


def _lacking(pack: Pack, error: Exception) -> PackInvalid:
    return PackInvalid(f"The description of the visual pack {pack.spec.name} lacks or garbles {error}.")
