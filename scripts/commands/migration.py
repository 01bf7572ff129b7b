"""``rekindle packs trial … prune``: another model without downtime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import EXIT_INCOMPLETE, EXIT_INTERRUPTED, BadKnownItems, StateConflict
from scripts.crew import crew
from scripts.evaluation.asking import Answer, ask_alone
from scripts.evaluation.known_items import KnownItem, own_captions, read_known_items
from scripts.evaluation.measures import Measured, measured
from scripts.following import follow_run
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table, size_text
from search_api.client import Client
from search_api.schemas import SignalName
from search_api.schemas_packs import Role, SideBySide, SpaceAudit, Switched, TrialEstimate

Kind = Annotated[SideBySide, typer.Argument(metavar="KIND", help="`visual` or `text`.")]
_SIGNALS: dict[SideBySide, SignalName] = {"visual": "visual", "text": "speech"}
_WORDS: dict[Role, str] = {
    "serving": "serves", "trial": "on trial", "former": "served before", "kept": "kept",
}  # fmt: skip


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("trial")(trial)
    group.command("compare")(compare)
    group.command("switch")(switch)
    group.command("rollback")(rollback)
    group.command("audit")(audit)
    group.command("prune")(prune)


def trial(
    context: typer.Context,
    kind: Kind,
    name: Annotated[
        str | None, typer.Argument(help="Name of an installed pack; may be left out with --end.")
    ] = None,
    *,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it takes.")] = False,
    end: Annotated[
        bool, typer.Option("--end", help="Try nothing any more; vectors stay until pruned.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Encode everything with another pack while the one in use goes on serving.

    ```console
    rekindle packs trial visual b32 --estimate
    rekindle packs trial visual b32
    rekindle packs trial visual --end
    ```

    Vectors are made from proxies and passages: no master is read, and both packs' vectors stay side by side.
    Interrupt it whenever you like; the same command goes on. New footage is encoded with both.
    """
    settings = settings_of(context)
    with connect(settings) as client:
        if end or name is None:
            _end(client, kind, wanted=end, as_json=as_json)
            return
        plan = client.packs.estimate(kind, name)
        note(_takes(plan))
        if estimate:
            if as_json:
                print_json(plan)
            return
        with crew(settings) as workers:
            begun = client.packs.begin(kind, name)
            ended = follow_run(client, begun.run, workers, draw=not as_json)
        letters = client.dead_letters(ended.id) if ended.failed else []
    if as_json:
        facts = [letter.model_dump(mode="json") for letter in letters]
        print_json({**begun.model_dump(mode="json"), "run": ended.model_dump(mode="json"), "failed": facts})
    else:
        note(f"{ended.state}: {ended.done} encoded, {ended.failed} failed, {ended.unchanged} as they were.")
        _list([(item.uri, item.message, item.remedy) for item in letters])
    if ended.state != "finished":
        raise typer.Exit(EXIT_INTERRUPTED)


def _list(rows: Sequence[tuple[str, str, str]]) -> None:
    if rows:
        print_table("Could not be encoded", ["what", "what happened", "what to do"], rows)


def _end(client: Client, kind: SideBySide, *, wanted: bool, as_json: bool) -> None:
    if not wanted:
        raise typer.BadParameter("Name the pack to try, or give --end.")
    ended = client.packs.end(kind)
    if as_json:
        print_json(ended)
    else:
        note(f"No {kind} pack is on trial now.")


def _takes(plan: TrialEstimate) -> str:
    return (
        f"{plan.pack}: {plan.assets} assets, about {plan.vectors:,} vectors, "
        f"{size_text(plan.file_bytes)} of files and {size_text(plan.index_bytes)} of index; "
        f"{size_text(plan.free_bytes)} are free."
    )


def compare(
    context: typer.Context,
    kind: Kind,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE …", help="Known items, as `rekindle eval` takes them."),
    ] = None,
    *,
    captions: Annotated[
        int, typer.Option(min=0, help="Also ask so many of the archive's own captions (pictures only).")
    ] = 0,
    against: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare with this pack, not with the one on trial.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask judged queries of the pack that serves and of the one on trial, each alone.

    ```console
    rekindle packs compare visual known.toml
    rekindle packs compare visual --captions 200
    ```
    """
    with connect(settings_of(context)) as client:
        items = [item for path in files or [] for item in read_known_items(path)]
        if kind == "visual":
            items += own_captions(client, captions) if captions else []
        found = {name: _measured(client, kind, name, items) for name in _pair(client, kind, against)}
    if not any(figures.queries for figures in found.values()):
        raise BadKnownItems(f"No query was given that the {_SIGNALS[kind]} signal may answer.")
    if as_json:
        print_json({name: _facts(figures) for name, figures in found.items()})
        return
    columns = ["pack", "queries", "R@1", "R@10", "MRR", "nDCG@10"]
    rows = [
        (name, str(m.queries), *(f"{value:.3f}" for value in (m.recall_1, m.recall_10, m.mrr, m.ndcg)))
        for name, m in found.items()
    ]
    print_table(f"{kind}, each alone", columns, rows)


def _facts(figures: Measured) -> dict[str, float]:
    return {
        "queries": figures.queries,
        "recall_1": figures.recall_1,
        "recall_10": figures.recall_10,
        "mrr": figures.mrr,
        "ndcg": figures.ndcg,
    }


def _pair(client: Client, kind: SideBySide, against: str | None) -> list[str]:
    parts = {pack.role: pack.name for pack in client.status().packs if pack.kind == kind and pack.role}
    other = against or parts.get("trial")
    if other is None:
        raise StateConflict(
            f"No {kind} pack is on trial.", remedy=f"`rekindle packs trial {kind} NAME` begins one."
        )
    return [*([parts["serving"]] if "serving" in parts else []), other]


def _measured(client: Client, kind: SideBySide, name: str, items: Sequence[KnownItem]) -> Measured:
    answers = ask_alone(client, items, _SIGNALS[kind], {f"{kind}_pack": name})
    return measured([_ranking(answer) for answer in answers if not answer.item.is_nothing])


def _ranking(answer: Answer) -> tuple[list[int], int]:
    return answer.gains, len(answer.item.relevant)


def switch(
    context: typer.Context,
    kind: Kind,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Even where vectors are missing: those moments are not found.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let the pack on trial serve, from one search to the next. Refused while it lacks a single shot."""
    with connect(settings_of(context)) as client:
        _told(client.packs.switch(kind, force=force), as_json=as_json)


def rollback(context: typer.Context, kind: Kind, *, as_json: Json = False) -> None:
    """Let the pack serve that served before. Its vectors are still there: nothing is encoded."""
    with connect(settings_of(context)) as client:
        _told(client.packs.roll_back(kind), as_json=as_json)


def _told(changed: Switched, *, as_json: bool) -> None:
    if as_json:
        print_json(changed)
        return
    back = (
        f"; `rekindle packs rollback {changed.kind}` goes back to {changed.former}" if changed.former else ""
    )
    note(f"{changed.kind}: {changed.serving} serves{back}.")
    if changed.missing:
        note(f"{changed.missing} shots or passages have no vector of it yet; `rekindle index` makes them.")


def audit(
    context: typer.Context,
    kind: Annotated[
        SideBySide | None, typer.Argument(metavar="[KIND]", help="`visual` or `text`; both if left out.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Account for every shot and passage in every space: encoded, excused, or missing (exit code 3)."""
    with connect(settings_of(context)) as client:
        spaces = client.packs.audit(kind)
    if as_json:
        print_json([space.model_dump(mode="json") for space in spaces])
    else:
        _draw(spaces)
    if any(space.missing for space in spaces if space.role == "serving"):
        raise typer.Exit(EXIT_INCOMPLETE)


def _draw(spaces: Sequence[SpaceAudit]) -> None:
    rows = [
        (
            space.space, _WORDS[space.role], str(space.assets), f"{space.expected} {space.unit}",
            str(space.encoded), str(space.missing),
            "; ".join(f"{count}: {reason}" for reason, count in space.excused.items()),
        )
        for space in spaces
    ]  # fmt: skip
    print_table("", ["space", "part", "assets", "expected", "encoded", "missing", "assets excused"], rows)
    lacking = [(item.name, str(item.units), item.why) for space in spaces for item in space.lacking]
    if lacking:
        print_table("Missing", ["name", "how many", "why"], lacking)


def prune(context: typer.Context, kind: Kind, *, as_json: Json = False) -> None:
    """Remove vectors of packs that neither serve nor are on trial. There is no rollback afterwards."""
    with connect(settings_of(context)) as client:
        gone = client.packs.prune(kind)
    if as_json:
        print_json(gone)
    else:
        note(f"{size_text(gone.bytes)} of vector files are gone ({', '.join(gone.spaces) or 'no space'}).")
