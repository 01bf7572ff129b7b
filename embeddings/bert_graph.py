"""A BERT sentence encoder as an ONNX graph, built from its safetensors weights without torch.

The graph takes ``input_ids`` and ``attention_mask`` (int64 [n, length]) and gives ``embedding`` (float32
[n, hidden]): mean over the tokens that count, unit norm. Weights are named as in
Hugging Face's ``BertModel``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

OPSET = 20
IR_VERSION = 10
MASKED = -1e4

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class BertShape:
    """What ``config.json`` says of the network."""

    hidden: int
    heads: int
    layers: int
    epsilon: float


@dataclass(slots=True)
class _Graph:
    """Nodes and constants in the order they are added; every ``add`` returns the name of its output."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: float | list[int]) -> str:
        """Append one node; ``attributes`` are the ONNX operator's own."""
        output = name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Keep a constant under its name."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        """Keep a small int64 vector under a name made of its values."""
        name = "ints_" + "_".join(str(value).replace("-", "m") for value in values)
        return self.constant(name, np.array(values, dtype=np.int64))


def sentence_graph(weights: Weights, shape: BertShape) -> ModelProto:
    """Build the whole network.

    Args:
        weights: Tensors by the names of Hugging Face's ``BertModel``.
        shape: Sizes of the network.

    Raises:
        KeyError: A tensor is missing.
    """
    graph = _Graph()
    state = _embed(graph, weights, shape)
    mask = _attention_bias(graph)
    for layer in range(shape.layers):
        prefix = f"encoder.layer.{layer}."
        own = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
        state = _layer(graph, own, shape, state, mask, layer)
    _pool(graph, state)
    return _model(graph, shape)


def _model(graph: _Graph, shape: BertShape) -> ModelProto:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", shape.hidden])]
    body = helper.make_graph(graph.nodes, "sentence", inputs, outputs, list(graph.constants.values()))
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(body, opset_imports=opset, ir_version=IR_VERSION, producer_name="rekindle")


def _embed(graph: _Graph, weights: Weights, shape: BertShape) -> str:
    # Half precision halves the table on disk and in memory; the sum is taken in single precision.
    words = graph.constant("words", weights["embeddings.word_embeddings.weight"].astype(np.float16))
    word = graph.add("Cast", graph.add("Gather", words, "input_ids"), to=TensorProto.FLOAT)
    # Sentences are never paired here, so every token has type 0: fold that row into the positions.
    rows = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.integers(1), graph.integers(2))
    positions = graph.add("Slice", graph.constant("positions", rows), graph.integers(0), length)
    return _normalise(
        graph, weights, shape, "embeddings.LayerNorm", graph.add("Add", word, positions), "embed"
    )


def _attention_bias(graph: _Graph) -> str:
    """0 where a token counts and a large negative number where it is padding: [n, 1, 1, length]."""
    mask = graph.add(
        "Cast", graph.add("Unsqueeze", "attention_mask", graph.integers(1, 2)), to=TensorProto.FLOAT
    )
    away = graph.add("Sub", graph.constant("one", np.array(1, dtype=np.float32)), mask)
    return graph.add("Mul", away, graph.constant("masked", np.array(MASKED, dtype=np.float32)))


def _layer(graph: _Graph, own: Weights, shape: BertShape, state: str, mask: str, layer: int) -> str:
    context = _attend(graph, own, shape, state, mask, layer)
    out = _linear(graph, own, "attention.output.dense", context, layer)
    state = _normalise(
        graph, own, shape, "attention.output.LayerNorm", graph.add("Add", out, state), f"{layer}.a"
    )
    inner = graph.add("Gelu", _linear(graph, own, "intermediate.dense", state, layer))
    out = _linear(graph, own, "output.dense", inner, layer)
    return _normalise(graph, own, shape, "output.LayerNorm", graph.add("Add", out, state), f"{layer}.b")


def _attend(graph: _Graph, own: Weights, shape: BertShape, state: str, mask: str, layer: int) -> str:
    query, key, value = (_heads(graph, own, shape, state, part, layer) for part in ("query", "key", "value"))
    key = graph.add("Transpose", key, perm=[0, 1, 3, 2])
    scores = graph.add("Add", graph.add("MatMul", query, key), mask)
    context = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    merged = graph.add("Transpose", context, perm=[0, 2, 1, 3])
    return graph.add("Reshape", merged, graph.integers(0, 0, shape.hidden))


def _heads(graph: _Graph, own: Weights, shape: BertShape, state: str, part: str, layer: int) -> str:
    name = f"attention.self.{part}"
    width = shape.hidden // shape.heads
    if part == "query":
        own = {key: value / np.sqrt(width, dtype=np.float32) for key, value in _only(own, name)}
    split = graph.add(
        "Reshape", _linear(graph, own, name, state, layer), graph.integers(0, 0, shape.heads, width)
    )
    return graph.add("Transpose", split, perm=[0, 2, 1, 3])


def _only(own: Weights, name: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
    return ((key, value) for key, value in own.items() if key.startswith(name))


def _linear(graph: _Graph, own: Weights, name: str, state: str, layer: int) -> str:
    weight = graph.constant(f"{layer}.{name}.weight", own[f"{name}.weight"].T)
    bias = graph.constant(f"{layer}.{name}.bias", own[f"{name}.bias"])
    return graph.add("Add", graph.add("MatMul", state, weight), bias)


def _normalise(graph: _Graph, own: Weights, shape: BertShape, name: str, state: str, place: str) -> str:
    scale = graph.constant(f"{place}.scale", own[f"{name}.weight"])
    shift = graph.constant(f"{place}.shift", own[f"{name}.bias"])
    return graph.add("LayerNormalization", state, scale, shift, axis=-1, epsilon=shape.epsilon)


def _pool(graph: _Graph, state: str) -> None:
    counted = graph.add(
        "Cast", graph.add("Unsqueeze", "attention_mask", graph.integers(2)), to=TensorProto.FLOAT
    )
    total = graph.add("ReduceSum", graph.add("Mul", state, counted), graph.integers(1), keepdims=0)
    # The mean differs from the sum by a factor that unit norm removes.
    norm = graph.add("ReduceL2", total, graph.integers(1), keepdims=1)
    graph.add("Div", total, norm, name="embedding")
