"""BagIt manifests of moves (RFC 8493): what was moved, from where to where, with its digests.

The bag holds no payload: ``fetch.txt`` says where each file lies now, which makes it a valid "holey" bag.
"""

import hashlib
from collections.abc import Mapping
from urllib.parse import quote

from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import Location, Move

_VERSION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def bag_of(
    move: Move, source: Location, target: Location, lies: Mapping[str, ObjectInfo]
) -> dict[str, bytes]:
    """Return the files of a move's manifest by name.

    Args:
        move: A move whose copies are verified.
        source: Where it came from.
        target: Where it went.
        lies: How each copy lies there, by target key.
    """
    files = {
        "bagit.txt": _VERSION,
        "bag-info.txt": _info(move, source, target),
        "manifest-sha256.txt": _manifest(move),
        "fetch.txt": "".join(
            f"{address_of(lies[item.target_key].uri)} {item.size} {_payload(item.target_key)}\n"
            for item in move.objects
        ),
    }
    data = {name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}
    tags = "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in sorted(data.items()))
    return data | {"tagmanifest-sha256.txt": tags.encode("ascii")}


def _info(move: Move, source: Location, target: Location) -> str:
    lines = {
        "Source-Organization": "Rekindle",
        "Bagging-Date": f"{move.updated_at:%Y-%m-%d}",
        "Payload-Oxum": f"{move.size}.{len(move.objects)}",
        "External-Identifier": move.asset_id,
        "Internal-Sender-Identifier": move.id,
        "Internal-Sender-Description": _why(move),
        "Rekindle-Instance": move.instance_id,
        "Rekindle-From": f"{source.name} {move.from_class}",
        "Rekindle-To": f"{target.name} {move.to_class}",
        "Rekindle-Moved-At": move.updated_at.isoformat(),
    }
    proofs = sorted({f"Rekindle-Verified: {item.verified}" for item in move.objects})
    return "".join(f"{name}: {one_line(value)}\n" for name, value in lines.items()) + "\n".join([*proofs, ""])


def _why(move: Move) -> str:
    return (
        f"Rule {move.rule!r}, line {move.rule_line}"
        if move.keep_id is None
        else f"Kept hot by {move.keep_id}"
    )


def _manifest(move: Move) -> str:
    known = [(item.sha256, item.target_key) for item in move.objects if item.sha256 is not None]
    return "".join(f"{sha256}  {_payload(key)}\n" for sha256, key in known)


def _payload(key: str) -> str:
    """Path in a bag; percent signs and line ends are encoded (RFC 8493, 2.1.3)."""
    return "data/" + key.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def address_of(uri: str) -> str:
    """An address as ``fetch.txt`` has it."""
    return quote(uri, safe=":/%?&=+,;@!$'()*[]~")


def one_line(text: str) -> str:
    """A value as ``bag-info.txt`` has it."""
    return " ".join(text.split())
