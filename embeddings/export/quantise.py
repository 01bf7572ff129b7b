"""Smaller, faster networks where they give the same vectors: int8 per channel, chosen by measurement."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from embeddings.compute import Compute
from embeddings.encoder import Vectors
from embeddings.session import OnnxModel
from foundation.errors import ExportFailed

LEAST_COSINE = 0.99
MATRIX_OPERATORS = ["MatMul", "Gemm"]
ALL_OPERATORS = ["Conv", *MATRIX_OPERATORS]
ROUNDS, TIMED = 3, 16
# A quantised network must be this much faster to be worth its error.
WORTHWHILE = 0.8

Item = Mapping[str, NDArray[Any]]
"""One input of each name, without batch dimension."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One network measured against the original.

    Attributes:
        precision: ``fp32``, ``int8 static`` or ``int8 dynamic``.
        cosine_min: Between its vectors and the original's, over the check inputs.
        cosine_mean: Likewise.
        milliseconds: CPU time of one input on one thread.
        batch: Most inputs of one call; 1 where neighbours would change a vector.
        dim: Length of a vector.
    """

    path: Path
    precision: str
    cosine_min: float
    cosine_mean: float
    milliseconds: float
    batch: int
    dim: int

    @property
    def holds(self) -> bool:
        """Whether every vector points where the original's does."""
        return self.cosine_min >= LEAST_COSINE

    @property
    def figures(self) -> dict[str, object]:
        """For ``pack.json``."""
        return {
            "precision": self.precision, "cosine_min": round(self.cosine_min, 5),
            "cosine_mean": round(self.cosine_mean, 5), "cpu_milliseconds": round(self.milliseconds, 2),
        }  # fmt: skip


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands the calibration inputs out one by one, as the quantiser wants them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._feeds: Iterator[dict[str, NDArray[Any]]] = (_together([item]) for item in items)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """Return the next input, or None at the end."""
        return next(self._feeds, None)


def try_all(
    original: Path, calibration: Sequence[Item], check: Sequence[Item], expected: Vectors, *, batch: int
) -> list[Trial]:
    """Measure the network as it is and in every int8 form it can take.

    Args:
        original: The fp32 network.
        calibration: Inputs to find value ranges with; none where only matrices are to be quantised.
        check: Other inputs.
        expected: [n, dim] unit vectors of the original weights for ``check``.
        batch: Inputs per call.
    """
    trials = [_measure(original, "fp32", check, expected, batch)]
    prepared = original.with_name(f"prepared-{original.name}")
    quant_pre_process(str(original), str(prepared), skip_symbolic_shape=True)
    # Dynamic ranges are taken over a whole call: neighbours would change a vector.
    trials.append(_measure(_dynamic(prepared), "int8 dynamic", check, expected, 1))
    if calibration and _has_convolutions(prepared):
        trials.append(_measure(_static(prepared, calibration), "int8 static", check, expected, batch))
    return trials


def choose(trials: Sequence[Trial]) -> Trial:
    """Take the fastest that holds; fp32, which stands first, unless another is clearly faster."""
    plain = trials[0]
    better = [
        trial for trial in trials[1:] if trial.holds and trial.milliseconds < WORTHWHILE * plain.milliseconds
    ]
    return min(better, key=lambda trial: trial.milliseconds, default=plain)


def keep(trials: Sequence[Trial], target: Path) -> Trial:
    """Move the chosen network to ``target``.

    Raises:
        ExportFailed: None gives the original's vectors.
    """
    chosen = choose(trials)
    if not chosen.holds:
        raise ExportFailed(f"{target.name} differs from torch: cosine {chosen.cosine_min:.4f} at worst.")
    chosen.path.replace(target)
    return chosen


def _dynamic(prepared: Path) -> Path:
    target = prepared.with_name(f"dynamic-{prepared.name}")
    # Without VNNI, sums of two products of 8 bits overflow 16; weights of 7 bits leave room, at little loss.
    quantize_dynamic(
        str(prepared), str(target), op_types_to_quantize=MATRIX_OPERATORS, per_channel=True,
        weight_type=QuantType.QInt8, reduce_range=True,
    )  # fmt: skip
    return target


def _static(prepared: Path, calibration: Sequence[Item]) -> Path:
    target = prepared.with_name(f"static-{prepared.name}")
    quantize_static(
        str(prepared), str(target), _Calibration(calibration), quant_format=QuantFormat.QDQ,
        op_types_to_quantize=ALL_OPERATORS, per_channel=True, activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )  # fmt: skip
    return target


def _has_convolutions(path: Path) -> bool:
    nodes = onnx.load(str(path), load_external_data=False).graph.node
    return len([node for node in nodes if node.op_type == "Conv"]) > 1


def _measure(path: Path, precision: str, check: Sequence[Item], expected: Vectors, batch: int) -> Trial:
    model = OnnxModel(path, Compute(threads=1, device="cpu"))
    cosines = (_vectors(model, check, batch) * expected).sum(axis=1)
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        _vectors(model, check[:TIMED], batch)
        times.append(time.process_time() - start)
    milliseconds = min(times) / len(check[:TIMED]) * 1000
    return Trial(
        path, precision, float(cosines.min()), float(cosines.mean()), milliseconds, batch, expected.shape[1]
    )


def _vectors(model: OnnxModel, items: Sequence[Item], batch: int) -> Vectors:
    parts = [_together(items[start : start + batch]) for start in range(0, len(items), batch)]
    vectors = np.concatenate([model.run(part) for part in parts])
    normed: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normed


def _together(items: Sequence[Item]) -> dict[str, NDArray[Any]]:
    return {name: np.stack([item[name] for item in items]) for name in items[0]}
