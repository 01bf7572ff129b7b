"""Which stages there are, at which version, for the packs in use and on trial."""

from pathlib import Path

import pytest

from embeddings.packs import PackStore
from foundation.settings import Settings, SignalSettings
from indexer.recipe import Recipe, recipe_of
from indexer.stages import stages
from media.descriptors import DEFAULT_ON
from tests.fakes.pack_folder import make_visual_pack


@pytest.fixture
def packs(tmp_path: Path) -> PackStore:
    store = PackStore(tmp_path / "packs")
    store.use("visual", "starter")
    store.add(make_visual_pack(tmp_path / "tiny"))
    return store


def recipe(packs: PackStore) -> Recipe:
    return recipe_of(Settings(home=packs.folder.parent), packs)


def test_each_pack_has_a_stage_of_its_own(packs: PackStore) -> None:
    starter, tiny = packs.get("visual", "starter").spec, packs.get("visual", "tiny").spec
    plain = recipe(packs)
    packs.begin_trial("visual", "tiny")
    both = recipe(packs)
    names = [stage.name for stage in stages(both)]
    assert names.index(starter.stage) + 1 == names.index(tiny.stage)
    assert set(both.versions) - set(plain.versions) == {tiny.stage}
    assert both.versions[tiny.stage].endswith(tiny.revision)


def test_a_trial_asks_for_no_walk_and_a_switch_does(packs: PackStore) -> None:
    before = recipe(packs).digest
    packs.begin_trial("visual", "tiny")
    assert recipe(packs).digest == before
    packs.use("visual", "tiny")
    assert recipe(packs).digest != before
    packs.use("visual", "starter")
    assert recipe(packs).digest == before


def test_a_pack_that_went_missing_turns_its_stage_off(packs: PackStore) -> None:
    packs.begin_trial("visual", "tiny")
    (packs.get("visual", "tiny").folder / "image.onnx").unlink()
    found = recipe(packs)
    assert [item.pack for item in found.encodings if item.kind == "visual"] == ["starter"]
    assert len(stages(found)) == len(found.versions) - 1, "all but probing are stages of the walk"


@pytest.mark.parametrize(
    ("signals", "describes"),
    [
        (SignalSettings(descriptors=("default",)), DEFAULT_ON),
        (SignalSettings(descriptors=("default", "shot_size")), DEFAULT_ON),
        (SignalSettings(descriptors=("default", "shot_size"), faces=True), DEFAULT_ON | {"shot_size"}),
        (SignalSettings(descriptors=("time_of_day",)), {"time_of_day"}),
        (SignalSettings(descriptors=("shot_size",)), frozenset()),
        (SignalSettings(descriptors=False, faces=True), frozenset()),
    ],
    ids=["defaults by name", "without faces", "with faces", "one", "nothing without faces", "off"],
)
def test_shots_are_described_anew_when_another_choice_can_be_had(
    packs: PackStore, signals: SignalSettings, describes: frozenset[str]
) -> None:
    home = packs.folder.parent
    plain = recipe_of(Settings(home=home), packs)
    chosen = recipe_of(Settings(home=home, signals=signals), packs)
    assert chosen.describes == describes
    assert ("descriptors" in chosen.versions) == bool(describes)
    same = chosen.versions.get("descriptors") == plain.versions["descriptors"]
    assert same == (describes == plain.describes)


def test_shot_size_follows_what_finds_the_faces(packs: PackStore) -> None:
    signals = SignalSettings(descriptors=("shot_size",), faces=True)
    denser = signals.model_copy(update={"frames_per_second": 2.0})
    once, twice = (recipe_of(Settings(home=packs.folder.parent, signals=s), packs) for s in (signals, denser))
    assert once.versions["descriptors"] != twice.versions["descriptors"]
    face = packs.active("face")
    assert face is not None
    assert once.versions["descriptors"].endswith(face.spec.revision)
