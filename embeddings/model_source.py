"""What the place a model comes from says of it: its folder, a name for its pack, its licence."""

import re
from dataclasses import dataclass
from pathlib import Path

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


def folder_of(source: str) -> Path | None:
    """Return the folder a source names, or None for a name on a hub."""
    path = Path(source.removeprefix(LOCAL))
    return path if source.startswith(LOCAL) or path.is_dir() else None


def pack_name_of(source: str) -> str:
    """Make a pack name of the folder's name, or of the model's and its tag's."""
    folder = folder_of(source)
    text = folder.resolve().name if folder else source.removeprefix(HUB).rpartition(":")[2]
    return NOT_IN_NAMES.sub("-", text.lower()).strip("-._")[:64] or "model"


def licence_of(source: str, *, otherwise: Licence | None = None) -> Licence:
    """Read the licence from the model card beside the weights.

    Args:
        source: Folder or name.
        otherwise: What holds where there is no card, or it does not say.
    """
    folder = folder_of(source)
    card = folder / "README.md" if folder else None
    text = card.read_text(encoding="utf-8", errors="replace") if card and card.is_file() else ""
    found = LICENCE_LINE.search(text)
    if found is None:
        return otherwise or Licence("Not stated beside the weights; ask their publisher", None)
    name = found[1].lower()
    return Licence(name, True if name in PERMISSIVE else _forbids(name))


def _forbids(name: str) -> bool | None:
    return False if "-nc" in name else None
