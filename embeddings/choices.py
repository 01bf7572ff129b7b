"""Which pack serves each kind, which served before it, and which is on trial.

``packs/active.json`` holds what serves and what served before: a change is one step and leaves the way back.
``packs/trial.json`` holds what is tried beside it.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from embeddings.atomic_file import publish
from embeddings.encoder import EncoderKind
from foundation.errors import PackInvalid

ACTIVE_FILE, TRIAL_FILE = "active.json", "trial.json"
_FORMER = "former"


@dataclass(frozen=True, slots=True)
class Choices:
    """Names of packs by kind.

    Attributes:
        serving: Chosen by a person, or by being the first added.
        former: What served before the latest change.
    """

    serving: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)

    def choosing(self, kind: EncoderKind, name: str, now: str | None) -> "Choices":
        """These choices with ``name`` serving in place of ``now``; choosing what serves changes nothing."""
        serving = {**self.serving, kind: name}
        if now is None or now == name:
            return replace(self, serving=serving)
        return Choices(serving, {**self.former, kind: now})

    def without(self, kind: EncoderKind, name: str) -> "Choices":
        """These choices where nothing names this pack."""
        return Choices(_without(self.serving, kind, name), _without(self.former, kind, name))


class ChoiceFiles:
    """The two files.

    Args:
        folder: That holds them; it need not exist.
        staging: Gives a fresh folder on the same disk, for the length of a block.
    """

    def __init__(self, folder: Path, staging: Callable[[], AbstractContextManager[Path]]) -> None:
        self._folder = folder
        self._staging = staging

    def choices(self) -> Choices:
        """What serves and what served before.

        Raises:
            PackInvalid: The file cannot be read.
        """
        found = self._read(ACTIVE_FILE)
        former = found.get(_FORMER)
        return Choices(_names(found), _names(former if isinstance(former, dict) else {}))

    def choose(self, choices: Choices) -> None:
        """Replace what serves and what served before, in one step."""
        former = {_FORMER: dict(choices.former)} if choices.former else {}
        self._write(ACTIVE_FILE, {**choices.serving, **former})

    def trials(self) -> dict[str, str]:
        """What is on trial, by kind."""
        return _names(self._read(TRIAL_FILE))

    def put_trials(self, trials: Mapping[str, str]) -> None:
        """Replace what is on trial."""
        self._write(TRIAL_FILE, trials)

    def _read(self, name: str) -> dict[str, Any]:
        path = self._folder / name
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise PackInvalid(f"{path} cannot be read: {error}.", remedy=f"Delete {path}.") from error
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, content: Mapping[str, object]) -> None:
        with self._staging() as folder:
            fresh = folder / name
            publish(fresh, json.dumps(content, indent=1).encode())
            fresh.replace(self._folder / name)


def _names(found: Mapping[str, Any]) -> dict[str, str]:
    return {k: name for k, name in found.items() if k in get_args(EncoderKind) and isinstance(name, str)}


def _without(names: Mapping[str, str], kind: str, name: str) -> dict[str, str]:
    return {key: value for key, value in names.items() if (key, value) != (kind, name)}
