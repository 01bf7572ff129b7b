"""torch modules to ONNX files."""

import contextlib
import copy
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from embeddings.encoder import Vectors
from embeddings.export.torch_stack import open_clip, torch
from foundation.errors import ExportFailed

OPSET = 17
OUTPUT = "embedding"


class ImageTower(torch.nn.Module):  # type: ignore[misc]
    """The picture side of an open_clip model: [n, 3, height, width] to unit vectors."""

    def __init__(self, model: "open_clip.CLIP") -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: "torch.Tensor") -> "torch.Tensor":
        """Encode."""
        return self.model.encode_image(pixel_values, normalize=True)


class TextTower(torch.nn.Module):  # type: ignore[misc]
    """The text side of an open_clip model: int64 [n, length] to unit vectors."""

    def __init__(self, model: "open_clip.CLIP") -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: "torch.Tensor") -> "torch.Tensor":
        """Encode."""
        return self.model.encode_text(input_ids, normalize=True)


class SentenceTower(torch.nn.Module):  # type: ignore[misc]
    """A sentence-transformers model: int64 [n, length] ids and mask to unit vectors."""

    def __init__(self, model: "torch.nn.Module") -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: "torch.Tensor", attention_mask: "torch.Tensor") -> "torch.Tensor":
        """Encode."""
        features = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)


def write_network(
    tower: "torch.nn.Module", example: Mapping[str, "torch.Tensor"], free: Sequence[int], target: Path
) -> Path:
    """Trace a module into an ONNX file.

    Args:
        tower: The module, on the CPU and in evaluation mode.
        example: One input of each name, with a batch dimension.
        free: Dimensions of the inputs that may vary.
        target: The file to write.

    Raises:
        ExportFailed: The module has an operator that ONNX lacks.
    """
    # The exporter folds batch normalisation into the module's own weights and thereby ruins it.
    traced = copy.deepcopy(tower)
    axes = {name: {axis: f"axis{axis}" for axis in free} for name in example}
    try:
        with _quietly(), torch.no_grad(), _plain_attention():
            torch.onnx.export(
                traced, tuple(example.values()), str(target), input_names=list(example),
                output_names=[OUTPUT], dynamic_axes={**axes, OUTPUT: {0: "axis0"}}, opset_version=OPSET,
                dynamo=False,
            )  # fmt: skip
    except (torch.onnx.OnnxExporterError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1:]
        raise ExportFailed(f"{target.name} cannot be written as ONNX: {''.join(reason)[:300]}") from error
    return target


def vectors_of(tower: "torch.nn.Module", examples: Sequence[Mapping[str, "torch.Tensor"]]) -> Vectors:
    """What the original weights give for inputs of one item each: float32 [n, dim]."""
    # Threads of one small call wait for each other, longest where the machine has other work.
    torch.set_num_threads(1)
    with torch.no_grad():
        found: Vectors = torch.cat([tower(*example.values()) for example in examples]).numpy()
    return found


@contextlib.contextmanager
def _plain_attention() -> Iterator[None]:
    """Keep torch from fusing attention into an operator that ONNX does not know."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The tracer prints whole graphs to standard output, which belongs to the answer."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
