"""Examples of a search: a picture put in, and hits that were judged."""

from collections.abc import Sequence

import streamlit as st

from search_api.client import Client
from search_api.schemas import Hit, SearchReply, SearchRequest
from search_api.schemas_examples import MOST_EXAMPLES, Example, ExampleRequest
from ui.components import markup
from ui.state import forget_judgements, judge, judgements

_FORMATS = ("jpg", "jpeg", "png", "webp", "tif", "tiff")


def picture_box() -> list[Example]:
    """Let a picture be put in; it is an example of what is looked for."""
    given = st.file_uploader("Like a picture", type=list(_FORMATS), key="picture")
    return [] if given is None else [Example.of_picture(given.getvalue())]


def judging(hit: Hit) -> None:
    """Offer to want more or less like a hit."""
    st.button(
        "More like this", icon=":material/thumb_up:", width="stretch",
        on_click=judge, args=(hit,), kwargs={"liked": True},
    )  # fmt: skip
    st.button(
        "Less like this", icon=":material/thumb_down:", width="stretch",
        on_click=judge, args=(hit,), kwargs={"liked": False},
    )  # fmt: skip


def judged() -> None:
    """Say what was judged, and offer to begin again."""
    found = judgements()
    if not found:
        return
    text, button = st.columns([7, 1], vertical_alignment="center")
    with text:
        sides = {liked: [item.label for item in found if item.liked is liked] for liked in (True, False)}
        told = [("More like", sides[True]), ("less like", sides[False])]
        st.html(markup.sentences([", ".join(f"{verb} {', '.join(names)}" for verb, names in told if names)]))
    with button:
        st.button("Forget these", width="stretch", on_click=forget_judgements)


def question(request: SearchRequest, pictures: Sequence[Example]) -> SearchRequest | ExampleRequest | None:
    """What is asked: words, examples, or both; None where nothing says what is looked for."""
    like = [*pictures, *(item.example for item in judgements() if item.liked)][-MOST_EXAMPLES:]
    unlike = [item.example for item in judgements() if not item.liked][-MOST_EXAMPLES:]
    if not like and not request.q.strip():
        return None
    if not like and not unlike:
        return request
    return ExampleRequest(**request.model_dump(), like=like, unlike=unlike)


def ask(client: Client, asked: SearchRequest | ExampleRequest) -> SearchReply:
    """Ask it."""
    if isinstance(asked, ExampleRequest):
        return client.search_by_example(asked)
    return client.search(asked)
