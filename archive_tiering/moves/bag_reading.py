"""Reads BagIt manifests of moves: what they tell of a move that the catalog may not know."""

import hashlib
import re
from ast import literal_eval
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from foundation.ids import AssetId, InstanceId, MoveId
from foundation.logging import get

_RULE = re.compile(r"Rule (.+), line (\d+)\Z")
_ENCODED = re.compile(r"%(25|0A|0D)")
_DECODED = {"25": "%", "0A": "\n", "0D": "\r"}


@dataclass(frozen=True, slots=True)
class ToldObject:
    """An object that was moved: where its copy lay, as ``fetch.txt`` has it, its bytes, and its digest."""

    address: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A move as its manifest tells it: its copies were proven, and became the master.

    Attributes:
        source: Name of the location that it came from, in one line.
        target: Name of the location that it went to, in one line.
        at: When the copy became the master.
        objects: By key, which is the same in both locations.
    """

    move: MoveId
    asset: AssetId
    instance: InstanceId
    source: str
    from_class: str
    target: str
    to_class: str
    rule: str
    rule_line: int
    at: datetime
    objects: dict[str, ToldObject]


def read_bag(folder: Path) -> Told | None:
    """Read the manifest of a move of a master; None where it is none, is not whole, or is of a hot copy."""
    try:
        files = _files(folder)
        info = _info(files["bag-info.txt"])
        rule = _RULE.match(info["Internal-Sender-Description"])
        return None if rule is None else _told(info, rule, files)
    except FileNotFoundError:
        return None  # a process was killed while it was written: the source is there
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        get(__name__).warning("manifest_unread", folder=str(folder), reason=str(error))
        return None


def _files(folder: Path) -> dict[str, str]:
    """Files of a bag by name; raises ValueError where one is not as it was written."""
    files = {}
    for line in (folder / "tagmanifest-sha256.txt").read_text("ascii").splitlines():
        digest, _, name = line.partition("  ")
        data = (folder / Path(name).name).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise ValueError(f"{name} was changed")
        files[name] = data.decode("utf-8", "surrogateescape")
    return files


def _info(text: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in text.split("\n") if line)
    return {name: value for name, _, value in pairs}


def _told(info: dict[str, str], rule: re.Match[str], files: dict[str, str]) -> Told:
    source, _, from_class = info["Rekindle-From"].rpartition(" ")
    target, _, to_class = info["Rekindle-To"].rpartition(" ")
    return Told(
        move=MoveId(info["Internal-Sender-Identifier"]),
        asset=AssetId(info["External-Identifier"]),
        instance=InstanceId(info["Rekindle-Instance"]),
        source=source,
        from_class=from_class,
        target=target,
        to_class=to_class,
        rule=str(literal_eval(rule.group(1))),
        rule_line=int(rule.group(2)),
        at=datetime.fromisoformat(info["Rekindle-Moved-At"]),
        objects=_objects(files["fetch.txt"], files["manifest-sha256.txt"]),
    )


def _objects(fetch: str, manifest: str) -> dict[str, ToldObject]:
    digests = {}
    for line in filter(None, manifest.split("\n")):
        digest, _, path = line.partition("  ")
        digests[_key(path)] = digest
    objects = {}
    for line in filter(None, fetch.split("\n")):
        address, size, path = line.split(" ", 2)
        objects[_key(path)] = ToldObject(address, int(size), digests.get(_key(path)))
    return objects


def _key(path: str) -> str:
    return _ENCODED.sub(lambda found: _DECODED[found.group(1)], path.removeprefix("data/"))
