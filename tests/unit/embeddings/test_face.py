"""Faces: found, told apart, and honest about packs that are none."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from embeddings import factory
from embeddings.adopt import Adoption, adopt
from embeddings.compute import Compute
from embeddings.face import box_of, sharpness_of
from embeddings.packs import PackStore
from foundation.errors import PackInvalid, PackMissing
from scripts.bench.faces import compare

ONE_THREAD = Compute(threads=1, device="cpu")


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    return PackStore(tmp_path / "packs")


@pytest.fixture
def local_models(testdata: Path) -> Path:
    return testdata / "models" / "insightface" / "models" / "mbf_local"


def test_boxes_are_fractions_and_stop_at_the_edges() -> None:
    picture = np.zeros((100, 200, 3), dtype=np.uint8)
    box = box_of(-10, 50, 100, 300, picture)
    assert (box.left, box.top, box.width, box.height) == (0.0, 0.5, 0.5, 0.5)


def test_blur_is_less_sharp() -> None:
    face = np.ascontiguousarray(data.astronaut()[50:200, 150:300])
    blurred = np.asarray(face, dtype=np.float32)
    for _ in range(3):
        blurred = (blurred + np.roll(blurred, 1, 0) + np.roll(blurred, 1, 1)) / 3
    assert 0 < sharpness_of(blurred.astype(np.uint8)) < sharpness_of(face) < 1
    assert sharpness_of(np.full((150, 150, 3), 9, dtype=np.uint8)) == 0


def test_dlib_finds_a_face_where_it_is(store: PackStore) -> None:
    (face,) = factory.open_face(store).detect(data.astronaut())
    assert 0.3 < face.box.left < face.box.left + face.box.width < 0.6
    assert face.box.top < 0.2
    assert face.vector.shape == (128,)


def test_dlib_finds_a_face_of_a_tenth_of_the_width(store: PackStore) -> None:
    wide = np.zeros((540, 960, 3), dtype=np.uint8)
    wide[100:356, 300:556] = data.astronaut()[::2, ::2]
    (face,) = factory.open_face(store).detect(wide)
    assert face.box.width < 0.1


def test_a_face_upside_down_or_none_at_all_is_not_found(store: PackStore) -> None:
    encoder = factory.open_face(store)
    assert encoder.detect(data.coffee()) == []
    assert encoder.detect(np.ascontiguousarray(data.astronaut()[::-1])) == []


@pytest.mark.slow
def test_dlib_tells_people_apart(store: PackStore, testdata: Path) -> None:
    encoder = factory.open_face(store)
    cosines, same, missing = compare(encoder, testdata / "faces" / "pairs")
    assert missing == 0
    assert ((cosines > encoder.same_person) == same).mean() >= 0.98


@pytest.mark.slow
def test_an_insightface_folder_becomes_a_pack_that_tells_people_apart(
    store: PackStore, testdata: Path, local_models: Path
) -> None:
    pack = adopt("face", Adoption(str(local_models)), store)
    assert (pack.spec.dim, pack.active, pack.spec.commercial_use) == (128, True, False)
    assert "non-commercial" in pack.spec.licence
    encoder = factory.open_face(store, ONE_THREAD)
    cosines, same, missing = compare(encoder, testdata / "faces" / "pairs")
    assert missing == 0
    assert ((cosines > encoder.same_person) == same).mean() >= 0.98


def test_only_the_two_files_in_use_are_copied(store: PackStore, local_models: Path, tmp_path: Path) -> None:
    source = tmp_path / "models"
    source.mkdir()
    for path in local_models.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    (source / "notes.txt").write_text("not a model", encoding="utf-8")
    pack = adopt("face", Adoption(str(source), name="mine"), store)
    assert {path.suffix for path in pack.folder.iterdir()} == {".onnx", ".json"}


@pytest.mark.parametrize("content", ["nothing", "no models", "damaged", "detector only"])
def test_folders_without_both_models_are_refused(
    store: PackStore, tmp_path: Path, local_models: Path, content: str
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    if content == "no models":
        (source / "readme.txt").write_text("none here", encoding="utf-8")
    if content == "damaged":
        (source / "det.onnx").write_bytes(b"x" * 100)
    if content == "detector only":
        (source / "det.onnx").write_bytes((local_models / "det_500m.onnx").read_bytes())
    with pytest.raises(PackInvalid, match=str(source)):
        adopt("face", Adoption(str(source)), store)
    assert store.problems() == []


def test_a_folder_that_is_not_there_is_missing(store: PackStore) -> None:
    with pytest.raises(PackMissing):
        adopt("face", Adoption("/nowhere/at/all"), store)
