"""A sentence-transformers model to a text pack."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from embeddings.export.material import SENTENCES
from embeddings.export.networks import SentenceTower, vectors_of, write_network
from embeddings.export.quantise import Item, keep, try_all
from embeddings.export.torch_stack import SentenceTransformer, disable_progress_bar, torch
from embeddings.manifest import FILE_NAME, PackManifest, describe_files, revision_of
from embeddings.model_source import Licence
from foundation.errors import ExportFailed, PackMissing

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SentenceOrder:
    """What to export: a folder or hub name of a sentence-transformers model."""

    source: str
    name: str
    licence: Licence


def export_sentences(order: SentenceOrder, folder: Path, say: Say) -> PackManifest:
    """Write a whole text pack into ``folder``.

    Raises:
        PackMissing: The model cannot be had.
        ExportFailed: It cannot be exported, or the export disagrees with torch.
    """
    say(f"Loading {order.source}")
    model = _load(order.source)
    tokenizer = _tokenizer(model)
    tokenizer.save(str(folder / "tokenizer.json"))
    say("Exporting and measuring")
    items = [_item(tokenizer, sentence) for sentence in SENTENCES]
    examples = [{name: torch.from_numpy(value[None]) for name, value in item.items()} for item in items]
    tower = SentenceTower(model)
    path = write_network(tower, examples[0], [0, 1], folder / "model-fp32.onnx")
    trial = keep(try_all(path, [], items, vectors_of(tower, examples), batch=1), folder / "model.onnx")
    files = describe_files(folder, ["model.onnx", "tokenizer.json"])
    manifest = PackManifest(
        format=1, kind="text", name=order.name, adapter="onnx-sentence", revision=revision_of(files),
        dim=trial.dim, licence=order.licence.text, commercial_use=order.licence.commercial_use,
        source=order.source, files=files, options={"tokens": int(model.max_seq_length)},
        checks={"text": trial.figures},
    )  # fmt: skip
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _load(source: str) -> Any:
    disable_progress_bar()
    try:
        return SentenceTransformer(source, device="cpu").eval()
    except (OSError, RuntimeError, ValueError, KeyError, ImportError) as error:
        raise PackMissing(
            f"The model {source} cannot be loaded: {str(error).partition(chr(10))[0]}"
        ) from error


def _tokenizer(model: Any) -> Tokenizer:
    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ExportFailed("The model's tokenizer has no fast form and cannot be carried in a pack.")
    copy = Tokenizer.from_str(fast.to_str())
    copy.no_padding()
    copy.enable_truncation(int(model.max_seq_length))
    return copy


def _item(tokenizer: Tokenizer, sentence: str) -> Item:
    ids = np.array(tokenizer.encode(sentence).ids, dtype=np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}
