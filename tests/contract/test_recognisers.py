"""What every finder of faces, reader of text and recogniser of speech promises, whichever pack it runs."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from embeddings import factory
from embeddings.adopt import Adoption, adopt
from embeddings.compute import Compute
from embeddings.encoder import FaceEncoder, Picture, SpeechRecogniser, TextReader
from embeddings.packs import PackStore
from foundation.timecode import SOUND_RATE
from media.sound import SPEECH_RATE, speech_samples

ONE_THREAD = Compute(threads=1, device="cpu")
PORTRAIT = np.ascontiguousarray(data.astronaut())


def _odd_pictures() -> list[Picture]:
    grey = np.repeat(PORTRAIT[:, :, :1], 3, axis=2)
    noise = np.random.default_rng(2).integers(0, 256, (97, 131, 3), dtype=np.uint8)
    flat = np.full((270, 480, 3), 128, dtype=np.uint8)
    strips = [PORTRAIT[:1], PORTRAIT[:, :1], PORTRAIT[:7, :300], PORTRAIT[:1, :1]]
    return [grey, noise, flat, PORTRAIT[::-1], PORTRAIT[:, ::-1], *strips]


def _builtin(kind: str) -> Callable[[Path, pytest.FixtureRequest], PackStore]:
    def make(folder: Path, _: pytest.FixtureRequest) -> PackStore:
        return PackStore(folder / kind)

    return make


def _local_faces(folder: Path, request: pytest.FixtureRequest) -> PackStore:
    models: Path = request.getfixturevalue("testdata") / "models" / "insightface" / "models" / "mbf_local"
    store = PackStore(folder / "packs")
    adopt("face", Adoption(str(models)), store)
    return store


def _local_speech(folder: Path, request: pytest.FixtureRequest) -> PackStore:
    store = PackStore(folder / "packs")
    adopt("speech", Adoption(str(request.getfixturevalue("testdata") / "models" / "whisper_random")), store)
    return store


@pytest.fixture(scope="module", params=[_builtin("face"), _local_faces], ids=["dlib", "insightface"])
def face(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FaceEncoder:
    return factory.open_face(request.param(tmp_path_factory.mktemp("home"), request), ONE_THREAD)


@pytest.fixture(scope="module", params=[_builtin("speech"), _local_speech], ids=["pocketsphinx", "whisper"])
def speech(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SpeechRecogniser:
    return factory.open_speech(request.param(tmp_path_factory.mktemp("home"), request), ONE_THREAD)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> TextReader:
    return factory.open_ocr(PackStore(tmp_path_factory.mktemp("home")), ONE_THREAD)


def _write(path: Path, samples: bytes) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SPEECH_RATE)
        file.writeframes(samples)
    return path


def _check_box(box: object) -> None:
    left, top, width, height = (getattr(box, name) for name in ("left", "top", "width", "height"))
    assert 0 <= left < left + width <= 1 + 1e-9
    assert 0 <= top < top + height <= 1 + 1e-9


def test_a_portrait_holds_one_face_with_a_unit_vector(face: FaceEncoder) -> None:
    (found,) = face.detect(PORTRAIT)
    _check_box(found.box)
    assert found.vector.shape == (face.spec.dim,)
    assert found.vector.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found.vector), 1, atol=1e-4)
    assert 0 < found.score <= 1
    assert 0 < found.sharpness < 1
    assert 0 < face.same_person < 1


def test_the_same_picture_gives_the_same_face(face: FaceEncoder) -> None:
    first, second = face.detect(PORTRAIT), face.detect(PORTRAIT)
    np.testing.assert_array_equal(first[0].vector, second[0].vector)
    assert first[0].box == second[0].box


def test_a_person_is_themselves_at_half_the_size_and_mirrored(face: FaceEncoder) -> None:
    (one,) = face.detect(PORTRAIT)
    half = np.asarray(Image.fromarray(PORTRAIT).resize((256, 256)))
    for other in (half, np.ascontiguousarray(PORTRAIT[:, ::-1])):
        assert float(one.vector @ face.detect(other)[0].vector) > face.same_person


def test_faces_come_from_large_to_small(face: FaceEncoder) -> None:
    wide = np.zeros((512, 1024, 3), dtype=np.uint8)
    wide[:, 512:] = PORTRAIT
    wide[100:356, 100:356] = PORTRAIT[::2, ::2]
    found = face.detect(wide)
    assert [item.box.left > 0.5 for item in found] == [True, False]


@pytest.mark.parametrize("number", range(len(_odd_pictures())))
def test_odd_pictures_are_no_trouble(face: FaceEncoder, reader: TextReader, number: int) -> None:
    picture = _odd_pictures()[number]
    for found in face.detect(picture):
        _check_box(found.box)
    for line in reader.read(picture):
        _check_box(line.box)


def test_pictures_are_never_written_to(face: FaceEncoder, reader: TextReader) -> None:
    picture = PORTRAIT.copy()
    picture.flags.writeable = False
    face.detect(picture)
    reader.read(picture)


def test_text_has_boxes_and_is_the_same_every_time(reader: TextReader) -> None:
    image = Image.fromarray(PORTRAIT)
    ImageDraw.Draw(image).text(
        (40, 400), "Houston, 1997", font=ImageFont.load_default(36), fill=(255, 255, 0)
    )
    first = reader.read(np.asarray(image))
    assert "Houston, 1997" in [line.text for line in first]
    for line in first:
        _check_box(line.box)
        assert 0 < line.confidence <= 1
    assert first == reader.read(np.asarray(image))


@pytest.mark.slow
def test_cues_are_in_order_and_inside_the_sound(
    speech: SpeechRecogniser, testdata: Path, tmp_path: Path
) -> None:
    spoken = np.concatenate(list(speech_samples(testdata / "speech" / "jfk.flac")))
    clip = _write(tmp_path / "beginning.wav", spoken[: 5 * SPEECH_RATE].tobytes())
    cues = list(speech.transcribe(clip))
    assert cues
    assert cues == list(speech.transcribe(clip))
    for cue in cues:
        assert cue.text == cue.text.strip() != ""
        assert 0 <= cue.sound.start < cue.sound.end <= 6 * SOUND_RATE
        assert cue.confidence is None or 0 <= cue.confidence <= 1
        assert cue.language == "en"
    assert [cue.sound for cue in cues] == sorted(cue.sound for cue in cues)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 3.0])
def test_silence_gives_no_cues(speech: SpeechRecogniser, tmp_path: Path, seconds: float) -> None:
    silence = _write(tmp_path / "silence.wav", bytes(2 * int(seconds * SPEECH_RATE)))
    assert list(speech.transcribe(silence)) == []
