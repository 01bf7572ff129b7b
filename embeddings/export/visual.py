"""An open_clip model to a visual pack: export, check against torch on real inputs, quantise if that holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.clip_text import Tokens
from embeddings.encoder import Picture
from embeddings.export.clip_tokenizer import fast_tokenizer
from embeddings.export.material import SENTENCES, pictures
from embeddings.export.networks import ImageTower, TextTower, vectors_of, write_network
from embeddings.export.quantise import Item, Trial, keep, try_all
from embeddings.export.sources import Original, load_original
from embeddings.export.torch_stack import open_clip, torch
from embeddings.manifest import FILE_NAME, PackManifest, describe_files, revision_of
from embeddings.model_source import Licence
from embeddings.pictures import Preprocessing, prepare
from foundation.errors import ExportFailed

BATCH = 8
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class VisualOrder:
    """What to export.

    Attributes:
        source: See :func:`embeddings.export.sources.load_original`.
        name: Of the pack.
        licence: Of the weights.
        pictures: A person's own pictures to calibrate and check with.
    """

    source: str
    name: str
    licence: Licence
    pictures: Path | None = None


def export_visual(order: VisualOrder, folder: Path, say: Say) -> PackManifest:
    """Write a whole pack into ``folder``.

    Raises:
        PackMissing: The model cannot be had.
        ExportFailed: It cannot be exported, or the export disagrees with torch.
    """
    say(f"Loading {order.source}")
    original = load_original(order.source)
    say("Exporting and measuring the picture side")
    how = _preprocessing(original.preprocessing)
    image = _export_image(original, how, pictures(order.pictures), folder)
    say("Exporting and measuring the text side")
    tokens = tokens_of(original.tokenizer)
    text = _export_text(original, tokens, folder)
    return _describe(order, folder, {"image": image, "text": text}, how, tokens)


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    size = config["size"]
    height, width = (size, size) if isinstance(size, int) else size[-2:]
    return Preprocessing(
        height=height, width=width, mean=tuple(config["mean"]), std=tuple(config["std"]),
        interpolation=config.get("interpolation") or "bicubic",
        resize=config.get("resize_mode") or "shortest", fill=int(config.get("fill_color") or 0),
    )  # fmt: skip


def _export_image(original: Original, how: Preprocessing, material: list[Picture], folder: Path) -> Trial:
    items = [{"pixel_values": planes} for planes in prepare(material, how)]
    calibration, check = items[::2], items[1::2]
    return _export_side(ImageTower(original.model), calibration, check, BATCH, folder / "image.onnx")


def _export_text(original: Original, tokens: Tokens, folder: Path) -> Trial:
    rows = [tokens.row(sentence) for sentence in SENTENCES]
    _compare_tokens(original.tokenizer, rows)
    tokens.tokenizer.save(str(folder / "tokenizer.json"))
    items = [{"input_ids": row} for row in rows]
    return _export_side(TextTower(original.model), [], items, 1, folder / "text.onnx")


def _export_side(
    tower: ImageTower | TextTower,
    calibration: Sequence[Item],
    check: Sequence[Item],
    batch: int,
    target: Path,
) -> Trial:
    examples = [{name: torch.from_numpy(value[None]) for name, value in item.items()} for item in check]
    path = write_network(tower, examples[0], [0], target.with_stem(f"{target.stem}-fp32"))
    return keep(try_all(path, calibration, check, vectors_of(tower, examples), batch=batch), target)


def tokens_of(tokenizer: Any) -> Tokens:
    """Carry an open_clip tokenizer over to one that runs without open_clip.

    Raises:
        ExportFailed: It is of a kind that cannot be.
    """
    length, cleaning = tokenizer.context_length, tokenizer.clean_fn.__name__.removeprefix("_clean_")
    if isinstance(tokenizer, open_clip.SimpleTokenizer):
        return Tokens(_cut(fast_tokenizer(tokenizer), length), cleaning, length, 0)
    inner = tokenizer.tokenizer
    fast = getattr(inner, "backend_tokenizer", None)
    if fast is None:
        raise ExportFailed("The model's tokenizer has no fast form and cannot be carried in a pack.")
    return Tokens(
        _cut(Tokenizer.from_str(fast.to_str()), length), cleaning, length, int(inner.pad_token_id or 0)
    )


def _cut(fast: Tokenizer, length: int) -> Tokenizer:
    fast.no_padding()
    fast.enable_truncation(length)
    return fast


def _compare_tokens(original: Any, rows: list[NDArray[np.int64]]) -> None:
    theirs = original(list(SENTENCES)).numpy()
    different = [
        text for text, row, own in zip(SENTENCES, theirs, rows, strict=True) if row.tolist() != own.tolist()
    ]
    if different:
        raise ExportFailed(f"The tokenizer cannot be carried over: {different[0]!r} gives other tokens.")


def _describe(
    order: VisualOrder, folder: Path, trials: dict[str, Trial], how: Preprocessing, tokens: Tokens
) -> PackManifest:
    files = describe_files(folder, ["image.onnx", "text.onnx", "tokenizer.json"])
    image = {
        "file": "image.onnx", "input": "pixel_values", "batch": trials["image"].batch, "height": how.height,
        "width": how.width, "mean": list(how.mean), "std": list(how.std), "interpolation": how.interpolation,
        "resize": how.resize, "fill": how.fill,
    }  # fmt: skip
    text = {
        "file": "text.onnx", "input": "input_ids", "tokenizer": "tokenizer.json", "cleaning": tokens.cleaning,
        "length": tokens.length, "pad": tokens.pad,
    }  # fmt: skip
    manifest = PackManifest(
        format=1, kind="visual", name=order.name, adapter="onnx-clip", revision=revision_of(files),
        dim=trials["image"].dim, licence=order.licence.text, commercial_use=order.licence.commercial_use,
        source=order.source, files=files, options={"image": image, "text": text},
        checks={side: trial.figures for side, trial in trials.items()},
    )  # fmt: skip
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    return manifest
