"""Text on screen with RapidOCR (PP-OCR on ONNX Runtime)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR

from embeddings.compute import Compute
from embeddings.encoder import Picture, ReadText
from embeddings.face import box_of
from embeddings.packs import Pack
from foundation.errors import PackInvalid

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
# Most frames hold no text: a glance at this size costs a third of a look at the reading size.
GLANCE_SIDE = 640
READING_SIDE = 960
LEAST_CONFIDENCE = 0.6
LEAST_CHARACTERS = 2


class RapidTextReader:
    """Titles, signs and captions burnt into the picture, in Latin and Chinese script.

    Letters of less than a thirtieth of the picture's height are found beside larger ones only.

    Args:
        pack: Whose folder holds detector and recogniser.
        compute: Threads.
    """

    def __init__(self, pack: Pack, compute: Compute) -> None:
        self.spec = pack.spec
        self._glance = _engine(pack, compute, GLANCE_SIDE, reads=False)
        self._reader = _engine(pack, compute, READING_SIDE, reads=True)

    def read(self, picture: Picture) -> list[ReadText]:
        """Lines of text, top to bottom; confidence in 0..1.

        Raises:
            PackInvalid: The models cannot be run.
        """
        blue_first = np.ascontiguousarray(picture[:, :, ::-1])
        if _run(self._glance, blue_first).boxes is None:
            return []
        found = _run(self._reader, blue_first)
        if found.boxes is None or found.txts is None:
            return []
        lines = [
            ReadText(_box(corners, picture), text.strip(), float(score))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            if _is_text(text, score)
        ]
        return sorted(lines, key=lambda line: (round(line.box.top, 2), line.box.left))


def _engine(pack: Pack, compute: Compute, side: int, *, reads: bool) -> RapidOCR:
    threads = compute.threads or -1
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.use_rec": reads,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # Named files: without them the package would look for a download.
            "Det.model_path": str(pack.file(DETECTOR)),
            "Rec.model_path": str(pack.file(RECOGNISER)),
            "Det.limit_side_len": side,
            "Det.limit_type": "max",
        }
    )


def _run(engine: RapidOCR, blue_first: Picture) -> Any:
    try:
        return engine(blue_first)
    except Exception as error:  # the package lets many libraries' exceptions through
        raise PackInvalid(f"The text reader cannot be run: {error}.") from error


def _box(corners: Sequence[Sequence[float]] | NDArray[np.float32], picture: Picture) -> Any:
    points = np.asarray(corners)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return box_of(left, top, right, bottom, picture)


def _is_text(text: str, score: float) -> bool:
    return score >= LEAST_CONFIDENCE and sum(map(str.isalnum, text)) >= LEAST_CHARACTERS
