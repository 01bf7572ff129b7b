"""The API process stays lean: what it must never load."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch",
    "torchvision",
    "transformers",
    "open_clip",
    "cv2",
    "av",
    "faiss",
    "dlib",
    "streamlit",
    "scipy",
    "boto3",
)

_BUILD = f"""
import sys
from pathlib import Path
from foundation.settings import Settings
from search_api.app import create_app
from search_api.bootstrap import build_services
services = build_services(Settings(home=Path(sys.argv[1])))
create_app(services)
services.encoders.warm()
services.close()
print(*[name for name in {HEAVY!r} if name in sys.modules])
"""


def test_a_fresh_process_builds_the_application_without_torch_or_decoders(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
