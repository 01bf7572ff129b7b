"""``rekindle demo``: the main job on an archive made on the spot."""

from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import EXIT_INCOMPLETE
from scripts.demo.story import run_demo
from scripts.session import Json, Session


def demo(
    context: typer.Context,
    *,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Leave API and UI running at the end.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make an archive of fourteen clips, half of them in cold storage, and do the whole job on it.

    ```console
    rekindle demo
    rekindle demo --no-serve
    ```

    Everything is kept in `.demo/` of the working folder, or beside `--home DIR`. Running it again is quick.
    """
    session = context.find_object(Session)
    home = (session.home if session else None) or Path(".demo/home")
    right = run_demo(home.absolute(), serve=serve, as_json=as_json)
    if not right:
        raise typer.Exit(EXIT_INCOMPLETE)
