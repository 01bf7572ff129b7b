"""The page of restores: what was asked for and how far it is, and what is kept warm."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas_restores import Restore
from ui.components import markup
from ui.components.changing import offer_changes
from ui.components.keeping import show_keeps
from ui.components.restore import restore_facts
from ui.components.trouble import show_trouble

MOST = 50


def draw(client: Client) -> None:
    """Draw the page."""
    st.html('<p class="rk-mark">Restores</p>')
    try:
        show_keeps(client)
        found = client.restores()
        if not found:
            st.html(markup.sentences(["No master was asked for yet."]))
        for restore in found[:MOST]:
            _draw(client, restore)
    except RekindleError as error:
        show_trouble(error)


def _draw(client: Client, restore: Restore) -> None:
    with st.container(border=True):
        st.html(markup.facts({"master": restore.uri, **restore_facts(restore)}))
        offer_changes(client, restore)
