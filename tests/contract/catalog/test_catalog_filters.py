"""Filters over assets and over full text: what every catalog must do."""

import random

import pytest

from catalog.model import AssetKind, Location
from catalog.query import AssetFilter, Span
from catalog.repository import Catalog, TextQuery
from foundation.errors import AssetNotFound
from foundation.ids import AssetId
from tests.contract.catalog.examples import face, location, register, say, statement


def test_many_and_pages(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        made = [register(writer, films, f"{n}.mp4") for n in range(7)]
    with catalog.read() as view:
        ordered = sorted(asset.id for asset in made)
        first = view.assets.page(AssetFilter(), after=None, limit=4)
        rest = view.assets.page(AssetFilter(), after=first[-1].id, limit=4)
        assert [asset.id for asset in (*first, *rest)] == ordered
        assert set(view.assets.many([*ordered, AssetId("ast_none")])) == set(ordered)
        with pytest.raises(AssetNotFound):
            view.assets.get(AssetId("ast_none"))


def test_filters_are_joined_by_and(catalog: Catalog, films: Location) -> None:
    tapes = location("tapes")
    with catalog.write() as writer:
        writer.locations.add(tapes)
        old = register(writer, films, "old.mp4", year=1987, duration_ms=30_000)
        cold = register(writer, tapes, "cold.mp4", year=1999, storage_class="GLACIER")
        sound = register(writer, films, "tone.wav", kind=AssetKind.SOUND, duration_ms=90_000)
        writer.assets_writer.set_has_speech(old.id, has_speech=True)
        writer.facts_writer.add_statement(statement(old, "true", field="black_and_white"))
        writer.facts_writer.replace_faces(old.id, [face(old, 0), face(old, 1, left=0.6)])
        people = [writer.people.add(name) for name in ("Ada", "Grace")]
        for ordinal, person in enumerate(people):
            writer.people.assign(old.id, [ordinal], person.id)
        for asset in (old, cold, sound):
            say(writer, asset, "everybody says this")
    heard = TextQuery(("everybody",))
    ada, grace = (person.id for person in people)
    table = [
        (AssetFilter(), [old, cold, sound]),
        (AssetFilter(locations=(tapes.id,)), [cold]),
        (AssetFilter(locations=(tapes.id, films.id)), [old, cold, sound]),
        (AssetFilter(storage_classes=("GLACIER", "DEEP_ARCHIVE")), [cold]),
        (AssetFilter(kinds=(AssetKind.SOUND,)), [sound]),
        (AssetFilter(years=Span(1980, 1990)), [old]),
        (AssetFilter(years=Span(low=1990)), [cold]),
        (AssetFilter(duration_ms=Span(high=60_000)), [old]),
        (AssetFilter(has_speech=True), [old]),
        (AssetFilter(has_speech=False), []),
        (AssetFilter(black_and_white=True), [old]),
        (AssetFilter(black_and_white=False), []),
        (AssetFilter(persons=(ada,)), [old]),
        (AssetFilter(persons=(ada, grace)), [old]),
        (AssetFilter(persons=(ada,), kinds=(AssetKind.STILL,)), []),
        (AssetFilter(assets=(cold.id, sound.id)), [cold, sound]),
        (AssetFilter(assets=(*(AssetId(f"ast_{n}") for n in range(2_000)), cold.id)), [cold]),
        (AssetFilter(collections=(films.collection,)), [old, cold, sound]),
        (AssetFilter(without=(AssetFilter(years=Span(1980, 1990)),)), [cold, sound]),
        (AssetFilter(without=(AssetFilter(kinds=(AssetKind.SOUND,)), AssetFilter(has_speech=True))), [cold]),
        (AssetFilter(locations=(films.id,), without=(AssetFilter(persons=(ada,)),)), [sound]),
        (AssetFilter(without=(AssetFilter(), AssetFilter(storage_classes=("GLACIER",)))), [old, sound]),
    ]
    with catalog.read() as view:
        for where, expected in table:
            ids = {asset.id for asset in expected}
            assert view.assets.select(where) == ids, where
            assert view.assets.count(where) == len(ids), where
            assert {item.id for item in view.assets.page(where, after=None, limit=9)} == ids, where
            assert {match.asset_id for match in view.words.speech(heard, where, 9)} == ids, where


def test_any_filter_chooses_what_a_plain_reading_of_it_chooses(catalog: Catalog, films: Location) -> None:
    chance = random.Random(7)
    kinds, classes = list(AssetKind), ("STANDARD", "GLACIER", "VAULT_COLD")
    made = []
    with catalog.write() as writer:
        for number in range(60):
            year = chance.choice([None, 1980, 1990, 2000])
            facts = (chance.choice(kinds), year, chance.choice([None, 1000, 2000]), chance.choice(classes))
            asset = register(
                writer,
                films,
                f"{number}.mp4",
                kind=facts[0],
                year=year,
                duration_ms=facts[2],
                storage_class=facts[3],
            )
            say(writer, asset, "everybody says this")
            made.append((asset.id, facts))
    with catalog.read() as view:
        for _ in range(60):
            where = AssetFilter(
                kinds=tuple(chance.sample(kinds, chance.randrange(3))),
                years=chance.choice([None, Span(1985, 1995), Span(high=1985), Span(low=1995)]),
                duration_ms=chance.choice([None, Span(500, 1500)]),
                storage_classes=tuple(chance.sample(classes, chance.randrange(3))),
                without=chance.choice(
                    [(), (AssetFilter(years=Span(high=1985)),), (AssetFilter(kinds=(kinds[0],)),)]
                ),
            )
            expected = {asset_id for asset_id, facts in made if _passes(where, *facts)}
            assert view.assets.select(where) == expected
            found = view.words.speech(TextQuery(("everybody",)), where, 100)
            assert {match.asset_id for match in found} == expected
            assert len(view.words.speech(TextQuery(("everybody",)), where, 3)) == min(3, len(expected))


def _passes(
    where: AssetFilter, kind: AssetKind, year: int | None, duration_ms: int | None, storage_class: str
) -> bool:
    return (
        (not where.kinds or kind in where.kinds)
        and (where.years is None or year in where.years)
        and (where.duration_ms is None or duration_ms in where.duration_ms)
        and (not where.storage_classes or storage_class in where.storage_classes)
        and not any(_passes(other, kind, year, duration_ms, storage_class) for other in where.without)
    )
