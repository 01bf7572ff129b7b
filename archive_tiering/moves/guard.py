"""Whether a master may move right now: asked anew before every step, because plans grow old."""

from datetime import datetime
from pathlib import Path

from archive_tiering.rules.file import load_rules
from archive_tiering.rules.matching import Matcher, known_to
from archive_tiering.rules.refusals import REFUSALS, kept_by, kept_now
from archive_tiering.stores.digest import digest
from catalog.model import AssetKind, Move, RenditionRole
from catalog.repository import CatalogReader, Placed
from foundation.errors import BadRules
from foundation.home import Home
from foundation.ids import AssetId

_CHUNK = 1 << 20
GONE = "The copy is no longer in the catalog, or its asset is withdrawn."
CHANGED = "The master changed since it was planned."
UNKEPT = "Nothing keeps it hot any more."
OTHER_RULES = "The rules changed, and send it elsewhere or nowhere now."
UNPLAYABLE = "Its proxy cannot be verified: nobody could play it any more."
UNFINDABLE = "Its index files cannot be verified: nobody could find it any more."


class MoveGuard:
    """Finds reasons not to move.

    Args:
        home: Where proxies and vectors lie.
        rules: The file of lifecycle rules.
    """

    def __init__(self, home: Home, rules: Path) -> None:
        self._home = home
        self._rules = rules

    def refusal(self, view: CatalogReader, move: Move, now: datetime) -> str | None:
        """Say why a move must not go on, in words; None where it may."""
        copy = view.plans.placed(move.instance_id)
        if copy is None:
            return GONE
        if copy.identity != move.identity:
            return CHANGED
        if move.keep_id is not None:
            return _unkept(view, move)
        code = kept_by(copy, kept_now(view, copy.asset_id))
        if code is not None:
            return REFUSALS[code]
        return None if self._is_still_chosen(view, copy, move, now) else OTHER_RULES

    def unproven(self, view: CatalogReader, asset_id: AssetId) -> str | None:
        """Read an asset's derived files, and say which are not what the catalog says; None if all are."""
        asset, folder = view.assets.get(asset_id), self._home.asset(asset_id)
        role = RenditionRole.STILL if asset.kind is AssetKind.STILL else RenditionRole.PROXY
        shown = view.facts.renditions(asset_id).get(role)
        if shown is None or not _is(folder / shown.path, shown.sha256):
            return UNPLAYABLE
        vectors = view.facts.vector_files(asset_id)
        if not all(_is(folder / file.path, file.sha256) for file in vectors):
            return UNFINDABLE
        return None

    def _is_still_chosen(self, view: CatalogReader, copy: Placed, move: Move, now: datetime) -> bool:
        try:
            rules = load_rules(self._rules)
            number = Matcher(rules, known_to(view, rules, now)).decides(copy)
        except BadRules:
            return False
        return number is not None and rules.rules[number].name == move.rule


def _unkept(view: CatalogReader, move: Move) -> str | None:
    return None if any(keep.id == move.keep_id for keep in view.keeps.active(move.asset_id)) else UNKEPT


def _is(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return digest(iter(lambda: file.read(_CHUNK), b""))[0] == sha256
    except OSError:
        return False
