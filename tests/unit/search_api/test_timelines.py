"""Timelines kept between searches."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from catalog.model import AssetTimeline, Technical
from foundation.timecode import PtsTable
from search_api.services import timelines as t
from tests.fakes.small_archive import SmallArchive


def test_a_timeline_is_read_once_per_version(tmp_path: Path) -> None:
    archive, kept = SmallArchive(tmp_path), t.Timelines()
    with archive.catalog.read() as reader:
        film = reader.assets.get(archive.film.id)
        first = kept.of(reader, [film])[film.id]
        assert kept.of(reader, [film])[film.id] is first
        assert kept.of(reader, [replace(film, version=2)])[film.id] is not first
        assert kept.of(reader, [reader.assets.get(archive.cold.id)]) == {}
    archive.catalog.close()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(t, "KEPT_FRAMES", 250)
    kept = t.Timelines()
    pts = PtsTable.constant(Fraction(25), 100)
    for number in range(10):
        asset = f"ast_{number}"
        kept._keep((asset, 1), AssetTimeline(asset, pts, Technical()))  # type: ignore[arg-type]
    assert len(kept._kept) == 2
    assert kept._frames == 200
