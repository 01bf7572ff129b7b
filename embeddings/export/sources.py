"""Where models come from: names, folders, licences."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.export.torch_stack import open_clip
from foundation.errors import PackMissing

LOCAL = "local-dir:"
HUB = "hf-hub:"
PERMISSIVE = {"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "unlicense"}
LICENCE_LINE = re.compile(r"^license:\s*([A-Za-z0-9._-]+)\s*$", re.MULTILINE)
NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """What may be done with a model's weights; ``commercial_use`` is None where that is unknown."""

    text: str
    commercial_use: bool | None


@dataclass(frozen=True, slots=True)
class Original:
    """An open_clip model as it came."""

    model: Any
    tokenizer: Any
    preprocessing: dict[str, Any]


def load_original(source: str) -> Original:
    """Load an open_clip model in single precision.

    Args:
        source: ``ARCHITECTURE/TAG``, ``hf-hub:owner/name``, ``local-dir:/folder``, or a folder.

    Raises:
        PackMissing: There is no such folder or name, or it cannot be fetched.
    """
    name, tag = _name_and_tag(source)
    try:
        # Weights that are no plain tensors are never unpickled: open_clip loads with weights_only.
        model = open_clip.create_model(name, pretrained=tag, precision="fp32", device="cpu")
        tokenizer = open_clip.get_tokenizer(name)
    except (OSError, RuntimeError, ValueError, KeyError, ImportError, AssertionError) as error:
        raise PackMissing(
            f"The model {source} cannot be loaded: {_first_line(error)}.",
            remedy="Give a name such as ViT-B-32/laion2b_s34b_b79k, or a folder with open_clip_config.json.",
        ) from error
    model.eval()
    return Original(model.float(), tokenizer, open_clip.get_model_preprocess_cfg(model))


def folder_of(source: str) -> Path | None:
    """The folder a source names, or None for a name on a hub."""
    path = Path(source.removeprefix(LOCAL))
    return path if source.startswith(LOCAL) or path.is_dir() else None


def pack_name_of(source: str) -> str:
    """A pack name made of the source: the folder's, or the model's and its tag's."""
    folder = folder_of(source)
    text = folder.resolve().name if folder else source.removeprefix(HUB).rpartition(":")[2]
    return NOT_IN_NAMES.sub("-", text.lower()).strip("-._")[:64] or "model"


def licence_of(source: str) -> Licence:
    """Read the licence from the model card beside the weights; say so where there is none."""
    folder = folder_of(source)
    card = folder / "README.md" if folder else None
    if card is None or not card.is_file():
        return Licence("Not stated beside the weights; ask their publisher", None)
    found = LICENCE_LINE.search(card.read_text(encoding="utf-8", errors="replace"))
    name = found[1].lower() if found else ""
    return Licence(name or "Not stated in the model card", True if name in PERMISSIVE else _forbids(name))


def _forbids(name: str) -> bool | None:
    return False if "-nc" in name else None


def _name_and_tag(source: str) -> tuple[str, str | None]:
    if folder := folder_of(source):
        if not (folder / "open_clip_config.json").is_file():
            raise PackMissing(f"{folder} has no open_clip_config.json.")
        return f"{LOCAL}{folder.resolve()}", None
    if source.startswith(HUB):
        return source, None
    name, _, tag = source.partition("/")
    if not tag:
        known = ", ".join(open_clip.list_pretrained_tags_by_model(name)[:8])
        raise PackMissing(
            f"{source} does not say which weights.",
            remedy=f"Write {name}/TAG with one of: {known}."
            if known
            else "Write ARCHITECTURE/TAG or a folder.",
        )
    return name, tag


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300].rstrip(".")
