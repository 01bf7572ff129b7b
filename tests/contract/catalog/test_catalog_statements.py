"""What people say of assets, and rights: what every catalog must do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.model import Asset, AssetState, ChangeKind, Location, Right, RightKind, Statement
from catalog.query import AssetFilter, Span
from catalog.repository import Catalog, CatalogReader, CatalogWriter, TextQuery
from foundation.errors import StateConflict, StatementNotFound
from foundation.ids import PrincipalId, StatementId
from foundation.timecode import FrameRange
from tests.contract.catalog.examples import NOON, register, statement
from tests.fakes.clock import FakeClock

ABOUT = "stage:about@1"


def say(writer: CatalogWriter, asset: Asset, field: str, value: str) -> Statement:
    said = statement(asset, value, field=field)
    writer.facts_writer.add_statement(said)
    return said


def read_sidecar(writer: CatalogWriter, asset: Asset, *said: tuple[str, str]) -> None:
    found = [statement(asset, value, field=field, source=ABOUT) for field, value in said]
    writer.facts_writer.replace_statements(asset.id, ABOUT, found)


def date(writer: CatalogWriter, asset: Asset, year: int | None) -> None:
    """As a stage does that found a year in the name."""
    known = writer.assets.get(asset.id)
    found = replace(known, year=year, year_source=None if year is None else "name")
    writer.assets_writer.describe(found, None, ())


def values(view: CatalogReader, asset: Asset, field: str) -> list[str]:
    return [item.value for item in view.facts.statements(asset.id) if item.field == field]


def found(view: CatalogReader, word: str) -> bool:
    return bool(view.words.descriptions(TextQuery((word,)), AssetFilter(), 5))


def test_the_latest_title_of_a_person_stands_for_all_others(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        read_sidecar(writer, asset, ("title", "Harbour"), ("keyword", "boat"))
        first = say(writer, asset, "title", "Ferries")
        second = say(writer, asset, "title", "Steamers")
        assert values(writer, asset, "title") == ["Steamers"]
        read_sidecar(writer, asset, ("title", "Quay"), ("keyword", "boat"))
        assert values(writer, asset, "title") == ["Steamers"]
        assert [found(writer, word) for word in ("harbour", "quay", "ferries", "steamers")] == [
            False, False, False, True,
        ]  # fmt: skip
        writer.facts_writer.take_back(asset.id, second.id)
        assert values(writer, asset, "title") == ["Ferries"]
        writer.facts_writer.take_back(asset.id, first.id)
        assert values(writer, asset, "title") == ["Quay"]
        assert [found(writer, word) for word in ("quay", "ferries", "steamers")] == [True, False, False]
        assert values(writer, asset, "keyword") == ["boat"]


def test_what_was_superseded_twice_stays_so_when_the_middle_goes(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        first, second = say(writer, asset, "title", "one"), say(writer, asset, "title", "two")
        say(writer, asset, "title", "three")
        writer.facts_writer.take_back(asset.id, second.id)
        assert values(writer, asset, "title") == ["three"]
        writer.facts_writer.take_back(asset.id, first.id)
        assert values(writer, asset, "title") == ["three"]


def test_correcting_one_keyword_leaves_the_others(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        read_sidecar(writer, asset, ("keyword", "dog"), ("keyword", "meadow"))
        dog = next(item for item in writer.facts.statements(asset.id) if item.value == "dog")
        wolf = replace(statement(asset, "wolf", field="keyword"), supersedes=dog.id)
        writer.facts_writer.add_statement(wolf)
        for _ in range(2):
            read_sidecar(writer, asset, ("keyword", "dog"), ("keyword", "meadow"))
            assert sorted(values(writer, asset, "keyword")) == ["meadow", "wolf"]
        writer.facts_writer.take_back(asset.id, wolf.id)
        assert sorted(values(writer, asset, "keyword")) == ["dog", "meadow"]


def test_only_people_take_back_and_only_what_there_is(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        one, other = register(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        read_sidecar(writer, one, ("label", "keep-hot"))
        (machine,) = writer.facts.statements(one.id)
        with pytest.raises(StateConflict):
            writer.facts_writer.take_back(one.id, machine.id)
        said = say(writer, one, "label", "offer")
        with pytest.raises(StatementNotFound):
            writer.facts_writer.take_back(other.id, said.id)
        with pytest.raises(StatementNotFound):
            writer.facts_writer.take_back(one.id, StatementId("stm_none"))


def test_a_year_that_a_person_says_wins_until_it_is_taken_back(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        date(writer, asset, 1962)
    with catalog.write() as writer:
        seq = writer.changes.last()
        said = say(writer, asset, "recorded", "1987-06~")
        assert [change.kind for change in writer.changes.after(seq, 9)] == [ChangeKind.PAYLOAD]
    for year in (1962, 1963):
        with catalog.write() as writer:
            dated = writer.assets.get(asset.id)
            assert (dated.year, dated.year_source) == (1987, "person")
            assert writer.assets.select(AssetFilter(years=Span(1987, 1987))) == {asset.id}
            assert writer.words.names(TextQuery(("1987",)), AssetFilter(), 5)
            writer.assets_writer.describe(dated, None, ())  # a stage that knows no year of its own
            date(writer, asset, year)
    with catalog.write() as writer:
        seq = writer.changes.last()
        writer.facts_writer.take_back(asset.id, said.id)
        assert [change.kind for change in writer.changes.after(seq, 9)] == [ChangeKind.PAYLOAD]
        dated = writer.assets.get(asset.id)
        assert (dated.year, dated.year_source) == (1963, "name")


def test_a_year_that_a_person_says_outlives_versions_and_merging(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        kept, copy = register(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        said = say(writer, copy, "recorded", "1987")
        writer.assets_writer.new_version(copy.id)
        assert writer.assets.get(copy.id).year == 1987
        date(writer, kept, 1962)
        writer.assets_writer.merge(copy.id, kept.id)
        assert writer.assets.get(kept.id).year == 1987
        writer.facts_writer.take_back(kept.id, said.id)
        assert writer.assets.get(kept.id).year == 1962


def test_labels_of_a_range_do_not_label_the_asset(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        part = replace(statement(asset, "keep-hot", field="keyword"), frames=FrameRange(0, 9))
        writer.facts_writer.add_statement(part)
        assert writer.plans.labelled(["keep-hot"]) == {"keep-hot": frozenset()}
        said = say(writer, asset, "label", "Keep-Hot")
        assert writer.plans.labelled(["keep-hot"]) == {"keep-hot": {asset.id}}
        writer.facts_writer.take_back(asset.id, said.id)
        assert writer.plans.labelled(["keep-hot"]) == {"keep-hot": frozenset()}


def test_rights_are_replaced_and_counted_by_their_dates(
    catalog: Catalog, films: Location, clock: FakeClock
) -> None:
    ada = PrincipalId("prn_ada")
    with catalog.write() as writer:
        asset, other = register(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        licence = Right(
            asset.id, RightKind.LICENSED, "North", "GB", "television", NOON, NOON + timedelta(days=2),
            FrameRange(0, 50), "person:prn_ada", ada, NOON,
        )  # fmt: skip
        later = Right(asset.id, RightKind.LICENSED, valid_from=NOON + timedelta(days=9), source="person:x")
        writer.rights.replace(asset.id, [licence, later])
        assert writer.rights.of(asset.id)[0] == licence
        assert writer.plans.rights() == {"active": {asset.id}, "expired": frozenset()}
        clock.advance(days=1)
        writer.rights.replace(asset.id, [replace(licence, source="person:y", created_at=None)])
        assert writer.rights.of(asset.id) == [licence]
        clock.advance(days=1)
        assert writer.plans.rights() == {"active": frozenset(), "expired": {asset.id}}
        assert [right.is_active(writer.now) for right in writer.rights.of(asset.id)] == [False]
        writer.rights.replace(other.id, [Right(other.id, RightKind.OWNED)])
        writer.rights.replace(asset.id, [])
        assert writer.plans.rights() == {"active": {other.id}, "expired": frozenset()}


def test_rights_are_added_to_those_there_are(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        owned, licensed = (Right(asset.id, kind, source="person:x") for kind in list(RightKind)[:2])
        for right in (owned, licensed, replace(owned, source="person:y")):
            writer.rights.add(right)
        found = [(right.kind, right.source) for right in writer.rights.of(asset.id)]
        assert found == [(RightKind.OWNED, "person:x"), (RightKind.LICENSED, "person:x")]


def test_rights_that_merging_brought_twice_go_together(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        kept, copy = register(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        for asset in (kept, copy):
            writer.rights.add(Right(asset.id, RightKind.OWNED))
        writer.assets_writer.merge(copy.id, kept.id)
        writer.rights.replace(kept.id, [Right(kept.id, RightKind.OWNED)])
        assert len(writer.rights.of(kept.id)) == 1
        writer.rights.replace(kept.id, [])
        assert writer.plans.rights() == {"active": frozenset(), "expired": frozenset()}


def test_what_is_withdrawn_stays_so_when_it_turns_out_to_be_another(
    catalog: Catalog, films: Location
) -> None:
    ada = PrincipalId("prn_ada")
    with catalog.write(ada) as writer:
        shown, hidden, third = (register(writer, films, f"{name}.mp4") for name in "abc")
        writer.assets_writer.set_state(hidden.id, AssetState.WITHDRAWN)
        seq = writer.changes.last()
        writer.assets_writer.merge(hidden.id, shown.id)
        assert (shown.id, ChangeKind.DELETE) in [(c.asset_id, c.kind) for c in writer.changes.after(seq, 9)]
        writer.assets_writer.merge(third.id, shown.id)
        assert [asset.id for asset in writer.assets.withdrawn(after=None, limit=9)] == [shown.id]
        (entry,) = writer.audit.tail(9)
        assert (entry.principal, entry.action, entry.subject) == (ada, "asset.withdraw", shown.id)
        assert entry.detail == {"merged": hidden.id}
