"""The search page: one box, hits as keyframes, a player."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import Hit, SearchReply, SearchRequest
from search_api.schemas_examples import Example, ExampleRequest
from search_api.schemas_timelines import moment_of_hit
from ui.components import examples, markup
from ui.components.basket import offer_basket
from ui.components.player import show_moment
from ui.components.saving import offer_to_save
from ui.components.trouble import show_trouble
from ui.components.words import class_names, class_words
from ui.state import Further, Playing, forget_moment, further_of, play_hit, playing, remember_further

COLUMNS = 4
PAGE = 24
_CLASSES = ("cold", *class_names())
_SPEECH = {"any": None, "with": "true", "without": "false"}
_COLOUR = {"any": None, "black and white": "true", "in colour": "false"}
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
    question = examples.question(request, pictures)
    with saving:
        offer_to_save(client, request, has_examples=isinstance(question, ExampleRequest))
    st.query_params["q"] = words
    examples.judged()
    if question is None:
        st.html(markup.sentences(["Plain words, “quoted phrases”, -without, OR, A then B."]))
        return
    try:
        with st.spinner("Looking…", show_time=False):
            reply = examples.ask(client, question)
        known = further_of(question) or Further(question, (), reply.next_cursor)
        _answer(client, reply, [*reply.hits, *known.hits], details)
        _more(client, question, known)
    except RekindleError as error:
        show_trouble(error)


def _request(client: Client, words: str) -> tuple[SearchRequest, list[Example]]:
    """What the filters say, and the picture that was put in."""
    with st.popover("Filters", icon=":material/tune:", width="stretch"):
        pictures = examples.picture_box()
        request = SearchRequest(
            q=words,
            limit=PAGE,
            location=st.multiselect("Location", _locations(client)),
            kind=st.multiselect("Kind", _KINDS),
            storage_class=st.multiselect("Master", _CLASSES, format_func=_class_label),
            person=st.multiselect("Who appears (all of them)", _people(client)),
            year=st.text_input("Year", placeholder="1987 or 1970..1989").strip() or None,
            duration=st.text_input("Seconds", placeholder="10..60").strip() or None,
            has_speech=_SPEECH[st.selectbox("Speech", list(_SPEECH))],
            black_and_white=_COLOUR[st.selectbox("Colour", list(_COLOUR))],
        )
    return request, pictures


def _class_label(name: str) -> str:
    return "asleep, in any class" if name == "cold" else f"{class_words(name)} ({name})"


def _people(client: Client) -> list[str]:
    try:
        return [person.name for person in client.people.all()]
    except RekindleError:
        return []


def _locations(client: Client) -> list[str]:
    try:
        return [item.name for item in client.locations()]
    except RekindleError:
        return []


def _answer(client: Client, reply: SearchReply, shown: Sequence[Hit], details: StreamlitPage) -> None:
    st.html(markup.signals(reply) + markup.reading(reply) + markup.sentences(reply.notes))
    chosen = playing()
    hit = next((item for item in shown if chosen and _is_chosen(item, chosen)), None)
    if hit is not None:
        _play(client, hit, details)
    if not shown:
        st.html(markup.sentences(["Nothing matches these filters."]))
    _grid(client, shown, hit)


def _more(client: Client, question: SearchRequest | ExampleRequest, known: Further) -> None:
    """Offer the next page; it is shown below those before it."""
    if known.cursor is None:
        return
    if st.button("More", icon=":material/expand_more:", width="stretch"):
        reply = examples.ask(client, question.model_copy(update={"cursor": known.cursor}))
        remember_further(Further(question, (*known.hits, *reply.hits), reply.next_cursor))
        st.rerun()


def _play(client: Client, hit: Hit, details: StreamlitPage) -> None:
    picture, text = st.columns([3, 1])
    with picture:
        show_moment(client, hit)
    with text:
        st.html(markup.about(hit))
        examples.judging(hit)
        offer_basket(client, moment_of_hit(hit), st.query_params.get("q", ""))
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
