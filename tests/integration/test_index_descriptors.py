"""Which descriptors are asked for, from the setting to statements."""

from pathlib import Path

import pytest

from catalog.model import DRAFT, Statement
from embeddings import factory
from embeddings.encoder import DetectedFace, Picture
from embeddings.packs import PackStore
from foundation.settings import SignalSettings
from search_api.services.status import notes_on
from tests.indexing import QUICK, Archive
from tests.toy_faces import ToyFaceEncoder, portrait

PLAIN = {"black_and_white", "colour"}
"""What a still is described by unless more is asked for."""


class _Counting(ToyFaceEncoder):
    looked_at = 0

    def detect(self, picture: Picture) -> list[DetectedFace]:
        self.looked_at += 1
        return super().detect(picture)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Counting:
    pack = PackStore(tmp_path / "packs").active("face")
    assert pack is not None
    toy = _Counting(pack.spec, float(pack.options["same_person"]))
    monkeypatch.setattr(factory, "open_face", lambda *_: toy)
    return toy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "footage").mkdir()
    portrait(tmp_path / "footage" / "ada.png", "ada")
    return tmp_path


def described(folder: Path, **signals: object) -> list[Statement]:
    """Index with these signals, and see what is said then."""
    archive = Archive.open(folder, signals=SignalSettings.model_validate(QUICK.model_dump() | signals))
    try:
        archive.index()
        asset = archive.assets()["ada.png"]
        with archive.read() as reader:
            known = reader.facts.statements(asset.id)
    finally:
        archive.services.close()
    return [statement for statement in known if statement.source.startswith("stage:descriptors@")]


def fields(statements: list[Statement]) -> set[str]:
    return {statement.field for statement in statements}


def test_a_choice_is_followed_by_what_was_described_before(folder: Path, encoder: _Counting) -> None:
    assert fields(described(folder, descriptors=True)) == PLAIN
    assert encoder.looked_at == 0
    asked = described(folder, descriptors="default,shot_size", faces=True)
    assert fields(asked) == {*PLAIN, "shot_size"}
    assert encoder.looked_at == 1, "two stages share one search for faces"
    (size,) = [statement for statement in asked if statement.field == "shot_size"]
    assert size.value == "close-up"
    assert {statement.field for statement in asked if statement.source.endswith(DRAFT)} == {"shot_size"}
    assert fields(described(folder, descriptors=["colour"], faces=True)) == {"colour"}


def test_shot_size_waits_for_faces_and_status_says_so(folder: Path, encoder: _Counting) -> None:
    assert fields(described(folder, descriptors="default,shot_size")) == PLAIN
    assert encoder.looked_at == 0
    packs = PackStore(folder / "home" / "packs")
    without = SignalSettings(descriptors=("shot_size",))
    (sentence,) = notes_on(packs, without)
    assert sentence.startswith("Shot size is not described: faces are off")
    assert notes_on(packs, without.model_copy(update={"faces": True})) == []
    assert notes_on(packs, SignalSettings()) == []
    assert fields(described(folder, descriptors="default,shot_size", faces=True)) == {*PLAIN, "shot_size"}
