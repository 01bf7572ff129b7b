"""``rekindle backup`` and ``rekindle recover``: a home kept elsewhere, and the way back."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from scripts.backup.making import make
from scripts.backup.manifest import about
from scripts.backup.recovery import recover as bring_back
from scripts.backup.thinning import Thinned, thin
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, size_text

_QUIET_SECONDS = 2.0
_PAUSE_ON_SCREEN, _PAUSE_IN_FILE = 0.5, 30.0


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where backups of this home are kept.")],
    *,
    derived: Annotated[
        bool, typer.Option("--derived", help="Proxies, stills and vectors, too; unchanged ones are linked.")
    ] = False,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Then remove the oldest backups of this home there, down to so many."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy the catalog, settings without secrets, and model packs; Rekindle may go on working meanwhile.

    ```console
    rekindle backup /mnt/backups/rekindle --derived --keep 14
    ```

    Each backup is a folder of its own, named by its moment; it appears when it is whole and verified.
    A home without a catalog, or whose catalog knows no asset, is refused. `--keep` removes nothing while
    a backup of before has seen more changes than the new one. `sha256sum -c SHA256SUMS` in a backup compares
    every byte. `rekindle recover` is the way back.
    """
    settings = settings_of(context)
    made = make(settings, folder, _Pulse(), derived=derived)
    told = about(made)
    thinned = Thinned() if keep is None else thin(made, keep)
    if thinned.warning:
        note(thinned.warning)
    if as_json:
        facts = told.model_dump(mode="json", exclude={"sums"})
        removed = [str(path) for path in thinned.gone]
        print_json({"backup": str(made), **facts, "removed": removed, "warning": thinned.warning})
        return
    linked = f", {told.linked} of them linked to the backup before" if told.linked else ""
    note(f"{made}: {told.assets} assets, {told.files} files{linked}, {size_text(told.size)}.")
    for path in thinned.gone:
        note(f"Removed: {path}")


def recover(
    context: typer.Context,
    backup: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="A backup, or the folder they are kept in: the newest.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Put a backup into a home that has no catalog. Derived files that are there stay; nothing is replaced.

    ```console
    rekindle recover /mnt/backups/rekindle --home /srv/rekindle
    ```

    Every byte is compared with its digest. People who were removed since are removed again, as
    `removals.jsonl` of the home and of all backups in the folder tells. The vector index is built anew from
    stored vectors by whatever runs next. `rekindle check` says what else is missing, `rekindle index` takes
    note of what happened to masters since.
    """
    settings = settings_of(context)
    done = bring_back(settings.layout, backup, _Pulse())
    if as_json:
        facts = done.about.model_dump(mode="json", include={"made_at", "rekindle", "assets", "has_derived"})
        told = {"files": done.files, "stayed": done.stayed, "removed": done.removed, "unread": done.unread}
        print_json({"backup": str(done.backup), **facts, **told})
        return
    note(f"{settings.home} is as of {done.about.made_at:%Y-%m-%d %H:%M} UTC: {done.about.assets} assets.")
    if done.stayed:
        note(f"{done.stayed} files were there already, and stay: `rekindle check --deep` compares them.")
    if done.removed:
        note(f"{done.removed} people were removed again; the next `rekindle index` clears their vectors.")
    if done.unread:
        note(
            f"{done.unread} lines of removals.jsonl cannot be read: whom they speak of may be back. "
            "`rekindle people prohibited` lists who is kept out."
        )
    note("What was written, paid or moved since is not known. Next: `rekindle check`, `rekindle index`.")


class _Pulse:
    """Says how far it is, once it takes longer than two seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _QUIET_SECONDS
        self._pause = _PAUSE_ON_SCREEN if sys.stderr.isatty() else _PAUSE_IN_FILE

    def __call__(self, what: str, size: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._pause
            note(f"{what}: {size_text(size)} …")
