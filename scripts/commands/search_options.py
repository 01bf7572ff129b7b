"""Options that say what is searched: those of ``rekindle search`` and of ``rekindle saved add``."""

from typing import Annotated

import typer

from search_api.schemas import SearchRequest

PerAsset = Annotated[int, typer.Option(min=1, max=200, help="Most hits of one asset.")]
Signals = Annotated[
    str, typer.Option(help="Comma list of visual, speech, onscreen, face, description, name; all if empty.")
]
Location = Annotated[list[str] | None, typer.Option(help="Only in this location; may be repeated.")]
StorageClass = Annotated[
    list[str] | None, typer.Option("--class", help="Only masters in this storage class, or `cold`.")
]
Year = Annotated[str | None, typer.Option(help="`1987` or `1987..1992`.")]
Duration = Annotated[str | None, typer.Option(help="Seconds, `10..60`; either end may be left out.")]
Kind = Annotated[list[str] | None, typer.Option(help="`video`, `still` or `sound`.")]
Speech = Annotated[bool | None, typer.Option("--speech/--no-speech", help="With or without speech.")]
Colour = Annotated[
    bool | None, typer.Option("--black-and-white/--colour", help="Black-and-white, or in colour.")
]
Collapse = Annotated[
    bool, typer.Option("--collapse/--no-collapse", help="Show the same pictures once, or in every copy.")
]
Person = Annotated[list[str] | None, typer.Option(help="Somebody who appears; may be repeated.")]


def question(
    query: str,
    *,
    per_asset: int,
    signals: str,
    location: list[str] | None,
    storage_class: list[str] | None,
    year: str | None,
    duration: str | None,
    kind: list[str] | None,
    has_speech: bool | None,
    black_and_white: bool | None,
    person: list[str] | None,
    collapse: bool,
) -> SearchRequest:
    """Return the search that these options ask for."""
    return SearchRequest(
        q=query,
        per_asset=per_asset,
        signals=[name for name in signals.split(",") if name],
        location=location or [],
        storage_class=storage_class or [],
        year=year,
        duration=duration,
        kind=kind or [],
        has_speech=_flag(value=has_speech),
        black_and_white=_flag(value=black_and_white),
        person=person or [],
        collapse=collapse,
    )


def _flag(*, value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
