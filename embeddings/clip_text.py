"""The text sides of visual packs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.clean_text import Cleaning, clean
from embeddings.encoder import TextEncoder, Vectors
from embeddings.session import OnnxModel


class TextSide(Protocol):
    """Whatever turns queries into the space of the pictures."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n > 0 sentences."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """How a text tower wants its words.

    Attributes:
        tokenizer: The model's own, cut at ``length``; it adds the model's marks at start and end.
        cleaning: What happens to a sentence before.
        length: Tokens the network takes.
        pad: Id that fills up shorter sentences.
    """

    tokenizer: Tokenizer
    cleaning: Cleaning
    length: int
    pad: int

    def row(self, text: str) -> NDArray[np.int64]:
        """Int64 [length] of one sentence."""
        ids = self.tokenizer.encode(clean(text, self.cleaning)).ids
        return np.array(ids + [self.pad] * (self.length - len(ids)), dtype=np.int64)


class TextTower:
    """The text side of a CLIP-like model.

    Args:
        model: Takes int64 [1, length].
        input_name: Of the network.
        tokens: How sentences become input.
    """

    def __init__(self, model: OnnxModel, input_name: str, tokens: Tokens) -> None:
        self._model = model
        self._input = input_name
        self._tokens = tokens

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n > 0 sentences."""
        rows = [self._tokens.row(text)[None] for text in texts]
        return np.concatenate([self._model.run({self._input: row}) for row in rows])


class TextProjection:
    """A small network that continues sentence vectors into the space of the pictures.

    Args:
        model: Takes float32 [n, length of a sentence vector].
        input_name: Of the network.
        sentences: Where it starts from.
    """

    def __init__(self, model: OnnxModel, input_name: str, sentences: TextEncoder) -> None:
        self._model = model
        self._input = input_name
        self._sentences = sentences

    def encode(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n > 0 sentences."""
        return self._model.run({self._input: self._sentences.encode_texts(texts)})
