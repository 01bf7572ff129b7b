"""Parts of masters over the API: the whole way, and what is refused."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from archive_tiering.factory import open_restorer
from archive_tiering.prices.cost import load_prices
from archive_tiering.prices.terms import Terms
from catalog import model as m
from foundation.errors import (
    AssetNotFound,
    BadRange,
    BudgetExceeded,
    ObjectUnreadable,
    RangeUnavailable,
    RenditionNotFound,
    RestoreNotFound,
)
from foundation.settings import AccessSettings, TieringSettings
from media.byte_map import NAME
from media.layout import map_of
from media.probe import probe
from media.tool import MediaLimits
from search_api.app import create_app
from search_api.client import Client
from search_api.schemas_restores import Approval, NewDecision
from search_api.schemas_subclips import NewSubclip, Subclip
from tests import material
from tests.fakes.app_client import AppTransport, client_of
from tests.fakes.small_archive import SmallArchive, direction
from tests.unit.media.test_subclips import hashes


@pytest.fixture
def client(http: TestClient) -> Client:
    return client_of(http)


@pytest.fixture
def mapped(archive: SmallArchive) -> tuple[m.Asset, Path]:
    """A film on disk, as indexing leaves it."""
    return shelved(archive, "films/real.mov", 8)


def shelved(archive: SmallArchive, name: str, seconds: int, **made: Any) -> tuple[m.Asset, Path]:
    asset = archive.add_video(name, [(0, 200)], direction(meadow=1))
    timecode, pictures = "10:00:00:00", ("testsrc2",)
    path = material.clip(archive.root / name, seconds, timecode=timecode, pictures=pictures, **made)
    info = probe(path, MediaLimits())
    byte_map = map_of(path, info)
    assert byte_map is not None
    (archive.home.asset(asset.id) / NAME).write_bytes(byte_map.to_bytes())
    facts = path.stat()
    with archive.catalog.write() as writer:
        (copy,) = writer.assets.instances(asset.id)
        etag = f"{facts.st_ino:x}-{facts.st_mtime_ns:x}"
        essence = replace(copy.essence, size=facts.st_size, etag=etag, mtime_ns=facts.st_mtime_ns)
        writer.assets_writer.replace_instance(replace(copy, objects=(essence,)))
        technical = m.Technical(
            rate=info.rate, frames=info.frames, container=info.container, start_timecode=info.start_timecode
        )
        writer.assets_writer.describe(replace(asset, technical=technical), info.pts, ())
    return asset, path


def test_a_part_is_quoted_fetched_served_and_removed(
    client: Client, http: TestClient, mapped: tuple[m.Asset, Path], tmp_path: Path
) -> None:
    asset, master = mapped
    quote = client.subclips.quote(asset.id, "10:00:04:00", "10:00:05:00", handles=3)
    assert (quote.in_frame, quote.out_frame, quote.whole) == (97, 128, master.stat().st_size)
    assert quote.cost == 0
    made = client.subclips.fetch(quote.id)
    assert made.in_frame == quote.first_frame
    assert made.suggested_name == f"real_{str(made.timecode).replace(':', '-')}.mov"
    assert client.subclips.fetch(quote.id) == made
    assert client.subclips.all(asset.id) == [made]
    target = tmp_path / "part.mov"
    assert client.subclips.save(made, target) == made.size == target.stat().st_size
    assert hashes(target) == hashes(master)[made.in_frame : made.out_frame]
    answer = http.get(made.url, headers={"Range": "bytes=0-99"})
    assert (answer.status_code, len(answer.content)) == (206, 100)
    assert answer.headers["content-type"] == "video/quicktime"
    assert made.suggested_name in answer.headers["content-disposition"]
    client.subclips.remove(made)
    assert client.subclips.all(asset.id) == []
    with pytest.raises(RenditionNotFound):
        client.subclips.save(made, target)


def test_over_budget_an_approver_is_asked_and_the_part_is_read_once_approved(
    archive: SmallArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
    asset, _ = shelved(archive, "films/long.mov", 16, size="640x360", codec=codec)
    terms = Terms(load_prices(None), egress=True)
    monkeypatch.setattr("archive_tiering.factory.open_terms", lambda *_: terms)
    access = AccessSettings(tokens={"prn_boss": "b" * 20})  # type: ignore[dict-item]
    tiering = TieringSettings(budget_usd=Decimal(0), approvers=("prn_boss",))
    settings = archive.settings.model_copy(update={"access": access, "tiering": tiering})
    services = replace(
        archive.services(), settings=settings, restorer=open_restorer(archive.catalog, settings)
    )
    with TestClient(create_app(services), base_url="http://127.0.0.1") as http:
        client, boss = (
            Client("http://127.0.0.1", transport=AppTransport(http), token=token)
            for token in (None, "b" * 20)
        )
        quoted = client.subclips.quote(asset.id, 300, 310)
        assert quoted.cost > 0
        wanted = NewSubclip(quote=quoted.id)
        with pytest.raises(BudgetExceeded):
            client.subclips.agree(wanted)
        asking = wanted.model_copy(update={"ask_approval": True})
        asked = client.subclips.agree(asking)
        assert isinstance(asked, Approval)
        assert client.subclips.agree(asking) == asked
        assert boss.money.approvals("open") == [asked]
        boss.money.approve(asked.id, NewDecision(raise_budgets=True))
        (made,) = client.subclips.all(asset.id)
        assert client.subclips.agree(wanted) == made
        told = [notice.event for notice in client.money.notices().notices]
    assert told == ["restore.needs_approval", "restore.approved", "restore.ready"]


def test_a_place_that_cannot_be_written_is_told(
    client: Client, mapped: tuple[m.Asset, Path], tmp_path: Path
) -> None:
    made = client.subclips.fetch(client.subclips.quote(mapped[0].id, 10, 20).id)
    with pytest.raises(ObjectUnreadable, match="cannot be written"):
        client.subclips.save(made, tmp_path / "nowhere" / "part.mov")


def test_what_has_no_parts_says_so(client: Client, archive: SmallArchive) -> None:
    with pytest.raises(RangeUnavailable, match="not on record"):
        client.subclips.quote(archive.film.id, 0, 10)
    for still_or_sound in (archive.still, archive.sound, archive.cold):
        with pytest.raises(RangeUnavailable, match="no moving picture"):
            client.subclips.quote(still_or_sound.id, None, None)


def test_what_is_not_there(client: Client, archive: SmallArchive, mapped: tuple[m.Asset, Path]) -> None:
    with pytest.raises(AssetNotFound):
        client.subclips.quote("ast_nothing", 0, 10)
    with pytest.raises(BadRange):
        client.subclips.quote(mapped[0].id, 150, 100)
    with pytest.raises(RestoreNotFound):
        client.subclips.fetch("quo_nothing")
    missing = Subclip.model_construct(url=f"/v1/assets/{archive.film.id}/subclips/sub_nothing")
    with pytest.raises(RenditionNotFound):
        client.subclips.remove(missing)
