"""Putting things into baskets."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas_baskets import NewItems
from search_api.schemas_timelines import Moment
from ui.components.trouble import show_trouble

USUAL = "My basket"


def offer_basket(client: Client, moment: Moment, label: str) -> None:
    """Offer to put an asset, or a range of it, into one of the baskets or a new one."""
    with st.popover("Put into a basket", icon=":material/shopping_basket:", width="stretch"):
        try:
            name = choose_basket(client, "basket to fill")
            if st.button("Put it in", disabled=not name, width="stretch"):
                filled = client.baskets.put(name, NewItems(moments=[moment], label=label[:200]))
                st.toast(f"{filled.basket.name} holds {filled.basket.items}.")
        except RekindleError as error:
            show_trouble(error)


def choose_basket(client: Client, key: str) -> str:
    """Let a basket be chosen, or named anew; empty where neither was done."""
    names = [basket.name for basket in client.baskets.all()] or [USUAL]
    chosen = st.selectbox("Basket", names, accept_new_options=True, key=key)
    return (chosen or "").strip()
