"""Every run ends, whoever does its jobs."""

from fastapi.testclient import TestClient

from catalog.model import JobState
from indexer.backfill import settle_open
from tests.fakes.small_archive import SmallArchive

WALK = {"location": "loc", "asset": "ast", "instance": "ins", "uri": "file:///a"}


def test_a_run_whose_jobs_another_run_took_over_ends_with_them(archive: SmallArchive) -> None:
    with archive.catalog.write() as writer:
        first, second = writer.runs.start(), writer.runs.start()
        writer.jobs.enqueue("walk", "a", WALK, run=first, asset=None)
        writer.jobs.enqueue("walk", "a", WALK, run=second, asset=None)
        settle_open(writer, None)
        assert writer.runs.open() == [first, second]
        job = writer.jobs.lease("me", run=None, seconds=60)
        assert job is not None
        assert job.state is JobState.LEASED
        writer.jobs.finish(job.id, "me")
        settle_open(writer, second)
        assert [writer.runs.get(run).state for run in (first, second)] == ["finished", "finished"]
        assert writer.runs.open() == []


def test_a_run_over_nothing_is_finished_at_once(archive: SmallArchive, http: TestClient) -> None:
    for name in ("footage", "vault"):
        assert http.delete(f"/v1/locations/{name}").status_code == 204
    assert http.post("/v1/runs", json={"targets": []}).json()["state"] == "finished"
