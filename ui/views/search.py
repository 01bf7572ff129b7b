"""The search page: one box, hits as keyframes, a player."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import Hit, SearchReply, SearchRequest
from search_api.schemas_examples import Example
from ui.components import examples, markup
from ui.components.basket import moment_of, offer_basket
from ui.components.player import show_moment
from ui.components.saving import offer_to_save
from ui.components.trouble import show_trouble
from ui.state import Playing, forget_moment, play_hit, playing

COLUMNS = 4
PAGE = 24
_CLASSES = {"anywhere": [], "cold": ["cold"], "on disk": ["STANDARD"]}
_KINDS = ("video", "still", "sound")


def draw(client: Client, details: StreamlitPage) -> None:
    """Draw the page."""
    st.html(markup.mark())
    box, filters, saving = st.columns([4, 1, 1], vertical_alignment="bottom")
    with box:
        words = st.text_input(
            "Search", value=st.query_params.get("q", ""), key="words", label_visibility="collapsed",
            placeholder="a man talking to camera outdoors", on_change=forget_moment,
        )  # fmt: skip
    with filters:
        request, pictures = _request(client, words)
    with saving:
        offer_to_save(client, request)
    st.query_params["q"] = words
    examples.judged()
    try:
        with st.spinner("Looking…", show_time=False):
            reply = examples.ask(client, request, pictures)
    except RekindleError as error:
        show_trouble(error)
        return
    if reply is None:
        st.html(markup.sentences(["Plain words, “quoted phrases”, -without, OR, A then B."]))
        return
    _answer(client, reply, details, words)


def _request(client: Client, words: str) -> tuple[SearchRequest, list[Example]]:
    """What the filters say, and the picture that was put in."""
    with st.popover("Filters", icon=":material/tune:", width="stretch"):
        pictures = examples.picture_box()
        locations = st.multiselect("Location", _locations(client))
        kinds = st.multiselect("Kind", _KINDS)
        place = st.radio("Master", list(_CLASSES), horizontal=True)
        year = st.text_input("Year", placeholder="1987 or 1970..1989")
        duration = st.text_input("Seconds", placeholder="10..60")
        speech = st.selectbox("Speech", ["any", "with", "without"])
    request = SearchRequest(
        q=words,
        limit=PAGE,
        location=locations,
        kind=kinds,
        storage_class=_CLASSES[place],
        year=year.strip() or None,
        duration=duration.strip() or None,
        has_speech={"any": None, "with": "true", "without": "false"}[speech],
    )
    return request, pictures


def _locations(client: Client) -> list[str]:
    try:
        return [item.name for item in client.locations()]
    except RekindleError:
        return []


def _answer(client: Client, reply: SearchReply, details: StreamlitPage, words: str) -> None:
    st.html(markup.signals(reply) + markup.reading(reply) + markup.sentences(reply.notes))
    chosen = playing()
    hit = next((item for item in reply.hits if chosen and _is_chosen(item, chosen)), None)
    if hit is not None:
        _play(client, hit, details, words)
    if not reply.hits:
        st.html(markup.sentences(["Nothing matches these filters."]))
    _grid(client, reply.hits, hit)


def _play(client: Client, hit: Hit, details: StreamlitPage, words: str) -> None:
    picture, text = st.columns([3, 1])
    with picture:
        show_moment(client, hit)
    with text:
        st.html(markup.about(hit))
        examples.judging(hit)
        offer_basket(client, moment_of(hit), words)
        if st.button("Open the asset", icon=":material/movie:", width="stretch"):
            st.switch_page(details, query_params={"id": hit.asset.id})
        st.button("Close", icon=":material/close:", width="stretch", on_click=forget_moment)


def _grid(client: Client, hits: Sequence[Hit], chosen: Hit | None) -> None:
    for first in range(0, len(hits), COLUMNS):
        for column, (number, hit) in zip(
            st.columns(COLUMNS), enumerate(hits[first : first + COLUMNS], start=first), strict=False
        ):
            picture = None if hit.picture is None else client.absolute(hit.picture)
            with column, st.container(key=f"hit-{number}"):
                st.html(markup.card(hit, picture, playing=hit is chosen))
                st.button(f"Play hit {number + 1}", key=f"play-{number}", on_click=play_hit, args=(hit,))


def _is_chosen(hit: Hit, chosen: Playing) -> bool:
    start = hit.playback.start if hit.playback.start is not None else hit.start
    return hit.asset.id == chosen.asset and (start or 0.0) == chosen.start
