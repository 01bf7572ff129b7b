"""Every signal on, with the models that come along: what is read, heard and seen in real footage."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.model import CueKind
from embeddings.vector_file import read_vectors
from foundation.settings import SignalSettings
from tests import material
from tests.indexing import Archive

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path, signals=SignalSettings(faces=True))
    yield made
    made.services.close()


def test_a_burnt_in_title_is_read_once_for_as_long_as_it_stays(archive: Archive) -> None:
    material.clip(archive.root / "a.mp4", 12, size="640x360", pictures=("color=c=navy",), text="OSLO HARBOUR")
    archive.index()
    asset = archive.assets()["a.mp4"]
    with archive.read() as reader:
        (text,) = reader.facts.screen_text(asset.id)
    assert text.text.upper().replace(" ", "") == "OSLOHARBOUR"
    assert (text.frames.in_frame, text.frames.out_frame) == (0, 300)


def test_a_tone_is_not_speech(archive: Archive) -> None:
    material.sound(archive.root / "tone.wav", 3)
    archive.index()
    asset = archive.assets()["tone.wav"]
    with archive.read() as reader:
        assert reader.facts.cues(asset.id) == []
    assert asset.has_speech is False


@pytest.mark.testdata
def test_a_conversation(archive: Archive, testdata: Path) -> None:
    for name in ("friday_cc0.mp4", "friday_cc0.vtt"):
        shutil.copyfile(testdata / "media" / name, archive.root / name)
    archive.index()
    asset = archive.assets()["friday_cc0.mp4"]
    with archive.read() as reader:
        assert {cue.kind for cue in reader.facts.cues(asset.id)} == {CueKind.CAPTION}
        tracks = reader.facts.faces(asset.id)
        shots = {shot.id: shot.frames for shot in reader.facts.shots(asset.id)}
        (file,) = (f for f in reader.facts.vector_files(asset.id) if f.kind == "face")
    rows, vectors = read_vectors(archive.services.home.asset(asset.id) / file.path, file.sha256)
    assert len(tracks) >= 1
    assert [row.ordinal for row in rows] == [track.ordinal for track in tracks]
    assert vectors.shape == (len(tracks), file.dim)
    for track in tracks:
        assert shots[track.shot_id].in_frame <= track.frames.in_frame
        assert track.best_frame in track.frames
        assert track.frames.out_frame <= shots[track.shot_id].out_frame


@pytest.mark.testdata
def test_speech_without_captions_is_recognised_and_marked(archive: Archive, testdata: Path) -> None:
    shutil.copyfile(testdata / "speech" / "jfk.flac", archive.root / "jfk.flac")
    archive.index()
    asset = archive.assets()["jfk.flac"]
    with archive.read() as reader:
        cues = reader.facts.cues(asset.id)
    assert {cue.kind for cue in cues} == {CueKind.DRAFT}
    assert asset.has_speech is True
    assert all(cue.sound.end <= (asset.technical.samples or 0) for cue in cues)
