"""Listings as tables: what belongs together, what is left out."""

import pytest

from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import AssetKind, CueKind, InstanceKind, ObjectRole, RestoreState
from indexer.candidates import Candidate, group
from indexer.sidecar_names import language_tag, sidecar_of


def info(
    key: str, *, etag: str = "", size: int = 10, restore: RestoreState = RestoreState.NONE
) -> ObjectInfo:
    return ObjectInfo(key, f"file:///r/{key}", size, etag or f"tag-{key}", 1, "", "STANDARD", restore)


def grouped(*keys: str) -> dict[str, Candidate]:
    return {c.name: c for c in group(info(key) for key in keys)}


@pytest.mark.parametrize(
    ("sidecar", "language", "kind"),
    [
        ("x.srt", None, CueKind.CAPTION),
        ("x.mov.srt", None, CueKind.CAPTION),
        ("x.en.srt", "en", CueKind.CAPTION),
        ("x.en.sdh.srt", "en", CueKind.SDH),
        ("x.sdh.en.vtt", "en", CueKind.SDH),
        ("x.en.hi.srt", "en", CueKind.SDH),
        ("x.hi.srt", "hi", CueKind.CAPTION),
        ("x.pt-BR.forced.srt", "pt-BR", CueKind.FORCED),
        ("x.zh_Hant.vtt", "zh-Hant", CueKind.CAPTION),
        ("x.ger.ttml", "de", CueKind.CAPTION),
        ("x.mov.fr.cc.srt", "fr", CueKind.SDH),
        ("X.srt", None, None),
        ("x.final.srt", None, None),
        ("xy.srt", None, None),
    ],
)
def test_caption_names(sidecar: str, language: str | None, kind: CueKind | None) -> None:
    candidate = grouped("x.mov", sidecar)["x.mov"]
    captions = [o for o in candidate.objects if o.role is ObjectRole.CAPTIONS]
    assert [(o.language, o.caption_kind) for o in captions] == ([] if kind is None else [(language, kind)])


def test_a_dotted_stem_is_tried_before_it_is_read_as_a_language() -> None:
    found = grouped("reel.en.mov", "reel.mov", "reel.en.srt")
    assert [o.key for o in found["reel.en.mov"].objects] == ["reel.en.mov", "reel.en.srt"]
    assert [o.key for o in found["reel.mov"].objects] == ["reel.mov"]


def test_metadata_sidecars_attach_and_other_files_are_ignored() -> None:
    found = grouped("a/x.mov", "a/x.json", "a/x.mov.xmp", "a/y.json", "a/notes.txt", "a/x.pdf", "x.xmp")
    assert list(found) == ["a/x.mov"]
    assert [(o.key, o.role) for o in found["a/x.mov"].objects] == [
        ("a/x.mov", ObjectRole.ESSENCE),
        ("a/x.json", ObjectRole.SIDECAR),
        ("a/x.mov.xmp", ObjectRole.SIDECAR),
    ]


def test_the_picture_has_the_sidecars_of_a_shared_stem() -> None:
    found = grouped("take.mov", "take.wav", "take.srt", "take.wav.srt")
    assert [o.key for o in found["take.mov"].objects] == ["take.mov", "take.srt"]
    assert [o.key for o in found["take.wav"].objects] == ["take.wav", "take.wav.srt"]


@pytest.mark.parametrize(
    ("key", "media"),
    [
        ("a.MOV", AssetKind.VIDEO),
        ("list.m3u8", AssetKind.VIDEO),
        ("a b\n'c.mkv", AssetKind.VIDEO),
        ("-leading.mp4", AssetKind.VIDEO),
        ("100%.wav", AssetKind.SOUND),
        ("ü.JPeG", AssetKind.STILL),
        ("noext", None),
        (".hidden.mov", None),
        ("._fork.mov", None),
        ("@eaDir/x.mov", None),
    ],
)
def test_what_counts_as_media(key: str, media: AssetKind | None) -> None:
    assert [c.media for c in grouped(key).values()] == ([] if media is None else [media])


def test_p2_clip_is_one_instance() -> None:
    card = "CARD1/CONTENTS"
    found = grouped(
        f"{card}/VIDEO/0001AB.MXF",
        f"{card}/AUDIO/0001AB00.MXF",
        f"{card}/AUDIO/0001AB01.MXF",
        f"{card}/CLIP/0001AB.XML",
        f"{card}/ICON/0001AB.BMP",
        f"{card}/PROXY/0001AB.MP4",
        f"{card}/VIDEO/0002CD.MXF",
    )
    assert list(found) == [f"{card}/VIDEO/0001AB.MXF", f"{card}/VIDEO/0002CD.MXF"]
    clip = found[f"{card}/VIDEO/0001AB.MXF"]
    assert clip.kind is InstanceKind.CARD
    assert [o.role for o in clip.objects] == [
        ObjectRole.ESSENCE,
        ObjectRole.CARD_PART,
        ObjectRole.CARD_PART,
        ObjectRole.SIDECAR,
    ]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (
            [
                "XDROOT/Clip/C0001.MXF",
                "XDROOT/Clip/C0001M01.XML",
                "XDROOT/Sub/C0001S01.MXF",
                "XDROOT/INDEX.XML",
            ],
            ["XDROOT/Clip/C0001.MXF"],
        ),
        (
            [
                "d/M4ROOT/CLIP/C1.MP4",
                "d/M4ROOT/CLIP/C1M01.XML",
                "d/M4ROOT/SUB/C1S03.MP4",
                "d/M4ROOT/THMBNL/C1T01.JPG",
            ],
            ["d/M4ROOT/CLIP/C1.MP4"],
        ),
        (
            [
                "Avid MediaFiles/MXF/1/reel4V01.4F8A_1.mxf",
                "Avid MediaFiles/MXF/1/reel4A01.4F8A_2.mxf",
                "Avid MediaFiles/MXF/1/msmFMID.pmr",
            ],
            ["Avid MediaFiles/MXF/1/reel4V01.4F8A_1.mxf"],
        ),
    ],
)
def test_cards(keys: list[str], names: list[str]) -> None:
    assert list(grouped(*keys)) == names


def test_a_folder_that_is_only_called_like_a_card_stays_a_folder() -> None:
    assert list(grouped("CONTENTS/VIDEO/readme.mov")) == ["CONTENTS/VIDEO/readme.mov"]


def frames(pattern: str, numbers: range) -> list[str]:
    return [pattern % number for number in numbers]


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        (frames("s/shot_%04d.dpx", range(86400, 86403)), [InstanceKind.SEQUENCE]),
        (frames("s/shot.%07d.exr", range(2)), [InstanceKind.SEQUENCE]),
        (frames("s/f%05d.png", range(24)), [InstanceKind.SEQUENCE]),
        (frames("s/f%05d.png", range(23)), [InstanceKind.FILE] * 23),
        (frames("s/IMG_%04d.jpg", range(1, 60)), [InstanceKind.FILE] * 59),
        (frames("s/DSC%05d.jpg", range(1, 60)), [InstanceKind.FILE] * 59),
        (frames("s/f%05d.png", range(0, 60, 2)), [InstanceKind.FILE] * 30),
        (
            frames("s/a_%04d.dpx", range(3)) + frames("s/a_%04d.dpx", range(9, 12)),
            [InstanceKind.SEQUENCE] * 2,
        ),
    ],
)
def test_sequences(keys: list[str], kinds: list[InstanceKind]) -> None:
    found = grouped(*keys)
    assert [c.kind for c in found.values()] == kinds
    assert sum(len(c.objects) for c in found.values()) == len(keys)


def test_numbered_photographs_differ_in_size() -> None:
    photographs = [info(f"{n:04d}.jpg", size=1000 + n * 311 % 800) for n in range(40)]
    assert {c.kind for c in group(photographs)} == {InstanceKind.FILE}
    film = [info(f"{n:04d}.jpg", size=1000 + n % 3 * 20) for n in range(40)]
    assert [c.kind for c in group(film)] == [InstanceKind.SEQUENCE]


def test_frames_are_in_the_order_of_their_numbers() -> None:
    keys = frames("f%03d.dpx", range(5))
    assert [o.key for o in grouped(*reversed(keys))["f000.dpx"].objects] == keys


def test_identity_changes_with_a_sidecar_and_not_with_the_order_of_the_listing() -> None:
    with_captions = grouped("x.mov", "x.srt")["x.mov"]
    assert grouped("x.srt", "x.mov")["x.mov"].identity == with_captions.identity
    assert grouped("x.mov")["x.mov"].identity != with_captions.identity


@pytest.mark.parametrize(
    ("token", "tag"), [("EN", "en"), ("pt_br", "pt-BR"), ("es-419", "es-419"), ("x", None), ("final", None)]
)
def test_language_tags(token: str, tag: str | None) -> None:
    assert language_tag(token) == tag


def test_what_is_no_sidecar_names_no_owner() -> None:
    assert list(sidecar_of("x.mov")) == []
