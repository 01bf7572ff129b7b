"""``rekindle demo``: the main job on an archive made on the spot."""

from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import EXIT_INCOMPLETE
from scripts.demo.story import Part, run_demo
from scripts.session import Json, Session


def demo(
    context: typer.Context,
    part: Annotated[
        Part, typer.Argument(metavar="[tiering]", help="Only the half about cold storage.")
    ] = "everything",
    *,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Leave API and UI running at the end.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make an archive of fourteen clips, half of them in cold storage, and do the whole job on it.

    Then a finished production of two more is wrapped: a rule moves its masters to the vault, one is found and
    played from there, quoted in a basket, restored, cut to a subclip and an EDL, and falls asleep again.

    ```console
    rekindle demo
    rekindle demo tiering --no-serve
    ```

    Everything is kept in `.demo/` of the working folder, or beside `--home DIR`. Running it again is quick.
    """
    session = context.find_object(Session)
    home = (session.home if session else None) or Path(".demo/home")
    right = run_demo(home.absolute(), part, serve=serve, as_json=as_json)
    if not right:
        raise typer.Exit(EXIT_INCOMPLETE)
