"""Search through HTTP: what is found, why, and what bad questions get."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from foundation import ids
from search_api.app import create_app
from tests.fakes.small_archive import SmallArchive, direction


def search(http: TestClient, q: str, **params: Any) -> dict[str, Any]:
    answer = http.get("/v1/search", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply


def names(reply: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(hit["asset"]["name"] for hit in reply["hits"]))


def test_the_wire_shape_is_the_documented_one(http: TestClient, archive: SmallArchive) -> None:
    reply = search(http, "rabbit")
    assert set(reply) == {"query", "signals", "hits", "next_cursor", "understood", "notes"}
    hit = reply["hits"][0]
    base = f"/v1/assets/{archive.film.id}"
    assert hit | {"score": 0} == {
        "asset": {
            "id": archive.film.id,
            "name": "films/meadow.mov",
            "uri": f"{archive.root}/films/meadow.mov",
            "kind": "video",
        },
        "in_frame": 100,
        "out_frame": 250,
        "start": 4.0,
        "end": 10.0,
        "timecode": "10:00:04:00",
        "score": 0,
        "confidence": hit["confidence"],
        "matched": hit["matched"],
        "duplicates": 0,
        "also_in": [],
        "playback": {"url": f"{base}/proxy", "start": 4.0},
        "master": {"storage_class": "STANDARD", "restore": "none", "eta_seconds": None, "cost_usd": None},
        "picture": f"{base}/keyframes/180",
        "steps": [],
    }
    assert hit["matched"][0]["signal"] == "visual"
    assert hit["matched"][0]["why"] == "looks like it (toy)"


def test_a_still_has_no_time(http: TestClient) -> None:
    hit = search(http, "harbour", signals="visual")["hits"][0]
    assert hit["asset"]["name"] == "stills/harbour.jpg"
    times = ("in_frame", "out_frame", "start", "end", "timecode")
    assert [hit[name] for name in times] == [None] * 5
    assert hit["playback"]["url"].endswith("/proxy")
    assert hit["picture"].endswith("/poster")


def test_a_sound_has_seconds_and_no_frames(http: TestClient) -> None:
    hit = search(http, '"torch has been"')["hits"][0]
    assert hit["asset"]["name"] == "sound/address.wav"
    assert (hit["in_frame"], hit["start"], hit["end"]) == (None, 4.0, 8.0)


def test_a_phrase_across_cues_starts_with_the_cue_that_begins_it(http: TestClient) -> None:
    reply = search(http, '"your country"')
    (hit,) = reply["hits"]
    assert (hit["start"], hit["end"], hit["in_frame"]) == (4.0, 9.0, 100)
    assert hit["matched"][0]["signal"] == "speech"
    assert "«your country»" in hit["matched"][0]["why"]
    assert reply["understood"]["phrases"] == ["your country"]


def test_hits_without_the_phrase_are_dropped(http: TestClient) -> None:
    assert search(http, 'rabbit "no such words"')["hits"] == []


@pytest.mark.parametrize(
    ("q", "signal", "name", "why"),
    [
        ("platform", "onscreen", "films/meadow.mov", "on screen: «PLATFORM» NINE"),
        ("lighthouse", "description", "films/meadow.mov", "described: «lighthouse» keeper"),
        ("address", "name", "sound/address.wav", "name holds"),
        ("citizens", "speech", "sound/address.wav", "said: my fellow «citizens»"),
    ],
)
def test_each_text_signal_says_why(http: TestClient, q: str, signal: str, name: str, why: str) -> None:
    hit = search(http, q)["hits"][0]
    assert hit["asset"]["name"] == name
    found = {match["signal"]: match["why"] for match in hit["matched"]}
    assert why in found[signal]


def test_a_cold_asset_is_found_by_name_and_says_what_it_costs(http: TestClient) -> None:
    hit = search(http, "reels", **{"class": "cold"})["hits"][0]
    assert hit["asset"]["name"] == "reels/night.mxf"
    assert hit["master"] == {
        "storage_class": "VAULT_COLD",
        "restore": "needed",
        "eta_seconds": 43_200,
        "cost_usd": 0.0125,
    }
    assert (hit["playback"], hit["picture"]) == ({"url": None, "start": None}, None)


def test_a_file_asked_for_by_its_name_comes_first(http: TestClient) -> None:
    names = {
        hit["asset"]["name"]
        for hit in http.get("/v1/search", params={"q": "film", "limit": 50}).json()["hits"]
    }
    for name in names:
        for asked in (name, name.upper(), name.rpartition("/")[2].rpartition(".")[0]):
            first = http.get("/v1/search", params={"q": asked}).json()["hits"][0]
            assert first["asset"]["name"] == name, asked
    assert names


@pytest.mark.parametrize("q", ["lantern", '"the lantern"', "night"])
def test_captions_beside_a_cold_film_nobody_saw_give_seconds(
    http: TestClient, archive: SmallArchive, q: str
) -> None:
    archive.caption_the_cold_film(((60_000, 62_000, "Bring the lantern"),), direction(night=1))
    hit = search(http, q, signals="speech")["hits"][0]
    assert hit["asset"]["name"] == "reels/night.mxf"
    assert (hit["start"], hit["end"], hit["in_frame"], hit["timecode"]) == (60.0, 62.0, None, None)


def test_pictures_alone_rank_by_cosine(http: TestClient, archive: SmallArchive) -> None:
    shares = (0.9, 0.3, 0.6)
    for number, share in enumerate(shares):
        archive.add_video(f"v{number}.mov", [(0, 100)], direction(boat=share, night=1 - share))
    reply = search(http, "boat", signals="visual", limit=200)
    assert names(reply)[:4] == ["v0.mov", "v2.mov", "stills/harbour.jpg", "v1.mov"]
    assert {name: state for name, state in reply["signals"].items() if state == "on"} == {"visual": "on"}


def test_one_film_does_not_fill_the_page(http: TestClient, archive: SmallArchive) -> None:
    cuts = [(n * 1000, n * 1000 + 100) for n in range(10)]
    archive.add_video("many.mov", cuts, *[direction(boat=1, night=n / 50) for n in range(10)])
    archive.add_video("one.mov", [(0, 100)], direction(boat=0.5, night=0.5))
    shown = [hit["asset"]["name"] for hit in search(http, "boat", signals="visual")["hits"]]
    assert shown[:2] == ["many.mov", "many.mov"]
    assert shown.index("one.mov") < 5


def test_pages_follow_each_other_without_gaps_or_doubles(http: TestClient, archive: SmallArchive) -> None:
    for number in range(60):
        archive.add_video(f"p{number:02d}.mov", [(0, 50)], direction(boat=1, night=number / 40))
    whole = [hit["asset"]["id"] for hit in search(http, "boat", signals="visual", limit=200)["hits"]]
    paged: list[str] = []
    cursor = None
    while True:
        reply = search(http, "boat", signals="visual", limit=7, **({"cursor": cursor} if cursor else {}))
        paged += [hit["asset"]["id"] for hit in reply["hits"]]
        cursor = reply["next_cursor"]
        if cursor is None:
            break
    assert len(whole) == len(set(whole)) + 2  # the film has three shots
    assert paged == whole


def test_meaning_finds_speech_without_its_words(http: TestClient, archive: SmallArchive) -> None:
    hit = search(http, "country", signals="speech")["hits"][0]
    assert hit["asset"]["id"] == archive.film.id


def test_people_are_found_by_name_and_by_filter(http: TestClient, archive: SmallArchive) -> None:
    assert search(http, "ada")["signals"]["face"].startswith("off: faces are off")
    archive.name_a_face("Ada Lovelace")
    hit = search(http, "ada lovelace")["hits"][0]
    assert ("face", "shows Ada Lovelace") in {(m["signal"], m["why"]) for m in hit["matched"]}
    assert (hit["in_frame"], hit["out_frame"]) == (250, 350)
    filtered = search(http, "people", person="Ada Lovelace", signals="face")
    assert filtered["signals"]["face"] == "on"
    assert names(filtered) == ["films/meadow.mov"]


def test_withdrawn_assets_are_hidden(http: TestClient, archive: SmallArchive) -> None:
    with archive.catalog.write() as writer:
        from catalog.model import AssetState

        writer.assets_writer.set_state(archive.film.id, AssetState.WITHDRAWN)
    assert archive.film.id not in {hit["asset"]["id"] for hit in search(http, "rabbit")["hits"]}
    assert http.get(f"/v1/assets/{archive.film.id}").status_code == 404
    assert http.get(f"/v1/assets/{archive.film.id}/proxy").status_code == 404


def test_without_an_index_the_rest_still_answers(archive: SmallArchive) -> None:
    with TestClient(create_app(archive.services(has_index=False)), base_url="http://127.0.0.1") as http:
        reply = search(http, "platform")
    assert reply["signals"]["visual"].startswith("off: The vector index cannot be opened.")
    assert reply["hits"][0]["matched"][0]["signal"] == "onscreen"
    assert any("not by meaning" in note for note in reply["notes"])


def test_a_pack_nothing_was_encoded_with_says_so(archive: SmallArchive) -> None:
    archive.index.spaces.clear()
    with TestClient(create_app(archive.services()), base_url="http://127.0.0.1") as http:
        state = search(http, "platform", kind="video")["signals"]["visual"]
    assert state == "off: no picture was encoded with toy yet. Run `rekindle index`."


def test_post_takes_the_same(http: TestClient) -> None:
    body = {"q": "rabbit", "limit": 3, "kind": ["video"], "year": 1987, "class": "STANDARD"}
    reply = http.post("/v1/search", json=body).json()
    assert (
        reply["hits"]
        == search(http, "rabbit", limit=3, kind="video", year="1987", **{"class": "STANDARD"})["hits"]
    )
    assert reply["understood"]["filters"] == {"class": "STANDARD", "kind": "video", "year": "1987"}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"location": "vault"}, set()),
        ({"kind": "still"}, {"stills/harbour.jpg"}),
        ({"kind": "still,sound"}, {"stills/harbour.jpg"}),
        ({"year": "1987"}, {"films/meadow.mov"}),
        ({"year": "1980..1986"}, set()),
        ({"duration": "10..60"}, {"films/meadow.mov"}),
        ({"duration": "60.."}, set()),
        ({"class": "cold"}, set()),
        ({"class": "STANDARD", "location": "footage"}, {"films/meadow.mov", "stills/harbour.jpg"}),
    ],
)
def test_filters_narrow(http: TestClient, filters: dict[str, str], found: set[str]) -> None:
    assert set(names(search(http, "rabbit", signals="visual", **filters))) == found


BAD = [
    ("q=", "bad-query"),
    ("", "bad-query"),
    ("q=%20%20", "bad-query"),
    ("q=?!%2C...", "bad-query"),
    ("q=%22%22", "bad-query"),
    ("q=___", "bad-query"),
    ("q=%00%01", "bad-query"),
    ("q=" + "a" * 10_000, "bad-query"),
    ("q=a&limit=nan", "bad-filter"),
    ("q=a&limit=1e400", "bad-filter"),
    ("q=a&limit=inf", "bad-filter"),
    ("q=a&limit=0", "bad-filter"),
    ("q=a&limit=201", "bad-filter"),
    ("q=a&limit=-1", "bad-filter"),
    ("q=a&colour=red", "bad-filter"),
    ("q=a&duration=nan", "bad-filter"),
    ("q=a&duration=inf..", "bad-filter"),
    ("q=a&duration=1e400", "bad-filter"),
    ("q=a&duration=60..10", "bad-filter"),
    ("q=a&duration=..", "bad-filter"),
    ("q=a&year=0", "bad-filter"),
    ("q=a&year=19.5", "bad-filter"),
    ("q=a&year=%D9%A1%D9%A9", "bad-filter"),
    ("q=a&year=MCMLXXXVII", "bad-filter"),
    ("q=a&kind=film", "bad-filter"),
    ("q=a&class=FROZEN", "bad-filter"),
    ("q=a&has_speech=maybe", "bad-filter"),
    ("q=a&black_and_white=2", "bad-filter"),
    ("q=a&signals=smell", "bad-filter"),
    ("q=a&cursor=nonsense", "bad-cursor"),
    ("q=a&cursor=" + "W" * 5000, "bad-cursor"),
    ("q=a&location=nowhere", "location-not-found"),
    ("q=a&person=nobody", "person-not-found"),
]


@pytest.mark.parametrize(("query", "code"), BAD, ids=[f"{code}:{query[:30]}" for query, code in BAD])
def test_a_bad_question_gets_a_problem_with_a_remedy(http: TestClient, query: str, code: str) -> None:
    answer = http.get(f"/v1/search?{query}")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["status"]) == (code, answer.status_code)
    assert answer.status_code == (404 if code.endswith("not-found") else 422)
    assert problem["remedy"]
    assert problem["detail"]


@pytest.mark.parametrize(
    "q",
    [
        "a AND OR",
        'tom"s "half',
        "NEAR(a b)",
        "a*",
        "^a",
        "-a",
        "col:a",
        "a'b",
        "%_",
        "(",
        "it's 5 o'clock",
        "🐇 a",
    ],
)
def test_odd_words_are_only_words(http: TestClient, q: str) -> None:
    assert http.get("/v1/search", params={"q": q}).status_code in (200, 422)


def test_a_lone_surrogate_in_json_is_no_crash(http: TestClient) -> None:
    answer = http.post(
        "/v1/search", content=b'{"q": "a \\ud800 rabbit"}', headers={"content-type": "application/json"}
    )
    assert answer.status_code in (200, 422)


def test_a_cursor_belongs_to_its_query(http: TestClient, archive: SmallArchive) -> None:
    for number in range(5):
        archive.add_video(f"c{number}.mov", [(0, 50)], direction(boat=1, night=number))
    cursor = search(http, "boat", limit=2)["next_cursor"]
    answer = http.get("/v1/search", params={"q": "night", "limit": 2, "cursor": cursor})
    assert answer.json()["code"] == "bad-cursor"


def test_unknown_asset_in_the_index_is_left_out(http: TestClient, archive: SmallArchive) -> None:
    from tests.fakes.small_archive import VISUAL

    stray = ids.AssetId(ids.mint("ast"))
    points = archive.index.spaces[VISUAL.space]
    first = next(iter(points.values()))
    from dataclasses import replace

    points["stray"] = replace(first, id="stray", payload=replace(first.payload, asset=stray))
    assert stray not in {hit["asset"]["id"] for hit in search(http, "meadow")["hits"]}


def test_a_hit_says_how_sure_it_is(http: TestClient) -> None:
    said = search(http, '"your country"')["hits"][0]
    assert said["confidence"] == "strong"
    assert search(http, "lighthouse keeper")["hits"][0]["confidence"] == "strong"


def test_nothing_good_is_said_and_the_nearest_are_listed_all_the_same(http: TestClient) -> None:
    reply = search(http, "volcano")
    assert reply["hits"]
    assert {hit["confidence"] for hit in reply["hits"]} == {"weak"}
    assert any("Nothing good" in note for note in reply["notes"])
    assert not any("Nothing good" in note for note in search(http, '"your country"')["notes"])
