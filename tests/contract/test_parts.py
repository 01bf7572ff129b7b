"""One suite for parts of masters, over every kind of place."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from archive_tiering.parts.reader import PartReader
from archive_tiering.places import Places
from archive_tiering.prices.cost import load_prices
from archive_tiering.prices.terms import Terms
from archive_tiering.restores.approvals import ApprovalDesk, Decision
from archive_tiering.restores.reservation import Agreement, Request
from catalog import model as m
from catalog.factory import open_catalog
from catalog.repository import Catalog
from foundation.errors import (
    ApprovalNeeded,
    BudgetExceeded,
    NeedsRestore,
    ObjectChanged,
    ObjectMissing,
    QuoteExpired,
    RangeUnavailable,
    RenditionNotFound,
    StateConflict,
)
from foundation.home import Home
from foundation.ids import AssetId, InstanceId, LocationId, PrincipalId, QuoteId, mint
from foundation.settings import TieringSettings
from foundation.timecode import FrameRange
from media.byte_map import NAME
from media.layout import map_of
from media.probe import MediaInfo, probe
from media.tool import MediaLimits
from tests import material
from tests.contract.places import Place, folder_place, s3_place, vault_place
from tests.fakes.glacier_moto import GlacierServer
from tests.unit.media.test_subclips import hashes

ADA, BOSS = PrincipalId("prn_ada"), PrincipalId("prn_boss")
KEY = "reels/film é.mov"
WARM = ["folder", "s3", "s3 instant"]
COLD = ["vault", "s3 glacier"]
CLASSES = {"s3": "STANDARD", "s3 instant": "GLACIER_IR", "s3 glacier": "GLACIER"}


@dataclass
class Shelf:
    """One master in one place, indexed."""

    place: Place
    catalog: Catalog
    home: Home
    asset: m.Asset
    master: Path
    info: MediaInfo
    reader: PartReader
    desk: ApprovalDesk

    def told(self, who: PrincipalId) -> list[str]:
        with self.catalog.read() as view:
            return [notice.event.value for notice in view.notices.after(0, 100, principal=who)]

    def decide(self, *, raise_budgets: bool = False) -> Decision:
        return Decision(BOSS, self.place.clock(), "go", raise_budgets)

    def spent(self) -> Decimal:
        with self.catalog.read() as view:
            return view.restores.spent(f"{self.place.clock():%Y-%m}")

    def audit(self) -> list[str]:
        with self.catalog.read() as view:
            return [entry.action for entry in view.audit.tail(20)]


def shelved(
    place: Place,
    folder: Path,
    master: Path,
    *,
    egress: bool = False,
    budget: str = "25",
    approval_usd: str | None = None,
) -> Shelf:
    place.put(KEY, master.read_bytes())
    home = Home(folder / "home").create()
    catalog = open_catalog(home)
    location = m.Location(LocationId(mint("loc")), "masters", "s3://x", m.LocationKind.S3)
    found = place.store.head(KEY)
    item = m.StoredObject(
        m.ObjectRole.ESSENCE, found.uri, KEY, found.size, found.etag, found.mtime_ns, found.version,
        found.storage_class, found.restore,
    )  # fmt: skip
    info = probe(master, MediaLimits())
    technical = m.Technical(
        rate=info.rate, frames=info.frames, container=info.container, start_timecode=info.start_timecode
    )
    asset = m.Asset(AssetId(mint("ast")), m.AssetKind.VIDEO, KEY, location.id, sha256="ab" * 32)
    copy = m.Instance(
        InstanceId(mint("ins")), asset.id, location.id, KEY, m.InstanceKind.FILE,
        (replace(item, sha256=asset.sha256),),
    )  # fmt: skip
    with catalog.write() as writer:
        writer.locations.add(location)
        writer.assets_writer.register(asset, copy)
        writer.assets_writer.describe(replace(asset, technical=technical), info.pts, ())
    byte_map = map_of(master, info)
    assert byte_map is not None
    home.asset(asset.id).mkdir(parents=True)
    (home.asset(asset.id) / NAME).write_bytes(byte_map.to_bytes())
    terms = Terms(load_prices(None), egress=egress)
    places = Places(catalog, lambda _: place.store, lambda _: terms)
    settings = TieringSettings(
        budget_usd=Decimal(budget),
        quote_minutes=60,
        approvers=(BOSS,),
        approval_usd=None if approval_usd is None else Decimal(approval_usd),
    )
    reader = PartReader(catalog, places, home, settings, MediaLimits(), place.clock)
    desk = ApprovalDesk(catalog, settings, places.terms)
    return Shelf(place, catalog, home, asset, master, info, reader, desk)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2")
    return material.clip(
        tmp_path / "film.mov", 30, size="640x360", timecode="10:00:00:00", pictures=("testsrc2",),
        codec=codec, output=("-c:a", "pcm_s16le"),
    )  # fmt: skip


def placed(kind: str, request: pytest.FixtureRequest, folder: Path) -> Place:
    match kind:
        case "folder":
            return folder_place(folder / "masters")
        case "vault":
            return vault_place(folder / "masters")
    return s3_place(request.getfixturevalue("glacier"), CLASSES[kind])


@pytest.fixture(params=[*WARM, *COLD])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, film: Path) -> Iterator[Shelf]:
    made = shelved(placed(request.param, request, tmp_path), tmp_path, film)
    yield made
    made.catalog.close()


@pytest.fixture(params=WARM)
def warm(request: pytest.FixtureRequest, tmp_path: Path, film: Path) -> Iterator[Shelf]:
    made = shelved(placed(request.param, request, tmp_path), tmp_path, film)
    yield made
    made.catalog.close()


@pytest.fixture
def instant(glacier: GlacierServer, tmp_path: Path, film: Path) -> Iterator[Shelf]:
    made = shelved(s3_place(glacier, "GLACIER_IR"), tmp_path, film)
    yield made
    made.catalog.close()


def test_a_part_is_fetched_from_what_can_be_read(shelf: Shelf) -> None:
    wanted = FrameRange(510, 520)
    if shelf.place.cold:
        with pytest.raises(NeedsRestore):
            shelf.reader.quote(shelf.asset.id, wanted)
        shelf.place.readable(KEY)
    quote = shelf.reader.quote(shelf.asset.id, wanted)
    assert (quote.first_frame, quote.wanted, quote.whole) == (500, wanted, shelf.info.size)
    assert quote.quote.size < quote.whole * 0.3
    part = shelf.reader.fetch(quote.quote.id)
    assert (part.read, part.whole) == (quote.quote.size, shelf.info.size)
    assert part.in_frame == 500
    assert part.out_frame >= 520
    assert part.timecode == "10:00:20:00"
    _, path = shelf.reader.get(shelf.asset.id, part.id)
    assert hashes(path) == hashes(shelf.master)[part.in_frame : part.out_frame]
    assert list(shelf.home.scratch.iterdir()) == []


def test_a_master_that_was_archived_meanwhile_is_noted_as_asleep(
    glacier: GlacierServer, tmp_path: Path, film: Path
) -> None:
    shelf = shelved(s3_place(glacier, "INTELLIGENT_TIERING"), tmp_path, film)
    uri = urlsplit(shelf.place.listing()[0].uri)
    glacier.archive(uri.netloc, unquote(uri.path[1:]))
    with closing(shelf.catalog):
        with pytest.raises(NeedsRestore):
            shelf.reader.quote(shelf.asset.id, FrameRange(510, 520))
        with shelf.catalog.read() as view:
            (copy,) = view.assets.instances(shelf.asset.id)
        assert copy.essence.restore is m.RestoreState.NEEDED


def test_asking_again_reads_and_pays_nothing_more(warm: Shelf) -> None:
    quote = warm.reader.quote(warm.asset.id, FrameRange(500, 510))
    part = warm.reader.fetch(quote.quote.id)
    spent = warm.spent()
    warm.place.remove(KEY)
    assert warm.reader.fetch(quote.quote.id) == part
    assert warm.spent() == spent
    assert warm.reader.all(warm.asset.id) == [part]
    warm.reader.remove(warm.asset.id, part.id)
    assert warm.reader.all(warm.asset.id) == []
    with pytest.raises(RenditionNotFound):
        warm.reader.get(warm.asset.id, part.id)


def test_another_object_is_never_mixed_in(warm: Shelf) -> None:
    quote = warm.reader.quote(warm.asset.id, FrameRange(500, 510))
    warm.place.put(KEY, warm.master.read_bytes()[::-1])
    with pytest.raises(ObjectChanged):
        warm.reader.fetch(quote.quote.id)
    with pytest.raises(ObjectChanged):
        warm.reader.quote(warm.asset.id, FrameRange(500, 510))
    warm.place.remove(KEY)
    with pytest.raises(ObjectMissing):
        warm.reader.quote(warm.asset.id, FrameRange(500, 510))
    assert warm.spent() == 0


def test_instant_retrieval_is_quoted_by_the_bytes_that_are_read(instant: Shelf) -> None:
    quote = instant.reader.quote(instant.asset.id, FrameRange(500, 510))
    charge, reads = (line for line in quote.quote.lines if line["kind"] == "charge")
    assert Decimal(str(charge["quantity"])) == Decimal(quote.quote.size) / (1 << 30)
    assert Decimal(str(charge["price"])) == Decimal("0.03")
    assert reads["what"] == "reads"
    assert quote.quote.cost == Decimal("0.01")
    assert instant.spent() == 0
    with pytest.raises(BudgetExceeded):
        instant.reader.fetch(quote.quote.id, budget=Decimal(0))
    assert instant.spent() == 0
    part = instant.reader.fetch(quote.quote.id, budget=Decimal("0.01"))
    assert (part.cost, instant.spent()) == ("0.01", Decimal("0.01"))
    assert instant.audit()[:2] == ["subclip.fetch", "subclip.quote"]


def test_the_months_budget_holds_for_parts_too(glacier: GlacierServer, tmp_path: Path, film: Path) -> None:
    shelf = shelved(s3_place(glacier, "GLACIER_IR"), tmp_path, film, budget="0.015")
    first, second = (shelf.reader.quote(shelf.asset.id, FrameRange(n, n + 5)) for n in (400, 600))
    shelf.reader.fetch(first.quote.id)
    with pytest.raises(BudgetExceeded):
        shelf.reader.fetch(second.quote.id)
    assert shelf.spent() == Decimal("0.01")
    assert len(shelf.reader.all(shelf.asset.id)) == 1
    shelf.catalog.close()


def test_a_failed_read_is_paid_once(instant: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    quote = instant.reader.quote(instant.asset.id, FrameRange(500, 510))

    def short(*_: object) -> Iterator[bytes]:
        yield b"x"

    with monkeypatch.context() as broken:
        broken.setattr(type(instant.place.store), "read", short)
        with pytest.raises(ObjectChanged):
            instant.reader.fetch(quote.quote.id)
    assert instant.spent() == Decimal("0.01")
    assert list(instant.home.scratch.iterdir()) == []
    instant.reader.fetch(quote.quote.id)
    assert instant.spent() == Decimal("0.01")


def test_leaving_the_network_costs(glacier: GlacierServer, tmp_path: Path, film: Path) -> None:
    shelf = shelved(s3_place(glacier, "STANDARD"), tmp_path, film, egress=True)
    quote = shelf.reader.quote(shelf.asset.id, FrameRange(500, 510))
    assert [line["what"] for line in quote.quote.lines if line["kind"] == "charge"] == ["egress", "reads"]
    assert quote.quote.cost > 0
    shelf.catalog.close()


def test_a_quote_that_is_too_old_or_of_another_kind(warm: Shelf) -> None:
    quote = warm.reader.quote(warm.asset.id, FrameRange(500, 510))
    warm.place.clock.advance(hours=2)
    with pytest.raises(QuoteExpired):
        warm.reader.fetch(quote.quote.id)
    whole = replace(quote.quote, id=QuoteId(mint("quo")), lines=())
    with warm.catalog.write() as writer:
        writer.restores.put_quote(whole)
    with pytest.raises(QuoteExpired, match="whole masters"):
        warm.reader.fetch(whole.id)


def test_what_was_never_mapped_is_fetched_whole(warm: Shelf) -> None:
    (warm.home.asset(warm.asset.id) / NAME).write_bytes(b"something else")
    with pytest.raises(RangeUnavailable, match="not on record"):
        warm.reader.quote(warm.asset.id, FrameRange(0, 10))
    shutil.rmtree(warm.home.asset(warm.asset.id))
    with pytest.raises(RangeUnavailable) as caught:
        warm.reader.quote(warm.asset.id, FrameRange(0, 10))
    assert "whole master" in caught.value.remedy


def test_only_ranges_are_read_from_s3(instant: Shelf, glacier: GlacierServer) -> None:
    before = len(glacier.calls)
    quote = instant.reader.quote(instant.asset.id, FrameRange(300, 310))
    instant.reader.fetch(quote.quote.id)
    reads = [call for call in glacier.calls[before:] if call.method == "GET"]
    assert len(reads) == quote.requests


ASKING = Request(ADA, ask_approval=True)


@pytest.fixture
def tight(glacier: GlacierServer, tmp_path: Path, film: Path) -> Iterator[Shelf]:
    """The month's budget does not suffice for any part."""
    made = shelved(s3_place(glacier, "GLACIER_IR"), tmp_path, film, budget="0.005")
    yield made
    made.catalog.close()


def asked_for(shelf: Shelf) -> tuple[QuoteId, m.Approval]:
    quote = shelf.reader.quote(shelf.asset.id, FrameRange(500, 510), principal=ADA).quote
    asked = shelf.reader.agree(quote.id, ASKING)
    assert isinstance(asked, m.Approval)
    return quote.id, asked


def test_over_budget_an_approver_decides_and_the_part_is_read(tight: Shelf) -> None:
    quote_id, asked = asked_for(tight)
    with pytest.raises(BudgetExceeded):
        tight.reader.agree(quote_id, Request(ADA))
    assert (asked.state, asked.principal, asked.cost) == (m.ApprovalState.OPEN, ADA, Decimal("0.01"))
    assert tight.reader.agree(quote_id, ASKING) == asked
    assert (tight.told(ADA), tight.told(BOSS)) == (["restore.needs_approval"], ["approval.asked"])
    with pytest.raises(BudgetExceeded):
        tight.desk.approve(asked.id, tight.decide())
    assert tight.spent() == 0
    tight.place.clock.advance(hours=2)
    approved, begun = tight.desk.approve(asked.id, tight.decide(raise_budgets=True))
    assert (begun, tight.spent()) == ([], asked.cost)
    tight.reader.fetch_approved(approved)
    (part,) = tight.reader.all(tight.asset.id)
    assert tight.reader.agree(quote_id, Request(ADA)) == part
    assert tight.told(ADA) == ["restore.needs_approval", "restore.approved", "restore.ready"]
    with tight.catalog.read() as view:
        (*_, ready) = view.notices.after(0, 100, principal=ADA)
    assert (ready.facts["subclip"], ready.facts["quote"]) == (part.id, quote_id)
    assert tight.spent() == asked.cost


def test_a_declined_part_is_never_read(tight: Shelf) -> None:
    quote_id, asked = asked_for(tight)
    tight.desk.decline(asked.id, tight.decide())
    with pytest.raises(StateConflict, match="declined"):
        tight.reader.agree(quote_id, ASKING)
    assert tight.told(ADA) == ["restore.needs_approval", "restore.declined"]
    assert (tight.spent(), tight.reader.all(tight.asset.id)) == (0, [])


def test_a_dear_part_needs_an_approver_who_needs_none(
    glacier: GlacierServer, tmp_path: Path, film: Path
) -> None:
    shelf = shelved(s3_place(glacier, "GLACIER_IR"), tmp_path, film, approval_usd="0.001")
    quote_id, _ = asked_for(shelf)
    with pytest.raises(ApprovalNeeded):
        shelf.reader.fetch(quote_id, principal=ADA)
    assert not isinstance(shelf.reader.agree(quote_id, Request(BOSS)), m.Approval)
    shelf.catalog.close()


def test_an_approved_part_that_fails_is_told_and_not_paid_again(
    tight: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote_id, asked = asked_for(tight)
    approved, _ = tight.desk.approve(asked.id, tight.decide(raise_budgets=True))
    with monkeypatch.context() as broken:
        broken.setattr(type(tight.place.store), "read", lambda *_: iter([b"x"]))
        tight.reader.fetch_approved(approved)
    assert tight.told(ADA)[-1] == "restore.failed"
    tight.place.clock.advance(hours=2)
    tight.reader.fetch(quote_id, principal=ADA)
    assert tight.told(ADA)[-1] == "restore.ready"
    assert tight.spent() == asked.cost


def test_a_master_that_changed_is_not_approved(tight: Shelf) -> None:
    _, asked = asked_for(tight)
    with tight.catalog.write() as writer:
        (copy,) = writer.assets.instances(tight.asset.id)
        changed = replace(copy, objects=(replace(copy.essence, etag="another"),))
        writer.assets_writer.replace_instance(changed)
        quote = replace(writer.restores.quote(asked.quote_id), id=QuoteId(mint("quo")))
        with pytest.raises(QuoteExpired):
            tight.desk.ask_for_part(writer, Agreement(quote, ADA, tight.place.clock()), "dear")
    with pytest.raises(QuoteExpired):
        tight.desk.approve(asked.id, tight.decide(raise_budgets=True))
    assert tight.spent() == 0
