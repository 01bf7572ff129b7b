"""Runs the exporter in a child process, so that torch is never loaded into this one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from foundation.errors import ExportFailed, RekindleError, leaves


def export_pack(kind: str, source: str, packs: Path, *, tell: Callable[[str], None]) -> dict[str, object]:
    """Make a pack from a model.

    Args:
        kind: Kind of the pack.
        source: Hub name or folder.
        packs: Where installed packs lie.
        tell: Is told each step in a sentence.

    Returns:
        What the exporter says of the pack, measurements included.

    Raises:
        ModelError: As the exporter reports it.
    """
    command = [sys.executable, "-m", "embeddings.export", kind, source, "--packs", str(packs), "--json"]
    with subprocess.Popen(  # noqa: S603 - our own module, arguments in a list
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        last = _pass_on(child, tell)
        output = child.stdout.read() if child.stdout else ""
    if child.returncode != 0:
        raise _error(last, output)
    result: dict[str, object] = json.loads(output.strip().splitlines()[-1])
    return result


def _pass_on(child: subprocess.Popen[str], tell: Callable[[str], None]) -> str:
    last = ""
    for line in child.stderr or ():
        last = line.strip() or last
        if line.strip() and not line.lstrip().startswith("{"):
            tell(line.rstrip())
    return last


def _error(last: str, output: str) -> RekindleError:
    for text in (last, *output.strip().splitlines()[-1:]):
        if (problem := _problem(text)) is not None:
            return problem
    return ExportFailed(last or "The exporter ended without a word.")


def _problem(text: str) -> RekindleError | None:
    try:
        facts = json.loads(text)
        known = {leaf.code: leaf for leaf in leaves()}
        return known[facts["code"]](facts.get("detail") or facts["message"], remedy=facts.get("remedy"))
    except (ValueError, KeyError, TypeError):
        return None
