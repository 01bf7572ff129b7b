"""Fresh interpreters, to see what an import brings along."""

import json
import subprocess
import sys


def modules_after(statement: str) -> set[str]:
    """Top-level modules that are loaded once ``statement`` ran in a new interpreter."""
    listing = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    code = f"{statement}\n{listing}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout))
