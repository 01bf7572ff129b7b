"""A folder from files to facts, with real media and the real catalog; no slow model."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.model import AssetKind, AssetState, CueKind, RenditionRole
from embeddings.vector_file import read_vectors
from foundation.settings import IndexerSettings
from tests import material
from tests.fakes.pack_folder import make_visual_pack
from tests.indexing import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path)
    yield made
    made.services.close()


def test_a_clip_becomes_a_playable_findable_asset(archive: Archive) -> None:
    clip = material.clip(archive.root / "news 1987" / "oslo.mp4", 4, cuts=(2,), timecode="10:00:00:00")
    material.sidecar(clip.with_suffix(".no.srt"), [(0.5, 1.5, "Toget kommer."), (1.6, 3.0, "Se flaggene.")])
    clip.with_suffix(".json").write_text('{"title": "May parade", "keywords": ["band", "flags"]}')
    run = archive.index()
    assert (run.state, run.discovered, run.done, run.failed) == ("finished", 1, 1, 0)
    asset = archive.assets()["news 1987/oslo.mp4"]
    assert (asset.kind, asset.technical.frames, asset.duration_ms) == (AssetKind.VIDEO, 100, 4000)
    assert asset.technical.start_timecode == "10:00:00:00"
    assert (asset.year, asset.year_source, asset.has_speech) == (1987, "name", True)
    with archive.read() as reader:
        folder = archive.services.home.asset(asset.id)
        renditions = reader.facts.renditions(asset.id)
        assert set(renditions) == set(RenditionRole) - {RenditionRole.MASTER, RenditionRole.STILL}
        assert all((folder / r.path).stat().st_size == r.size for r in renditions.values())
        shots = reader.facts.shots(asset.id)
        assert [(s.frames.in_frame, s.frames.out_frame) for s in shots] == [(0, 50), (50, 100)]
        keyframes = reader.facts.keyframes(asset.id)
        assert {k.shot_id for k in keyframes} == {s.id for s in shots}
        assert all((folder / k.path).is_file() for k in keyframes)
        cues = reader.facts.cues(asset.id)
        assert next((c.text, c.language, c.kind) for c in cues) == ("Toget kommer.", "no", CueKind.CAPTION)
        said = {(s.field, s.value) for s in reader.facts.statements(asset.id)}
        assert said == {("title", "May parade"), ("keyword", "band"), ("keyword", "flags")}
        files = {file.kind: file for file in reader.facts.vector_files(asset.id)}
        rows, vectors = read_vectors(folder / files["visual"].path, files["visual"].sha256)
        assert vectors.shape == (len(rows), files["visual"].dim)
        assert all((row.in_frame, row.out_frame) in ((0, 50), (50, 100)) for row in rows)
        texts, _ = read_vectors(folder / files["text"].path)
        assert [row.position for row in texts] == [p.sound.start for p in reader.facts.passages(asset.id)]
    assert list(archive.services.home.scratch.iterdir()) == []


def test_stills_and_sound_are_assets_too(archive: Archive) -> None:
    material.still(archive.root / "pic.png")
    material.sound(archive.root / "tone.wav", 2)
    archive.index()
    found = archive.assets()
    assert {name: asset.kind for name, asset in found.items()} == {
        "pic.png": AssetKind.STILL,
        "tone.wav": AssetKind.SOUND,
    }
    with archive.read() as reader:
        still = reader.facts.vector_files(found["pic.png"].id)
        rows, _ = read_vectors(archive.services.home.asset(found["pic.png"].id) / still[0].path)
        assert [(row.position, row.in_frame, row.out_frame) for row in rows] == [(0, None, None)]
        assert RenditionRole.PROXY in reader.facts.renditions(found["tone.wav"].id)
    assert found["tone.wav"].technical.samples == 96_000


def test_what_did_not_change_is_only_counted(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    material.clip(archive.root / "a.mp4", 1)
    archive.index()
    monkeypatch.setattr("indexer.backfill.import_module", lambda name: pytest.fail(f"{name} was loaded"))
    monkeypatch.setattr(
        "archive_tiering.stores.local.LocalFolder.read", lambda *_: pytest.fail("media was read")
    )
    run = archive.index()
    assert (run.state, run.discovered, run.unchanged, run.total) == ("finished", 1, 1, 0)


def test_a_moved_file_keeps_its_id_and_its_proxy(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    archive.index()
    before = archive.assets()["a.mp4"]
    proxy = archive.services.home.asset(before.id) / "proxy.mp4"
    made_at = proxy.stat().st_mtime_ns
    (archive.root / "sub").mkdir()
    clip.rename(archive.root / "sub" / "b.mp4")
    archive.index()
    after = archive.assets()
    assert list(after) == ["sub/b.mp4"]
    assert (after["sub/b.mp4"].id, after["sub/b.mp4"].state) == (before.id, AssetState.PRESENT)
    assert proxy.stat().st_mtime_ns == made_at


def test_a_file_copied_away_and_deleted_keeps_its_id(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    archive.index()
    before = archive.assets()["a.mp4"]
    shutil.copyfile(clip, archive.root / "b.mp4")
    clip.unlink()
    archive.index()
    (after,) = archive.assets().values()
    assert (after.id, after.name, after.state, after.version) == (before.id, "b.mp4", AssetState.PRESENT, 1)


def test_equal_bytes_are_one_asset(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    shutil.copyfile(clip, archive.root / "copy.mp4")
    run = archive.index()
    assert (run.done, run.failed) == (2, 0)
    (asset,) = archive.assets().values()
    with archive.read() as reader:
        assert {copy.name for copy in reader.assets.instances(asset.id)} == {"a.mp4", "copy.mp4"}
    assert archive.index().unchanged == 2


def test_overwritten_bytes_are_a_new_version_of_the_asset(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    archive.index()
    before = archive.assets()["a.mp4"]
    material.clip(clip, 2)
    archive.index()
    after = archive.assets()["a.mp4"]
    assert (after.id, after.version, after.technical.frames) == (before.id, 2, 50)
    assert after.sha256 != before.sha256


def test_one_copy_overwritten_leaves_the_other_alone(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    shutil.copyfile(clip, archive.root / "copy.mp4")
    archive.index()
    (before,) = archive.assets().values()
    material.clip(archive.root / "copy.mp4", 2)
    archive.index()
    after = archive.assets()
    assert (after["a.mp4"].id, after["a.mp4"].version) == (before.id, 1)
    assert after["copy.mp4"].id != before.id
    assert after["copy.mp4"].technical.frames == 50


def test_touching_a_file_makes_nothing_new(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    archive.index()
    before = archive.assets()["a.mp4"]
    proxy = archive.services.home.asset(before.id) / "proxy.mp4"
    made_at = proxy.stat().st_mtime_ns
    os.utime(clip)
    assert archive.index().done == 1
    assert archive.assets()["a.mp4"].version == 1
    assert proxy.stat().st_mtime_ns == made_at
    assert archive.index().unchanged == 1


def test_a_new_caption_file_is_read_without_the_master(archive: Archive) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    archive.index()
    asset = archive.assets()["a.mp4"]
    proxy = archive.services.home.asset(asset.id) / "proxy.mp4"
    made_at = proxy.stat().st_mtime_ns
    material.sidecar(clip.with_suffix(".en.vtt"), [(0.1, 0.9, "Mind the gap.")])
    archive.index()
    with archive.read() as reader:
        assert [c.text for c in reader.facts.cues(asset.id)] == ["Mind the gap."]
    assert proxy.stat().st_mtime_ns == made_at
    clip.with_suffix(".en.vtt").unlink()
    archive.index()
    with archive.read() as reader:
        assert reader.facts.cues(asset.id) == []


def test_missing_is_unavailable_until_it_is_back(archive: Archive, tmp_path: Path) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    material.still(archive.root / "stays.png")
    archive.index()
    clip.rename(tmp_path / "away.mp4")
    archive.index()
    assert archive.assets()["a.mp4"].state is AssetState.UNAVAILABLE
    (tmp_path / "away.mp4").rename(clip)
    assert archive.index().unchanged == 2
    assert archive.assets()["a.mp4"].state is AssetState.PRESENT


@pytest.mark.parametrize("how", ["empty", "gone"])
def test_an_unmounted_root_withdraws_nothing(archive: Archive, how: str) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    archive.index()
    clip.unlink()
    if how == "gone":
        archive.root.rmdir()
    run = archive.index()
    assert (run.state, run.failed) == ("finished", 1)
    assert {letter.code for letter in archive.letters().values()} == {"storage-unreachable"}
    assert archive.assets()["a.mp4"].state is AssetState.PRESENT


def test_only_the_prefix_is_looked_at(archive: Archive) -> None:
    material.still(archive.root / "in" / "a.png")
    material.still(archive.root / "out" / "b.png", colour="red")
    assert archive.index(prefix="in").discovered == 1
    assert list(archive.assets()) == ["in/a.png"]
    (archive.root / "in" / "a.png").unlink()
    archive.index(prefix="out")
    assert {n: a.state for n, a in archive.assets().items()} == {
        "in/a.png": AssetState.PRESENT,
        "out/b.png": AssetState.PRESENT,
    }


def test_files_are_left_to_settle(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path, indexer=IndexerSettings(workers=1, settle_seconds=60))
    path = material.still(archive.root / "a.png")
    assert archive.index().discovered == 0
    os.utime(path, (time.time() - 120,) * 2)
    assert archive.index().done == 1
    os.utime(path)
    archive.index()
    assert archive.assets()["a.png"].state is AssetState.PRESENT
    archive.services.close()


def test_another_pack_runs_its_own_stage_alone_and_the_way_back_none(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    material.clip(archive.root / "a.mp4", 1)
    archive.index()
    with archive.read() as reader:
        asset = archive.assets()["a.mp4"]
        before = reader.facts.stage_runs(asset.id)
    packs = archive.services.packs
    packs.use("visual", packs.add(make_visual_pack(tmp_path / "pack")).spec.name)
    monkeypatch.setattr("indexer.work.stage_master", lambda *_: pytest.fail("the master was read"))
    assert archive.index().done == 1
    with archive.read() as reader:
        after = reader.facts.stage_runs(asset.id)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {packs.get("visual", "tiny").spec.stage, "walk"}
    packs.use("visual", "starter")
    monkeypatch.setattr("indexer.seeing.Visual.see", lambda *_: pytest.fail("it was looked at again"))
    assert archive.index().done == 1
