"""Vectors of original open_clip weights: torch, single precision, the model's own transform and tokenizer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from embeddings.encoder import Vectors
from embeddings.export.sources import load_original
from embeddings.export.torch_stack import image_transform, torch
from embeddings.export.visual import VisualOrder, export_visual
from embeddings.model_source import licence_of, pack_name_of
from embeddings.packs import PackStore

BATCH = 32


def encode_all(source: str, paths: Sequence[Path], captions: Sequence[str]) -> tuple[Vectors, Vectors]:
    """[captions, dim] and [pictures, dim], unit norm."""
    original = load_original(source)
    how = original.preprocessing
    transform = image_transform(
        how["size"], False, mean=how["mean"], std=how["std"], interpolation=how["interpolation"],
        resize_mode=how["resize_mode"], fill_color=how["fill_color"],
    )  # fmt: skip
    with torch.no_grad():
        pictures = [
            original.model.encode_image(
                torch.stack([transform(_open(path)) for path in paths[at : at + BATCH]]), normalize=True
            ).numpy()
            for at in range(0, len(paths), BATCH)
        ]
        queries = [
            original.model.encode_text(original.tokenizer(captions[at : at + BATCH]), normalize=True).numpy()
            for at in range(0, len(captions), BATCH)
        ]
    return np.concatenate(queries), np.concatenate(pictures)


def export_into(packs: Path, source: str) -> Path:
    """Make and install a pack of the same weights; returns ``packs``."""
    store = PackStore(packs)
    with store.staging() as folder:
        export_visual(VisualOrder(source, pack_name_of(source), licence_of(source)), folder, _silent)
        store.add(folder)
    return packs


def _silent(sentence: str) -> None:
    """Progress is of no interest here."""


def _open(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")
