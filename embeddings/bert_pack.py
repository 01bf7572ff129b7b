"""A BERT pack's safetensors weights to an ONNX file, without torch."""

import json
import os
from pathlib import Path

import onnx
from safetensors import SafetensorError
from safetensors.numpy import load_file

from embeddings.bert_graph import BertShape, sentence_graph
from embeddings.packs import Pack
from foundation.errors import PackInvalid


def write_sentence_model(pack: Pack, target: Path) -> Path:
    """Write the pack's network to ``target`` and return it.

    Raises:
        PackInvalid: The weights are damaged, or not those of a BERT.
    """
    pack.check()
    try:
        weights = load_file(pack.file("model.safetensors"))
        graph = sentence_graph(weights, _shape(pack.file("config.json")))
    except (SafetensorError, ValueError) as error:
        raise PackInvalid(
            f"The weights of the text pack {pack.spec.name} cannot be read: {error}."
        ) from error
    except KeyError as error:
        raise PackInvalid(f"The text pack {pack.spec.name} is not a BERT: it lacks {error}.") from error
    onnx.save(graph, str(target))
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return target


def _shape(path: Path) -> BertShape:
    config = json.loads(path.read_text(encoding="utf-8"))
    return BertShape(
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        layers=config["num_hidden_layers"],
        epsilon=config["layer_norm_eps"],
    )
