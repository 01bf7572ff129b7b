"""An open_clip folder of ViT-B/32's shape with random weights: as fast as the real one, and meaningless.

``python -m scripts.bench.random_vit FOLDER``
"""

import json
import sys
from pathlib import Path

from safetensors.torch import save_file

from embeddings.export.torch_stack import open_clip, torch

ARCHITECTURE = "ViT-B-32"


def write_model(folder: Path) -> None:
    """Write ``open_clip_config.json`` and weights that :mod:`embeddings.export` takes for a model."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    model = open_clip.create_model(ARCHITECTURE, pretrained=None)
    save_file(
        {k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    config = {
        "model_cfg": open_clip.get_model_config(ARCHITECTURE),
        "preprocess_cfg": open_clip.get_model_preprocess_cfg(model),
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
