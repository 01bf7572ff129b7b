"""Events of a bucket that come twice, late, in any order or never: they say where to look, no more."""

import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from catalog.model import Location, LocationKind
from catalog.repository import KnownInstance
from foundation.ids import LocationId, mint
from foundation.settings import IndexerSettings, Settings
from indexer.backfill import Worker
from indexer.bootstrap import Services, build_services
from indexer.candidates import grouped
from indexer.noticing import order_looks
from indexer.reconcile import Reconciler
from tests.fakes.migrated import with_catalog
from tests.fakes.shelf import Shelf

BASE = "s3://bucket/films"
FRAMES = [f"scan/f{number:04}.dpx" for number in range(6)]
CARD = ["C1/CONTENTS/VIDEO/0001AB.MXF", "C1/CONTENTS/AUDIO/0001AB00.MXF", "C1/CONTENTS/CLIP/0001AB.XML"]
KEYS = [
    *(f"a/clip{number}.mov" for number in range(5)),
    *("a/clip1.srt", "a/clip1.en.vtt", "a/clip2.mov.xmp", "a/clip1.en.mov", "notes.txt", "a/.hidden.mov"),
    *FRAMES,
    *("scan/f0003.wav", "scan/f0003.xmp"),
    *CARD,
]


class Bucket:
    """A home with one bucket of which only events tell."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(home=folder, indexer=IndexerSettings(workers=1, loss_share=0.0, loss_count=0))
        with_catalog(settings.layout)
        self.shelf = Shelf(BASE)
        built = build_services(settings)
        self.services: Services = dataclasses.replace(built, open_store=lambda _: self.shelf)
        self.place = Location(LocationId(mint("loc")), "films", BASE, LocationKind.S3)
        with self.services.catalog.write() as writer:
            writer.locations.add(self.place)

    def tell(self, *keys: str) -> int:
        with self.services.catalog.write() as writer:
            return order_looks(writer, [f"{BASE}/{key}" for key in keys])

    def work(self) -> None:
        self.try_to_work()
        with self.services.catalog.read() as reader:
            assert not reader.jobs.unfinished(None, ["discover"])
            assert reader.runs.dead_letters() == []

    def try_to_work(self) -> None:
        worker = Worker(self.services, Event(), kinds=("discover",))
        while worker.work_once():
            pass

    def list_all(self) -> None:
        with self.services.catalog.write() as writer:
            run = writer.runs.start()
            payload = {"location": self.place.id, "accept_losses": True}
            writer.jobs.enqueue("discover", mint("key"), payload, run=run, asset=None)
        self.work()

    def known(self) -> dict[str, KnownInstance]:
        with self.services.catalog.read() as reader:
            return dict(reader.assets.known_page(self.place.id, limit=100_000))

    def there(self) -> dict[str, str]:
        return {name: item.identity for name, item in self.known().items() if item.available}

    def gone(self) -> set[str]:
        return self.known().keys() - self.there().keys()

    def truth(self) -> dict[str, str]:
        shelf = Shelf(BASE)
        shelf.objects = self.shelf.objects
        listed = [item for item in shelf.list() if hasattr(item, "etag")]
        return {found.name: found.identity for found in grouped(listed)}  # type: ignore[arg-type]


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    made = Bucket(tmp_path / "home")
    yield made
    made.services.close()


def change(bucket: Bucket, dice: random.Random) -> list[str]:
    """Something happens in the bucket; returns the keys that events will tell of."""
    key, there = dice.choice(KEYS), sorted(bucket.shelf.objects)
    if there and dice.random() < 0.35:
        key = dice.choice(there)
        del bucket.shelf.objects[key]
        return [key]
    if there and dice.random() < 0.15:
        old = dice.choice(there)
        bucket.shelf.put(f"moved/{old}", like=old)
        del bucket.shelf.objects[old]
        return [old, f"moved/{old}"]
    bucket.shelf.put(key)
    return [key]


@pytest.mark.parametrize("seed", range(4))
def test_repeated_and_reordered_events_end_where_a_listing_would(bucket: Bucket, seed: int) -> None:
    dice = random.Random(seed)
    waiting: list[str] = []
    for _ in range(8):
        for _ in range(dice.randrange(1, 5)):
            waiting += change(bucket, dice)
        dice.shuffle(waiting)
        before = bucket.gone()
        now, waiting = waiting[: len(waiting) // 2], waiting[len(waiting) // 2 :]
        bucket.tell(*now, *dice.sample(now, len(now) // 2))
        bucket.work()
        assert not (bucket.gone() - before) & set(bucket.truth()), (
            f"seed {seed}: what is there counts as missing"
        )
    bucket.tell(*waiting)
    bucket.work()
    assert bucket.there() == bucket.truth(), f"seed {seed}"
    known = bucket.known()
    bucket.list_all()
    assert bucket.known() == known, f"seed {seed}: a whole listing had something to add"


@pytest.mark.parametrize("seed", range(3))
def test_lost_events_are_made_up_for_by_the_next_whole_listing(bucket: Bucket, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(12):
        told = [key for key in change(bucket, dice) if dice.random() < 0.5]
        bucket.tell(*told)
        bucket.work()
    bucket.list_all()
    assert bucket.there() == bucket.truth(), f"seed {seed}"


def test_a_removal_is_believed_once_the_store_says_so(bucket: Bucket) -> None:
    for key in KEYS:
        bucket.shelf.put(key)
    bucket.list_all()
    bucket.shelf.asked.clear()
    bucket.tell("a/clip3.mov")
    bucket.work()
    assert set(bucket.there()) == set(bucket.truth()), "an event that lies changes nothing"
    del bucket.shelf.objects["a/clip3.mov"]
    bucket.shelf.refuses_heads = True
    bucket.tell("a/clip3.mov")
    bucket.work()
    assert "a/clip3.mov" in bucket.there(), "a store that refuses to say keeps it"
    bucket.shelf.refuses_heads = False
    bucket.shelf.asked.clear()
    bucket.tell("a/clip3.mov")
    bucket.work()
    assert "a/clip3.mov" not in bucket.there()
    assert bucket.shelf.asked == ["a/clip3.mov"]


def test_an_event_lists_no_more_than_what_may_belong_together(bucket: Bucket) -> None:
    for key in KEYS:
        bucket.shelf.put(key)
    bucket.tell("a/clip1.mov", "a/clip1.srt", FRAMES[2], CARD[0], CARD[1])
    bucket.shelf.listed.clear()
    bucket.work()
    assert set(bucket.shelf.listed) == {"a/clip1.", "scan/f", "C1/CONTENTS/"}
    assert set(bucket.there()) == {"a/clip1.mov", "a/clip1.en.mov", FRAMES[0], "scan/f0003.wav", CARD[0]}


def test_what_lies_elsewhere_or_is_no_media_is_not_looked_at(bucket: Bucket) -> None:
    with bucket.services.catalog.write() as writer:
        others = ["s3://bucket/filmsx/a.mov", "s3://other/films/a.mov", f"{BASE}/", "s3://bucket/a.mov"]
        assert order_looks(writer, others) == 0
    assert bucket.tell("notes.txt", "a/.hidden.mov", "x/.stage/b.mov", "folder/") == 0
    assert bucket.tell("a.mov", "a.mov", "a.srt") == 2


def test_whole_listings_start_by_themselves_when_they_are_due(bucket: Bucket) -> None:
    now = datetime.now(UTC)

    def start(days: float) -> bool:
        later = Reconciler(bucket.services.catalog, 7, lambda: now + timedelta(days=days))
        return later.start_due() is not None

    assert not start(8), "a location that nobody indexed waits"
    bucket.shelf.put("a.mov")
    bucket.list_all()
    with bucket.services.catalog.write() as writer:
        run = writer.runs.start()
        payload: dict[str, object] = {"location": bucket.place.id}
        writer.jobs.enqueue("discover", f"discover:{run}:{bucket.place.id}:", payload, run=run, asset=None)
    bucket.work()
    bucket.tell("a.mov")
    bucket.work()
    assert not start(6.9)
    assert start(7.1)
    assert not start(0.5), "one is under way"
    assert Reconciler(bucket.services.catalog, 0).start_due() is None
    bucket.work()


def test_a_listing_that_failed_is_tried_again_the_next_day(bucket: Bucket) -> None:
    bucket.shelf.put("a.mov")
    bucket.list_all()
    del bucket.shelf.objects["a.mov"]
    now = datetime.now(UTC)
    reconciler = Reconciler(bucket.services.catalog, 7, lambda: now)
    assert reconciler.start_due() is not None
    bucket.try_to_work()
    assert reconciler.start_due() is None
    tomorrow = Reconciler(bucket.services.catalog, 7, lambda: now + timedelta(days=1, minutes=1))
    assert tomorrow.start_due() is not None
