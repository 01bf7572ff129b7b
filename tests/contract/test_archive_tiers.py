"""Masters that Intelligent-Tiering archived: quotes, restores and hits tell the truth, over HTTP."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest

from archive_tiering.places import Places
from archive_tiering.prices.cost import load_prices
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.lookout import Lookout
from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from archive_tiering.s3.store import S3Store, s3_client
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from catalog.model import (
    Finding,
    FindingState,
    Location,
    LocationKind,
    Quote,
    Restore,
    RestoreState,
    RestoreStatus,
)
from foundation.errors import ObjectUnreadable, StorageUnreachable
from foundation.ids import AssetId, FindingId, InstanceId, LocationId
from foundation.settings import S3Settings
from tests.contract.archive import Archive, make_archive
from tests.contract.places import s3_place
from tests.fakes.glacier_moto import GlacierServer

DATA = b"essence!" * (16 << 10)
"""Exactly as much as Intelligent-Tiering looks after."""

NEEDED, COMING, AWAKE = RestoreState.NEEDED, RestoreState.IN_PROGRESS, RestoreState.NONE


@pytest.fixture
def tiered(glacier: GlacierServer, tmp_path: Path) -> Iterator[Archive]:
    place = s3_place(glacier, "INTELLIGENT_TIERING")
    made = make_archive(place, Terms(load_prices(None)), LocationKind.S3, tmp_path / "home")
    yield made
    made.catalog.close()


def fall_asleep(
    glacier: GlacierServer, archive: Archive, key: str, tier: str = "DEEP_ARCHIVE_ACCESS"
) -> None:
    uri = urlsplit(next(item for item in archive.place.listing() if item.key == key).uri)
    glacier.archive(uri.netloc, uri.path.lstrip("/"), tier)


def heads(glacier: GlacierServer) -> int:
    return sum(call.method == "HEAD" for call in glacier.calls)


def lines(quote: Quote, kind: str) -> int:
    return sum(line["kind"] == kind for line in quote.lines)


def now(archive: Archive, restore: Restore) -> Restore:
    with archive.catalog.read() as view:
        return view.restores.get(restore.id)


def test_a_quote_asks_before_it_promises_anything(tiered: Archive, glacier: GlacierServer) -> None:
    film, other = tiered.add("film.mov", DATA), tiered.add("other.mov", DATA)
    small = tiered.add("small.mov", DATA[1:])
    restorer = tiered.restorer()
    before = restorer.quote([film, other, small])
    assert (before.objects, before.cost, lines(before, "warm")) == (0, 0, 3)
    fall_asleep(glacier, tiered, "film.mov")
    assert tiered.state(film) is AWAKE, "no listing tells"
    glacier.calls.clear()
    quote = restorer.quote([film, other, small])
    assert (quote.objects, quote.size, lines(quote, "warm")) == (1, len(DATA), 2)
    assert quote.eta_seconds == 12 * 3600
    assert quote.cost == Decimal("0.01"), "two reads; neither retrieval nor a copy is billed"
    assert not [line for line in quote.lines if line.get("part") in ("temporary_copy", "retrieval")]
    assert heads(glacier) == 2, "what is small is never archived"
    assert [tiered.state(each) for each in (film, other, small)] == [NEEDED, AWAKE, AWAKE]
    assert restorer.quote([film], retrieval_tier="bulk").eta_seconds == 48 * 3600


def kept_tier(archive: Archive, asset: AssetId) -> str | None:
    with archive.catalog.read() as view:
        return view.assets.instances(asset)[0].essence.archive_tier


def test_each_archive_tier_takes_its_own_time(tiered: Archive, glacier: GlacierServer) -> None:
    shallow, deep = tiered.add("shallow.mov", DATA), tiered.add("deep.mov", DATA)
    fall_asleep(glacier, tiered, "shallow.mov", "ARCHIVE_ACCESS")
    fall_asleep(glacier, tiered, "deep.mov", "DEEP_ARCHIVE_ACCESS")
    restorer = tiered.restorer()
    quoted = {
        (name, tier): restorer.quote(assets, retrieval_tier=tier).eta_seconds // 3600
        for name, assets in (("shallow", [shallow]), ("deep", [deep]), ("both", [shallow, deep]))
        for tier in ("standard", "bulk")
    }
    assert quoted == {
        ("shallow", "standard"): 5, ("shallow", "bulk"): 12, ("deep", "standard"): 12, ("deep", "bulk"): 48,
        ("both", "standard"): 12, ("both", "bulk"): 48,
    }  # fmt: skip
    assert (kept_tier(tiered, shallow), kept_tier(tiered, deep)) == ("ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")
    with tiered.catalog.read() as view:
        (copy,) = view.assets.instances(shallow)
    assert restorer.estimate(copy)[1] == 5 * 3600, "hits tell it too"
    soon = tiered.place.clock() + timedelta(hours=6)
    told = [restorer.quote([asset], deadline=soon).lines for asset in (shallow, deep)]
    assert [next(line["in_time"] for line in each if line["kind"] == "deadline") for each in told] == [
        True,
        False,
    ]
    (restore,) = restorer.request(restorer.quote([shallow]).id)
    assert restore.eta == tiered.place.clock() + timedelta(hours=5)
    tiered.place.wake()
    restorer.poll()
    assert (tiered.state(shallow), kept_tier(tiered, shallow)) == (AWAKE, None)


def test_what_sank_deeper_takes_longer(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov", "ARCHIVE_ACCESS")
    assert restorer.quote([film]).eta_seconds == 5 * 3600
    fall_asleep(glacier, tiered, "film.mov", "DEEP_ARCHIVE_ACCESS")
    assert restorer.quote([film]).eta_seconds == 12 * 3600
    assert kept_tier(tiered, film) == "DEEP_ARCHIVE_ACCESS"


@pytest.mark.parametrize("tier", ["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"])
def test_it_moves_back_is_verified_and_counts_as_awake(
    tiered: Archive, glacier: GlacierServer, tier: str
) -> None:
    film = tiered.add("film.mov", DATA)
    fall_asleep(glacier, tiered, "film.mov", tier)
    restorer = tiered.restorer()
    (restore,) = restorer.request(restorer.quote([film], days=30).id)
    assert (restore.status, tiered.state(film)) == (RestoreStatus.IN_PROGRESS, COMING)
    joined = restorer.quote([film], days=90)
    assert (joined.objects, joined.cost, lines(joined, "join")) == (0, 0, 1), (
        "no longer hold is to be paid for"
    )
    tiered.place.wake()
    (verified,) = restorer.poll()
    assert (verified.status, verified.expires_at) == (RestoreStatus.VERIFIED, None)
    assert verified.sha256 == hashlib.sha256(DATA).hexdigest()
    assert tiered.state(film) is AWAKE
    assert tiered.spent() == verified.cost
    tiered.place.clock.advance(days=60)
    assert restorer.poll() == [], "nothing expires"
    assert restorer.quote([film]).objects == 0
    assert glacier.restores_posted() == [202]


def test_what_sleeps_again_is_a_new_restore(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    (first,) = restorer.request(restorer.quote([film]).id)
    tiered.place.wake()
    restorer.poll()
    tiered.place.clock.advance(days=200)
    fall_asleep(glacier, tiered, "film.mov")
    quote = restorer.quote([film])
    assert quote.objects == 1
    assert now(tiered, first).status is RestoreStatus.EXPIRED
    (second,) = restorer.request(quote.id)
    assert second.id != first.id
    tiered.place.wake()
    (verified,) = restorer.poll()
    assert (verified.id, verified.verified) == (second.id, "sha256")
    assert "restore.expired" in tiered.audited()


def test_an_event_about_what_moved_back_makes_it_looked_at(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    (restore,) = restorer.request(restorer.quote([film]).id)
    tiered.place.wake()
    restorer.poll()
    for asleep, status, state in ((False, "verified", AWAKE), (True, "expired", NEEDED)):
        if asleep:
            fall_asleep(glacier, tiered, "film.mov")
        with tiered.catalog.write() as tx:
            tx.restores.hasten(restore.uri, tiered.place.clock())
        restorer.poll()
        assert (now(tiered, restore).status, tiered.state(film)) == (status, state)


def test_what_somebody_else_woke_is_found_to_be_awake(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    assert restorer.quote([film]).objects == 1
    tiered.place.store.request_restore("film.mov", retrieval_tier="standard", days=None)
    tiered.place.wake()
    assert (restorer.quote([film]).objects, tiered.state(film)) == (0, AWAKE)


def test_a_lost_reply_and_no_days_are_one_restore(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    glacier.faults.lose_restore_replies = 1
    restorer.request(restorer.quote([film]).id)
    tiered.place.wake()
    (restore,) = restorer.poll()
    assert restore.status is RestoreStatus.VERIFIED


def test_hits_say_what_the_catalog_learned(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    restorer.quote([film])
    with tiered.catalog.read() as view:
        (copy,) = view.assets.instances(film)
    state, seconds, cost = restorer.estimate(copy)
    assert (state, seconds, cost) == (NEEDED, 12 * 3600, Decimal("0.01"))


def test_a_store_that_does_not_say_leaves_no_false_promise(
    tiered: Archive, glacier: GlacierServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    film = tiered.add("film.mov", DATA)
    dead = s3_client(S3Settings(endpoint_url="http://127.0.0.1:9", region="us-east-1"))
    restorer = tiered.restorer(S3Store(dead, "b", "p"))
    with pytest.raises(StorageUnreachable):
        restorer.quote([film])
    quote = restorer.quote([film, AssetId("ast_none")], strict=False)
    assert (lines(quote, "warm"), lines(quote, "impossible")) == (0, 2)


def test_a_look_is_bounded(tiered: Archive, glacier: GlacierServer) -> None:
    films = [tiered.add(f"{number}.mov", DATA) for number in range(4)]
    glacier.calls.clear()
    places = Places(tiered.catalog, lambda _: tiered.place.store, lambda _: tiered.terms)
    assert Lookout(tiered.catalog, places, most=3).look(films) == {}
    assert heads(glacier) == 3


def test_days_and_a_tier_at_once_change_the_tier_alone(tiered: Archive, glacier: GlacierServer) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    (restore,) = restorer.request(restorer.quote([film], retrieval_tier="bulk").id)
    wanted = Wanted(days=90, retrieval_tier="standard")
    changed = restorer.change(restore.id, wanted, Request(restore.principal))
    assert (changed.wanted_days, now(tiered, restore).keep_until) == (None, None)
    tiered.place.wake()
    restorer.poll()
    tiered.place.clock.advance(days=1)
    restorer.poll()
    assert (now(tiered, restore).status, tiered.state(film)) == (RestoreStatus.VERIFIED, AWAKE)


def test_a_restore_that_the_catalog_outlived_is_ended_before_a_quote(
    tiered: Archive, glacier: GlacierServer
) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    fall_asleep(glacier, tiered, "film.mov")
    (first,) = restorer.request(restorer.quote([film]).id)
    tiered.place.wake()
    restorer.poll()
    fall_asleep(glacier, tiered, "film.mov")
    with tiered.catalog.write() as tx:
        (copy,) = tx.assets.instances(film)
        slept = tuple(replace(item, restore=NEEDED) for item in copy.objects)
        tx.assets_writer.replace_instance(replace(copy, objects=slept))
    (second,) = restorer.request(restorer.quote([film]).id)
    assert (second.id != first.id, now(tiered, first).status) == (True, RestoreStatus.EXPIRED)
    assert glacier.restores_posted() == [202, 202]


DEAD = S3Store(s3_client(S3Settings(endpoint_url="http://127.0.0.1:9", region="us-east-1")), "b", "p")
ELSEWHERE = LocationId("loc_elsewhere")


def with_twin(archive: Archive, film: AssetId, storage_class: str, state: RestoreState) -> str:
    """Catalogue another copy of a master, whose store is never asked; returns its URI."""
    with archive.catalog.write() as tx:
        tx.locations.add(Location(ELSEWHERE, "elsewhere", "x:/elsewhere", LocationKind.FOLDER))
        (copy,) = tx.assets.instances(film)
        uri, twin = "x:/elsewhere/film.mov", AssetId("ast_twin")
        objects = tuple(
            replace(item, uri=uri, storage_class=storage_class, restore=state) for item in copy.objects
        )
        there = replace(
            copy, id=InstanceId("ins_twin"), asset_id=twin, location_id=ELSEWHERE, objects=objects
        )
        tx.assets_writer.register(replace(tx.assets.get(film), id=twin, location_id=ELSEWHERE), there)
        tx.assets_writer.merge(twin, film)
    return uri


def told(quote: Quote) -> list[tuple[object, object]]:
    wanted = ("warm", "object", "join", "impossible", "unasked")
    return [(line["kind"], line.get("uri")) for line in quote.lines if line["kind"] in wanted]


def test_a_silent_store_is_no_word_for_a_copy_that_is_awake(tiered: Archive) -> None:
    film, other = tiered.add("film.mov", DATA), tiered.add("other.mov", DATA)
    (ours,) = [item.uri for item in tiered.place.listing() if item.key == "film.mov"]
    disk = with_twin(tiered, film, "", AWAKE)
    quote = tiered.restorer(DEAD).quote([film, other], strict=False)
    assert told(quote) == [("warm", disk), ("impossible", None), ("unasked", ours)]
    assert told(tiered.restorer(DEAD).quote([film])) == [("warm", disk), ("unasked", ours)]
    assert told(tiered.restorer().quote([film])) == [("warm", ours)], "nobody passes over what answers"


def test_a_copy_that_sleeps_is_quoted_where_the_other_ones_store_is_silent(tiered: Archive) -> None:
    film = tiered.add("film.mov", DATA)
    (ours,) = [item.uri for item in tiered.place.listing()]
    deep = with_twin(tiered, film, "GLACIER", NEEDED)
    quote = tiered.restorer(DEAD).quote([film])
    assert told(quote) == [("object", deep), ("unasked", ours)]
    assert quote.cost > 0
    assert [line["code"] for line in quote.lines if line["kind"] == "unasked"] == ["storage-unreachable"]


def test_a_copy_that_stands_in_for_a_bad_one_is_asked_about(tiered: Archive, glacier: GlacierServer) -> None:
    film = tiered.add("film.mov", DATA)
    (ours,) = [item.uri for item in tiered.place.listing()]
    bad = with_twin(tiered, film, "", AWAKE)
    with tiered.catalog.write() as tx:
        copy = next(each for each in tx.assets.instances(film) if each.location_id != ELSEWHERE)
        tx.moves.vacate(copy.id)
        tx.assets_writer.replace_instance(replace(copy, id=InstanceId("ins_later")))
        wrong = Finding(
            FindingId("fnd_1"), ELSEWHERE, bad, "film.mov", "Other bytes.", FindingState.FOUND, tx.now, film
        )
        tx.fixity.enrol(ELSEWHERE)
        tx.fixity.put_finding(wrong)
        assert tx.assets.get(film).storage_class == "", "the bad copy is what the asset is shown by"
    fall_asleep(glacier, tiered, "film.mov")
    assert told(tiered.restorer().quote([film])) == [("object", ours)]


def test_what_is_on_its_way_is_not_paid_for_again_where_its_store_is_silent(
    tiered: Archive, glacier: GlacierServer
) -> None:
    film, restorer = tiered.add("film.mov", DATA), tiered.restorer()
    (ours,) = [item.uri for item in tiered.place.listing()]
    fall_asleep(glacier, tiered, "film.mov")
    restorer.request(restorer.quote([film]).id)
    with_twin(tiered, film, "GLACIER", NEEDED)
    quote = tiered.restorer(DEAD).quote([film])
    assert (told(quote), quote.cost) == ([("join", ours)], 0)


def test_an_object_that_may_not_be_looked_at_spoils_no_other(tiered: Archive, glacier: GlacierServer) -> None:
    film, secret = tiered.add("film.mov", DATA), tiered.add("secret.mov", DATA)
    fall_asleep(glacier, tiered, "film.mov")
    silent = Lookout(tiered.catalog, places_of(tiered, Guarded(tiered.place.store))).look([film, secret])
    with tiered.catalog.read() as view:
        (copy,) = view.assets.instances(secret)
    assert {each: error.code for each, error in silent.items()} == {copy.id: "object-unreadable"}
    assert tiered.state(film) is NEEDED


class Guarded:
    """A store with one object that nobody may look at."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def head(self, key: str, version: str | None = None) -> ObjectInfo:
        if key == "secret.mov":
            raise ObjectUnreadable("It may not be looked at.")
        return self._store.head(key, version)


def places_of(archive: Archive, store: Guarded) -> Places:
    return Places(archive.catalog, lambda _: cast("ObjectStore", store), lambda _: archive.terms)
