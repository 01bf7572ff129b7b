"""The shared clips as an index of them found them, to be compared with what was checked by eye before.

``python -m tests.golden.media.clips HOME`` writes the file anew, from a home that holds them.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog.factory import open_catalog
from catalog.model import Asset, RenditionRole
from catalog.query import AssetFilter
from catalog.repository import CatalogReader
from foundation.home import Home

GOLDEN = Path(__file__).with_name("clips.json")
CLIPS: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text()) if GOLDEN.is_file() else {}


def found_in(home: Home) -> dict[str, dict[str, Any]]:
    """What the catalog says of every film, by its name."""
    catalog = open_catalog(home)
    try:
        with catalog.read() as reader:
            return dict(_films(reader))
    finally:
        catalog.close()


def _films(reader: CatalogReader) -> Iterator[tuple[str, dict[str, Any]]]:
    for asset in sorted(
        reader.assets.page(AssetFilter(), after=None, limit=100), key=lambda asset: asset.name
    ):
        if asset.technical.frames is not None:
            yield asset.name, _film(reader, asset)


def _film(reader: CatalogReader, asset: Asset) -> dict[str, Any]:
    facts, technical = reader.facts, asset.technical
    proxy = facts.renditions(asset.id)[RenditionRole.PROXY]
    return {
        "codec": technical.codec,
        "frames": technical.frames,
        "rate": str(technical.rate),
        "variable": technical.variable_rate,
        "displayed": [technical.width, technical.height],
        "proxy": [proxy.width, proxy.height],
        "rotation": technical.rotation,
        "sound": any(track.kind == "audio" for track in reader.assets.tracks(asset.id)),
        "shots": [shot.frames.in_frame for shot in facts.shots(asset.id)],
        "samples": sum(file.rows for file in facts.vector_files(asset.id) if file.kind == "visual"),
        "keyframes": len(facts.keyframes(asset.id)),
    }


def main(home: Path) -> None:
    """Write the golden file from the clips that ``home`` holds."""
    GOLDEN.write_text(json.dumps(found_in(Home(home)), indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
