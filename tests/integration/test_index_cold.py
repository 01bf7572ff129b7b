"""Cold masters: catalogued from the listing, thawed under a budget, walked once, left to expire."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from archive_tiering.factory import open_backfill
from catalog.model import AssetKind, LocationKind, RenditionRole, RestoreState, RestoreStatus
from foundation.settings import TieringSettings
from indexer.backfill import Worker
from tests import material
from tests.indexing import QUICK, Archive

DELAYS = {"standard": 0.3, "bulk": 0.3, "expedited": 0.1}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Archive]:
    (tmp_path / "footage").mkdir()
    prices = {"standard": 100, "bulk": 50, "expedited": 200}
    terms = {"storage_class": "VAULT_COLD", "retrieval": DELAYS, "prices": prices}
    (tmp_path / "footage" / ".vault.json").write_text(json.dumps(terms))
    made = Archive.open(tmp_path, kind=LocationKind.VAULT)
    yield made
    made.services.close()


def test_cold_masters_are_catalogued_from_the_listing_alone(vault: Archive) -> None:
    clip = material.clip(vault.root / "reel.mp4", 1)
    material.sound(vault.root / "tape.wav", 1)
    clip.chmod(0o644)
    run = vault.index()
    assert (run.state, run.discovered, run.cold, run.total) == ("finished", 2, 2, 0)
    found = vault.assets()
    assert {n: (a.kind, a.storage_class, a.sha256) for n, a in found.items()} == {
        "reel.mp4": (AssetKind.VIDEO, "VAULT_COLD", None),
        "tape.wav": (AssetKind.SOUND, "VAULT_COLD", None),
    }
    again = vault.index()
    assert (again.cold, again.total, {a.id for a in vault.assets().values()}) == (
        2,
        0,
        {a.id for a in found.values()},
    )


def test_a_budget_brings_them_in_and_lets_them_expire(vault: Archive) -> None:
    material.clip(vault.root / "reel.mp4", 1)
    material.sidecar(vault.root / "reel.en.srt", [(0.1, 0.8, "Cold but kept.")])
    run = vault.index(cold=True, budget="25.00")
    assert (run.state, run.failed) == ("finished", 0)
    asset = vault.assets()["reel.mp4"]
    assert asset.sha256 is not None
    with vault.read() as reader:
        assert RenditionRole.PROXY in reader.facts.renditions(asset.id)
        assert [cue.text for cue in reader.facts.cues(asset.id)] == ["Cold but kept."]
        assert {r.status for r in reader.restores.find()} <= {RestoreStatus.RESTORED, RestoreStatus.VERIFIED}
    assert vault.index(cold=True, budget="25.00").unchanged == 1


def test_what_exceeds_the_budget_stays_asleep_and_says_so(vault: Archive) -> None:
    material.clip(vault.root / "small.mp4", 1)
    big = vault.root / "big.mp4"
    material.clip(big, 1, size="640x360")
    with big.open("ab") as file:
        file.write(b"\0\0\0\x08free" * 30_000_000)
    run = vault.index(cold=True, budget="1.00")
    assert (run.state, run.failed) == ("finished", 1)
    letters = vault.letters()
    assert {name: letter.code for name, letter in letters.items()} == {"big.mp4": "budget-exceeded"}
    with vault.read() as reader:
        playable = {
            name for name, a in vault.assets().items() if RenditionRole.PROXY in reader.facts.renditions(a.id)
        }
    assert playable == {"small.mp4"}


def test_an_overwritten_sleeper_is_a_new_version(vault: Archive) -> None:
    material.clip(vault.root / "reel.mp4", 1)
    vault.index(cold=True, budget="25.00")
    before = vault.assets()["reel.mp4"]
    material.clip(vault.root / "reel.mp4", 2)
    run = vault.index()
    after = vault.assets()["reel.mp4"]
    assert (after.id, after.version, after.sha256) == (before.id, 2, None)
    assert run.cold == 1
    vault.index(cold=True, budget="25.00")
    assert vault.assets()["reel.mp4"].technical.frames == 50


def test_other_settings_look_again_without_waking_anything(vault: Archive, tmp_path: Path) -> None:
    material.clip(vault.root / "reel.mp4", 1)
    material.sidecar(vault.root / "reel.en.srt", [(0.1, 0.8, "Cold but kept.")])
    vault.index(cold=True, budget="25.00")
    assert (
        vault.assets()["reel.mp4"].sha256
        == hashlib.sha256((vault.root / "reel.mp4").read_bytes()).hexdigest()
    )
    shutil.rmtree(vault.services.home.root / "vaults")
    vault.services.close()
    signals = QUICK.model_copy(update={"speech": True, "descriptors": True})
    again = Archive.open(tmp_path, signals=signals, kind=LocationKind.VAULT)
    try:
        run = again.index()
        assert (run.state, run.done, run.failed, again.letters()) == ("finished", 1, 0, {})
        with again.read() as reader:
            cues = reader.facts.cues(again.assets()["reel.mp4"].id)
        assert [cue.text for cue in cues] == ["Cold but kept."]
    finally:
        again.services.close()


def test_a_survey_catalogues_what_sleeps_and_the_forecast_is_what_it_costs(
    vault: Archive, tmp_path: Path
) -> None:
    for n in range(3):
        material.still(vault.root / f"{n}.png", colour=f"#{n}0a0f0")
    run = vault.index(survey=True, cold=True, budget="25")
    assert (run.state, run.cold, run.total) == ("finished", 3, 0)
    backfill = open_backfill(vault.services.catalog, vault.services.settings)
    ids = [asset.id for asset in vault.assets().values()]
    forecast = backfill.forecast(ids, None)
    assert [len(wave.loads) for wave in forecast.plan.waves] == [3]
    assert {wave.retrieval_tier for wave in forecast.plan.waves} == {"bulk"}
    vault.index(cold=True, budget="25")
    with vault.read() as reader:
        spent = sum(e.amount for r in reader.restores.find() for e in reader.spending.entries(r.id))
    assert spent == forecast.plan.cost > 0
    assert open_backfill(vault.services.catalog, vault.services.settings).forecast(ids, None).plan.waves == ()


def test_waves_follow_each_other_within_one_budget(vault: Archive, tmp_path: Path) -> None:
    """Each master is a wave of its own; the budget is the run's, not the wave's."""
    vault.services.close()
    one_at_a_time = Archive.open(tmp_path, kind=LocationKind.VAULT, tiering=TieringSettings(backfill_bytes=1))
    try:
        for n in range(4):
            (material.still(vault.root / f"{n}.png", colour=f"#{n}0a0f0")).chmod(0o644)
        run = one_at_a_time.index(cold=True, budget="0.03")
        assert (run.state, run.failed) == ("finished", 1)
        assert [letter.code for letter in one_at_a_time.letters().values()] == ["budget-exceeded"]
        with one_at_a_time.read() as reader:
            restores = reader.restores.find()
            waits = sorted(restore.requested_at for restore in restores)
        assert len(restores) == len({restore.quote_id for restore in restores}) == 3
        assert all((b - a).total_seconds() >= DELAYS["bulk"] for a, b in pairwise(waits))
    finally:
        one_at_a_time.services.close()


def test_what_went_away_before_it_was_looked_at_is_not_paid_for_twice(vault: Archive) -> None:
    material.still(vault.root / "a.png")
    run = vault.order(cold=True, budget="25")
    Worker(vault.services, Event(), run, ("discover",)).work_once()
    Worker(vault.services, Event(), run, ("thaw",)).work_once()
    with vault.services.catalog.write() as writer:
        (restore,) = writer.restores.find()
        writer.restores.update(replace(restore, status=RestoreStatus.EXPIRED))
        (asset,) = vault.assets().values()
        (copy,) = writer.assets.instances(asset.id)
        asleep = replace(copy.essence, restore=RestoreState.NEEDED)
        writer.assets_writer.replace_instance(replace(copy, objects=(asleep,)))
    ended = vault.finish(run)
    assert (ended.state, ended.failed) == ("finished", 1)
    with vault.read() as reader:
        assert len(reader.restores.find()) == 1
    (letter,) = vault.letters().values()
    assert "not asked for twice" in letter.remedy
