"""Model packs on disk: those that come with Rekindle, those a person added, and which one is in use.

``packs/<kind>/<name>/pack.json`` describes an added pack; :mod:`embeddings.choices` keeps what is in use.
Folders appear and vanish by rename, so that a pack is whole or not there.
"""

import errno
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from embeddings.choices import ACTIVE_FILE, ChoiceFiles
from embeddings.encoder import EncoderKind, EncoderSpec
from embeddings.manifest import FILE_NAME, PackManifest, check_digests, check_presence, read_manifest
from foundation.errors import NameTaken, NoSpace, PackInvalid, PackMissing, StateConflict

PackKind = EncoderKind
PackRole = Literal["serving", "trial", "former"]
KINDS: tuple[PackKind, ...] = get_args(EncoderKind)
BUILTIN_FOLDER = Path(__file__).parent / "data"
STAGING = ".staging"
BUILT = ".built"


@dataclass(frozen=True, slots=True)
class Pack:
    """One usable pack. ``folder`` holds its files; ``builtin`` packs cannot be removed."""

    manifest: PackManifest
    folder: Path
    active: bool
    builtin: bool

    @property
    def spec(self) -> EncoderSpec:
        """What its vectors carry."""
        return self.manifest.spec

    @property
    def options(self) -> Mapping[str, Any]:
        """What its adapter needs to know."""
        return self.manifest.options

    def file(self, name: str) -> Path:
        """Path of one of its files."""
        return self.folder / name

    def check(self) -> None:
        """Compare every byte with the digests on record.

        Raises:
            PackInvalid: A file is missing or was changed.
        """
        check_digests(self.manifest, self.folder)


class PackStore:
    """The packs of one home.

    Args:
        folder: ``Home.packs``; it need not exist until something is added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ChoiceFiles(folder, self.staging)

    @property
    def folder(self) -> Path:
        """Where added packs lie."""
        return self._folder

    @property
    def choice_file(self) -> Path:
        """Rewritten whenever another pack begins to serve."""
        return self._folder / ACTIVE_FILE

    def list(self) -> Sequence[Pack]:
        """Every usable pack, by kind, built-in ones first; :meth:`problems` tells of the others."""
        chosen = {kind: self._active_name(kind) for kind in KINDS}
        found = [(*item, True) for item in _builtin()] + [(*item, False) for item in self._added()]
        packs = [
            Pack(manifest, folder, manifest.name == chosen[manifest.kind], builtin)
            for manifest, folder, builtin in found
        ]
        return sorted(packs, key=lambda pack: KINDS.index(pack.manifest.kind))

    def problems(self) -> Sequence[PackInvalid]:
        """What is wrong with the folders that :meth:`list` leaves out."""
        return [problem for folder in self._added_folders() if (problem := self._problem_of(folder))]

    def get(self, kind: PackKind, name: str) -> Pack:
        """Return the pack of this kind and name.

        Raises:
            PackMissing: There is none.
            PackInvalid: Its folder is there and unusable.
        """
        for pack in self.list():
            if (pack.manifest.kind, pack.manifest.name) == (kind, name):
                return pack
        if (folder := self._folder / kind / name) in self._added_folders() and (
            problem := self._problem_of(folder)
        ):
            raise problem
        raise PackMissing(f"There is no {kind} pack called {name}.")

    def active(self, kind: PackKind) -> Pack | None:
        """Return the pack in use, or None where there is none of this kind.

        Raises:
            PackMissing: The chosen pack is gone.
            PackInvalid: The chosen pack is unusable.
        """
        name = self._active_name(kind)
        return None if name is None else self.get(kind, name)

    def add(self, ready: Path) -> Pack:
        """Install the pack in the folder ``ready`` by copying it; the first added of its kind becomes active.

        Raises:
            PackInvalid: The folder is not a whole pack.
            NameTaken: Another pack of this kind has this name.
            NoSpace: The disk is full.
        """
        manifest = read_manifest(ready)
        check_digests(manifest, ready)
        existing = self._existing(manifest)
        if existing is None:
            self._install(manifest, ready)
        self._choose_first(manifest)
        return existing or self.get(manifest.kind, manifest.name)

    def use(self, kind: PackKind, name: str) -> Pack:
        """Make a pack the one in use for its kind.

        Raises:
            PackMissing: There is none of this name.
            PackInvalid: It is unusable.
        """
        self.get(kind, name)
        self._files.choose(self._files.choices().choosing(kind, name, self._active_name(kind)))
        return self.get(kind, name)

    def former(self, kind: PackKind) -> Pack | None:
        """Return the pack that served before the latest change, None where there was none.

        Raises:
            PackMissing: It is gone.
            PackInvalid: It is unusable.
        """
        name = self._files.choices().former.get(kind)
        return None if name is None else self.get(kind, name)

    def role(self, pack: Pack) -> PackRole | None:
        """Return the part a pack has; None where it has none."""
        kind, name = pack.manifest.kind, pack.manifest.name
        if pack.active:
            return "serving"
        if self._files.trials().get(kind) == name:
            return "trial"
        return "former" if self._files.choices().former.get(kind) == name else None

    def forget_former(self, kind: PackKind) -> None:
        """Give up the way back to what served before."""
        choices = self._files.choices()
        if kind in choices.former:
            self._files.choose(choices.without(kind, choices.former[kind]))

    def trial(self, kind: PackKind) -> Pack | None:
        """Return the pack that is tried beside the one in use, None where there is none.

        Raises:
            PackMissing: It is gone.
            PackInvalid: It is unusable.
        """
        name = self._files.trials().get(kind)
        return None if name is None or name == self._active_name(kind) else self.get(kind, name)

    def begin_trial(self, kind: PackKind, name: str) -> Pack:
        """Try a pack beside the one in use; it replaces another one on trial.

        Raises:
            PackMissing: There is none of this name.
            PackInvalid: It is unusable.
            StateConflict: It is in use.
        """
        pack = self.get(kind, name)
        if pack.active:
            raise StateConflict(f"The {kind} pack {name} is in use.", remedy="Try another pack.")
        self._files.put_trials({**self._files.trials(), kind: name})
        return pack

    def end_trial(self, kind: PackKind) -> None:
        """Try nothing any more; safe when nothing is tried."""
        trials = self._files.trials()
        if trials.pop(kind, None) is not None:
            self._files.put_trials(trials)

    def remove(self, kind: PackKind, name: str) -> None:
        """Delete an added pack; if it was in use, the built-in one is used again.

        Raises:
            PackMissing: No pack of this kind and name was added.
        """
        target = self._folder / kind / name
        if target not in self._added_folders():
            raise PackMissing(f"No {kind} pack called {name} was added; built-in packs stay.")
        choices = self._files.choices()
        if choices != choices.without(kind, name):
            self._files.choose(choices.without(kind, name))
        if self._files.trials().get(kind) == name:
            self.end_trial(kind)
        with self.staging() as grave:
            target.rename(grave / name)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A fresh folder on the same disk as the packs; removed afterwards if it is still there."""
        parent = self._folder / STAGING
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent))
        try:
            yield folder
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoSpace(f"There is no room for a pack in {self._folder}.") from error
            raise PackInvalid(
                f"Packs cannot be written to {self._folder}: {error}.", remedy="Check its permissions."
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def built(self, name: str) -> Path:
        """Where a file derived from a pack is kept; the folder is made, the file may not be there yet."""
        folder = self._folder / BUILT
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def _added(self) -> Iterator[tuple[PackManifest, Path]]:
        for folder in self._added_folders():
            if self._problem_of(folder) is None:
                yield read_manifest(folder), folder

    def _added_folders(self) -> Sequence[Path]:
        kinds = [self._folder / kind for kind in KINDS]
        return sorted(entry for kind in kinds if kind.is_dir() for entry in kind.iterdir() if entry.is_dir())

    def _problem_of(self, folder: Path) -> PackInvalid | None:
        try:
            manifest = read_manifest(folder)
            if (manifest.kind, manifest.name) != (folder.parent.name, folder.name):
                return PackInvalid(f"{folder} describes another pack, {manifest.kind} {manifest.name}.")
            check_presence(manifest, folder)
        except PackInvalid as problem:
            return problem
        return None

    def _existing(self, manifest: PackManifest) -> Pack | None:
        for pack in self.list():
            if (pack.manifest.kind, pack.manifest.name) != (manifest.kind, manifest.name):
                continue
            if pack.manifest.revision != manifest.revision:
                raise NameTaken(f"There is another {manifest.kind} pack called {manifest.name}.")
            return pack
        return None

    def _install(self, manifest: PackManifest, ready: Path) -> None:
        target = self._folder / manifest.kind / manifest.name
        with self.staging() as folder:
            copy = folder / manifest.name
            copy.mkdir()
            for name in (*manifest.files, FILE_NAME):
                shutil.copyfile(ready / name, copy / name)
            check_digests(manifest, copy)
            target.parent.mkdir(parents=True, exist_ok=True)
            # A damaged folder of the same name makes room; a whole one was found before.
            if target.exists():
                target.rename(folder / "replaced")
            copy.rename(target)

    def _choose_first(self, manifest: PackManifest) -> None:
        choices = self._files.choices()
        if manifest.kind not in choices.serving:
            now = self._active_name(manifest.kind)
            self._files.choose(choices.choosing(manifest.kind, manifest.name, now))

    def _active_name(self, kind: PackKind) -> str | None:
        chosen = self._files.choices().serving.get(kind)
        return chosen or next((found.name for found, _ in _builtin() if found.kind == kind), None)


@cache
def _builtin() -> Sequence[tuple[PackManifest, Path]]:
    """What is installed stays as it is while a process lives; finding it takes as long as a query does."""
    manifests = [
        (read_manifest(path.parent), path.parent) for path in sorted(BUILTIN_FOLDER.glob(f"*/{FILE_NAME}"))
    ]
    found = [(each, _package_folder(each) if each.package else folder) for each, folder in manifests]
    return [(manifest, folder) for manifest, folder in found if folder is not None]


def _package_folder(manifest: PackManifest) -> Path | None:
    """Find a package's files without importing it: some of these packages cannot be imported any more."""
    found = importlib.util.find_spec(manifest.package)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) / manifest.package_folder if places else None
