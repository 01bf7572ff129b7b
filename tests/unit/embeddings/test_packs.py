"""Packs on disk: what is listed, added, chosen, removed, and what damage says."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings import factory
from embeddings.packs import KINDS, PackStore
from foundation.errors import NameTaken, PackInvalid, PackMissing, StateConflict
from tests.fakes.pack_folder import make_visual_pack


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    return PackStore(tmp_path / "packs")


def test_a_fresh_home_has_one_active_built_in_pack_of_every_kind(store: PackStore) -> None:
    active = {pack.spec.kind: pack.spec.name for pack in store.list() if pack.active and pack.builtin}
    assert active == {
        "visual": "starter", "text": "minilm", "face": "dlib", "speech": "pocketsphinx", "ocr": "rapidocr",
    }  # fmt: skip
    assert not store.folder.exists(), "looking must not write"


def test_built_in_packs_match_their_digests(store: PackStore) -> None:
    for pack in store.list():
        pack.check()


@pytest.mark.parametrize("kind", KINDS)
def test_specs_come_without_loading_anything(store: PackStore, kind: str) -> None:
    spec = factory.spec_of(store, kind)  # type: ignore[arg-type]
    assert spec is not None
    assert spec.space == f"{kind}:{spec.name}@{spec.revision[:12]}"
    assert spec.licence


def test_the_starter_says_that_it_is_weak_and_not_for_sale(store: PackStore) -> None:
    spec = store.get("visual", "starter").spec
    assert "weak" in spec.weakness
    assert "packs add visual" in spec.weakness
    assert spec.commercial_use is False


def test_the_first_pack_added_becomes_active_and_the_second_waits(store: PackStore, tmp_path: Path) -> None:
    assert store.add(make_visual_pack(tmp_path / "a", name="one")).active
    assert not store.add(make_visual_pack(tmp_path / "b", name="two", seed=2)).active
    assert store.use("visual", "two").active
    assert [pack.spec.name for pack in store.list() if pack.active and pack.spec.kind == "visual"] == ["two"]


def test_a_chosen_built_in_pack_is_not_displaced(store: PackStore, tmp_path: Path) -> None:
    store.use("visual", "starter")
    assert not store.add(make_visual_pack(tmp_path / "a")).active


def test_adding_the_same_pack_again_changes_nothing(store: PackStore, tmp_path: Path) -> None:
    source = make_visual_pack(tmp_path / "a")
    assert store.add(source).spec == store.add(source).spec
    assert [pack.spec.name for pack in store.list()].count("tiny") == 1


def test_another_pack_of_the_same_name_is_refused(store: PackStore, tmp_path: Path) -> None:
    store.add(make_visual_pack(tmp_path / "a", seed=1))
    with pytest.raises(NameTaken):
        store.add(make_visual_pack(tmp_path / "b", seed=2))
    with pytest.raises(NameTaken):
        store.add(make_visual_pack(tmp_path / "c", name="starter"))


def test_the_choice_survives_and_removal_falls_back_to_the_built_in_pack(
    store: PackStore, tmp_path: Path
) -> None:
    store.add(make_visual_pack(tmp_path / "a"))
    again = PackStore(store.folder)
    assert (active := again.active("visual")) is not None
    assert active.spec.name == "tiny"
    again.remove("visual", "tiny")
    assert (active := store.active("visual")) is not None
    assert active.spec.name == "starter"
    assert [path.name for path in (store.folder / ".staging").iterdir()] == []


@pytest.mark.parametrize("name", ["starter", "nothing", "../visual/tiny"])
def test_only_added_packs_can_be_removed(store: PackStore, tmp_path: Path, name: str) -> None:
    store.add(make_visual_pack(tmp_path / "a"))
    with pytest.raises(PackMissing):
        store.remove("visual", name)


def test_an_unknown_name_is_missing(store: PackStore) -> None:
    with pytest.raises(PackMissing, match="no visual pack called nothing"):
        store.use("visual", "nothing")


def _delete_image(folder: Path) -> None:
    (folder / "image.onnx").unlink()


def _truncate_image(folder: Path) -> None:
    (folder / "image.onnx").write_bytes((folder / "image.onnx").read_bytes()[:-5])


def _break_description(folder: Path) -> None:
    (folder / "pack.json").write_text("{", encoding="utf-8")


def _rename_inside(folder: Path) -> None:
    content = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
    (folder / "pack.json").write_text(json.dumps({**content, "name": "other"}), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_delete_image, "lacks the file image.onnx"),
        (_truncate_image, "image.onnx has another size"),
        (_break_description, "is not a pack description"),
        (_rename_inside, "describes another pack"),
    ],
)
def test_a_damaged_pack_is_named_and_leaves_the_others_alone(
    store: PackStore, tmp_path: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    store.add(make_visual_pack(tmp_path / "a"))
    damage(store.folder / "visual" / "tiny")
    assert "tiny" not in [pack.spec.name for pack in store.list()]
    assert [sentence in problem.message for problem in store.problems()] == [True]
    with pytest.raises(PackInvalid, match=sentence):
        store.active("visual")
    with pytest.raises(PackInvalid, match=sentence):
        factory.open_visual(store)
    assert factory.spec_of(store, "text") is not None


def test_a_damaged_pack_is_healed_by_adding_it_again(store: PackStore, tmp_path: Path) -> None:
    source = make_visual_pack(tmp_path / "a")
    store.add(source)
    _truncate_image(store.folder / "visual" / "tiny")
    store.add(source).check()
    assert store.problems() == []


def test_changed_bytes_of_the_right_length_are_found_by_the_full_check(
    store: PackStore, tmp_path: Path
) -> None:
    source = make_visual_pack(tmp_path / "a")
    pack = store.add(source)
    content = bytearray(pack.file("image.onnx").read_bytes())
    content[-1] ^= 1
    pack.file("image.onnx").write_bytes(content)
    with pytest.raises(PackInvalid, match="changed or damaged"):
        store.get("visual", "tiny").check()


@pytest.mark.parametrize("name", ["../image.onnx", "/etc/passwd", "a/b.onnx", ".hidden", ""])
def test_a_pack_cannot_name_files_outside_its_folder(store: PackStore, tmp_path: Path, name: str) -> None:
    source = make_visual_pack(tmp_path / "a")
    content = json.loads((source / "pack.json").read_text(encoding="utf-8"))
    content["files"] = {name: next(iter(content["files"].values()))}
    (source / "pack.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(PackInvalid, match="is not a pack description"):
        store.add(source)


def test_a_garbled_choice_is_a_clear_error(store: PackStore, tmp_path: Path) -> None:
    store.add(make_visual_pack(tmp_path / "a"))
    (store.folder / "active.json").write_text("nonsense", encoding="utf-8")
    with pytest.raises(PackInvalid, match=r"active\.json"):
        store.active("visual")


def test_a_chosen_pack_that_is_gone_is_missing_not_replaced(store: PackStore) -> None:
    store.folder.mkdir()
    (store.folder / "active.json").write_text('{"visual": "gone"}', encoding="utf-8")
    with pytest.raises(PackMissing, match="gone"):
        factory.open_visual(store)


def test_a_file_that_is_no_network_is_invalid(store: PackStore, tmp_path: Path) -> None:
    source = make_visual_pack(tmp_path / "a")
    (source / "image.onnx").write_bytes(b"not a network")
    content = json.loads((source / "pack.json").read_text(encoding="utf-8"))
    from embeddings.manifest import describe_files

    facts = describe_files(source, content["files"])
    content["files"] = {name: fact.model_dump() for name, fact in facts.items()}
    (source / "pack.json").write_text(json.dumps(content), encoding="utf-8")
    store.add(source)
    import numpy as np

    with pytest.raises(PackInvalid, match=r"image\.onnx cannot be opened"):
        factory.open_visual(store).encode_pictures([np.zeros((8, 8, 3), dtype=np.uint8)])


def test_what_served_before_is_remembered_and_comes_back(store: PackStore, tmp_path: Path) -> None:
    store.add(make_visual_pack(tmp_path / "a", name="one"))
    former = store.former("visual")
    assert former is not None
    assert former.spec.name == "starter"
    store.use("visual", "one")
    assert store.former("visual") == former, "choosing what serves changes nothing"
    store.use("visual", "starter")
    former = store.former("visual")
    assert former is not None
    assert former.spec.name == "one"
    store.forget_former("visual")
    assert store.former("visual") is None
    assert store.active("visual") == store.get("visual", "starter")


def test_a_trial_stands_beside_what_serves(store: PackStore, tmp_path: Path) -> None:
    assert store.trial("visual") is None
    store.use("visual", "starter")
    store.add(make_visual_pack(tmp_path / "a", name="one"))
    before = store.choice_file.stat().st_mtime_ns
    assert store.begin_trial("visual", "one") == store.trial("visual")
    assert store.choice_file.stat().st_mtime_ns == before, "whoever serves need not look again"
    store.use("visual", "one")
    assert store.trial("visual") is None, "what serves is not on trial"
    store.use("visual", "starter")
    store.end_trial("visual")
    store.end_trial("visual")
    assert store.trial("visual") is None


def test_only_another_installed_pack_can_be_tried(store: PackStore) -> None:
    with pytest.raises(StateConflict):
        store.begin_trial("visual", "starter")
    with pytest.raises(PackMissing):
        store.begin_trial("visual", "nobody")


def test_a_removed_pack_is_named_nowhere(store: PackStore, tmp_path: Path) -> None:
    store.use("visual", "starter")
    for name, seed in (("one", 1), ("two", 2)):
        store.add(make_visual_pack(tmp_path / name, name=name, seed=seed))
    store.use("visual", "one")
    store.use("visual", "starter")
    store.begin_trial("visual", "two")
    store.remove("visual", "one")
    store.remove("visual", "two")
    assert (store.former("visual"), store.trial("visual")) == (None, None)
