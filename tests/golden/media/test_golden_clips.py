"""The shared clips, probed, proxied and looked at, against what was found and checked by eye before.

``python -m tests.golden.media.test_golden_clips FOLDER`` writes the file anew.
"""

import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from media.look import look
from media.probe import probe
from media.proxy import ProxyRecipe, make_proxy
from media.shots import ContentShotDetector
from media.tool import MediaLimits

GOLDEN = Path(__file__).with_name("clips.json")
LIMITS, RECIPE = MediaLimits(), ProxyRecipe()
CLIPS: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text()) if GOLDEN.is_file() else {}


def found_in(master: Path, folder: Path) -> dict[str, Any]:
    info = probe(master, LIMITS)
    result = make_proxy(master, info, folder, RECIPE, LIMITS)
    assert result.pts == info.pts
    rate = info.rate or Fraction(25)
    found = look(
        result.proxy,
        folder,
        frames=result.frames,
        rate=rate,
        per_second=1.0,
        detector=ContentShotDetector(rate),
        see=lambda _: None,
    )
    return {
        "codec": info.codec,
        "frames": result.frames,
        "rate": str(info.rate),
        "variable": info.variable_rate,
        "displayed": [info.width, info.height],
        "proxy": [result.width, result.height],
        "rotation": info.rotation,
        "sound": info.sound is not None,
        "shots": [shot.in_frame for shot in found.shots],
        "samples": len(found.samples),
        "keyframes": len(found.keyframes),
    }


def decoded(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.slow
@pytest.mark.testdata
@pytest.mark.parametrize("name", CLIPS)
def test_real_clips(name: str, testdata: Path, tmp_path: Path) -> None:
    master = testdata / "media" / name
    assert found_in(master, tmp_path) == CLIPS[name]
    assert decoded(tmp_path / "proxy.mp4") == decoded(master) == CLIPS[name]["frames"]


def main(folder: Path) -> None:
    """Write the golden file from the clips in ``folder``."""
    rows = {}
    for master in sorted(path for path in folder.iterdir() if path.suffix in (".mp4", ".webm")):
        with tempfile.TemporaryDirectory() as scratch:
            rows[master.name] = found_in(master, Path(scratch))
    GOLDEN.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
