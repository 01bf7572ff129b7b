"""Tiny real packs: networks of a few numbers, made with the onnx package."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from embeddings.manifest import FILE_NAME, PackManifest, describe_files, revision_of

DIM = 12
SIDE = 4


def make_visual_pack(folder: Path, *, name: str = "tiny", seed: int = 1) -> Path:
    """A visual pack that projects 4 × 4 pictures and MiniLM sentences at random; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    _save(folder / "image.onnx", "pixel_values", [3, SIDE, SIDE], generator)
    _save(folder / "text.onnx", "sentence_embedding", [384], generator)
    files = describe_files(folder, ["image.onnx", "text.onnx"])
    image = {
        "file": "image.onnx", "input": "pixel_values", "height": SIDE, "width": SIDE, "mean": [0.5] * 3,
        "std": [0.5] * 3, "interpolation": "bilinear", "resize": "squash",
    }  # fmt: skip
    text = {"file": "text.onnx", "input": "sentence_embedding", "sentence_pack": "minilm"}
    manifest = PackManifest(
        format=1, kind="visual", name=name, adapter="onnx-clip", revision=revision_of(files), dim=DIM,
        files=files, options={"image": image, "text": text},
    )  # fmt: skip
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    return folder


def _save(path: Path, input_name: str, shape: list[int], generator: np.random.Generator) -> None:
    weight = generator.normal(size=(int(np.prod(shape)), DIM)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", [input_name], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weight"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIM])],
        [numpy_helper.from_array(weight, "weight")],
    )  # fmt: skip
    opset = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(path))
