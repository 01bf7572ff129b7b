"""Sentences to vectors: BERT-like packs on ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.compute import Compute
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.packs import Pack, PackStore
from embeddings.session import OnnxModel
from foundation.errors import PackInvalid

MOST_TOKENS = 256


class OnnxSentenceEncoder:
    """Meaning of sentences in any length; longer ones count with their first ``tokens`` tokens.

    Args:
        spec: Of the pack.
        model: Takes ``input_ids`` and ``attention_mask``, gives unit vectors.
        tokenizer: The model's own.
    """

    def __init__(self, spec: EncoderSpec, model: OnnxModel, tokenizer: Tokenizer) -> None:
        self.spec = spec
        self._model = model
        self._tokenizer = tokenizer

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n texts."""
        if not texts:
            return np.zeros((0, self.spec.dim), dtype=np.float32)
        # One at a time: no padding to compute, and a vector never depends on its neighbours.
        return np.concatenate([self._encode(text) for text in texts])

    def _encode(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        return self._model.run({"input_ids": ids, "attention_mask": np.ones_like(ids)})


def open_sentence_encoder(pack: Pack, store: PackStore, compute: Compute) -> OnnxSentenceEncoder:
    """Open a text pack; weights that come as safetensors are turned into ONNX once and kept in the store.

    Raises:
        PackInvalid: The pack is damaged.
    """
    path = pack.file("model.onnx") if pack.manifest.adapter == "onnx-sentence" else _converted(pack, store)
    tokenizer = open_tokenizer(pack.file("tokenizer.json"), int(pack.options.get("tokens", MOST_TOKENS)))
    return OnnxSentenceEncoder(pack.spec, OnnxModel(path, compute), tokenizer)


def open_tokenizer(path: Path, most_tokens: int) -> Tokenizer:
    """Read ``tokenizer.json``, without padding and cut at ``most_tokens``.

    Raises:
        PackInvalid: The file cannot be read.
    """
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise PackInvalid(f"{path.name} is not a tokenizer: {error}.") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(most_tokens)
    return tokenizer


def _converted(pack: Pack, store: PackStore) -> Path:
    target = store.built(f"{pack.spec.name}-{pack.spec.revision[:12]}.onnx")
    if not target.is_file():
        # The onnx package is needed once per home, and importing it takes longer than all of a search.
        from embeddings.bert_pack import write_sentence_model  # noqa: PLC0415

        with store.staging() as folder:
            write_sentence_model(pack, folder / target.name).replace(target)
    return target
