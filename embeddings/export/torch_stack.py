"""torch and the libraries on top of it, imported so that a torchvision without compiled operators will do.

The torchvision wheel of the package index is built for another torch than the CPU one; it fails where it
registers shapes for its operators. None of those is used here, so their registration is left out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def _without_torchvision_operators() -> Iterator[None]:
    original = torch.library.register_fake

    def register(operator: Any, *rest: Any) -> Callable[[Any], Any]:
        if isinstance(operator, str) and operator.startswith("torchvision::"):
            return lambda function: function
        registered: Callable[[Any], Any] = original(operator, *rest)
        return registered

    torch.library.register_fake = register
    try:
        yield
    finally:
        torch.library.register_fake = original


with _without_torchvision_operators():
    import open_clip
    from open_clip.transform import image_transform
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

__all__ = ["SentenceTransformer", "disable_progress_bar", "image_transform", "open_clip", "torch"]
