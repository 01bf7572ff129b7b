"""``python -m embeddings.export KIND SOURCE --packs FOLDER``: make a pack and install it.

Visual and text models are exported through torch, faces and speech are taken in as they are published.
Progress goes to standard error. Standard output carries the pack, or the code, message and remedy of the
error, whose exit code is returned; with ``--json`` as one JSON object.
"""

import argparse
import contextlib
import json
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from embeddings.adopt import INSIGHTFACE_SAME_PERSON, Adoption, adopt
from embeddings.manifest import FILE_NAME
from embeddings.model_source import Licence, folder_of, licence_of, pack_name_of
from embeddings.packs import KINDS, Pack, PackStore
from foundation.errors import RekindleError

COMMERCIAL = {"yes": True, "no": False, "unknown": None}
EXPORTED = ("visual", "text")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        with _quietly():
            told = _told(_make(asked))
    except RekindleError as error:
        _answer({"code": error.code, "message": error.message, "remedy": error.remedy}, asked)
        return error.exit_code
    _answer(told, asked)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embeddings.export", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("source", help="name on a hub, or a local folder")
    parser.add_argument("--packs", type=Path, required=True, help="folder of installed packs")
    parser.add_argument("--name", help="name of the pack; made of the source otherwise")
    parser.add_argument("--licence", help="licence of the weights, where the model card does not say")
    parser.add_argument("--commercial-use", choices=sorted(COMMERCIAL), help="whether the licence allows it")
    parser.add_argument("--pictures", type=Path, help="own pictures to calibrate and check with (visual)")
    parser.add_argument(
        "--same-person", type=float, default=INSIGHTFACE_SAME_PERSON,
        help="cosine above which two faces are probably one person (face)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _make(asked: argparse.Namespace) -> Pack:
    store, folder = PackStore(asked.packs), folder_of(asked.source)
    ready = folder is not None and (folder / FILE_NAME).is_file()
    if asked.kind in EXPORTED and not ready:
        return _export(asked, store)
    licence = _licence(asked) if asked.licence or asked.commercial_use else None
    return adopt(asked.kind, Adoption(asked.source, asked.name, licence, asked.same_person), store)


def _export(asked: argparse.Namespace, store: PackStore) -> Pack:
    # torch takes seconds to import; faces and speech do without.
    from embeddings.export.sentences import SentenceOrder, export_sentences  # noqa: PLC0415
    from embeddings.export.visual import VisualOrder, export_visual  # noqa: PLC0415

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


def _answer(facts: dict[str, object], asked: argparse.Namespace) -> None:
    lines = [json.dumps(facts)] if asked.json else [f"{key}: {value}" for key, value in facts.items()]
    sys.stdout.write("\n".join(lines) + "\n")


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep the libraries' own remarks out of the progress that a person reads."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


if __name__ == "__main__":
    sys.exit(main())
