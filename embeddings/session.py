"""ONNX Runtime sessions: opened when first needed, with a bounded number of threads."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from embeddings.compute import Compute
from foundation.errors import PackInvalid

# ONNX Runtime's exceptions share no base class of their own.
ORT_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotFound,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
RUN_ERRORS: tuple[type[Exception], ...] = (*ORT_ERRORS, ValueError)
SILENT = 4


class OnnxModel:
    """One ONNX file with one output that matters, its first.

    Args:
        path: The file; it is opened by the first :meth:`run`, so a process loads only the side it uses.
        compute: Threads and device.
    """

    def __init__(self, path: Path, compute: Compute) -> None:
        self._path = path
        self._compute = compute
        self._session: ort.InferenceSession | None = None
        self._lock = Lock()

    def run(self, feeds: Mapping[str, NDArray[np.generic]]) -> NDArray[np.float32]:
        """Run the network; safe from several threads.

        Raises:
            PackInvalid: The file is no usable network, or does not take these inputs.
        """
        try:
            outputs = self._opened().run(None, dict(feeds))
        except RUN_ERRORS as error:
            raise PackInvalid(f"{self._path.name} cannot be run: {_first_line(error)}.") from error
        return np.asarray(outputs[0], dtype=np.float32)

    def _opened(self) -> ort.InferenceSession:
        with self._lock:
            if self._session is None:
                self._session = open_session(self._path, self._compute)
            return self._session


def open_session(path: Path, compute: Compute) -> ort.InferenceSession:
    """Open a network.

    Raises:
        PackInvalid: The file is missing or no network.
    """
    try:
        return ort.InferenceSession(str(path), session_options(compute), providers=providers(compute))
    except ORT_ERRORS as error:
        raise PackInvalid(f"{path.name} cannot be opened: {_first_line(error)}.") from error


def providers(compute: Compute) -> list[str]:
    """Execution providers, best first."""
    wanted = ["CUDAExecutionProvider"] if compute.device == "auto" else []
    return [*(name for name in wanted if name in ort.get_available_providers()), "CPUExecutionProvider"]


def session_options(compute: Compute) -> ort.SessionOptions:
    """Options of every session, also of those that other libraries open for us."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = compute.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = SILENT
    # Spinning threads burn CPU time that the transcoder beside us needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
