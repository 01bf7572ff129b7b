"""Captions beside a file and inside it."""

from fractions import Fraction
from pathlib import Path

import pytest

from foundation.errors import BadCaptions, ObjectMissing, ObjectUnreadable
from foundation.timecode import SampleRange
from media.captions import CaptionCue, embedded_captions, parse_sidecar
from media.probe import probe
from media.tool import MediaLimits
from tests import material

LIMITS = MediaLimits()
CUES = [(0.5, 1.5, "Hello there"), (2.0, 3.25, "Zweite Zeile: größer")]


def cue(start: float, end: float, text: str, speaker: str | None = None) -> CaptionCue:
    return CaptionCue(SampleRange(round(start * 48_000), round(end * 48_000)), text, speaker)


@pytest.mark.parametrize("suffix", ["srt", "vtt", "ttml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_formats_and_encodings(tmp_path: Path, suffix: str, encoding: str, newline: str) -> None:
    path = material.sidecar(tmp_path / f"a.{suffix}", CUES)
    text = path.read_text(encoding="utf-8").replace("\n", newline)
    path.write_bytes(text.encode(encoding))
    assert parse_sidecar(path) == [cue(*row) for row in CUES]


def test_what_is_inside_decides(tmp_path: Path) -> None:
    path = material.sidecar(tmp_path / "a.ttml", CUES).rename(tmp_path / "a.srt")
    assert parse_sidecar(path) == [cue(*row) for row in CUES]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>Hi</i>\n- there\n", [cue(1, 2, "Hi\n- there")]),
        ('1\n00:00:01,000 --> 00:00:02,000\n<font color="red">a</font> < b & c\n', [cue(1, 2, "a < b & c")]),
        (
            "1\n00:00:03,000 --> 00:00:04,000\nlate\n\n2\n00:00:01,000 --> 00:00:02,000\nearly\n",
            [cue(1, 2, "early"), cue(3, 4, "late")],
        ),
        (
            "1\n00:00:03,000 --> 00:00:02,000\nback\n\n2\n00:00:01,000 --> 00:00:02,000\n \n\n"
            "3\n00:00:05,000 --> 00:00:06,000\nok\n",
            [cue(5, 6, "ok")],
        ),
        (
            "WEBVTT - title\n\nNOTE no\n\nid\n00:01.000 --> 00:02.500 align:start\n"
            "<v Esme Smith>Hello <i>you</i> &amp; me\n",
            [cue(1, 2.5, "Hello you & me", "Esme Smith")],
        ),
        (
            "WEBVTT\n\n01:00:00.000 --> 01:00:01.000\n<c.yellow>one</c> <00:00:00.500>two\n",
            [cue(3600, 3601, "one two")],
        ),
        ("WEBVTT\n", []),
    ],
)
def test_markup(tmp_path: Path, text: str, expected: list[CaptionCue]) -> None:
    (tmp_path / "a.srt").write_text(text, encoding="utf-8")
    assert parse_sidecar(tmp_path / "a.srt") == expected


TT = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xmlns:ttm="http://www.w3.org/ns/ttml#metadata" {}>{}</tt>'
)


@pytest.mark.parametrize(
    ("attributes", "body", "expected"),
    [
        ("", '<body><div><p begin="1s" end="2.5s">a<br/>b</p></div></body>', [cue(1, 2.5, "a\nb")]),
        (
            "",
            '<body begin="10s"><p begin="00:00:01.500" dur="1s">  a\n  b <span>c</span></p></body>',
            [cue(11.5, 12.5, "a b c")],
        ),
        (
            'ttp:frameRate="25"',
            '<body><p begin="00:00:01:05" end="00:00:02:00">a</p></body>',
            [cue(1.2, 2, "a")],
        ),
        (
            'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"',
            '<body><p begin="30f" end="60f">a</p></body>',
            [CaptionCue(SampleRange(48048, 96096), "a")],
        ),
        (
            'ttp:tickRate="10000000"',
            '<body><p begin="10000000t" end="20000000t">a</p></body>',
            [cue(1, 2, "a")],
        ),
        (
            "",
            '<body><p><span begin="1s" end="2s">a</span><span begin="2s" end="3s">b</span></p></body>',
            [cue(1, 2, "a"), cue(2, 3, "b")],
        ),
        (
            "",
            '<head><ttm:agent xml:id="ann" type="person"><ttm:name>Ann</ttm:name></ttm:agent></head>'
            '<body><p ttm:agent="ann" begin="1s" end="2s">a</p></body>',
            [cue(1, 2, "a", "Ann")],
        ),
    ],
)
def test_timed_text(tmp_path: Path, attributes: str, body: str, expected: list[CaptionCue]) -> None:
    (tmp_path / "a.ttml").write_text(TT.format(attributes, body), encoding="utf-8")
    assert parse_sidecar(tmp_path / "a.ttml") == expected


@pytest.mark.parametrize(
    ("first", "start", "expected"),
    [(3600.5, 3600, 0.5), (0.5, 3600, 0.5), (36000.5, 36000, 0.5), (36000.5, 0, 36000.5)],
)
def test_captions_labelled_with_timecode(tmp_path: Path, first: float, start: int, expected: float) -> None:
    path = material.sidecar(tmp_path / "a.srt", [(first, first + 1, "a")])
    (only,) = parse_sidecar(path, programme_start=Fraction(start))
    assert only == cue(expected, expected + 1, "a")


BOMB = (
    '<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tt xmlns="http://www.w3.org/ns/ttml"><body/></tt>'
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"rubbish\n",
        b"\0\1\2\3" * 50,
        b"<tt",
        b"<html><body>x</body></html>",
        BOMB.encode(),
        b"1\n00:00:01 -> 00:00:02\nx\n",
        TT.format("", '<body><p begin="soon" end="2s">a</p></body>').encode(),
        TT.format('ttp:frameRate="0"', '<body><p begin="1f" end="2f">a</p></body>').encode(),
        TT.format('ttp:tickRate="x"', '<body><p begin="1t" end="2t">a</p></body>').encode(),
        TT.format("", "<div>" * 500 + "</div>" * 500).encode(),
        b"<x>" * 200_000,
    ],
)
def test_what_is_no_captions_says_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.ttml").write_bytes(data)
    with pytest.raises(BadCaptions, match=r"a\.ttml"):
        parse_sidecar(tmp_path / "a.ttml")


def test_a_sidecar_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        parse_sidecar(tmp_path / "a.srt")
    with pytest.raises(ObjectUnreadable):
        parse_sidecar(tmp_path)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "mov_text"), ("mkv", "subrip"), ("mkv", "ass"), ("mkv", "webvtt"), ("mov", "mov_text")],
)
def test_captions_inside(tmp_path: Path, suffix: str, codec: str) -> None:
    film = material.clip(tmp_path / "film.mp4", 4)
    words = material.sidecar(tmp_path / "words.srt", [(0.5, 1.5, "<i>Hello</i> there"), (2, 3.25, "größer")])
    master = material.made(
        tmp_path / f"both.{suffix}",
        "-i",
        str(film),
        "-i",
        str(words),
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-c:s",
        codec,
        "-metadata:s:s:0",
        "language=eng",
    )
    info = probe(master, LIMITS)
    ((index, language, cues),) = embedded_captions(master, info, LIMITS)
    assert (index, language) == (2, "eng")
    assert info.caption_streams == (2,)
    assert cues == [cue(0.5, 1.5, "Hello there"), cue(2, 3.25, "größer")]


def test_no_captions_inside(tmp_path: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 1)
    assert embedded_captions(master, probe(master, LIMITS), LIMITS) == []
