"""The page of people: faces that wait for a name, and those who have one."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import Face
from search_api.schemas_people import FaceCluster, Person
from ui.components import markup
from ui.components.trouble import show_trouble
from ui.state import play

T = TypeVar("T")

COLUMNS = 6
CLUSTERS = 24
FACES = 60
_NOBODY = "Nobody is known by face. Faces are off until `REKINDLE_SIGNALS__FACES=true` and `rekindle index`."


def draw(client: Client) -> None:
    """Draw the page."""
    st.html('<p class="rk-mark">People</p>')
    try:
        nameless, named = client.people.clusters(named=False, limit=CLUSTERS), client.people.all()
        if not nameless and not named:
            st.html(markup.sentences([_NOBODY]))
        _nameless(client, nameless, [person.name for person in named])
        _named(client, named)
    except RekindleError as error:
        show_trouble(error)


def _nameless(client: Client, clusters: Sequence[FaceCluster], known: Sequence[str]) -> None:
    if not clusters:
        return
    st.subheader("Who is this?")
    st.html(markup.sentences(["A name reaches every appearance at once, past and to come."]))
    _in_columns(clusters, lambda cluster: _ask(client, cluster, known))


def _ask(client: Client, cluster: FaceCluster, known: Sequence[str]) -> None:
    told = f"{cluster.faces} × in {cluster.assets} assets"
    st.html(markup.face(client.absolute(cluster.best.picture), cluster.best.box, told))
    name = st.selectbox(
        f"Name of {cluster.id}", known, index=None, placeholder="Name", accept_new_options=True,
        key=f"name-{cluster.id}", label_visibility="collapsed",
    )  # fmt: skip
    if name:
        client.people.name_cluster(cluster.id, name)
        st.rerun()


def _named(client: Client, people: Sequence[Person]) -> None:
    if not people:
        return
    st.subheader("Known")
    person = st.selectbox(
        "Known", people, index=None, format_func=_label, placeholder="Somebody", label_visibility="collapsed"
    )
    if person is not None:
        _in_columns(
            client.people.faces(person.id, limit=FACES), lambda face: _appearance(client, person, face)
        )


def _label(person: Person) -> str:
    return f"{person.name} ({person.faces})"


def _appearance(client: Client, person: Person, face: Face) -> None:
    place = f"{face.asset}-{face.ordinal}"
    st.html(markup.face(client.absolute(face.picture), face.box, markup.moment(face)))
    st.button("Play", key=f"play-{place}", width="stretch", on_click=play, args=(face.asset, face.start))
    if st.button(f"Not {person.name}", key=f"not-{place}", width="stretch"):
        client.people.reject(person.id, face.asset, [face.ordinal])
        st.rerun()


def _in_columns(items: Sequence[T], show: Callable[[T], None]) -> None:
    for first in range(0, len(items), COLUMNS):
        for column, item in zip(st.columns(COLUMNS), items[first : first + COLUMNS], strict=False):
            with column:
                show(item)
