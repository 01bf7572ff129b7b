"""Fingerprints and links: what every catalog must do."""

from dataclasses import replace

import pytest

from catalog.model import Asset, AssetState, LinkDecision, LinkKind, Location
from catalog.repository import Catalog
from foundation.errors import LinkNotFound
from tests.contract.catalog.examples import fingerprint, link, register


@pytest.fixture
def trio(catalog: Catalog, films: Location) -> tuple[Asset, Asset, Asset]:
    """Three fingerprinted films in order of id."""
    with catalog.write() as writer:
        made = [register(writer, films, f"{name}.mov") for name in "abc"]
        for asset in made:
            writer.links.put_fingerprint(fingerprint(asset))
    a, b, c = sorted(made, key=lambda asset: asset.id)
    return a, b, c


def test_a_fingerprint_is_due_until_it_was_compared(
    catalog: Catalog, trio: tuple[Asset, Asset, Asset]
) -> None:
    a, b, _ = trio
    with catalog.write() as writer:
        assert len(writer.links.due(10)) == 3
        writer.links.replace([fingerprint(a), fingerprint(b)], [])
        assert [item.asset_id for item in writer.links.due(10)] == [trio[2].id]
        writer.links.put_fingerprint(fingerprint(a))
        assert len(writer.links.due(10)) == 1
        writer.links.put_fingerprint(fingerprint(a, "b" * 64))
        assert len(writer.links.due(10)) == 2
        assert writer.links.compare_again() == 3
        assert len(writer.links.due(10)) == 3


def test_a_fingerprint_that_changed_while_it_was_compared_stays_due(
    catalog: Catalog, trio: tuple[Asset, Asset, Asset]
) -> None:
    with catalog.write() as writer:
        writer.links.put_fingerprint(fingerprint(trio[0], "b" * 64))
        writer.links.replace([fingerprint(asset) for asset in trio], [])
        assert [item.sha256 for item in writer.links.due(10)] == ["b" * 64]


def test_fingerprints_come_in_pages_and_by_asset(catalog: Catalog, trio: tuple[Asset, Asset, Asset]) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        assert writer.links.compared(after=None, limit=2) == []
        writer.links.replace([fingerprint(asset) for asset in trio], [])
    with catalog.read() as reader:
        first = reader.links.compared(after=None, limit=2)
        rest = reader.links.compared(after=first[-1].asset_id, limit=2)
        assert [item.asset_id for item in [*first, *rest]] == [a.id, b.id, c.id]
        assert reader.links.fingerprints_of([b.id]) == {b.id: fingerprint(b)}
    with catalog.write() as writer:
        writer.links.forget_fingerprint(b.id)
        writer.links.put_fingerprint(fingerprint(c, "b" * 64))
        assert [item.asset_id for item in writer.links.compared(after=None, limit=9)] == [a.id]
        writer.links.compare_again()
        assert [item.asset_id for item in writer.links.due(9)] == [a.id, c.id]


def test_a_link_reads_back_from_both_ends(catalog: Catalog, trio: tuple[Asset, Asset, Asset]) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([fingerprint(b)], [link(a, b, kind=LinkKind.PART, at=100)])
        found = writer.links.of(b.id)
        assert found == writer.links.of(a.id) == writer.links.among([a.id, b.id, c.id])
        assert writer.links.between([a.id, b.id]) == writer.links.between([c.id, b.id, a.id]) == found
        assert writer.links.between([a.id]) == writer.links.between([a.id, c.id]) == []
        assert found[0].part == a.id
        assert found[0].seen_from(b.id)[0][0].in_frame == 100
        assert found[0].other(b.id) == a.id
        assert writer.links.of(c.id) == []


def test_comparing_again_replaces_what_was_found(catalog: Catalog, trio: tuple[Asset, Asset, Asset]) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([fingerprint(a)], [link(a, b), link(a, c)])
        writer.links.replace([fingerprint(a)], [link(a, c, kind=LinkKind.SHARES)])
        assert [(item.second, item.kind) for item in writer.links.of(a.id)] == [(c.id, LinkKind.SHARES)]


def test_what_a_person_decided_outlives_comparing(catalog: Catalog, trio: tuple[Asset, Asset, Asset]) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([fingerprint(a)], [link(a, b), link(a, c)])
        writer.links.decide(b.id, a.id, LinkDecision.REJECTED)
        writer.links.decide(a.id, c.id, LinkDecision.CONFIRMED)
        assert [item.second for item in writer.links.of(a.id)] == [c.id]
        writer.links.replace([fingerprint(a)], [link(a, b)])
        kept = writer.links.of(a.id)
        assert [(item.second, item.decision) for item in kept] == [(c.id, LinkDecision.CONFIRMED)]
        writer.links.replace([fingerprint(a)], [link(a, c, at=50)])
        assert writer.links.of(a.id)[0].ranges[0].second.in_frame == 50
        writer.links.decide(a.id, b.id, None)
        assert {item.second for item in writer.links.of(a.id)} == {b.id, c.id}
        with pytest.raises(LinkNotFound):
            writer.links.decide(b.id, c.id, LinkDecision.CONFIRMED)


def test_pages_hold_every_link_once(catalog: Catalog, trio: tuple[Asset, Asset, Asset]) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([], [link(b, c), link(a, c), link(a, b)])
        first = writer.links.page(after=None, limit=2)
        rest = writer.links.page(after=(first[-1].first, first[-1].second), limit=2)
    ends = [(item.first, item.second) for item in [*first, *rest]]
    assert ends == [(a.id, b.id), (a.id, c.id), (b.id, c.id)]


@pytest.mark.parametrize("state", [AssetState.WITHDRAWN, AssetState.ERASED])
def test_hidden_assets_have_no_links(
    catalog: Catalog, trio: tuple[Asset, Asset, Asset], state: AssetState
) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([], [link(a, b), link(a, c)])
        writer.links.decide(a.id, b.id, LinkDecision.CONFIRMED)
        writer.assets_writer.set_state(b.id, state)
        assert [item.second for item in writer.links.of(a.id)] == [c.id]
        assert len(writer.links.due(9)) == 2


def test_new_bytes_drop_fingerprint_and_machine_links(
    catalog: Catalog, trio: tuple[Asset, Asset, Asset]
) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([], [link(a, b), link(a, c)])
        writer.links.decide(a.id, c.id, LinkDecision.CONFIRMED)
        writer.assets_writer.new_version(a.id)
        assert [item.second for item in writer.links.of(a.id)] == [c.id]
        assert writer.links.fingerprints_of([a.id]) == {}


def test_a_merge_hands_decisions_on(catalog: Catalog, trio: tuple[Asset, Asset, Asset]) -> None:
    a, b, c = trio
    with catalog.write() as writer:
        writer.links.replace([], [link(a, b), link(b, c, at=100)])
        writer.links.decide(b.id, c.id, LinkDecision.CONFIRMED)
        writer.links.decide(a.id, b.id, LinkDecision.CONFIRMED)
        writer.assets_writer.merge(b.id, into=a.id)
        kept = writer.links.page(after=None, limit=9)
    assert [(item.first, item.second) for item in kept] == [(a.id, c.id)]
    assert kept[0].ranges == replace(link(a, c, at=100)).ranges
