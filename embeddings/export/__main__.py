"""``python -m embeddings.export visual|text SOURCE --packs FOLDER``: make a pack and install it.

Standard output carries one JSON object: the pack, or ``{"error": {code, message, remedy}}`` with the error's
exit code. Progress goes to standard error.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from embeddings.export.sentences import SentenceOrder, export_sentences
from embeddings.export.visual import VisualOrder, export_visual
from embeddings.model_source import Licence, licence_of, pack_name_of
from embeddings.packs import Pack, PackStore
from foundation.errors import RekindleError

COMMERCIAL = {"yes": True, "no": False, "unknown": None}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        pack = _make(asked)
    except RekindleError as error:
        failure = {"code": error.code, "message": error.message, "remedy": error.remedy}
        sys.stdout.write(json.dumps({"error": failure}) + "\n")
        return error.exit_code
    sys.stdout.write(json.dumps(_told(pack)) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embeddings.export", description=__doc__)
    parser.add_argument("kind", choices=["visual", "text"])
    parser.add_argument("source", help="open_clip or sentence-transformers model: hub name or local folder")
    parser.add_argument("--packs", type=Path, required=True, help="folder of installed packs")
    parser.add_argument("--name", help="name of the pack; made of the source otherwise")
    parser.add_argument("--licence", help="licence of the weights, where the model card does not say")
    parser.add_argument("--commercial-use", choices=sorted(COMMERCIAL), help="whether the licence allows it")
    parser.add_argument("--pictures", type=Path, help="own pictures to calibrate and check with")
    return parser


def _make(asked: argparse.Namespace) -> Pack:
    store = PackStore(asked.packs)
    name, licence = asked.name or pack_name_of(asked.source), _licence(asked)
    with store.staging() as folder:
        if asked.kind == "visual":
            export_visual(VisualOrder(asked.source, name, licence, asked.pictures), folder, _say)
        else:
            export_sentences(SentenceOrder(asked.source, name, licence), folder, _say)
        _say("Installing")
        return store.add(folder)


def _licence(asked: argparse.Namespace) -> Licence:
    found = licence_of(asked.source)
    commercial = COMMERCIAL[asked.commercial_use] if asked.commercial_use else found.commercial_use
    return Licence(asked.licence or found.text, commercial)


def _told(pack: Pack) -> dict[str, object]:
    manifest = pack.manifest
    return {
        "kind": manifest.kind, "name": manifest.name, "revision": manifest.revision, "dim": manifest.dim,
        "active": pack.active, "folder": str(pack.folder), "licence": manifest.licence,
        "commercial_use": manifest.commercial_use, "checks": manifest.checks,
    }  # fmt: skip


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
