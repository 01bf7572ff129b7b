"""``rekindle doctor``: what this machine offers and what it lacks."""

import typer

from foundation.errors import EXIT_TOOL
from scripts.examination import examine
from scripts.session import Json, settings_of
from scripts.terminal import print_json, print_table


def doctor(context: typer.Context, *, as_json: Json = False) -> None:
    """Examine ffmpeg, the decoders' sandbox, disk, SQLite, packs and ports. Nothing is changed.

    rekindle doctor
    """
    findings = examine(settings_of(context))
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        rows = [(item.state, item.subject, item.fact, item.remedy) for item in findings]
        print_table("", ["", "what", "found", "what to do"], rows)
    if any(item.state == "missing" for item in findings):
        raise typer.Exit(EXIT_TOOL)
