"""open_clip models as they come: by name from a hub, or from a folder."""

from dataclasses import dataclass
from typing import Any

from embeddings.export.torch_stack import open_clip
from embeddings.model_source import HUB, LOCAL, folder_of
from foundation.errors import PackMissing


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


def _name_and_tag(source: str) -> tuple[str, str | None]:
    if folder := folder_of(source):
        if not (folder / "open_clip_config.json").is_file():
            raise PackMissing(f"{folder} has no open_clip_config.json.")
        return f"{LOCAL}{folder.resolve()}", None
    if source.startswith(("/", ".", "~")):
        raise PackMissing(f"There is no folder {source}.", remedy="Give the path of an open_clip folder.")
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
