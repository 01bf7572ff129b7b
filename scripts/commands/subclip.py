"""``rekindle subclip``: a part of a master, without reading the whole."""

from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import BudgetExceeded
from scripts.commands.restore_options import Project
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import money_text, note, print_json, size_text
from search_api.schemas_restores import Approval
from search_api.schemas_subclips import NewSubclip, Subclip, SubclipQuote

_PLACE = "a frame (`240`), timecode (`10:00:04:20`) or seconds (`12.5s`)"


def subclip(
    context: typer.Context,
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="Id of an asset (`ast_…`).")],
    first: Annotated[str, typer.Argument(metavar="IN", help=f"First frame: {_PLACE}.")],
    last: Annotated[str, typer.Argument(metavar="OUT", help=f"Frame after the last: {_PLACE}.")],
    *,
    handles: Annotated[int, typer.Option(min=0, help="Frames added at either end.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here; else a name is made.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="USD", help="Most that may be spent, where reading is billed.")
    ] = None,
    project: Project = "prj_default",
    ask_approval: Annotated[
        bool, typer.Option("--ask-approval", help="Where a budget does not suffice, ask an approver.")
    ] = False,
    agreed: Annotated[
        str | None, typer.Option(metavar="QUOTE", help="Fetch what was approved: the quote's id (`quo_…`).")
    ] = None,
    quote_only: Annotated[
        bool, typer.Option("--quote", help="Say what would be read and what it costs; read nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch a part of a master that can be read now, rewrapped without re-encoding, with its timecode.

    The subclip begins with the sync frame at or before IN. Only the bytes of the range are read. Where
    reading is billed, nothing is read without `--budget`. Where an approver was asked, the same command with
    `--agreed` fetches the part once it is approved.

    ```console
    rekindle subclip ast_01K9X2V7QJ8M4T6W0N3B5C7D9F 10:00:04:20 10:00:14:20 --handles 25 -o harbour.mov
    ```
    """
    with connect(settings_of(context)) as client:
        if agreed is None:
            quote = client.subclips.quote(asset, first, last, handles=handles)
            if quote_only:
                _tell_quote(quote, as_json=as_json)
                return
            _check_cost(quote, budget)
            agreed = quote.id
        wanted = NewSubclip(quote=agreed, budget_usd=budget, project=project, ask_approval=ask_approval)
        made = client.subclips.agree(wanted)
        if isinstance(made, Approval):
            _tell_approval(made, as_json=as_json)
            return
        target = output or Path(made.suggested_name)
        client.subclips.save(made, target)
        client.subclips.remove(made)
    _tell(made, target, as_json=as_json)


def _check_cost(quote: SubclipQuote, budget: str | None) -> None:
    if quote.cost and budget is None:
        raise BudgetExceeded(
            f"Reading it costs {money_text(quote.cost, quote.currency)}.",
            remedy="Agree to it with --budget USD.",
            detail={"quote": quote.id, "cost": str(quote.cost)},
        )


def _tell_approval(asked: Approval, *, as_json: bool) -> None:
    if as_json:
        print_json(asked)
        return
    note(f"{asked.id} waits for an approver: {asked.reason}")
    note(f"Fetch it once it is approved: the same command with --agreed {asked.quote}")


def _tell_quote(quote: SubclipQuote, *, as_json: bool) -> None:
    if as_json:
        print_json(quote)
        return
    share = quote.bytes / quote.whole
    note(
        f"{size_text(quote.bytes)} of {size_text(quote.whole)} ({share:.1%}) in {quote.requests} reads, "
        f"from frame {quote.first_frame} on: {money_text(quote.cost, quote.currency)}."
    )


def _tell(made: Subclip, target: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({**made.model_dump(mode="json", exclude={"url"}), "file": str(target)})
        return
    begins = f"frame {made.in_frame}" + (f" ({made.timecode})" if made.timecode else "")
    note(
        f"{target}: {begins} to {made.out_frame}; read {size_text(made.read)} of {size_text(made.whole)} "
        f"({made.read / made.whole:.1%}), {money_text(made.cost)}."
    )
