"""``rekindle up``, ``serve`` and ``ui``: processes that stay."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.settings import Settings
from scripts.locks import held
from scripts.session import Json, settings_of
from scripts.stay import until_stopped
from scripts.terminal import note, print_json
from scripts.ui_process import Ui, api_address, ui_log

if TYPE_CHECKING:
    from scripts.owner import Owned

Host = Annotated[str | None, typer.Option(help="Address to listen on; REKINDLE_API__HOST otherwise.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 takes a free one.")]
UiPort = Annotated[int | None, typer.Option("--ui-port", min=0, max=65535, help="Port of the UI.")]


def up(
    context: typer.Context,
    *,
    host: Host = None,
    port: Port = None,
    ui_port: UiPort = None,
    as_json: Json = False,
) -> None:
    """Run everything until interrupted: API, index follower, restore keeper, workers, UI.

    Locations that were indexed once are listed anew every week (`REKINDLE_INDEXER__RECONCILE_DAYS`).

    ```console
    rekindle up
    rekindle up --port 9000 --ui-port 9001
    ```

    Every other command finds this process by itself and works through it.
    """
    settings = listening_at(settings_of(context), host, port, ui_port)
    with everything(settings) as addresses:
        _tell(addresses, as_json=as_json)
        until_stopped()


def serve(context: typer.Context, *, host: Host = None, port: Port = None, as_json: Json = False) -> None:
    """Run the API alone, with the index follower and the restore keeper.

    rekindle serve --port 9000
    """
    settings = listening_at(settings_of(context), host, port, None)
    with _api(settings) as owned:
        _tell({"api": _address(settings, owned)}, as_json=as_json)
        until_stopped()


def ui(
    context: typer.Context,
    *,
    api: Annotated[str | None, typer.Option(metavar="URL", help="Address of a running API.")] = None,
    ui_port: UiPort = None,
    as_json: Json = False,
) -> None:
    """Run the UI alone, against an API that runs already.

    rekindle ui --api http://archive.example:8765
    """
    settings = listening_at(settings_of(context), None, None, ui_port)
    address = api or settings.api.url or api_address(settings.api.host, settings.api.port)
    with Ui(address, settings.api.ui_port, ui_log(settings)) as page:
        _tell({"api": address, "ui": page.address}, as_json=as_json)
        until_stopped(page.has_ended)


@contextmanager
def everything(settings: Settings) -> Iterator[dict[str, str]]:
    """Run API, workers, whole listings at intervals and UI for the length of the block; gives addresses."""
    from indexer.reconcile import Reconciler  # noqa: PLC0415 - `rekindle ui` runs without workers
    from scripts.crew import crew  # noqa: PLC0415
    from scripts.owner import background  # noqa: PLC0415

    with ExitStack() as stack:
        owned = stack.enter_context(_api(settings))
        api = _address(settings, owned)
        workers = stack.enter_context(crew(settings))
        workers.keep_going()
        reconciler = Reconciler(owned.services.catalog, settings.indexer.reconcile_days)
        stack.enter_context(background("reconcile", reconciler.keep))
        page = stack.enter_context(Ui(api, settings.api.ui_port, ui_log(settings)))
        yield {"api": api, "ui": page.address}


def listening_at(settings: Settings, host: str | None, port: int | None, ui_port: int | None) -> Settings:
    """Return the settings with the addresses given on the command line."""
    given = {"host": host, "port": port, "ui_port": ui_port}
    changed = {name: value for name, value in given.items() if value is not None}
    return settings.model_copy(update={"api": settings.api.model_copy(update=changed)})


@contextmanager
def _api(settings: Settings) -> "Iterator[Owned]":
    from scripts.owner import own  # noqa: PLC0415 - `rekindle ui` runs without the application

    with held(settings.layout.create().owner_lock), own(settings, tcp=True) as owned:
        yield owned


def _address(settings: Settings, owned: "Owned") -> str:
    return api_address(settings.api.host, owned.port or settings.api.port)


def _tell(addresses: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json(addresses)
        return
    for name, address in addresses.items():
        note(f"{name.upper():<4} {address}")
    note("Ctrl-C stops everything.")
