"""Near-duplicates over the API: links, decisions, the best master, and hits that show a picture once."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from catalog import model as m
from foundation.errors import AssetNotFound, BadCursor, LinkNotFound
from foundation.timecode import FrameRange
from search_api.client import Client
from search_api.schemas import SearchRequest
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import RATE, SmallArchive, direction

CUTS = [(0, 100), (100, 300)]


@pytest.fixture
def copies(archive: SmallArchive) -> tuple[m.Asset, m.Asset]:
    """A master and its small copy, which is linked to it and looks a little more like boats."""
    master = archive.add_video("masters/boats.mov", CUTS, direction(boat=1, people=0.3), direction(rabbit=1))
    copy = archive.add_video("old/boats v4_FINAL_USE_THIS.mov", CUTS, direction(boat=1), direction(rabbit=1))
    ends = sorted([master.id, copy.id])
    whole = FrameRange(0, 300)
    link = m.Link(ends[0], ends[1], m.LinkKind.SAME, 0.991, (m.SharedRange(whole, whole, 0.991),))
    with archive.catalog.write() as writer:
        for asset, width in ((master, 1920), (copy, 320)):
            timeline = writer.assets.timelines([asset.id])[asset.id]
            technical = m.Technical(rate=RATE, frames=300, width=width, height=width * 9 // 16)
            writer.assets_writer.describe(replace(asset, technical=technical), timeline.pts, ())
        writer.links.replace([], [link])
    return master, copy


@pytest.fixture
def client(http: TestClient) -> Client:
    return client_of(http)


def test_an_asset_says_who_shows_the_same_and_which_is_the_master(
    client: Client, copies: tuple[m.Asset, m.Asset]
) -> None:
    master, copy = copies
    found = client.duplicates.of(copy.id)
    assert (found.best.asset.id, found.best.reasons) == (
        master.id,
        ["the largest picture: 1920 × 1080"],
    )
    (link,) = found.links
    assert (link.asset.id, link.relation, link.score, link.decision) == (master.id, "same", 0.991, None)
    assert (link.ranges[0].here.start, link.ranges[0].there.end) == (0.0, 12.0)
    (pair,) = client.duplicates.pairs().pairs
    assert {pair.first.id, pair.second.id} == {master.id, copy.id}


def test_the_whole_is_the_master_of_its_parts_from_either_end(
    client: Client, archive: SmallArchive, copies: tuple[m.Asset, m.Asset]
) -> None:
    master, copy = copies
    cut = archive.add_video("cut.mov", [(0, 100)], direction(boat=1))
    ends = sorted([copy.id, cut.id])
    shared = (m.SharedRange(FrameRange(0, 100), FrameRange(0, 100), 0.98),)
    with archive.catalog.write() as writer:
        writer.links.replace([], [m.Link(ends[0], ends[1], m.LinkKind.PART, 0.98, shared, part=cut.id)])
    from_cut, from_copy = client.duplicates.of(cut.id), client.duplicates.of(copy.id)
    assert from_cut.links[0].relation == "part of"
    assert {link.relation for link in from_copy.links} == {"same", "holds"}
    assert from_copy.best.asset.id == master.id
    assert from_copy.best.reasons[0] == "the whole: 12.0 s"
    assert (from_cut.best.asset.id, from_cut.best.reasons) == (master.id, from_copy.best.reasons)


def test_an_asset_without_links_is_its_own_master(client: Client, archive: SmallArchive) -> None:
    found = client.duplicates.of(archive.film.id)
    assert (found.links, found.best.asset.id, found.best.reasons) == ([], archive.film.id, [])


def test_a_rejected_link_is_gone_until_it_is_reconsidered(
    client: Client, archive: SmallArchive, copies: tuple[m.Asset, m.Asset]
) -> None:
    master, copy = copies
    assert client.duplicates.decide(copy.id, master.id, "confirmed").links[0].decision == "confirmed"
    assert client.duplicates.decide(copy.id, master.id, "rejected").links == []
    assert client.duplicates.pairs().pairs == []
    assert len(client.duplicates.decide(master.id, copy.id, None).links) == 1
    with archive.catalog.read() as reader:
        assert [entry.action for entry in reader.audit.tail(3)] == ["duplicates.decide"] * 3
    with pytest.raises(LinkNotFound):
        client.duplicates.decide(master.id, archive.film.id, "confirmed")
    with pytest.raises(AssetNotFound):
        client.duplicates.of("ast_nobody")


def test_pages_of_pairs(client: Client, archive: SmallArchive) -> None:
    assets = sorted(archive.add_video(f"{n}.mov", CUTS, direction(), direction()).id for n in range(3))
    shared = (m.SharedRange(FrameRange(0, 50), FrameRange(10, 60), 0.95),)
    links = [
        m.Link(assets[a], assets[b], m.LinkKind.SHARES, 0.95, shared) for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    with archive.catalog.write() as writer:
        writer.links.replace([], links)
    first = client.duplicates.pairs(limit=2)
    rest = client.duplicates.pairs(limit=2, cursor=first.next_cursor)
    ends = [(pair.first.id, pair.second.id) for pair in [*first.pairs, *rest.pairs]]
    assert ends == [(link.first, link.second) for link in links]
    assert rest.next_cursor is None
    with pytest.raises(BadCursor):
        client.duplicates.pairs(cursor="nonsense")


def test_a_comparison_without_anything_due_is_finished(client: Client) -> None:
    assert client.duplicates.find(again=True).state == "finished"


def test_hits_show_the_same_pictures_once_in_the_best_master(
    client: Client, copies: tuple[m.Asset, m.Asset]
) -> None:
    master, copy = copies
    hits = client.search(SearchRequest(q="boat", signals=["visual"])).hits
    assert [hit.asset.id for hit in hits if hit.asset.id in (master.id, copy.id)].count(copy.id) == 0
    best = hits[0]
    assert (best.asset.id, best.duplicates, best.also_in) == (master.id, 1, [copy.id])
    every = client.search(SearchRequest(q="boat", signals=["visual"], collapse=False)).hits
    assert [hit.asset.id for hit in every[:2]] == [copy.id, master.id]
    assert all(hit.duplicates == 0 and hit.also_in == [] for hit in every)


@pytest.mark.parametrize(("query", "leads"), [("boats", 0), ("v4_FINAL_USE_THIS", 1), ("old boats v4", 1)])
def test_a_file_that_is_asked_for_by_its_name_is_shown_itself(
    client: Client, copies: tuple[m.Asset, m.Asset], query: str, leads: int
) -> None:
    best = client.search(SearchRequest(q=query)).hits[0]
    assert (best.asset.id, best.also_in) == (copies[leads].id, [copies[1 - leads].id])


def test_filters_choose_before_the_master_does(
    client: Client, archive: SmallArchive, copies: tuple[m.Asset, m.Asset]
) -> None:
    master, copy = copies
    with archive.catalog.write() as writer:
        writer.assets_writer.set_state(master.id, m.AssetState.WITHDRAWN)
    best = client.search(SearchRequest(q="boat", signals=["visual"])).hits[0]
    assert (best.asset.id, best.duplicates) == (copy.id, 0)


def test_pages_of_collapsed_hits_neither_repeat_nor_skip(
    client: Client, copies: tuple[m.Asset, m.Asset]
) -> None:
    whole = client.search(SearchRequest(q="boat rabbit", limit=50)).hits
    paged = [hit for page in client.pages(SearchRequest(q="boat rabbit", limit=2)) for hit in page.hits]
    assert [(hit.asset.id, hit.in_frame) for hit in paged] == [(hit.asset.id, hit.in_frame) for hit in whole]
