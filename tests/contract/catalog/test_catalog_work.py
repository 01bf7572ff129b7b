"""Jobs, runs, dead letters and the change feed: what every catalog must do."""

import pytest

from catalog.model import ChangeKind, Job, JobState, Location
from catalog.repository import Catalog
from foundation.errors import RunNotFound
from foundation.ids import AssetId, RunId
from tests.contract.catalog.examples import letter, register, vectors
from tests.fakes.clock import FakeClock

ASSET = AssetId("ast_1")


def enqueue(catalog: Catalog, *keys: str, run: RunId | None = None, kind: str = "walk") -> list[str]:
    with catalog.write() as writer:
        return [writer.jobs.enqueue(kind, key, {"n": key}, run=run, asset=ASSET) for key in keys]


def lease(
    catalog: Catalog, owner: str = "w1", *, run: RunId | None = None, seconds: float = 10
) -> Job | None:
    with catalog.write() as writer:
        return writer.jobs.lease(owner, run=run, seconds=seconds)


def start(catalog: Catalog) -> RunId:
    with catalog.write() as writer:
        return writer.runs.start()


def test_jobs_are_leased_oldest_first_and_once(catalog: Catalog) -> None:
    enqueue(catalog, "a", "b")
    first, second = lease(catalog), lease(catalog, "w2")
    assert first is not None
    assert second is not None
    assert (first.key, first.attempts, first.state, first.payload) == ("a", 1, JobState.LEASED, {"n": "a"})
    assert (second.key, second.lease_owner, second.asset_id) == ("b", "w2", ASSET)
    assert lease(catalog) is None


def test_a_key_waits_or_runs_once_per_kind(catalog: Catalog) -> None:
    (waiting,) = enqueue(catalog, "a")
    assert enqueue(catalog, "a") == [waiting]
    assert enqueue(catalog, "a", kind="thaw") != [waiting]
    job = lease(catalog)
    assert job is not None
    assert enqueue(catalog, "a") == [waiting]
    with catalog.write() as writer:
        assert writer.jobs.finish(job.id, "w1")
    assert enqueue(catalog, "a") != [waiting]


def test_a_known_job_joins_the_run_that_asks_for_it(catalog: Catalog) -> None:
    old, new = start(catalog), start(catalog)
    enqueue(catalog, "a", "b", run=old)
    assert lease(catalog, run=old) is not None
    enqueue(catalog, "a", "b", run=new)
    with catalog.read() as view:
        assert (view.runs.get(old).total, view.runs.get(new).total) == (0, 2)
        assert [job.key for job in view.jobs.active(new)] == ["a"]
        assert (view.jobs.unfinished(new), view.jobs.unfinished(None, ["thaw"])) == (2, 0)


def test_runs_and_kinds_are_leased_apart(catalog: Catalog) -> None:
    one, other = start(catalog), start(catalog)
    enqueue(catalog, "a", run=one)
    enqueue(catalog, "b", run=other, kind="thaw")
    with catalog.write() as writer:
        assert writer.jobs.lease("w", run=other, seconds=5, kinds=["walk"]) is None
        job = writer.jobs.lease("w", run=None, seconds=5, kinds=["thaw", "walk"])
        assert job is not None
        assert job.key == "a"
    found = lease(catalog, run=other)
    assert found is not None
    assert found.key == "b"


def test_a_lease_that_ran_out_is_taken_over_and_its_owner_fenced(catalog: Catalog, clock: FakeClock) -> None:
    (job_id,) = enqueue(catalog, "a")
    assert lease(catalog, "slow", seconds=10) is not None
    clock.advance(seconds=9)
    assert lease(catalog, "quick") is None
    clock.advance(seconds=2)
    taken = lease(catalog, "quick")
    assert taken is not None
    assert (taken.id, taken.attempts, taken.lease_owner) == (job_id, 2, "quick")
    with catalog.write() as writer:
        jobs = writer.jobs
        assert not jobs.renew(taken.id, "slow", seconds=10, stage="look", progress=0.5)
        assert not jobs.finish(taken.id, "slow")
        assert not jobs.fail(taken.id, "slow", letter("u"), retry=False)
        assert not jobs.release(taken.id, "slow")
        assert writer.runs.dead_letters() == []
        assert jobs.finish(taken.id, "quick")
        assert not jobs.finish(taken.id, "quick")


def test_a_late_owner_keeps_what_nobody_took(catalog: Catalog, clock: FakeClock) -> None:
    enqueue(catalog, "a")
    job = lease(catalog, seconds=10)
    assert job is not None
    clock.advance(seconds=60)
    with catalog.write() as writer:
        assert writer.jobs.renew(job.id, "w1", seconds=10, stage="look", progress=0.25)
    assert lease(catalog, "w2") is None


def test_a_renewed_lease_reports_stage_and_progress(catalog: Catalog) -> None:
    run = start(catalog)
    enqueue(catalog, "a", run=run)
    job = lease(catalog)
    assert job is not None
    with catalog.write() as writer:
        assert writer.jobs.renew(job.id, "w1", seconds=10, stage="look", progress=0.25)
    with catalog.read() as view:
        (active,) = view.jobs.active(run)
        assert (active.stage, active.progress) == ("look", 0.25)
        assert view.runs.get(run).stage == "look"


def test_a_retry_goes_to_the_end_of_the_queue(catalog: Catalog) -> None:
    enqueue(catalog, "a", "b")
    job = lease(catalog)
    assert job is not None
    with catalog.write() as writer:
        assert writer.jobs.fail(job.id, "w1", letter("u"), retry=True)
        assert writer.runs.dead_letters() == []
    order = [found.key for found in (lease(catalog), lease(catalog)) if found is not None]
    assert order == ["b", "a"]


def test_a_released_job_pauses_without_counting_the_attempt(catalog: Catalog, clock: FakeClock) -> None:
    enqueue(catalog, "a")
    job = lease(catalog)
    assert job is not None
    with catalog.write() as writer:
        assert writer.jobs.release(job.id, "w1", seconds=30, stage="thawing")
        assert writer.jobs.unfinished(None) == 1
    assert lease(catalog) is None
    clock.advance(seconds=31)
    again = lease(catalog)
    assert again is not None
    assert (again.attempts, again.stage) == (1, "thawing")


def test_a_dead_job_leaves_a_letter_and_its_key_free(catalog: Catalog) -> None:
    run = start(catalog)
    enqueue(catalog, "a", run=run)
    job = lease(catalog)
    assert job is not None
    with catalog.write() as writer:
        assert writer.jobs.fail(job.id, "w1", letter("/films/a", run), retry=False)
    with catalog.read() as view:
        assert view.runs.dead_letters() == view.runs.dead_letters(run) == [letter("/films/a", run)]
        assert view.runs.dead_letters(RunId("run_none")) == []
        assert (view.runs.get(run).failed, view.runs.get(run).total) == (1, 1)
    assert lease(catalog) is None
    assert enqueue(catalog, "a") != [job.id]


def test_counts_of_a_run_come_from_the_ledger(catalog: Catalog) -> None:
    run = start(catalog)
    enqueue(catalog, "films", run=run, kind="discover")
    enqueue(catalog, "a", "b", "c", "d", run=run)
    with catalog.write() as writer:
        writer.runs.update(run, state="indexing", discovered=9, unchanged=4, cold=1)
        writer.runs.put_dead_letter(letter("/films/unreadable", run))
    for finish in (True, False):
        job = lease(catalog, run=run)
        while job is not None and job.kind == "discover":
            job = lease(catalog, run=run)
        assert job is not None
        with catalog.write() as writer:
            if finish:
                writer.jobs.finish(job.id, "w1")
            else:
                writer.jobs.fail(job.id, "w1", letter(f"/films/{job.key}", run), retry=False)
    with catalog.write() as writer:
        assert writer.jobs.cancel_run(run) == 2
    with catalog.read() as view:
        found = view.runs.get(run)
        assert view.runs.latest() == found
    counts = (found.discovered, found.unchanged, found.cold, found.total, found.done, found.failed)
    assert counts == (9, 4, 1, 2, 1, 2)
    assert (found.state, found.finished_at) == ("indexing", None)


def test_a_final_state_has_a_time(catalog: Catalog, clock: FakeClock) -> None:
    run = start(catalog)
    clock.advance(minutes=5)
    with catalog.write() as writer:
        writer.runs.update(run, state="finished", discovered=0, unchanged=0, cold=0)
    with catalog.read() as view:
        found = view.runs.get(run)
    assert found.finished_at == clock()
    assert found.started_at < clock()


def test_an_unknown_run_is_said_so(catalog: Catalog) -> None:
    with catalog.write() as writer:
        assert writer.runs.latest() is None
        with pytest.raises(RunNotFound):
            writer.runs.get(RunId("run_none"))
        with pytest.raises(RunNotFound):
            writer.runs.update(RunId("run_none"), state="finished", discovered=0, unchanged=0, cold=0)


def test_dead_letters_are_one_per_uri(catalog: Catalog) -> None:
    with catalog.write() as writer:
        for uri in ("/a", "/b", "/a"):
            writer.runs.put_dead_letter(letter(uri))
        writer.runs.clear_dead_letter("/b")
        writer.runs.clear_dead_letter("/never")
        assert writer.runs.dead_letters() == [letter("/a")]


def test_the_feed_is_read_from_any_place_in_order(catalog: Catalog, films: Location) -> None:
    with catalog.read() as view:
        assert (view.changes.last(), view.changes.after(0, 10)) == (0, [])
    with catalog.write() as writer:
        assets = [register(writer, films, f"{n}.mp4") for n in range(5)]
        for asset in assets:
            writer.facts_writer.put_vectors(vectors(asset))
    with catalog.read() as view:
        first = view.changes.after(0, 3)
        rest = view.changes.after(first[-1].seq, 10)
        assert [change.asset_id for change in (*first, *rest)] == [asset.id for asset in assets]
        assert view.changes.last() == rest[-1].seq
        assert view.changes.after(rest[-1].seq, 10) == []


def test_one_transaction_says_a_thing_once_unless_a_deletion_came_between(catalog: Catalog) -> None:
    payload, vectors_, delete = ChangeKind.PAYLOAD, ChangeKind.VECTORS, ChangeKind.DELETE
    said = [payload, payload, vectors_, payload, delete, delete, vectors_, vectors_, delete]
    with catalog.write() as writer:
        for kind in said:
            writer.changes.append(ASSET, kind)
    with catalog.read() as view:
        kinds = [change.kind for change in view.changes.after(0, 20)]
    assert kinds == [payload, vectors_, delete, vectors_, delete]


def test_nothing_of_a_broken_transaction_is_kept(catalog: Catalog, films: Location) -> None:
    def broken() -> None:
        with catalog.write() as writer:
            register(writer, films, "a.mp4")
            writer.jobs.enqueue("walk", "a", {}, run=None, asset=None)
            writer.changes.append(ASSET, ChangeKind.PAYLOAD)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    with catalog.read() as view:
        assert dict(view.assets.known_page(films.id, limit=100_000)) == {}
        assert view.changes.last() == 0
    assert lease(catalog) is None


def test_a_superseded_job_has_the_new_payload_and_is_lost_to_whoever_held_it(catalog: Catalog) -> None:
    with catalog.write() as writer:
        run = writer.runs.start()
        first = writer.jobs.supersede("thaw", "k", {"budget": "1"}, run=run)
        held = writer.jobs.lease("w1", run=None, seconds=60)
        assert held is not None
        assert writer.jobs.supersede("thaw", "k", {"budget": "2"}, run=run) == first
        assert not writer.jobs.finish(first, "w1")
        again = writer.jobs.lease("w2", run=None, seconds=60)
        assert again is not None
        assert (again.id, again.attempts, again.payload) == (first, 1, {"budget": "2"})
        assert writer.jobs.finish(first, "w2")
        writer.jobs.supersede("thaw", "k", {"budget": "3"}, run=run)
        assert writer.jobs.payloads(run, "thaw") == [{"budget": "2"}, {"budget": "3"}]
        assert writer.jobs.payloads(run, "walk") == []
