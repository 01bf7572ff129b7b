"""Speech: words at the right second, silence skipped, long sound cut at a pause."""

import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from embeddings import factory, speech_whisper
from embeddings.adopt import Adoption, adopt
from embeddings.compute import Compute
from embeddings.cues import Word, join_words
from embeddings.packs import PackStore
from foundation.errors import CorruptMedia, PackInvalid
from foundation.timecode import SOUND_RATE
from media.sound import SPEECH_RATE, speech_samples

ONE_THREAD = Compute(threads=1, device="cpu")


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    return PackStore(tmp_path / "packs")


@pytest.fixture
def random_model(testdata: Path) -> Path:
    return testdata / "models" / "whisper_random"


def _write(path: Path, samples: np.ndarray, rate: int = SPEECH_RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def _words(*timed: tuple[float, float, str]) -> list[Word]:
    return [Word(int(a * SOUND_RATE), int(b * SOUND_RATE), text, 0.5) for a, b, text in timed]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ([], []),
        ([(0, 1, " one"), (1.1, 2, " two")], ["one two"]),
        ([(0, 1, " one"), (1.5, 2, " two")], ["one", "two"]),
        ([(0, 1.5, " It"), (1.5, 2.5, " ends."), (2.6, 3, " More")], ["It ends.", "More"]),
        ([(0, 0.2, " Mr."), (0.2, 0.6, " Smith")], ["Mr. Smith"]),
        ([(n, n + 1, f" w{n}") for n in range(9)], ["w0 w1 w2 w3 w4 w5", "w6 w7 w8"]),
        ([(0, 1, "東"), (1, 2, "京")], ["東京"]),
        ([(0, 1, " "), (2, 3, " x")], ["x"]),
    ],
)
def test_words_are_joined_up_to_pauses_and_sentences(
    words: list[tuple[float, float, str]], lines: list[str]
) -> None:
    assert [cue.text for cue in join_words(_words(*words), "en")] == lines


def test_cues_never_overlap_even_where_words_do() -> None:
    cues = list(join_words(_words((0, 2, " a"), (1, 1.2, " b"), (3, 4, " c"), (3.5, 3.6, " d")), None))
    assert all(first.sound.end <= second.sound.start for first, second in pairwise(cues))


def test_any_rate_becomes_sixteen_kilohertz(tmp_path: Path) -> None:
    tone = np.sin(np.arange(48_000) / 48_000 * 2 * np.pi * 440) * 10_000
    samples = np.concatenate(list(speech_samples(_write(tmp_path / "tone.wav", tone, 48_000))))
    assert abs(len(samples) - SPEECH_RATE) <= 32
    assert 9_000 < samples.max() <= 10_500


def test_a_file_that_is_no_sound_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"not sound at all")
    with pytest.raises(CorruptMedia):
        list(speech_samples(tmp_path / "x.wav"))


@pytest.mark.parametrize("seconds", [0, 0.01, 0.03, 0.6, 2.0])
def test_silence_has_no_words(store: PackStore, tmp_path: Path, seconds: float) -> None:
    path = _write(tmp_path / "silence.wav", np.zeros(int(seconds * SPEECH_RATE)))
    assert list(factory.open_speech(store).transcribe(path)) == []


@pytest.mark.slow
def test_pocketsphinx_finds_your_country(store: PackStore, testdata: Path) -> None:
    recogniser = factory.open_speech(store)
    cues = recogniser.transcribe(testdata / "speech" / "jfk.flac")
    cue = next(cue for cue in cues if "your country" in cue.text)
    assert recogniser.draft
    assert 4.5 < cue.sound.start_seconds < cue.sound.end_seconds < 8.5
    assert cue.language == "en"
    assert cue.confidence is not None
    assert 0 < cue.confidence < 1


@pytest.mark.slow
def test_words_keep_their_place_after_a_long_silence(
    store: PackStore, testdata: Path, tmp_path: Path
) -> None:
    spoken = np.concatenate(list(speech_samples(testdata / "speech" / "jfk.flac")))
    late = _write(tmp_path / "late.wav", np.concatenate([np.zeros(60 * SPEECH_RATE), spoken]))
    found = [cue for cue in factory.open_speech(store).transcribe(late) if "your country" in cue.text]
    assert 64.5 < found[0].sound.start_seconds < 68.5


def test_pocketsphinx_leaves_other_languages_alone(store: PackStore, testdata: Path) -> None:
    assert list(factory.open_speech(store).transcribe(testdata / "speech" / "jfk.flac", "fr")) == []


def test_a_whisper_folder_becomes_the_active_pack(
    store: PackStore, testdata: Path, random_model: Path
) -> None:
    pack = adopt("speech", Adoption(str(random_model), name="noise"), store)
    assert pack.active
    recogniser = factory.open_speech(store, ONE_THREAD)
    assert not recogniser.draft
    cues = list(recogniser.transcribe(testdata / "speech" / "jfk.flac"))
    assert cues
    assert all(0 <= cue.sound.start < cue.sound.end <= 12 * SOUND_RATE for cue in cues)
    assert cues == list(recogniser.transcribe(testdata / "speech" / "jfk.flac"))


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json"])
def test_an_incomplete_whisper_folder_is_refused(
    store: PackStore, tmp_path: Path, random_model: Path, name: str
) -> None:
    source = tmp_path / "whisper"
    source.mkdir()
    for path in random_model.iterdir():
        if path.name != name:
            (source / path.name).write_bytes(path.read_bytes())
    with pytest.raises(PackInvalid, match=f"lacks {name}"):
        adopt("speech", Adoption(str(source)), store)
    assert store.problems() == []


def test_a_damaged_whisper_model_is_invalid(store: PackStore, tmp_path: Path, random_model: Path) -> None:
    source = tmp_path / "whisper"
    source.mkdir()
    for path in random_model.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    (source / "model.bin").write_bytes(b"nothing")
    adopt("speech", Adoption(str(source)), store)
    with pytest.raises(PackInvalid, match="cannot be opened"):
        factory.open_speech(store, ONE_THREAD)


def test_long_sound_is_cut_in_its_pauses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_whisper, "LONGEST_PIECE", 20 * SPEECH_RATE)
    monkeypatch.setattr(speech_whisper, "SEARCHED_FOR_PAUSE", 10 * SPEECH_RATE)
    sound = np.random.default_rng(5).integers(-9000, 9000, 50 * SPEECH_RATE)
    sound[15 * SPEECH_RATE : 16 * SPEECH_RATE] = 0
    pieces = list(speech_whisper._pieces(_write(tmp_path / "long.wav", sound)))
    lengths = [len(piece.samples) for piece in pieces]
    assert sum(lengths) == len(sound)
    assert max(lengths) <= 20 * SPEECH_RATE
    assert 15 * SPEECH_RATE <= lengths[0] <= 16 * SPEECH_RATE
    starts = np.cumsum([0, *lengths[:-1]]) * (SOUND_RATE // SPEECH_RATE)
    assert [piece.start for piece in pieces] == starts.tolist()
