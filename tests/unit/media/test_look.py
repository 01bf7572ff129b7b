"""One decode of the proxy: shots, samples, keyframes."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foundation.errors import FrameCountMismatch, RenditionNotFound, StorageError
from foundation.timecode import FrameRange
from media.keyframes import worth
from media.look import Look, Sample, look
from media.played import frames_at, picture_order
from media.shots import ContentShotDetector, ShotDetector, SmallPicture
from tests import material

PAL = Fraction(25)
FLAT = ("color=c=maroon", "testsrc2", "color=c=navy", "smptehdbars")


class CutsAt:
    """A detector that knows; a contract test of the port comes with it."""

    def __init__(self, *frames: int) -> None:
        self._frames = frames
        self.told: list[int] = []

    def begins(self, frame: int, picture: SmallPicture) -> bool:
        self.told.append(frame)
        return frame in self._frames


def looked(
    path: Path,
    folder: Path,
    detector: ShotDetector,
    *,
    frames: int,
    per_second: float = 1.0,
    known: Sequence[FrameRange] = (),
    thumbnails: Path | None = None,
) -> tuple[Look, list[Sample]]:
    seen: list[Sample] = []
    found = look(
        path,
        folder,
        frames=frames,
        rate=PAL,
        per_second=per_second,
        detector=detector,
        see=seen.append,
        known_shots=tuple(known) or None,
        thumbnails=thumbnails,
    )
    return found, seen


@pytest.mark.parametrize(
    ("rate", "cuts"), [("25", (1.0, 2.2)), ("30000/1001", (0.8, 1.7, 2.5)), ("10", (1.0, 2.0)), ("50", ())]
)
def test_cuts_are_found_on_the_frame(tmp_path: Path, rate: str, cuts: Sequence[float]) -> None:
    clip = material.clip(tmp_path / "a.mp4", 3.5, rate, cuts=cuts)
    frames = round(Fraction("3.5") * Fraction(rate))
    seen: list[Sample] = []
    found = look(
        clip,
        tmp_path,
        frames=frames,
        rate=Fraction(rate),
        per_second=1.0,
        detector=ContentShotDetector(Fraction(rate)),
        see=seen.append,
    )
    expected = [0, *(round(Fraction(cut) * Fraction(rate)) for cut in cuts)]
    assert [shot.in_frame for shot in found.shots] == expected


@pytest.mark.parametrize("cuts", [(), (1,), (1, 2, 3, 4), (10, 11, 40, 74), (50,)])
@pytest.mark.parametrize("per_second", [0.2, 1.0, 3.0, 10.0])
def test_every_shot_is_covered_sampled_and_has_a_keyframe(
    tmp_path: Path, cuts: tuple[int, ...], per_second: float
) -> None:
    clip = material.clip(tmp_path / "a.mp4", 3, cuts=(0.4, 1.6), pictures=FLAT)
    found, seen = looked(clip, tmp_path, CutsAt(*cuts), frames=75, per_second=per_second)
    edges = [0, *cuts, 75]
    assert found.shots == tuple(FrameRange(a, b) for a, b in pairwise(edges))
    assert found.samples == tuple(sample.frame for sample in seen)
    assert list(found.samples) == sorted(set(found.samples))
    for ordinal, shot in enumerate(found.shots):
        inside = [frame for frame in found.samples if frame in shot]
        wanted = len(shot) * per_second / 25
        assert max(1, int(wanted)) <= len(inside) <= max(1, wanted + 1)
        assert len(shot) == 1 or shot.in_frame not in inside or per_second == 10.0
        assert [key for key in found.keyframes if key[1] == ordinal and key[0] in shot and key[2].is_file()]
    again, _ = looked(clip, tmp_path, CutsAt(), frames=75, per_second=per_second, known=found.shots)
    assert again == found


def test_samples_are_the_frames_they_claim_to_be(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 4, size="640x360", barcode=True)
    _, seen = looked(clip, tmp_path, CutsAt(30, 33), frames=100, per_second=4)
    assert seen
    for sample in seen:
        assert sample.picture.shape == (360, 640, 3)
        assert sample.picture.dtype == np.uint8
        assert material.read_barcode(sample.picture[:, :, 1]) == sample.frame


CLOSED = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p")


@pytest.mark.parametrize(
    "wanted", [[0], [24], [25], [0, 25, 50, 75], [1, 23, 26, 51, 99], list(range(100)), [98, 99], []]
)
def test_any_frames_of_a_proxy_can_be_had(tmp_path: Path, wanted: list[int]) -> None:
    clip = material.clip(tmp_path / "a.mp4", 4, size="640x360", barcode=True, codec=CLOSED)
    order = picture_order(clip)
    assert order.sync == (0, 25, 50, 75)
    found = frames_at(clip, {order.stamps[frame] for frame in wanted})
    assert [material.read_barcode(frame.to_ndarray(format="gray")) for frame in found] == wanted


def test_samples_at_one_a_second_are_sync_frames_clear_of_the_cuts(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 8, size="640x360", barcode=True, codec=CLOSED)
    found, seen = looked(clip, tmp_path, CutsAt(40, 120), frames=200)
    assert found.samples == (13, 25, 50, 75, 100, 125, 150, 175)
    assert [material.read_barcode(sample.picture[:, :, 1]) for sample in seen] == list(found.samples)


def test_shots_and_glances_come_from_the_thumbnail_track(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 3, size="640x360", pictures=("testsrc2",))
    small = material.clip(tmp_path / "s.mp4", 3, size="256x144", cuts=(1.2,))
    found, seen = looked(clip, tmp_path, ContentShotDetector(PAL), frames=75, thumbnails=small)
    assert [shot.in_frame for shot in found.shots] == [0, 30]
    assert {sample.picture.shape for sample in seen} == {(360, 640, 3)}
    alone, _ = looked(clip, tmp_path, CutsAt(), frames=75, known=found.shots)
    assert alone == found, "what the small pictures come from makes no other samples"


def test_where_nobody_watches_the_thumbnail_track_is_not_read(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 1)
    known = [FrameRange(0, 25)]
    found, _ = looked(clip, tmp_path, CutsAt(), frames=25, known=known, thumbnails=tmp_path / "none.mp4")
    assert len(found.samples) == 1


def test_a_thumbnail_track_of_another_length_is_refused(tmp_path: Path) -> None:
    clip, small = material.clip(tmp_path / "a.mp4", 2), material.clip(tmp_path / "s.mp4", 1)
    with pytest.raises(FrameCountMismatch, match=r"s\.mp4 has 25 frames, not 50"):
        looked(clip, tmp_path, CutsAt(), frames=50, thumbnails=small)


def test_every_frame_is_glanced_at_in_order(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 2, size="640x360")
    glances: list[tuple[int, tuple[int, ...]]] = []
    detector = CutsAt()
    look(
        clip,
        tmp_path,
        frames=50,
        rate=PAL,
        per_second=1.0,
        detector=detector,
        see=lambda _: None,
        glance=lambda frame, small: glances.append((frame, small.shape)),
    )
    assert glances == [(n, (144, 256, 3)) for n in range(50)]
    assert detector.told == list(range(50))


def test_a_long_shot_gets_a_keyframe_every_ten_seconds(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 35, "10", "160x90")
    found = look(
        clip,
        tmp_path,
        frames=350,
        rate=Fraction(10),
        per_second=1.0,
        detector=CutsAt(200),
        see=lambda _: None,
    )
    assert [(frame // 100, shot) for frame, shot, _ in found.keyframes] == [(0, 0), (1, 0), (2, 1), (3, 1)]


def test_keyframes_avoid_black(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 4, cuts=(3.0,), pictures=("color=c=black", "testsrc2"))
    found, _ = looked(clip, tmp_path, CutsAt(), frames=100)
    ((frame, _, path),) = found.keyframes
    assert frame >= 75
    assert np.asarray(Image.open(path)).mean() > 60


def test_worth_prefers_sharp_and_exposed() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    soft = np.repeat(np.repeat(noise[::10, ::10], 10, 0), 10, 1)
    dark, flat = (noise // 32).astype(np.uint8), np.full_like(noise, 128)
    assert worth(noise) > worth(soft) > worth(dark) > worth(flat) == 0.0


def test_a_proxy_of_another_length_is_refused(tmp_path: Path) -> None:
    clip = material.clip(tmp_path / "a.mp4", 1)
    with pytest.raises(FrameCountMismatch, match="25 frames, not 26"):
        looked(clip, tmp_path, CutsAt(), frames=26)


def test_a_missing_or_damaged_proxy_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(RenditionNotFound):
        looked(tmp_path / "proxy.mp4", tmp_path, CutsAt(), frames=1)
    (tmp_path / "proxy.mp4").write_bytes(b"\0" * 1000)
    with pytest.raises(StorageError):
        looked(tmp_path / "proxy.mp4", tmp_path, CutsAt(), frames=1)
