"""Keeps a search, so that new footage is searched by itself."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import SearchRequest
from ui.components import markup
from ui.components.trouble import show_trouble

_LEFT_OUT = (
    "A saved search keeps words and filters. It leaves out the pictures and the hits that this one goes by."
)


def offer_to_save(client: Client, request: SearchRequest, *, has_examples: bool) -> None:
    """Ask for a name and keep the question under it; examples are not kept, which is said first."""
    with st.popover("Save", icon=":material/bookmark:", width="stretch"):
        if has_examples:
            st.html(markup.sentences([_LEFT_OUT]))
        name = st.text_input("Name", value=request.q, key=f"name of {request.q}")
        label = "Save words and filters alone" if has_examples else "Save this search"
        if st.button(label, disabled=not name.strip()):
            try:
                client.saved.add(name.strip(), request)
                st.toast("Saved. New footage will be searched by itself.")
            except RekindleError as error:
                show_trouble(error)
