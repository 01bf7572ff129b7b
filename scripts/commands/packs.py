"""``rekindle packs``: models."""

from typing import Annotated, cast, get_args

import typer

from embeddings.packs import KINDS, Pack, PackKind, PackStore
from foundation.errors import PackMissing
from scripts.commands import migration
from scripts.pack_export import export_pack
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table

Kind = Annotated[str, typer.Argument(metavar="KIND", help="`visual`, `text`, `face`, `speech` or `ocr`.")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("list")(show)
    group.command("add")(add)
    group.command("use")(use)
    migration.fill(group)


def show(context: typer.Context, *, as_json: Json = False) -> None:
    """List the models there are, which are in use, and what to know about them."""
    store = PackStore(settings_of(context).layout.packs)
    packs = store.list()
    if as_json:
        print_json([_facts(pack) for pack in packs])
        return
    rows = [
        (
            _PARTS.get(store.role(pack) or "", ""), pack.spec.kind, pack.spec.name,
            "built in" if pack.builtin else "added", pack.spec.licence, pack.spec.weakness,
        )
        for pack in packs
    ]  # fmt: skip
    print_table("", ["in use", "kind", "name", "from", "licence", "to know"], rows)
    for problem in store.problems():
        note(f"{problem.message} → {problem.remedy}")


def add(
    context: typer.Context,
    kind: Kind,
    source: Annotated[str, typer.Argument(help="A hub name, or a folder (open_clip: `local-dir:/folder`).")],
    *,
    as_json: Json = False,
) -> None:
    """Make a pack from a model: export to ONNX, check against the original, quantise where that holds.

    ```console
    rekindle packs add visual ViT-B-32/laion2b_s34b_b79k
    rekindle packs add visual local-dir:/models/clip
    rekindle packs add face /models/insightface/models/buffalo_l
    rekindle packs add speech /models/faster-whisper-small
    ```

    The first pack added of a kind becomes active; `rekindle index` then looks at everything again with it.
    """
    settings = settings_of(context)
    result = export_pack(_kind(kind), source, settings.layout.packs, tell=note)
    if as_json:
        print_json(result)
    else:
        note("Added. Now: rekindle index")


def use(
    context: typer.Context,
    kind: Kind,
    name: Annotated[str, typer.Argument(help="Name of an installed pack.")],
    *,
    as_json: Json = False,
) -> None:
    """Choose the pack of a kind at once, whatever it has encoded yet; `packs trial` encodes first.

    What another pack computed stays, and is used again when you switch back.
    """
    pack = PackStore(settings_of(context).layout.packs).use(_kind(kind), name)
    if as_json:
        print_json(_facts(pack))
    else:
        note(f"{pack.spec.kind}: {pack.spec.name} is in use. Now: rekindle index")


_PARTS = {"serving": "●", "trial": "on trial", "former": "before"}


def _kind(text: str) -> PackKind:
    if text not in get_args(PackKind):
        raise PackMissing(
            f"There is no kind of pack called {text!r}.", remedy=f"Choose from {', '.join(KINDS)}."
        )
    return cast("PackKind", text)


def _facts(pack: Pack) -> dict[str, object]:
    spec = pack.spec
    return {
        "kind": spec.kind, "name": spec.name, "revision": spec.revision, "dim": spec.dim,
        "active": pack.active, "builtin": pack.builtin, "licence": spec.licence,
        "commercial_use": spec.commercial_use, "weakness": spec.weakness,
    }  # fmt: skip
