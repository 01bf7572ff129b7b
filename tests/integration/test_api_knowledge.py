"""What people say of assets over the API: said, found, planned with, hidden and brought back."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from foundation.errors import (
    AssetNotFound,
    BadRange,
    InputError,
    RekindleError,
    StateConflict,
    StatementNotFound,
)
from search_api.client import Client
from search_api.schemas import SearchRequest
from search_api.schemas_baskets import NewItems
from search_api.schemas_knowledge import NewRight, NewStatement
from tests.contract.catalog.examples import statement
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

RULES = """\
version: 1
rules:
  - name: away
    when: {location: footage}
    unless:
      - label: keep-hot
      - rights: active
    to: {location: vault}
"""


@pytest.fixture
def client(http: TestClient) -> Client:
    return client_of(http)


def said(field: str, value: str, **more: object) -> NewStatement:
    return NewStatement.model_validate({"field": field, "value": value, **more})


def held_by(who: str) -> NewRight:
    return NewRight(kind="licensed", who=who)


def hits(client: Client, query: str, signals: Sequence[str] = ("description",)) -> list[str]:
    reply = client.search(SearchRequest(q=query, signals=list(signals)))
    return [hit.asset.id for hit in reply.hits]


def audited(archive: SmallArchive) -> list[tuple[str, str]]:
    with archive.catalog.read() as view:
        return [(entry.action, entry.subject) for entry in view.audit.tail(20)][::-1]


def test_a_description_is_found_until_it_is_taken_back(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    assert hits(client, "zeppelin") == []
    made = client.knowledge.say(film, said("description", "a zeppelin", in_frame=250, out_frame=350))
    assert (made.source, made.in_frame, made.start) == ("person:prn_local", 250, 10.0)
    assert client.knowledge.say(film, said("description", "a zeppelin ", in_frame=250, out_frame=350)) == made
    reply = client.search(SearchRequest(q="zeppelin", signals=["description"]))
    assert [(hit.asset.id, hit.in_frame) for hit in reply.hits] == [(film, 250)]
    assert made in client.statements(film)
    assert client.knowledge.take_back(film, made.id) == made
    assert hits(client, "zeppelin") == []
    assert audited(archive) == [("statement.add", film), ("statement.take-back", film)]
    with archive.catalog.read() as view:
        assert all("zeppelin" not in str(entry.detail) for entry in view.audit.tail(9))


def test_a_corrected_year_is_what_filters_go_by(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    made = client.knowledge.say(film, said("recorded", "1962-05?"))
    assert (client.asset(film).year, client.asset(film).year_source) == (1962, "person")
    assert film in hits(client, "platform year:1962", ["onscreen"])
    assert hits(client, "platform year:1987", ["onscreen"]) == []
    client.knowledge.take_back(film, made.id)
    assert (client.asset(film).year, client.asset(film).year_source) == (1987, "recorded")
    assert film in hits(client, "platform year:1987", ["onscreen"])


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (said("recorded", "last summer"), InputError),
        (said("recorded", "1987-13"), InputError),
        (said("recorded", "2999"), InputError),
        (said("label", "  "), InputError),
        (said("label", "x", supersedes="stm_none"), StatementNotFound),
        (said("description", "x", in_frame=0, out_frame=10**9), BadRange),
    ],
)
def test_what_cannot_be_said(
    client: Client, archive: SmallArchive, wanted: NewStatement, error: type[RekindleError]
) -> None:
    before = client.statements(archive.film.id)
    with pytest.raises(error):
        client.knowledge.say(archive.film.id, wanted)
    assert client.statements(archive.film.id) == before


def test_stages_are_corrected_and_not_taken_back(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    with archive.catalog.write() as writer:
        machine = statement(archive.film, "a dog", field="keyword", source="stage:about@1")
        writer.facts_writer.replace_statements(film, "stage:about@1", [machine])
    with pytest.raises(StateConflict):
        client.knowledge.take_back(film, machine.id)
    with pytest.raises(InputError):
        client.knowledge.say(film, said("label", "x", supersedes=machine.id))
    made = client.knowledge.say(film, said("keyword", "a wolf", supersedes=machine.id))
    assert made.supersedes == machine.id
    assert (hits(client, "dog"), hits(client, "wolf")) == ([], [film])


def test_what_was_said_already_can_still_correct_a_stage(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    with archive.catalog.write() as writer:
        machine = statement(archive.film, "a dog", field="keyword", source="stage:about@1")
        writer.facts_writer.replace_statements(film, "stage:about@1", [machine])
    first = client.knowledge.say(film, said("keyword", "a wolf"))
    made = client.knowledge.say(film, said("keyword", "a wolf", supersedes=machine.id))
    assert (made.supersedes, hits(client, "dog")) == (machine.id, [])
    assert client.knowledge.say(film, said("keyword", "a wolf", supersedes=machine.id)) == made
    assert client.knowledge.say(film, said("keyword", "A Wolf")) == first


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ("title", ["The Long Night"]),
        ("description", ["The Long Night", "the long night"]),
        ("creator", ["The Long Night", "the long night"]),
        ("label", ["the long night"]),
        ("keyword", ["the long night"]),
    ],
)
def test_case_counts_where_it_can_be_what_is_corrected(
    client: Client, archive: SmallArchive, field: str, kept: list[str]
) -> None:
    film = archive.film.id
    client.knowledge.say(film, said(field, "the long night"))
    client.knowledge.say(film, said(field, "The Long Night"))
    nights = [each for each in client.statements(film) if each.value.casefold() == "the long night"]
    assert sorted(each.value for each in nights) == kept
    for each in nights:
        client.knowledge.say(film, said(field, "THE LONG NIGHT", supersedes=each.id))
    after = [each.value for each in client.statements(film) if each.value.casefold() == "the long night"]
    assert after == ["THE LONG NIGHT"] * len(kept)


@pytest.mark.parametrize(
    "body",
    [
        {"field": "label", "value": "x", "in_frame": 0, "out_frame": 9},
        {"field": "description", "value": "x", "in_frame": 9, "out_frame": 9},
        {"field": "description", "value": "x", "in_frame": 9},
        {"field": "rights", "value": "x"},
        {"field": "label", "value": ""},
    ],
)
def test_bodies_that_make_no_sense(http: TestClient, archive: SmallArchive, body: dict[str, object]) -> None:
    assert http.post(f"/v1/assets/{archive.film.id}/statements", json=body).status_code == 422


def test_rights_are_given_kept_and_taken_away(client: Client, archive: SmallArchive) -> None:
    film, now = archive.film.id, datetime.now(UTC)
    assert client.knowledge.rights(film).state == "none"
    past = NewRight(kind="licensed", who="North", valid_until=now - timedelta(days=1))
    given = client.knowledge.set_rights(film, [past])
    assert (given.state, given.rights[0].active, given.rights[0].who) == ("expired", False, "North")
    both = client.knowledge.set_rights(film, [past, NewRight(kind="owned", in_frame=0, out_frame=50)])
    assert (both.state, both.rights[0]) == ("active", given.rights[0])
    assert both.rights[1].source == "person:prn_local"
    assert client.knowledge.rights(film) == both
    with pytest.raises(BadRange):
        client.knowledge.set_rights(film, [NewRight(kind="owned", in_frame=0, out_frame=10**9)])
    assert client.knowledge.set_rights(film, []).state == "none"
    assert audited(archive) == [("rights.set", film)] * 3


def test_rights_that_many_add_at_once_are_all_kept(client: Client, archive: SmallArchive) -> None:
    names = {f"Holder {number}" for number in range(8)}
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda who: client.knowledge.add_right(archive.film.id, held_by(who)), names))
    assert {right.who for right in client.knowledge.rights(archive.film.id).rights} == names
    again = client.knowledge.add_right(archive.film.id, held_by("Holder 3"))
    assert (again.state, len(again.rights)) == ("active", 8)
    with pytest.raises(BadRange):
        client.knowledge.add_right(archive.film.id, NewRight(kind="owned", in_frame=0, out_frame=10**9))
    assert set(audited(archive)) == {("rights.add", archive.film.id)}


def test_rules_go_by_labels_and_rights_that_were_set(client: Client, archive: SmallArchive) -> None:
    archive.home.root.joinpath("tiering.yaml").write_text(RULES)

    def chosen() -> set[str]:
        plan = client.tiering.plan()
        return {item.asset for item in client.tiering.items(plan.id)}

    film, still = archive.film.id, archive.still.id
    assert {film, still} <= chosen()
    label = client.knowledge.say(film, said("label", "Keep-Hot"))
    client.knowledge.set_rights(still, [NewRight(kind="licensed", who="North")])
    assert not {film, still} & chosen()
    client.knowledge.take_back(film, label.id)
    client.knowledge.set_rights(still, [])
    assert {film, still} <= chosen()


def test_a_withdrawn_asset_is_hidden_and_comes_back_whole(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    archive.home.root.joinpath("tiering.yaml").write_text(RULES)
    client.knowledge.say(film, said("description", "a zeppelin"))
    client.baskets.put("mine", NewItems.model_validate({"moments": [{"asset": film}]}))
    before = (hits(client, "zeppelin"), client.statements(film), client.baskets.get("mine"))
    assert before[0] == [film]
    assert client.knowledge.withdraw(film).state == "withdrawn"
    assert client.knowledge.withdraw(film).state == "withdrawn"
    assert [asset.id for asset in client.knowledge.withdrawn().assets] == [film]
    assert hits(client, "zeppelin") == []
    assert client.baskets.get("mine").contents == []
    with pytest.raises(AssetNotFound):
        client.knowledge.say(film, said("label", "x"))
    plan = client.tiering.plan()
    assert film not in {item.asset for item in client.tiering.items(plan.id)}
    assert client.knowledge.bring_back(film).state == "present"
    assert client.knowledge.withdrawn().assets == []
    assert (hits(client, "zeppelin"), client.statements(film), client.baskets.get("mine")) == before
    assert [entry for entry in audited(archive) if entry[0].startswith("asset.")] == [
        ("asset.withdraw", film),
        ("asset.bring-back", film),
    ]


def test_pages_of_what_is_withdrawn(client: Client, archive: SmallArchive) -> None:
    wanted = sorted([archive.film.id, archive.still.id])
    for asset in wanted:
        client.knowledge.withdraw(asset)
    first = client.knowledge.withdrawn(limit=1)
    second = client.knowledge.withdrawn(limit=1, cursor=first.next_cursor)
    assert [asset.id for asset in (*first.assets, *second.assets)] == wanted
    assert second.next_cursor is None
