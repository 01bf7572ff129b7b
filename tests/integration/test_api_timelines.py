"""Timelines over the API: moments out, clips in."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from fastapi.testclient import TestClient

from catalog import model as m
from foundation.errors import AssetNotFound, BadRange, BadTimeline, InputError, TimelineUnsupported
from foundation.ids import StatementId, mint
from foundation.timecode import PtsTable
from search_api import schemas_timelines as t
from search_api.client import Client
from search_api.schemas import SearchRequest
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive, direction


@pytest.fixture
def client(http: TestClient) -> Client:
    return client_of(http)


def film(
    archive: SmallArchive,
    name: str,
    rate: Fraction,
    start: str | None,
    frames: int = 900,
    *,
    channels: tuple[int, ...] = (2,),
    pts: PtsTable | None = None,
) -> m.Asset:
    """One more film of any rate."""
    asset = archive.add_video(name, [(0, frames)], direction(meadow=1))
    tracks = [m.Track(n + 1, "audio", "pcm_s24le", channels=c) for n, c in enumerate(channels)]
    technical = m.Technical(
        rate=rate,
        frames=frames,
        width=1920,
        height=1080,
        start_timecode=start,
        drop_frame=start is not None and ";" in start,
        variable_rate=pts is not None,
    )
    asset = replace(asset, technical=technical)
    with archive.catalog.write() as writer:
        writer.assets_writer.describe(asset, pts or PtsTable.constant(rate, frames), tracks)
    return asset


def ask(client: Client, *moments: str, **facts: object) -> str:
    wanted = [t.moment_of(text) for text in moments]
    return client.timelines.make(t.TimelineRequest.model_validate({"moments": wanted, **facts}))


def events(edl: str) -> list[list[str]]:
    return [line.split() for line in edl.splitlines() if line[:3].isdigit()]


NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("place", "labels"),
    [
        ("", ["10:00:00:00", "10:00:20:00"]),
        ("@100-250", ["10:00:04:00", "10:00:10:00"]),
        ("@10:00:04:00-10:00:10:00", ["10:00:04:00", "10:00:10:00"]),
        ("@4s-9.99s", ["10:00:04:00", "10:00:10:00"]),
        ("@100-", ["10:00:04:00", "10:00:20:00"]),
        ("@-100", ["10:00:00:00", "10:00:04:00"]),
    ],
)
def test_moments_are_written_as_people_write_places(
    client: Client, archive: SmallArchive, place: str, labels: list[str]
) -> None:
    (event,) = events(ask(client, f"{archive.film.id}{place}"))
    assert event[4:6] == labels
    assert event[1] == "MEADOW"


@pytest.mark.parametrize("place", ["@250-100", "@0-501", "@09:00:00:00-09:00:01:00", "@a-b", "@5s-5s"])
def test_what_is_no_range_is_refused(client: Client, archive: SmallArchive, place: str) -> None:
    with pytest.raises(BadRange):
        ask(client, f"{archive.film.id}{place}")


def test_proxy_and_master_are_two_addresses_of_one_moment(client: Client, archive: SmallArchive) -> None:
    proxy = ask(client, f"{archive.film.id}@0-25")
    assert "* FROM CLIP NAME: meadow.mp4" in proxy
    assert f"* SOURCE FILE: {archive.home.asset(archive.film.id)}/proxy.mp4" in proxy
    master = ask(client, f"{archive.film.id}@0-25", against="master")
    assert "* FROM CLIP NAME: meadow.mov" in master
    assert f"* SOURCE FILE: {archive.root}/films/meadow.mov" in master
    moved = ask(client, f"{archive.film.id}@0-25", against="master", media_root="/Volumes/My RAID/")
    assert "* SOURCE FILE: /Volumes/My RAID/films/meadow.mov" in moved


def test_proxies_of_one_name_get_two(client: Client, archive: SmallArchive) -> None:
    other = film(archive, "other/Meadow.mov", Fraction(25), "11:00:00:00")
    edl = ask(client, archive.film.id, other.id, archive.film.id, media_root="/p")
    names = [line for line in edl.splitlines() if "FROM CLIP" in line]
    assert names == [
        "* FROM CLIP NAME: meadow.mp4",
        f"* FROM CLIP NAME: Meadow_{other.id[-6:]}.mp4",
        "* FROM CLIP NAME: meadow.mp4",
    ]


def test_a_cold_film_goes_against_its_master_once_it_was_seen(client: Client, archive: SmallArchive) -> None:
    with pytest.raises(BadRange, match="Nobody has looked"):
        ask(client, archive.cold.id, against="master")


def test_stills_and_sound_are_counted_at_the_timelines_rate(client: Client, archive: SmallArchive) -> None:
    ntsc = film(archive, "a.mov", NTSC, "01:00:00;00")
    edl = ask(client, f"{ntsc.id}@0-30", archive.still.id, f"{archive.sound.id}@1s-2.01s", handles=5)
    assert "FCM: DROP FRAME" in edl
    assert [event[2] for event in events(edl)] == ["AA/V", "V", "A"]
    assert [event[4:6] for event in events(edl)] == [
        ["01:00:00;00", "01:00:01;05"],
        ["00:00:00:00", "00:00:05:00"],
        ["00:00:00:24", "00:00:02:06"],
    ]


def test_sound_is_given_in_seconds(client: Client, archive: SmallArchive) -> None:
    with pytest.raises(BadRange, match="no place in sound"):
        ask(client, f"{archive.sound.id}@10-20")


def test_several_rates_in_one_edl_are_named(client: Client, archive: SmallArchive) -> None:
    ntsc = film(archive, "a.mov", NTSC, "01:00:00;00")
    with pytest.raises(TimelineUnsupported) as caught:
        ask(client, archive.film.id, ntsc.id, archive.film.id)
    assert caught.value.detail["rates"] == {"25": [0, 2], "30000/1001": [1]}
    mixed = otio.adapters.read_from_string(ask(client, archive.film.id, ntsc.id, format="otio"), "otio_json")
    assert [round(clip.source_range.duration.value) for clip in mixed.tracks[0]] == [500, 900]
    assert 'frameDuration="1001/30000s"' in ask(
        client, archive.film.id, ntsc.id, format="fcpxml", rate="29.97"
    )


def test_a_rate_that_varies_is_said_plainly(client: Client, archive: SmallArchive) -> None:
    pts = PtsTable(Fraction(1, 1000), [0, 40, 80, 200, 240], 280)
    phone = film(archive, "IMG_1.MOV", Fraction(25, 2), "05:00:00:00", 5, pts=pts)
    edl = ask(client, f"{phone.id}@3-5", against="master")
    (event,) = events(edl)
    assert event[4:6] == ["05:00:00:02", "05:00:00:03"]
    assert (
        "* REKINDLE: The frame rate varies: positions count 12 frames per second; conform at that rate."
        in edl
    )
    assert events(ask(client, f"{phone.id}@3-5"))[0][4] == "00:00:00:02"


def test_a_reel_that_somebody_wrote_down_goes_first(client: Client, archive: SmallArchive) -> None:
    with archive.catalog.write() as writer:
        statement = m.Statement(
            StatementId(mint("stm")), archive.film.id, "reel", "TAPE 0042-B", "person:prn_local"
        )
        writer.facts_writer.add_statement(statement)
    edl = ask(client, archive.film.id)
    assert events(edl)[0][1] == "TAPE_004"
    assert "* REEL: TAPE 0042-B" in edl
    read = client.timelines.read(edl.replace(archive.film.id, "ast_gone").replace("meadow", "x"), "edl")
    assert [clip.asset and clip.asset.id for clip in read.clips] == [archive.film.id]


def test_it_is_served_by_address_with_its_name(http: TestClient, archive: SmallArchive) -> None:
    places = [f"{archive.film.id}@0-25", f"{archive.film.id}@50-75"]
    answer = http.get("/v1/timelines", params={"moment": places, "format": "fcpxml"})
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-disposition"].startswith('attachment; filename="Rekindle.fcpxml"')
    assert answer.text.count("<asset-clip") == 2
    body = {"moments": [{"asset": archive.film.id}], "name": 'Licht "ä" / 日本', "format": "edl"}
    named = http.post("/v1/timelines", json=body)
    assert named.headers["content-type"] == "text/plain; charset=utf-8"
    assert (
        "filename*=UTF-8''Licht%20%22%C3%A4%22%20%2F%20%E6%97%A5%E6%9C%AC.edl"
        in named.headers["content-disposition"]
    )
    assert http.get("/v1/timelines").status_code == 422


def test_a_saved_search_is_a_timeline(http: TestClient, archive: SmallArchive) -> None:
    with archive.catalog.read() as reader:
        archive.index.cursor.save(reader.changes.last())
    saved = client_of(http).saved.add("Meadows", SearchRequest(q="meadow"))
    new = archive.add_video("new.mov", [(0, 200)], direction(meadow=1))
    with archive.catalog.read() as reader:
        archive.index.cursor.save(reader.changes.last())
    client_of(http).saved.run("Meadows")
    answer = http.get("/v1/timelines", params={"saved": saved.name, "handles": 0})
    assert f"* REKINDLE ASSET: {new.id}" in answer.text
    assert "TITLE: Meadows" in answer.text


def test_unknown_assets_are_not_found(client: Client) -> None:
    with pytest.raises(AssetNotFound):
        ask(client, "ast_nothing")


@pytest.mark.parametrize("text", ["", "ast_1 ast_2", "ast@5", "a@1-2-3"])
def test_what_names_no_moment(text: str) -> None:
    with pytest.raises(BadRange):
        t.moment_of(text)


@pytest.mark.parametrize("form", ["edl", "otio"])
@pytest.mark.parametrize("against", ["proxy", "master"])
def test_what_we_write_we_read(
    client: Client, archive: SmallArchive, form: t.ReadFormat, against: str
) -> None:
    pts = PtsTable(Fraction(1, 1000), [40 * n + 3 * (n % 2) for n in range(100)], 4000)
    phone = film(archive, "IMG_1.MOV", Fraction(25), "05:00:00:00", 100, pts=pts)
    late = film(archive, "late.mov", Fraction(25), "23:59:58:00", 500)
    places = [(archive.film.id, 100, 250), (late.id, 25, 125), (phone.id, 20, 70)]
    moments = [f"{asset}@{first}-{last}" for asset, first, last in places]
    text = ask(client, *moments, archive.still.id, f"{archive.sound.id}@1s-2s", format=form, against=against)
    read = client.timelines.read(text, form)
    assert read.resolved == len(read.clips) == 5
    assert [(c.asset.id, c.in_frame, c.out_frame) for c in read.clips[:3] if c.asset] == places
    assert read.clips[3].asset is not None
    assert (read.clips[3].asset.kind, read.clips[3].start) == ("still", None)
    assert (read.clips[4].start, read.clips[4].end) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda edl: "\n".join(x for x in edl.splitlines() if "REKINDLE" not in x), True),
        (lambda edl: "\n".join(x for x in edl.splitlines() if not x.startswith("*")), True),
        (lambda edl: edl.replace("REKINDLE ASSET: ast_", "REKINDLE ASSET: xxx_"), True),
        (lambda edl: edl.replace("10:00:0", "09:00:0"), False),
        (
            lambda edl: "\n".join(x for x in edl.splitlines() if not x.startswith("*")).replace(
                "MEADOW", "NOWHERE"
            ),
            False,
        ),
    ],
)
def test_clips_are_found_by_file_or_reel_and_named_where_not(
    client: Client, archive: SmallArchive, change: Callable[[str], str], found: bool
) -> None:
    edl = change(ask(client, f"{archive.film.id}@100-250", against="master"))
    (clip,) = client.timelines.read(edl, "edl").clips
    assert (clip.asset is not None) is found
    assert (clip.unresolved is None) is found
    if found:
        assert (clip.in_frame, clip.out_frame, clip.timecode) == (100, 250, "10:00:04:00")


def test_the_folder_decides_between_files_of_one_name(client: Client, archive: SmallArchive) -> None:
    one = film(archive, "day1/A001.mov", Fraction(25), "10:00:00:00")
    two = film(archive, "day2/A001.mov", Fraction(25), "10:00:00:00")
    event = "001  A001     V     C        10:00:01:00 10:00:02:00 01:00:00:00 01:00:01:00\n"
    (clip,) = client.timelines.read(f"{event}* SOURCE FILE: X:\\media\\day2\\A001.mov\n", "edl").clips
    assert clip.asset is not None
    assert clip.asset.id == two.id
    (unsure,) = client.timelines.read(event, "edl").clips
    assert unsure.asset is None
    assert unsure.unresolved == f"2 assets could be meant: {one.name}, {two.name}."


@pytest.mark.parametrize(
    ("form", "text", "kind"),
    [("edl", "nothing", BadTimeline), ("otio", "{", BadTimeline), ("aaf", "x", InputError)],
)
def test_what_is_no_timeline(client: Client, form: t.ReadFormat, text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        client.timelines.read(text, form)


def test_nothing_is_left_in_scratch(client: Client, archive: SmallArchive) -> None:
    client.timelines.read(ask(client, archive.film.id, format="otio"), "otio")
    assert list(Path(archive.home.scratch).iterdir()) == []
