"""New footage, saved searches, unmet demand: what every catalog must do."""

from datetime import timedelta

import pytest

from catalog.model import AssetState, Location
from catalog.repository import Catalog
from foundation.errors import NameTaken, SavedSearchNotFound
from tests.contract.catalog.examples import NOON, register
from tests.fakes.clock import FakeClock

QUERY = {"q": "a harbour at night", "class": ["cold"]}


def test_footage_arrives_once_per_version(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        first, second = (register(writer, films, name) for name in ("a.mov", "b.mov"))
        assert writer.arrivals.last() == 0
        for asset in (first, first, second):
            writer.assets_writer.mark_indexed(asset.id)
        seen = writer.arrivals.after(0, 10)
        assert [item.asset_id for item in seen] == [first.id, second.id]
        writer.assets_writer.new_version(first.id)
        writer.assets_writer.mark_indexed(first.id)
        assert [item.asset_id for item in writer.arrivals.after(seen[-1].seq, 10)] == [first.id]
        writer.assets_writer.set_state(first.id, AssetState.WITHDRAWN)
        assert [item.asset_id for item in writer.arrivals.after(0, 10)] == [second.id]
        assert (writer.arrivals.count(0), writer.arrivals.count(seen[-1].seq)) == (1, 0)


def test_a_saved_search_is_known_by_name_and_id(catalog: Catalog) -> None:
    with catalog.write() as writer:
        saved = writer.saved.add("  Harbours   at night ", QUERY)
        assert saved.name == "Harbours at night"
        assert writer.saved.get("harbours AT night") == writer.saved.get(saved.id) == saved
        assert saved.query == QUERY
        with pytest.raises(NameTaken):
            writer.saved.add("HARBOURS AT NIGHT", QUERY)
        writer.saved.add("Boats", QUERY)
        assert [item.name for item in writer.saved.all()] == ["Boats", "Harbours at night"]
        writer.saved.remove(saved.id)
        for forget in (lambda: writer.saved.remove(saved.id), lambda: writer.saved.get(saved.id)):
            with pytest.raises(SavedSearchNotFound):
                forget()


def test_a_saved_search_begins_with_the_footage_that_comes_after_it(
    catalog: Catalog, films: Location
) -> None:
    with catalog.write() as writer:
        writer.assets_writer.mark_indexed(register(writer, films, "old.mov").id)
        saved = writer.saved.add("harbours", QUERY)
        new = register(writer, films, "new.mov")
        writer.assets_writer.mark_indexed(new.id)
        assert [item.asset_id for item in writer.arrivals.after(saved.seen, 9)] == [new.id]


def test_the_feed_grows_once_per_stretch_of_footage(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mov")
        saved, other = writer.saved.add("harbours", QUERY), writer.saved.add("boats", QUERY)
        writer.saved.advance(saved.id, 3, [(asset.id, {"score": 1.0}), (asset.id, {"score": 0.5})])
        writer.saved.advance(saved.id, 3, [(asset.id, {"score": 1.0})])
        writer.saved.advance(other.id, 4, [(asset.id, {"score": 0.1})])
        feed = writer.saved.matches(saved.id, after=0, limit=9)
        assert [item.hit["score"] for item in feed] == [1.0, 0.5]
        assert len(writer.saved.matches(None, after=feed[0].seq, limit=9)) == 2
        assert len(writer.saved.matches(None, after=0, limit=1)) == 1
        assert (writer.saved.get("harbours").seen, writer.saved.get("harbours").matches) == (3, 2)


def test_matches_go_with_their_search_their_footage_and_its_bytes(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        kept, overwritten, erased, hidden = (
            register(writer, films, f"{name}.mov") for name in ("kept", "over", "erased", "hidden")
        )
        saved, other = writer.saved.add("harbours", QUERY), writer.saved.add("boats", QUERY)
        found = [(asset.id, {"score": 1.0}) for asset in (kept, overwritten, erased, hidden)]
        writer.saved.advance(saved.id, 1, found)
        writer.saved.advance(other.id, 1, found)
        writer.assets_writer.new_version(overwritten.id)
        writer.assets_writer.set_state(erased.id, AssetState.ERASED)
        writer.assets_writer.set_state(hidden.id, AssetState.WITHDRAWN)
        assert [item.asset_id for item in writer.saved.matches(saved.id, after=0, limit=9)] == [kept.id]
        assert writer.saved.get("harbours").matches == 1
        writer.saved.remove(saved.id)
        assert [item.saved_id for item in writer.saved.matches(None, after=0, limit=9)] == [other.id]
        writer.saved.advance(saved.id, 9, found)
        assert len(writer.saved.matches(None, after=0, limit=9)) == 1


def test_demand_is_counted_without_regard_to_spelling(catalog: Catalog, clock: FakeClock) -> None:
    later = NOON + timedelta(days=2)
    with catalog.write() as writer:
        writer.demands.add("Zebra  in snow", "", count=2, at=NOON)
        writer.demands.add("zebra in snow", "", count=1, at=later)
        writer.demands.add("zebra in snow", "year=1960", count=1, at=NOON)
        writer.demands.add("okapi", "", count=1, at=NOON)
        top = writer.demands.top(9)
        assert [(item.text, item.filters, item.count) for item in top] == [
            ("zebra in snow", "", 3),
            ("zebra in snow", "year=1960", 1),
            ("okapi", "", 1),
        ]
        assert (top[0].first_at, top[0].last_at) == (NOON, later)
        assert writer.demands.forget_before(later) == 2
        assert writer.demands.forget("ZEBRA in snow") == 1
        writer.demands.add("okapi", "", count=1, at=NOON)
        assert writer.demands.forget() == 1
        assert writer.demands.top(9) == []
