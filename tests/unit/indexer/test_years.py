"""Where a year comes from, and what is not one."""

import pytest

from foundation.errors import BadSidecar
from indexer.sidecars import fields_of, single
from indexer.years import year_of


@pytest.mark.parametrize(
    ("name", "described", "tags", "expected"),
    [
        ("parade 1987.mov", {}, {}, (1987, "name")),
        ("news_1962_reel4.mov", {}, {}, (1962, "name")),
        ("19870503_parade.mov", {}, {}, (1987, "name")),
        ("1987/parade.mov", {}, {}, (1987, "name")),
        ("1987/parade 1990.mov", {}, {}, (1990, "name")),
        ("clip_1920x1080.mov", {}, {}, None),
        ("clip 2160p.mov", {}, {}, None),
        ("reel 2048.mov", {}, {}, None),
        ("A19871.mov", {}, {}, None),
        ("parade 1987.mov", {"date": "1986-05"}, {}, (1986, "recorded")),
        ("x.mov", {"year": "1931"}, {"creation_time": "2019-01-01T00:00:00Z"}, (1931, "recorded")),
        ("x.mov", {"date": "in the old days"}, {}, None),
        ("x.mov", {}, {"creation_time": "2019-01-01T00:00:00Z"}, (2019, "file")),
        ("x.mov", {}, {"creation_time": "1904-01-01T00:00:00Z"}, None),
        ("x.mov", {}, {"creation_time": "1970-01-01T00:00:00Z"}, None),
        ("x 1987.mov", {}, {"creation_time": "2019-01-01T00:00:00Z"}, (1987, "name")),
        ("x.mov", {}, {}, None),
        ("x.mov", {"date": "3021"}, {}, None),
    ],
)
def test_year_of(
    name: str, described: dict[str, str], tags: dict[str, str], expected: tuple[int, str] | None
) -> None:
    found = year_of(name, described, tags, still=False, this_year=2026)
    assert (found and (found.value, found.source)) == expected


def test_a_cameras_date_counts_as_recorded_for_stills() -> None:
    found = year_of("x 1990.jpg", {}, {"date": "2004:06:01 10:00:00"}, still=True, this_year=2026)
    assert found is not None
    assert (found.value, found.source) == (2004, "recorded")


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 photoshop:City="Oslo" rdf:about="">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">May parade</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>band</rdf:li><rdf:li>flags</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_xmp() -> None:
    assert fields_of("x.xmp", XMP) == {
        "city": ["Oslo"],
        "title": ["May parade"],
        "subject": ["band", "flags"],
    }


def test_json() -> None:
    fields_there = '"Title": "May parade", "year": 1987, "keywords": ["a", ["b"]], "none": null'
    data = f'\ufeff{{{fields_there}, "deep": {{"x": 1}}}}'
    fields = fields_of("x.json", data.encode())
    assert fields == {"title": ["May parade"], "year": ["1987"], "keywords": ["a", "b"]}
    assert single(fields)["keywords"] == "a"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.json", b"{"),
        ("x.json", b"[1, 2]"),
        ("x.json", b"\xff\xfe\x00"),
        ("x.json", b"[" * 100_000),
        ("x.json", b" " * (5 << 20)),
        ("x.xmp", b"<a>"),
        ("x.xmp", b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'),
        ("x.xmp", b""),
    ],
)
def test_bad_sidecars(name: str, data: bytes) -> None:
    with pytest.raises(BadSidecar, match=name):
        fields_of(name, data)
