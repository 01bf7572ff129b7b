"""Another model without downtime: tried beside the one that serves, audited, switched to, and back."""

import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from fastapi.testclient import TestClient

from catalog.model import IndexRun
from catalog.passages import build_passages
from embeddings.coverage import NO_PICTURE, NO_SOUND, NO_WORDS, OUTDATED
from embeddings.encoder import EncoderSpec
from embeddings.vector_file import read_vectors
from foundation.errors import NoSpace, PackMissing, StateConflict
from foundation.ids import RunId, mint
from foundation.timecode import FrameRange, SampleRange
from indexer.backfill import Worker
from indexer.follower import open_follower
from scripts.evaluation.asking import ask_alone
from scripts.evaluation.known_items import KnownItem, Place
from search_api.app import create_app
from search_api.bootstrap import Services, build_services
from search_api.schemas import SearchRequest
from search_api.services.pack_desk import PackDesk
from tests import material
from tests.fakes.app_client import client_of
from tests.fakes.pack_folder import make_visual_pack
from tests.indexing import Archive

SHOTS = 5
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films of two shots each, a still and a sound, indexed with the starter; another pack is there."""
    folder = tmp_path_factory.mktemp("trial")
    (folder / "template").mkdir()
    (folder / "now").symlink_to("template")
    made = Archive.open(folder / "now")
    material.clip(made.root / "a.mp4", 2, cuts=(1,))
    material.clip(made.root / "b.mp4", 2, cuts=(1,), pictures=("smptehdbars", "mandelbrot"))
    material.still(made.root / "c.png")
    material.sound(made.root / "d.wav")
    material.sidecar(made.root / "a.srt", [(0, 1, "Good morning, harbour."), (1, 2, "The boats are out.")])
    packs = made.services.packs
    packs.use("visual", "starter")
    packs.add(make_visual_pack(folder / "tiny"))
    made.index()
    made.services.close()
    return folder


@pytest.fixture
def archive(indexed: Path) -> Iterator[Archive]:
    """A copy of that archive, at the same address: masters are the same files, the home is its own."""
    copy = indexed / mint("tst")
    shutil.copytree(indexed / "template" / "footage", copy / "footage", copy_function=os.link)
    shutil.copytree(indexed / "template" / "home", copy / "home")
    (indexed / "now").unlink()
    (indexed / "now").symlink_to(copy.name)
    opened = Archive.open(indexed / "now")
    yield opened
    opened.services.close()


@pytest.fixture
def api(archive: Archive) -> Iterator[Services]:
    services = build_services(archive.services.settings)
    follow(services)
    yield services
    services.close()


@pytest.fixture
def desk(api: Services) -> PackDesk:
    return api.pack_desk


def follow(services: Services) -> None:
    assert services.index is not None
    open_follower(services.catalog, services.index, services.home).run_once()


def try_it(archive: Archive, api: Services) -> IndexRun:
    _, run = api.pack_desk.begin("visual", "tiny")
    ended = archive.finish(run.id)
    follow(api)
    return ended


def tiny(archive: Archive) -> EncoderSpec:
    return archive.services.packs.get("visual", "tiny").spec


def labels(services: Services) -> set[str]:
    reply = services.answer(SearchRequest(q="a picture", signals=["visual"]))
    return {match.why for hit in reply.hits for match in hit.matched}


def test_the_estimate_says_what_a_trial_takes_and_begins_nothing(archive: Archive, desk: PackDesk) -> None:
    estimate, _ = desk.estimate("visual", "tiny")
    with archive.read() as reader:
        rows = sum(file.rows for file in reader.facts.vector_files() if file.kind == "visual")
    assert (estimate.assets, estimate.vectors) == (3, rows)
    assert estimate.file_bytes > 2 * tiny(archive).dim * rows
    assert archive.services.packs.trial("visual") is None


def test_a_trial_reads_no_master_and_leaves_what_serves_alone(
    archive: Archive, api: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = labels(api)
    for path in archive.root.iterdir():
        path.unlink()
    monkeypatch.setattr("indexer.work.stage_master", lambda *_: pytest.fail("the master was read"))
    ended = try_it(archive, api)
    assert (ended.state, ended.done, ended.failed, ended.unchanged) == ("finished", 3, 0, 1)
    held = {item.role: item.coverage for item in api.pack_desk.audit("visual")}
    assert [(role, c.expected, c.encoded, c.missing) for role, c in held.items()] == [
        ("serving", SHOTS, SHOTS, 0), ("trial", SHOTS, SHOTS, 0),
    ]  # fmt: skip
    assert held["trial"].excused == {NO_PICTURE: 1}
    assert labels(api) == serving
    assert api.pack_desk.begin("visual", "tiny")[1].total == 0, "asked again, nothing is left to do"


def test_text_packs_are_audited_by_passages(archive: Archive, desk: PackDesk) -> None:
    (held,) = desk.audit("text")
    assert (held.coverage.expected, held.coverage.missing) == (held.coverage.encoded, 0)
    assert held.coverage.expected >= 1
    assert held.coverage.excused == {NO_SOUND: 1, NO_WORDS: 2}


def test_switching_waits_for_every_shot_and_rollback_encodes_nothing(
    archive: Archive, api: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = api.pack_desk
    with pytest.raises(StateConflict, match="on trial"):
        desk.switch("visual", force=False)
    _, run = desk.begin("visual", "tiny")
    with pytest.raises(StateConflict, match=f"{SHOTS} of {SHOTS}"):
        desk.switch("visual", force=False)
    archive.finish(run.id)
    with pytest.raises(StateConflict, match="yet to take in"):
        desk.switch("visual", force=False)
    follow(api)
    before = labels(api)
    change = desk.switch("visual", force=False)
    assert (change.serving.spec.name, change.missing) == ("tiny", 0)
    assert labels(api) == {"looks like it (tiny)"}
    assert archive.services.packs.trial("visual") is None
    monkeypatch.setattr("indexer.seeing.Visual.see", lambda *_: pytest.fail("something was encoded"))
    back = desk.roll_back("visual")
    assert (back.serving.spec.name, back.former and back.former.spec.name) == ("starter", "tiny")
    assert labels(api) == before
    assert archive.index().failed == 0
    assert desk.roll_back("visual").serving.spec.name == "tiny"
    with api.catalog.read() as reader:
        actions = [entry.action for entry in reader.audit.tail(4)]
    assert actions == ["packs.rollback", "packs.rollback", "packs.switch", "packs.trial"]


def test_force_switches_with_what_there_is(archive: Archive, desk: PackDesk) -> None:
    desk.begin("visual", "tiny")
    assert desk.switch("visual", force=True).missing == SHOTS
    assert archive.index().failed == 0
    assert desk.audit("visual")[0].coverage.is_whole, "the next index run fills the gap"


def test_footage_that_comes_during_a_trial_is_encoded_with_both(archive: Archive, api: Services) -> None:
    try_it(archive, api)
    material.still(archive.root / "new.png", colour="red")
    run = archive.index()
    assert (run.done, run.unchanged) == (1, 4), "the trial makes no walk due"
    assert [item.coverage.expected for item in api.pack_desk.audit("visual")] == [SHOTS + 1] * 2
    assert all(item.coverage.is_whole for item in api.pack_desk.audit("visual"))


def test_the_audit_finds_what_is_lost_and_the_trial_makes_it_again(archive: Archive, api: Services) -> None:
    try_it(archive, api)
    spec = tiny(archive)
    with archive.read() as reader:
        files = [file for file in reader.facts.vector_files() if file.space == spec.space]
    lost, damaged = (archive.services.home.asset(file.asset_id) / file.path for file in files[:2])
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-8] + b"\xff" * 8)
    held = next(item.coverage for item in api.pack_desk.audit("visual") if item.role == "trial")
    assert held.missing == held.expected - held.encoded > 0
    assert {lack.asset for lack in held.lacking} == {file.asset_id for file in files[:2]}
    assert (try_it(archive, api).done, try_it(archive, api).done) == (2, 0)
    for file in files[:2]:
        path = archive.services.home.asset(file.asset_id) / file.path
        assert len(read_vectors(path, None)[0]) == file.rows


def test_pruning_removes_what_has_no_part_and_nothing_else(archive: Archive, api: Services) -> None:
    try_it(archive, api)
    desk = api.pack_desk
    desk.switch("visual", force=False)
    gone = desk.prune("visual")
    assert (gone.spaces, gone.assets) == ([archive.services.packs.get("visual", "starter").spec.space], 3)
    assert gone.size > 0
    with pytest.raises(StateConflict):
        desk.roll_back("visual")
    assert [item.role for item in desk.audit("visual")] == ["serving"]
    assert desk.audit("visual")[0].coverage.is_whole
    left = {path.name for path in archive.services.home.derived.glob("*/*/vectors/*")}
    assert {name.partition("-")[0] for name in left} == {"visual", "text"}
    assert not any("starter" in name for name in left)
    follow(api)
    assert api.index is not None
    points = {row.space: row.points for row in api.index.stats()}
    assert [space for space, count in points.items() if "visual" in space and count] == [tiny(archive).space]
    assert desk.prune("visual").size == 0


def test_a_pack_that_does_not_load_fails_its_jobs_and_serves_nobody(
    archive: Archive, api: Services, expected_errors: None
) -> None:
    _, run = api.pack_desk.begin("visual", "tiny")
    network = archive.services.packs.get("visual", "tiny").folder / "image.onnx"
    whole = network.read_bytes()
    network.write_bytes(np.zeros(len(whole), np.uint8).tobytes())
    ended = archive.finish(run.id)
    assert (ended.done, ended.failed) == (0, 3)
    assert {letter.code for letter in archive.letters().values()} == {"pack-invalid"}
    assert labels(api), "what serves goes on"
    network.write_bytes(whole)
    assert try_it(archive, api).done == 3
    assert archive.letters() == {}


def test_a_trial_that_does_not_fit_the_disk_does_not_begin(
    archive: Archive, desk: PackDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_api.services.pack_desk.shutil.disk_usage", lambda _: Usage(1, 1, 10))
    with pytest.raises(NoSpace):
        desk.begin("visual", "tiny")
    assert archive.services.packs.trial("visual") is None
    with pytest.raises(PackMissing):
        desk.begin("visual", "nobody")


def test_searches_may_name_a_pack_to_compare(archive: Archive, api: Services) -> None:
    try_it(archive, api)
    request = SearchRequest(q="a picture", signals=["visual"], visual_pack="tiny")
    hits = api.answer(request).hits
    assert {match.why for hit in hits for match in hit.matched} == {"looks like it (tiny)"}
    assert "tiny" not in "".join(labels(api))
    unknown = api.answer(request.model_copy(update={"visual_pack": "nobody"}))
    assert "nobody" in unknown.signals["visual"]


def test_an_ended_trial_leaves_its_jobs_without_work(archive: Archive, api: Services) -> None:
    _, run = api.pack_desk.begin("visual", "tiny")
    api.pack_desk.end_trial("visual")
    Worker(archive.services, Event(), run.id).work(until_done=True)
    with archive.read() as reader:
        assert reader.runs.get(run.id).failed == 0
        assert tiny(archive).space not in {file.space for file in reader.facts.vector_files()}


def test_the_typed_client_does_it_all(archive: Archive, api: Services) -> None:
    app = create_app(api)
    with TestClient(app, base_url="http://127.0.0.1") as http:
        client = client_of(http)
        assert client.packs.estimate("visual", "tiny").assets == 3
        begun = client.packs.begin("visual", "tiny")
        parts = {pack.role: pack.name for pack in client.status().packs if pack.kind == "visual"}
        assert parts == {"serving": "starter", "trial": "tiny"}
        with pytest.raises(StateConflict) as refused:
            client.packs.switch("visual")
        assert refused.value.detail == {"missing": SHOTS, "expected": SHOTS}
        archive.finish(RunId(begun.run.id))
        follow(api)
        known = [KnownItem(q="a pattern", relevant=(Place(asset="a.mp4"),))]
        answers = [ask_alone(client, known, "visual", {"visual_pack": name}) for name in parts.values()]
        assert all(answer.hits for (answer,) in answers)
        assert client.packs.switch("visual").serving == "tiny"
        assert client.packs.roll_back("visual").former == "tiny"
        audited = client.packs.audit()
        assert [(space.kind, space.role) for space in audited] == [
            ("visual", "serving"), ("visual", "former"), ("text", "serving"),
        ]  # fmt: skip
        assert all(space.expected == space.encoded and not space.lacking for space in audited)
        assert client.packs.prune("visual").assets == 3
        assert client.packs.end("visual").pack is None


def test_other_cuts_or_words_leave_old_vectors_behind(archive: Archive, desk: PackDesk) -> None:
    film = archive.assets()["a.mp4"]
    with archive.services.catalog.write() as writer:
        first, second = writer.facts.shots(film.id)
        moved = FrameRange(first.frames.in_frame, first.frames.out_frame + 5)
        rest = FrameRange(moved.out_frame, second.frames.out_frame)
        shots = [replace(first, frames=moved), replace(second, frames=rest)]
        writer.facts_writer.replace_shots(film.id, shots, [])
        cue = replace(writer.facts.cues(film.id)[0], sound=SampleRange(4800, 9600))
        writer.facts_writer.replace_words(film.id, [cue], build_passages([cue]))
    lacking = {kind: desk.audit(kind)[0].coverage.lacking for kind in ("visual", "text")}
    assert [(lack.units, lack.why) for lack in lacking["visual"]] == [(2, OUTDATED)]
    assert [(lack.units, lack.why) for lack in lacking["text"]] == [(1, OUTDATED)]
