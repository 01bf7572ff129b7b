"""``rekindle eval``: how well the archive is searched."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import BadKnownItems
from scripts.evaluation.asking import ask, signals_on
from scripts.evaluation.known_items import KnownItem, own_captions, read_known_items
from scripts.evaluation.report import Report, report_of, write
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client

OWN = "captions"
"""Name of the set that is made from the archive's own captions."""

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE …", help="Known items as TOML, or as JSON lines.")
]
Captions = Annotated[
    int, typer.Option(min=0, help="Also ask so many of the archive's own captions, with speech left out.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the report: Markdown, JSON and plots.")]


def evaluate(
    context: typer.Context,
    files: Files = None,
    *,
    captions: Captions = 0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Ask judged queries and say how well they were answered, with all signals and with each alone.

    ```console
    rekindle eval known.toml --out report/
    rekindle eval --captions 200
    ```

    A file of known items holds one `[[query]]` per question: `q`, `kind`, and `relevant`, a list of
    `{ asset = "name.mov", start = 12.5, end = 20 }`. A query without `relevant` asks for what is not there.
    `like = [{ asset = "name.mov", start = 12.5 }]` asks by example, with words or without.
    """
    with connect(settings_of(context)) as client:
        reports = [_report(client, name, items) for name, items in _sets(client, files or [], captions)]
    if not reports:
        raise BadKnownItems("No file was given and no caption was asked for.")
    written = write(reports, out) if out is not None else []
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        for report in reports:
            _show(report)
    if written:
        note(f"Written: {', '.join(str(path) for path in written)}.")


def _sets(client: Client, files: Sequence[Path], captions: int) -> list[tuple[str, list[KnownItem]]]:
    sets = [(path.stem, read_known_items(path)) for path in files]
    return [*sets, (OWN, own_captions(client, captions))] if captions else sets


def _report(client: Client, name: str, items: Sequence[KnownItem]) -> Report:
    encoders = {pack.kind: pack.name for pack in client.status().packs if pack.active}
    return report_of(name, encoders, ask(client, items, signals_on(client)))


def _show(report: Report) -> None:
    columns = ["", "queries", "R@1", "R@10", "MRR", "nDCG@10"]
    rows = [
        (name, str(m.queries), *(f"{value:.3f}" for value in (m.recall_1, m.recall_10, m.mrr, m.ndcg)))
        for name, m in report.channels.items()
    ]
    print_table(report.name, columns, rows)
    found = report.confidence
    note(
        f"Strong hits: {_share(found.precision)} of {found.strong} are right; "
        f"{_share(found.quiet)} of {found.nothing} queries without an answer got none."
    )


def _share(part: float | None) -> str:
    return "–" if part is None else f"{part:.0%}"
