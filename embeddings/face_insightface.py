"""Faces with a folder of insightface models: a detector and a recogniser in ONNX."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from insightface.app import FaceAnalysis
from insightface.utils import face_align

from embeddings.compute import Compute
from embeddings.encoder import DetectedFace, Picture, Vectors
from embeddings.face import box_of, from_large_to_small, sharpness_of
from embeddings.packs import Pack
from embeddings.session import ORT_ERRORS, providers, session_options
from foundation.errors import PackInvalid

DETECTION_SIZE = (640, 640)
PARTS = ("detection", "recognition")
OPENING_ERRORS: tuple[type[Exception], ...] = (*ORT_ERRORS, AssertionError, KeyError, ValueError, OSError)


class InsightFaceEncoder:
    """Faces from any side.

    Args:
        pack: With ``same_person`` among its options.
        compute: Threads and device.

    Raises:
        PackInvalid: Its files are no detector and recogniser.
    """

    def __init__(self, pack: Pack, compute: Compute) -> None:
        self.spec = pack.spec
        self.same_person = float(pack.options["same_person"])
        self._analysis = open_analysis(pack.folder, compute)

    def detect(self, picture: Picture) -> list[DetectedFace]:
        """Faces from large to small; scores in 0..1."""
        blue_first = np.ascontiguousarray(picture[:, :, ::-1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            faces = self._analysis.get(blue_first)
            return from_large_to_small(_described(face, picture) for face in faces)


def open_analysis(folder: Path, compute: Compute) -> "FaceAnalysis":
    """Open detector and recogniser of a folder; nothing is ever downloaded.

    Raises:
        PackInvalid: They are not there, or cannot be opened.
    """
    if not any(folder.glob("*.onnx")):
        raise PackInvalid(f"{folder} holds no .onnx files.")
    try:
        # A name that is an existing folder keeps insightface from fetching anything.
        analysis = FaceAnalysis(
            name=str(folder.resolve()), root=str(folder.resolve()), allowed_modules=list(PARTS),
            providers=providers(compute), sess_options=session_options(compute),
        )  # fmt: skip
        analysis.prepare(ctx_id=0, det_size=DETECTION_SIZE)
    except OPENING_ERRORS as error:
        raise PackInvalid(f"{folder} holds no usable insightface models: {error}.") from error
    if set(PARTS) - set(analysis.models):
        raise PackInvalid(f"{folder} holds no recogniser beside its detector.")
    return analysis


def files_of(analysis: "FaceAnalysis") -> Sequence[str]:
    """Names of the two files in use; the folder may hold others that Rekindle has no need of."""
    return [Path(analysis.models[part].model_file).name for part in PARTS]


def dim_of(analysis: "FaceAnalysis") -> int:
    """Length of the recogniser's vectors."""
    return int(analysis.models["recognition"].output_shape[1])


def _described(face: Any, picture: Picture) -> DetectedFace:
    left, top, right, bottom = face.bbox.tolist()
    chip = face_align.norm_crop(picture, landmark=face.kps)
    vector: Vectors = np.asarray(face.normed_embedding, dtype=np.float32)
    return DetectedFace(
        box=box_of(left, top, right, bottom, picture), score=float(face.det_score), vector=vector,
        sharpness=sharpness_of(cv2.resize(chip, (150, 150))),
    )  # fmt: skip
