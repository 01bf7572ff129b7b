"""What NOT leaves out: the very places where something is said or shown, and nothing beside them."""

from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient

from tests.fakes.small_archive import SmallArchive, direction
from tests.integration.test_api_query import COLD, FILM, SOUND, STILL, names, search, seconds

TALK = "talk.mov"
LINES = (
    (0, 1990, "Tell me, is the lord of the universe in?"),
    (1990, 3990, "Yes, the man is in a bad humor"),
    (3990, 6000, "Somebody stole the crown jewels"),
)
"""One passage of three sentences; each ends in the frame in which the next one begins."""

FIRST, SECOND, THIRD = (0.0, 1.99), (1.99, 3.99), (3.99, 6.0)


@pytest.fixture
def talk(archive: SmallArchive) -> None:
    """A film that is one shot, and one passage."""
    asset = archive.add_video(TALK, [(0, 250)], direction(talking=1))
    archive.tell(asset, LINES)


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("said:the", [FIRST, SECOND, THIRD]),
        ("said:the NOT said:universe", [SECOND, THIRD]),
        ("said:the -said:humor", [FIRST, THIRD]),
        ('said:the NOT said:"crown jewels"', [FIRST, SECOND]),
        ("said:the NOT said:the", []),
        ("said:the NOT said:in", [THIRD]),
        ("said:the NOT (crown universe)", [FIRST, SECOND, THIRD]),
        ("said:the NOT (jewels stolen OR crown jewel)", [FIRST, SECOND]),
        ('said:the NOT said:"in yes"', [THIRD]),
        ("said:the NOT universe NOT humor", [THIRD]),
    ],
)
def test_a_sentence_goes_for_what_is_said_in_it_alone(
    http: TestClient, q: str, found: Sequence[tuple[float, float]]
) -> None:
    assert sorted(seconds(search(http, q, per_asset=9, kind="video"))) == found


@pytest.mark.usefixtures("talk")
def test_pictures_go_where_the_words_are_said_while_they_are_seen(
    http: TestClient, archive: SmallArchive
) -> None:
    parted = archive.add_video(
        "parted.mov", [(0, 100), (100, 250)], direction(talking=1), direction(talking=1)
    )
    archive.tell(parted, ((0, 3000, "It was the war"), (3000, 4000, "that he spoke of.")))
    kept = search(http, "talking NOT said:universe NOT said:war", signals="visual", kind="video")
    assert TALK not in names(kept)
    assert [hit["start"] for hit in kept["hits"] if hit["asset"]["name"] == "parted.mov"] == [4.0]


def test_texts_on_screen_side_by_side_are_left_out_each_for_itself(
    http: TestClient, archive: SmallArchive
) -> None:
    film = archive.add_video("titles.mov", [(0, 250)], direction(night=1))
    archive.tell(film, (), ((0, 50, "WORK"), (20, 50, "of our hands"), (50, 100, "WORK")))
    assert seconds(search(http, "onscreen:work")) == [(0.0, 4.0)]
    assert seconds(search(http, "onscreen:work NOT onscreen:hands")) == [(2.0, 4.0)]


@pytest.mark.usefixtures("talk")
def test_an_exclusion_alone_lists_the_rest(http: TestClient) -> None:
    everything = {FILM, STILL, SOUND, COLD, TALK}
    assert set(names(search(http, "NOT said:universe"))) == everything - {TALK}
    assert set(names(search(http, '-said:"country can"'))) == everything - {FILM}
    assert set(names(search(http, "NOT said:zeppelin"))) == everything


@pytest.mark.usefixtures("talk")
def test_every_sentence_that_says_the_words_is_a_moment_and_shows_itself(http: TestClient) -> None:
    hits = search(http, "said:the", per_asset=9, kind="video")["hits"]
    marked = {hit["start"]: hit["matched"][0]["why"].partition("«")[2] for hit in hits}
    assert marked[FIRST[0]].startswith("the» lord of «the» universe in? Yes, the man")
    assert marked[SECOND[0]].startswith("the» man is in a bad humor Somebody stole the")
    assert marked[THIRD[0]] == "the» crown jewels"
