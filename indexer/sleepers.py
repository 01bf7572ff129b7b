"""What a listing does not tell: whether candidates sleep that their storage class archives by itself.

Asked for (HEAD) is what is about to be read, what an event tells of, and what an inventory has fallen asleep
that was awake; in the end the walk asks again. Complete masters that nothing tells of are not asked about:
a quote does that.
"""

from collections.abc import Sequence
from dataclasses import replace

from archive_tiering.archived import as_told, ask, to_ask
from archive_tiering.stores.object_store import ObjectStore
from catalog.model import RestoreState
from foundation.errors import StorageError
from foundation.logging import get
from indexer.candidates import Candidate
from indexer.differences import Differences, Found, batches
from indexer.lease import Lease
from indexer.listing import Listing
from indexer.plan import Kind, is_asleep, place

MOST = 10_000
"""Most objects that one discovery asks about, each one request; walks ask about the rest."""

_TOGETHER = 100
_KINDS = (Kind.NEW, Kind.CHANGED, Kind.DUE, Kind.THAW, Kind.STATE)


class Sleepers:
    """Asks about candidates, and puts each where it belongs.

    Args:
        store: Of the location.
        recipe: Digest of the wanted stage versions.
        most: Most objects that are asked about.
    """

    def __init__(self, store: ObjectStore, recipe: str, most: int = MOST) -> None:
        self._store = store
        self._recipe = recipe
        self._left = most

    def find(self, found: Differences, listing: Listing, lease: Lease) -> None:
        """Ask, and correct what the listing made of the candidates."""
        doubtful = (each for each in found.found(*_KINDS) if _matters(each))
        for batch in batches(doubtful, _TOGETHER):
            lease.report("asking what sleeps", 0.0)
            for before, candidate in zip(batch, self._asked([each.candidate for each in batch]), strict=True):
                self._settle(before, candidate, found, listing)

    def _asked(self, candidates: Sequence[Candidate]) -> list[Candidate | None]:
        """The candidates as their store has them; None for those that were not asked about."""
        wanted = [to_ask(each.objects) for each in candidates]
        objects = [item for each in wanted for item in each][: self._left]
        self._left -= len(objects)
        try:
            states = ask(self._store, objects)
        except StorageError as error:
            get(__name__).warning("discover.not-asked", code=error.code, reason=error.message)
            return [None] * len(candidates)
        return [
            replace(each, objects=tuple(as_told(item, states) for item in each.objects))
            if any(item.uri in states for item in own)
            else None
            for each, own in zip(candidates, wanted, strict=True)
        ]

    def _settle(
        self, before: Found, candidate: Candidate | None, found: Differences, listing: Listing
    ) -> None:
        sure = candidate or _unasked(before)
        kind = place(sure, before.known, self._recipe)
        if kind in (Kind.UNCHANGED, Kind.STATE) and before.known is not None:
            was, now = before.known.asleep, is_asleep(sure.objects)
            # An event about what is known to sleep may tell of another archive tier.
            is_news = candidate is not None and (now != was or (now and before.kind is Kind.STATE))
            kind = Kind.STATE if is_news else Kind.UNCHANGED
        if kind is Kind.UNCHANGED:
            found.drop(before)
            listing.unchanged += 1
        elif (kind, sure) != (before.kind, before.candidate):
            found.change(before, kind, sure)


def _unasked(each: Found) -> Candidate:
    """What is known to be awake is not put to sleep by an inventory alone, which may be a day old."""
    if each.known is None or each.known.asleep or each.kind not in (Kind.THAW, Kind.STATE):
        return each.candidate
    doubted = {item.uri for item in to_ask(each.candidate.objects)}
    objects = (
        replace(o, restore=RestoreState.NONE, archive_tier=None) if o.uri in doubted else o
        for o in each.candidate.objects
    )
    return replace(each.candidate, objects=tuple(objects))


def _matters(each: Found) -> bool:
    if not to_ask(each.candidate.objects):
        return False
    known = each.known
    if each.kind is Kind.THAW:
        return known is not None and not known.asleep
    return each.kind is not Kind.DUE or known is None or known.borrowed or not known.complete
