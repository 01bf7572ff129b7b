"""Parts of masters that can be read now: quoted, paid for once, read by range, and cut into a subclip.

Only what is read is paid for. Nothing is read before its quote was accepted, and approved where an approver
decides: whoever asked is told when the subclip is there. A store is asked what the object
is before and after the reads, so that a part never mixes two states of it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from shutil import rmtree

from archive_tiering.clock import Clock
from archive_tiering.parts.quotes import PartQuote, charges, make_part_quote, read_part_quote
from archive_tiering.parts.source import PartSource, Reads, readable_sources
from archive_tiering.places import Places
from archive_tiering.prices.budgets import caps_of
from archive_tiering.prices.cost import GB
from archive_tiering.restores.approvals import ApprovalDesk
from archive_tiering.restores.reservation import Agreement, Request, charge_part, check_acceptable
from catalog.model import Approval, ApprovalState, Cap, NoticeEvent, Quote
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import (
    ApprovalNeeded,
    BudgetExceeded,
    QuoteExpired,
    RekindleError,
    RenditionNotFound,
)
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL, AssetId, PrincipalId, QuoteId, is_id, mint
from foundation.logging import get
from foundation.settings import TieringSettings
from foundation.timecode import FrameRange
from media.subclip import Plan, Subclip, cut, lay_out, suffix_of
from media.tool import MediaLimits

FOLDER = "subclips"
"""Folder of an asset's folder in the derived store."""


@dataclass(frozen=True, slots=True)
class Part:
    """A finished subclip in the derived store.

    Attributes:
        id: ``sub_…``, after its quote.
        name: File name in the folder of the asset's subclips.
        in_frame: First frame: the sync frame at or before the one asked for.
        out_frame: Frame after the last.
        wanted_in: First frame that was asked for, handles included.
        wanted_out: Frame after the last that was asked for.
        timecode: Of the first frame; None where the master has none that a file can carry.
        read: Bytes that were read.
        whole: Bytes of the whole master.
        cost: What reading cost, as decimal text.
    """

    id: str
    asset: str
    name: str
    in_frame: int
    out_frame: int
    wanted_in: int
    wanted_out: int
    timecode: str | None
    read: int
    whole: int
    cost: str


class PartReader:
    """Quotes and fetches parts of masters. Safe to use from several threads at once.

    Args:
        catalog: What is known, and the ledger.
        places: Stores and terms of locations.
        home: Where byte maps and subclips lie.
        settings: Budget, and how long quotes hold.
        limits: What the cutting child may use.
        clock: The time.
    """

    def __init__(
        self,
        catalog: Catalog,
        places: Places,
        home: Home,
        settings: TieringSettings,
        limits: MediaLimits,
        clock: Clock,
    ) -> None:
        self._catalog, self._places, self._home = catalog, places, home
        self._settings, self._limits, self._clock = settings, limits, clock
        self._approvals = ApprovalDesk(catalog, settings, places.terms)

    def quote(
        self, asset_id: AssetId, wanted: FrameRange, *, principal: PrincipalId = LOCAL_PRINCIPAL
    ) -> PartQuote:
        """Say what reading a range takes and costs; nothing of the master is read.

        Args:
            asset_id: The asset.
            wanted: Presented frames, handles included.
            principal: Who asks.

        Raises:
            AssetNotFound: There is no such asset.
            RangeUnavailable: Its format allows no part, or nobody has mapped its bytes yet.
            NeedsRestore: Every copy sleeps.
            ObjectMissing: There is no copy of what was indexed.
            ObjectChanged: A copy is no longer what was indexed.
            BadRange: The frames do not exist.
        """
        sources = readable_sources(self._catalog, self._places, self._home, asset_id)
        source = min(sources, key=_price)
        valid = timedelta(minutes=self._settings.quote_minutes)
        made = make_part_quote(source, source.plan(wanted), self._clock(), valid)
        with self._catalog.write(principal) as tx:
            tx.restores.put_quote(made)
            facts = {"cost": str(made.cost), "bytes": made.size, "of": source.item.size}
            tx.audit.append(principal, "subclip.quote", made.id, facts)
        return read_part_quote(made)

    def fetch(
        self, quote_id: QuoteId, *, budget: Decimal | None = None, principal: PrincipalId = LOCAL_PRINCIPAL
    ) -> Part:
        """Accept a quote in somebody's name, without asking an approver; see :meth:`agree`."""
        made = self.agree(quote_id, Request(principal, budget=budget))
        if isinstance(made, Approval):
            raise ApprovalNeeded(f"{made.id} waits for an approver.", remedy="Wait for the decision.")
        return made

    def agree(self, quote_id: QuoteId, request: Request) -> Part | Approval:
        """Accept a quote: pay, read, cut. Asking again returns the finished subclip and pays nothing more.

        Returns:
            The subclip; or what waits for an approver, where the request may ask one and has to.

        Raises:
            RestoreNotFound: There is no such quote.
            QuoteExpired: It is too old, is for whole masters, or the object changed since.
            BudgetExceeded: Nothing was spent and nothing read.
            ApprovalNeeded: Likewise; the sum needs an approver.
            StateConflict: An approver declined it.
            ObjectChanged: The object changed while it was read.
            StorageError, MediaError, ToolError: It could not be read or cut.
        """
        with self._catalog.read() as view:
            quoted = read_part_quote(view.restores.quote(quote_id))
            is_paid = view.spending.is_charged(quote_id)
        done = self._finished(quoted.asset, _id_of(quoted.quote))
        if done is not None:
            return done
        if not is_paid:
            check_acceptable(quoted.quote, request.budget, self._clock())
        source = _same(readable_sources(self._catalog, self._places, self._home, quoted.asset), quoted)
        planned = source.plan(quoted.wanted)
        try:
            self._pay(quoted.quote, request)
        except (BudgetExceeded, ApprovalNeeded) as refusal:
            if not request.ask_approval:
                raise
            return self._ask_approver(quoted, source, request, refusal.message)
        part = self._made(quoted, source, planned)
        self._tell(quote_id, NoticeEvent.READY, {"asset": part.asset, "subclip": part.id})
        return part

    def fetch_approved(self, approval: Approval) -> None:
        """Read what an approver agreed to, for whoever asked; they are told how it went.

        What fails is asked for again by them: it is paid for.
        """
        try:
            self.agree(approval.quote_id, Request(approval.principal, approval.project))
        except RekindleError as error:
            get(__name__).warning("approved_part_failed", quote=approval.quote_id, code=error.code)
            self._tell(approval.quote_id, NoticeEvent.FAILED, {"error": error.message})

    def all(self, asset_id: AssetId) -> list[Part]:
        """Finished subclips of an asset, the newest first."""
        paths = sorted(self._folder(asset_id).glob("sub_*.json"), reverse=True)
        return [_part(path) for path in paths]

    def get(self, asset_id: AssetId, part_id: str) -> tuple[Part, Path]:
        """One finished subclip and its file; raises RenditionNotFound."""
        found = self._finished(asset_id, part_id)
        if found is None:
            raise RenditionNotFound(f"There is no subclip {part_id[:40]!r} of this asset.")
        return found, self._folder(asset_id) / found.name

    def remove(self, asset_id: AssetId, part_id: str) -> None:
        """Delete a subclip; raises RenditionNotFound."""
        _, path = self.get(asset_id, part_id)
        path.with_suffix(".json").unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def _folder(self, asset_id: AssetId) -> Path:
        return self._home.asset(asset_id) / FOLDER

    def _finished(self, asset_id: AssetId, part_id: str) -> Part | None:
        path = self._folder(asset_id) / f"{part_id}.json"
        return _part(path) if is_id(part_id, "sub") and path.is_file() else None

    def _pay(self, quote: Quote, request: Request) -> None:
        """Spend in the transaction that says for what; once, however often it is asked for."""
        agreement = self._agreement(quote, request)
        with self._catalog.write(request.principal) as tx:
            if not tx.spending.is_charged(quote.id):
                self._approvals.check_sum(tx, quote, request.principal)
                charge_part(tx, agreement, self._caps(tx, agreement))
            tx.audit.append(request.principal, "subclip.fetch", quote.id, {"cost": str(quote.cost)})

    def _caps(self, tx: CatalogWriter, agreement: Agreement) -> list[Cap]:
        return caps_of(tx, self._settings, agreement.principal, agreement.project, agreement.month)

    def _agreement(self, quote: Quote, request: Request) -> Agreement:
        return Agreement(quote, request.principal, self._clock(), request.project, request.deadline)

    def _ask_approver(self, quoted: PartQuote, source: PartSource, request: Request, reason: str) -> Approval:
        told = f"A part of {source.asset.name!r}: {reason}"
        with self._catalog.write(request.principal) as tx:
            return self._approvals.ask_for_part(tx, self._agreement(quoted.quote, request), told)

    def _tell(self, quote_id: QuoteId, event: NoticeEvent, facts: Mapping[str, object]) -> None:
        """Tell whoever waited for an approver; who did not wait has the answer at hand."""
        with self._catalog.read() as view:
            approval = view.approvals.of_quote(quote_id)
        if approval is not None and approval.state is ApprovalState.APPROVED:
            with self._catalog.write(approval.principal) as tx:
                tx.approvals.tell(approval, event, facts)

    def _made(self, quoted: PartQuote, source: PartSource, planned: Plan) -> Part:
        """Read, cut, and give the results their names: the facts last, which make it count as done."""
        folder, suffix = self._folder(source.asset.id), suffix_of(source.asset.technical.container or "")
        reads = Reads(source, planned.spans)
        with self._scratch() as scratch:
            holes, fresh = scratch / "part", scratch / f"subclip{suffix}"
            source.expect_unchanged()
            lay_out(source.byte_map, reads.parts(), holes)
            source.expect_unchanged()
            made = cut(holes, fresh, source.pts, planned, source.labelled, self._limits)
            part = _described(quoted, made, reads.size, suffix)
            folder.mkdir(parents=True, exist_ok=True)
            fresh.replace(folder / part.name)
            facts = scratch / "facts.json"
            facts.write_text(json.dumps(asdict(part)), encoding="utf-8")
            facts.replace(folder / f"{part.id}.json")
        return part

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        folder = self._home.scratch / mint("prt")
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            rmtree(folder, ignore_errors=True)


def _price(source: PartSource) -> Decimal:
    """What a GB costs there: the cheapest copy is read."""
    return sum((charge.amount for charge in charges(source, int(GB), 1)), Decimal(0))


def _same(sources: list[PartSource], quoted: PartQuote) -> PartSource:
    for source in sources:
        if (source.instance.id, source.item.uri, source.item.etag) == (
            quoted.instance,
            quoted.uri,
            quoted.etag,
        ):
            return source
    raise QuoteExpired(f"{quoted.uri} changed since it was quoted.")


def _id_of(quote: Quote) -> str:
    return f"sub{quote.id[3:]}"


def _described(quoted: PartQuote, made: Subclip, read: int, suffix: str) -> Part:
    part_id = _id_of(quoted.quote)
    return Part(
        id=part_id,
        asset=quoted.asset,
        name=f"{part_id}{suffix}",
        in_frame=made.frames.in_frame,
        out_frame=made.frames.out_frame,
        wanted_in=quoted.wanted.in_frame,
        wanted_out=quoted.wanted.out_frame,
        timecode=made.timecode,
        read=read,
        whole=quoted.whole,
        cost=str(quoted.quote.cost),
    )


def _part(path: Path) -> Part:
    return Part(**json.loads(path.read_text(encoding="utf-8")))
