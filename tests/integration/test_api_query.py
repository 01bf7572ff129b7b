"""The query language through HTTP: what each part of it finds, and how it is told."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.model import Box, FaceTrack
from catalog.query import AssetFilter
from embeddings.encoder import Vectors
from embeddings.vector_index import VectorMatch
from foundation.ids import FaceTrackId, mint
from foundation.timecode import FrameRange
from tests.fakes.small_archive import TEXT, VISUAL, SmallArchive, direction

FILM, STILL, SOUND, COLD = "films/meadow.mov", "stills/harbour.jpg", "sound/address.wav", "reels/night.mxf"


def search(http: TestClient, q: str, **params: Any) -> dict[str, Any]:
    answer = http.post("/v1/search", json={"q": q, **params})
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply


def names(reply: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(hit["asset"]["name"] for hit in reply["hits"]))


def seconds(reply: dict[str, Any]) -> list[tuple[float, float]]:
    return [(hit["start"], hit["end"]) for hit in reply["hits"]]


@pytest.mark.parametrize(
    ("q", "found", "understood"),
    [
        ("rabbit kind:video", {FILM}, {"kind": "video"}),
        ("rabbit year:1980..1990", {FILM}, {"year": "1980..1990"}),
        ("rabbit from the 1980s", {FILM}, {"year": "1980..1989"}),
        ("rabbit before 1980", set(), {"year": "..1979"}),
        ("rabbit shorter than half a minute", {FILM}, {"duration": "..30"}),
        ("rabbit in:vault", set(), {"location": "vault"}),
        ("rabbit kind:still kind:video", {FILM, STILL}, {"kind": "still, video"}),
        ("rabbit -kind:video", {STILL}, {}),
        ("rabbit NOT in:footage", set(), {}),
        ("rabbit NOT in 1987", {STILL}, {}),
        ("rabbit kind:video OR boat kind:still", {FILM, STILL}, {"kind": "video, still"}),
        ("rabbit year:1987 year:1990", set(), {"year": "1987, 1990"}),
    ],
)
def test_filters_in_the_query(http: TestClient, q: str, found: set[str], understood: dict[str, str]) -> None:
    reply = search(http, q, signals="visual")
    assert set(names(reply)) == found
    assert reply["understood"]["filters"] == understood


def test_filters_in_the_query_join_those_beside_it(http: TestClient) -> None:
    reply = search(http, "rabbit kind:video", kind="still", signals="visual")
    assert (reply["hits"], reply["understood"]["filters"]) == ([], {"kind": "still, video"})
    assert set(reply["signals"]) == {"visual", "speech", "onscreen", "face", "description", "name"}


@pytest.mark.parametrize(
    "q", ["kind:video", "class:cold", "in:vault", "kind:sound -nothing", "NOT kind:still"]
)
def test_filters_alone_list_what_passes(http: TestClient, q: str) -> None:
    found = {
        "kind:video": {FILM, COLD},
        "class:cold": {COLD},
        "in:vault": {COLD},
        "kind:sound -nothing": {SOUND},
    }
    reply = search(http, q)
    assert set(names(reply)) == found.get(q, {FILM, COLD, SOUND})
    assert {match["why"] for hit in reply["hits"] for match in hit["matched"]} == {"passes the filters"}
    assert reply["signals"]["visual"].startswith("off: nothing says what it looks like")


def test_a_filter_nobody_knows_is_text_with_a_note(http: TestClient) -> None:
    reply = search(http, "person:Nobody lighthouse in:nowhere")
    assert names(reply)[0] == FILM
    assert reply["understood"]["words"] == ["Nobody", "lighthouse", "nowhere"]
    assert [note.partition(" is searched")[0] for note in reply["notes"][:2]] == [
        "person:Nobody",
        "in:nowhere",
    ]
    assert http.get("/v1/search", params={"q": "a", "person": "Nobody"}).json()["code"] == "person-not-found"


def test_words_asked_of_speech_or_of_the_screen_alone(http: TestClient) -> None:
    assert seconds(search(http, 'said:"your country"')) == [(4.0, 9.0)]
    assert seconds(search(http, "said:platform")) == []
    assert seconds(search(http, "onscreen:platform")) == [(10.4, 12.0)]
    assert seconds(search(http, "onscreen:morning")) == []
    assert search(http, 'said:"your country" onscreen:platform')["hits"] == []
    reply = search(http, 'said:"torch" address')
    assert (names(reply), reply["understood"]["said"]) == ([SOUND], ["torch"])
    assert {match["signal"] for match in reply["hits"][0]["matched"]} == {"speech", "name"}


def test_a_phrase_beside_said_must_stand_there_too(http: TestClient) -> None:
    assert names(search(http, 'said:"ask not" "your country"')) == [FILM]
    assert names(search(http, 'said:"ask not" "her country"')) == []


def test_what_was_said_excludes_the_moment_it_was_said_in(http: TestClient) -> None:
    whole = search(http, "meadow rabbit people", signals="visual")
    kept = search(http, "meadow rabbit people -country", signals="visual")
    assert {(0.0, 4.0), (4.0, 10.0)} < set(seconds(whole))
    assert {hit["start"] for hit in kept["hits"] if hit["asset"]["name"] == FILM} == {0.0, 10.0}
    assert kept["understood"]["excluded"] == ["country"]
    assert seconds(search(http, "people -onscreen:morning", signals="visual", kind="video"))[0][0] == 10.0
    assert all(hit["start"] != 10.0 for hit in search(http, "people -platform", signals="visual")["hits"])


def test_every_word_of_a_group_must_be_there_to_exclude(http: TestClient) -> None:
    assert FILM in names(search(http, "rabbit NOT (country torch)", signals="visual"))
    assert FILM not in names(search(http, "rabbit NOT lighthouse", signals="visual"))
    assert SOUND not in names(search(http, "torch -address"))


def test_pictures_like_what_is_excluded_count_less_and_the_reply_says_so(
    http: TestClient, archive: SmallArchive
) -> None:
    for number in range(20):
        archive.add_video(f"v{number}.mov", [(0, 50)], direction(talking=1, country=number))
    archive.add_video("both.mov", [(0, 50)], direction(boat=1, night=0.9))
    archive.add_video("day.mov", [(0, 50)], direction(boat=1, meadow=0.95))
    assert names(search(http, "boat", signals="visual", kind="video"))[:2] == ["both.mov", "day.mov"]
    reply = search(http, "boat -night", signals="visual", kind="video")
    assert names(reply)[0] == "day.mov"
    assert "both.mov" in names(search(http, "boat -night", signals="visual", kind="video", limit=100))
    assert any("shots that look like “night” count less" in note for note in reply["notes"])


def test_people_wanted_and_not_wanted(http: TestClient, archive: SmallArchive) -> None:
    archive.name_a_face("Ada Lovelace")
    reply = search(http, 'person:"ada lovelace"')
    assert (names(reply), seconds(reply)[0]) == ([FILM], (10.0, 14.0))
    assert ("face", "shows Ada Lovelace") in {(m["signal"], m["why"]) for m in reply["hits"][0]["matched"]}
    assert set(names(search(http, "rabbit person:'nobody' OR boat", signals="visual"))) >= {STILL}
    shown = search(http, 'meadow people person:"Ada Lovelace"', signals="visual")
    assert (names(shown), {hit["start"] for hit in shown["hits"]}) == ([FILM], {10.0})
    assert search(http, 'said:"ask not" person:"Ada Lovelace"')["hits"] == []
    kept = search(http, 'meadow people -person:"Ada Lovelace"', signals="visual", kind="video")
    assert {hit["start"] for hit in kept["hits"]} == {0.0, 4.0}


def test_alternatives_are_joined(http: TestClient) -> None:
    reply = search(http, '"torch has been" OR "your country"')
    assert set(names(reply)) == {SOUND, FILM}
    assert [item["phrases"] for item in reply["understood"]["alternatives"]] == [
        ["torch has been"],
        ["your country"],
    ]
    assert reply["understood"]["phrases"] == ["torch has been", "your country"]
    assert len(search(http, "rabbit OR rabbit", signals="visual", kind="video")["hits"]) == 3


def test_a_sequence_does_not_ask_again_what_its_first_round_has_settled(
    http: TestClient, archive: SmallArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both steps ask for pictures and passages once: there are fewer than either round would take."""
    search(http, "meadow then people")
    asked: list[str] = []
    neighbours = archive.index.search

    def counted(space: str, vector: Vectors, where: AssetFilter, limit: int) -> list[VectorMatch]:
        asked.append(space)
        return neighbours(space, vector, where, limit)

    monkeypatch.setattr(archive.index, "search", counted)
    assert names(search(http, "meadow then people")) == [FILM]
    assert sorted(asked) == sorted([VISUAL.space, TEXT.space] * 2)
    for number in range(130):
        archive.add_video(f"v{number}.mov", [(0, 50)], direction(night=1))
    asked.clear()
    assert FILM in names(search(http, "meadow then people"))
    assert asked.count(TEXT.space) == 2
    assert asked.count(VISUAL.space) > 2


def test_faces_of_somebody_who_is_seen_often_are_followed_to_the_last_film(
    http: TestClient, archive: SmallArchive
) -> None:
    other = archive.add_video("other.mov", [(0, 50)], direction(night=1))
    with archive.catalog.write() as writer:
        ada = writer.people.add("Ada Lovelace")
        for asset, count, quality in ((archive.film, 60, 0.9), (other, 1, 0.5)):
            shot = writer.facts.shots(asset.id)[0].id
            tracks = [
                FaceTrack(
                    FaceTrackId(mint("fac")), asset.id, shot, n, FrameRange(n * 5, n * 5 + 4), n * 5,
                    Box(0.4, 0.2, 0.2, 0.4), quality,
                )
                for n in range(count)
            ]  # fmt: skip
            writer.facts_writer.replace_faces(asset.id, tracks)
            writer.people.assign(asset.id, range(count), ada.id)
    assert set(names(search(http, "Ada Lovelace", signals="face", limit=10))) == {FILM, "other.mov"}


def test_one_then_another(http: TestClient) -> None:
    reply = search(http, "meadow then people talking within 20s", signals="visual")
    hit = reply["hits"][0]
    assert (hit["asset"]["name"], hit["start"], hit["end"], hit["in_frame"], hit["out_frame"]) == (
        FILM, 0.0, 20.0, 0, 500,
    )  # fmt: skip
    assert [(step["start"], step["end"], step["matched"][0]["signal"]) for step in hit["steps"]] == [
        (0.0, 4.0, "visual"),
        (10.0, 20.0, "visual"),
    ]
    assert [step["within"] for step in reply["understood"]["steps"]] == [None, 20.0]
    assert hit["playback"]["start"] == 0.0


def test_steps_of_different_signals_and_any_number(http: TestClient) -> None:
    hit = search(http, '"good morning" then said:"your country" then onscreen:platform')["hits"][0]
    assert [(step["start"], step["end"]) for step in hit["steps"]] == [(0.0, 3.0), (4.0, 9.0), (10.4, 12.0)]
    assert [step["matched"][0]["signal"] for step in hit["steps"]] == ["speech", "speech", "onscreen"]
    (hit,) = search(http, '"fellow citizens" then torch')["hits"]
    assert (hit["asset"]["name"], hit["start"], hit["end"], hit["in_frame"]) == (SOUND, 1.0, 8.0, None)


@pytest.mark.parametrize(
    "q",
    [
        "onscreen:platform then said:morning",
        "said:morning then onscreen:platform within 5 s",
        "said:morning then said:torch",
        "rabbit in 1990 then people",
    ],
)
def test_not_in_that_order_not_in_that_time_not_in_one_asset(http: TestClient, q: str) -> None:
    reply = search(http, q)
    assert reply["hits"] == []
    assert set(reply["signals"]) == {"visual", "speech", "onscreen", "face", "description", "name"}


def test_at_most_so_many_moments_of_an_asset(http: TestClient, archive: SmallArchive) -> None:
    cuts = [(n * 1000, n * 1000 + 100) for n in range(10)]
    archive.add_video("many.mov", cuts, *[direction(boat=1, night=n / 50) for n in range(10)])
    for asked, most in (({}, 3), ({"per_asset": 1}, 1), ({"per_asset": 200}, 10)):
        hits = search(http, "boat", signals="visual", limit=50, **asked)["hits"]
        assert sum(hit["asset"]["name"] == "many.mov" for hit in hits) == most
    assert http.get("/v1/search", params={"q": "a", "per_asset": 0}).json()["code"] == "bad-filter"


def test_pages_of_alternatives_neither_repeat_nor_skip(http: TestClient, archive: SmallArchive) -> None:
    for number in range(40):
        archive.add_video(f"p{number:02d}.mov", [(0, 50)], direction(boat=1, night=number / 40))
    q = "boat OR night -rabbit"
    whole = [hit["asset"]["id"] for hit in search(http, q, signals="visual", limit=100)["hits"]]
    paged: list[str] = []
    cursor = None
    while True:
        reply = search(http, q, signals="visual", limit=7, cursor=cursor)
        paged += [hit["asset"]["id"] for hit in reply["hits"]]
        cursor = reply["next_cursor"]
        if cursor is None:
            break
    assert sorted(paged) == sorted(whole)
