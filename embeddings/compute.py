"""What a model may use: said by whoever opens packs, without loading what runs them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Compute:
    """What a model may use.

    Attributes:
        threads: Threads of one call; 0 means one per core. Workers that share a machine take 1 each.
        device: ``auto`` takes a CUDA device where ONNX Runtime has one.
    """

    threads: int = 0
    device: Literal["auto", "cpu"] = "auto"
