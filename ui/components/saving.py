"""Keeps a search, so that new footage is searched by itself."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import SearchRequest
from ui.components.trouble import show_trouble


def offer_to_save(client: Client, request: SearchRequest) -> None:
    """Ask for a name and keep the question under it."""
    with st.popover("Save", icon=":material/bookmark:", width="stretch"):
        name = st.text_input("Name", value=request.q, key=f"name of {request.q}")
        if st.button("Save this search", disabled=not name.strip()):
            try:
                client.saved.add(name.strip(), request)
                st.toast("Saved. New footage will be searched by itself.")
            except RekindleError as error:
                show_trouble(error)
