"""Pictures and sentences in one space: visual packs on ONNX Runtime.

``options`` of such a pack: ``image`` (file, input, and the fields of :class:`Preprocessing`) and ``text``:
either file, input, tokenizer, length and pad of a CLIP-like text tower, or file, input and ``sentence_pack``
of a projection that continues a text pack's sentence vectors.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.encoder import EncoderSpec, Picture, TextEncoder, Vectors
from embeddings.packs import Pack
from embeddings.pictures import Preprocessing, prepare
from embeddings.sentence import open_tokenizer
from embeddings.session import Compute, OnnxModel
from foundation.errors import PackInvalid

BATCH = 8
PICTURE_FIELDS = ("height", "width", "mean", "std", "interpolation", "resize", "fill")


class TextSide(Protocol):
    """Whatever turns queries into the space of the pictures."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n > 0 sentences."""


class TextTower:
    """The text side of a CLIP-like model.

    Args:
        model: Takes int64 [1, length].
        tokenizer: The model's own; it adds the model's marks at start and end.
        length: Tokens the network takes.
        pad: Id that fills up shorter sentences.
    """

    def __init__(
        self, model: OnnxModel, input_name: str, tokenizer: Tokenizer, *, length: int, pad: int
    ) -> None:
        self._model = model
        self._input = input_name
        self._tokenizer = tokenizer
        self._length = length
        self._pad = pad

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n > 0 sentences."""
        return np.concatenate([self._model.run({self._input: self.tokens(text)}) for text in texts])

    def tokens(self, text: str) -> NDArray[np.int64]:
        """Int64 [1, length] of one sentence."""
        ids = self._tokenizer.encode(text).ids
        return np.array([ids + [self._pad] * (self._length - len(ids))], dtype=np.int64)


class TextProjection:
    """A small network that continues sentence vectors into the space of the pictures."""

    def __init__(self, model: OnnxModel, input_name: str, sentences: TextEncoder) -> None:
        self._model = model
        self._input = input_name
        self._sentences = sentences

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n > 0 sentences."""
        return self._model.run({self._input: self._sentences.encode_texts(texts)})


class OnnxVisualEncoder:
    """A visual pack.

    Args:
        spec: Of the pack.
        image: Takes float32 [n, 3, height, width], gives vectors.
        input_name: Of the image network.
        preprocessing: How pictures become input.
        open_text: Opens the other side; called with the first query, since a worker never has one.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        image: OnnxModel,
        input_name: str,
        preprocessing: Preprocessing,
        open_text: Callable[[], TextSide],
    ) -> None:
        self.spec = spec
        self._image = image
        self._input = input_name
        self._preprocessing = preprocessing
        self._open_text = open_text
        self._text: TextSide | None = None
        self._lock = Lock()

    def encode_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """[n, dim] for n pictures of any size; [0, dim] for none."""
        batches = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
        found = [self._image.run({self._input: prepare(batch, self._preprocessing)}) for batch in batches]
        return self._checked(found)

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
        opener = partial(_open_text_side, pack, text, compute, open_sentences)
        return OnnxVisualEncoder(pack.spec, model, image["input"], preprocessing_of(image), opener)
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
        return TextTower(model, text["input"], tokenizer, length=text["length"], pad=text["pad"])
    except (KeyError, TypeError) as error:
        raise _lacking(pack, error) from error


def _lacking(pack: Pack, error: Exception) -> PackInvalid:
    return PackInvalid(f"The description of the visual pack {pack.spec.name} lacks or garbles {error}.")
