"""Where else the same pictures are, and which copy to work from."""

import streamlit as st

from search_api.client import Client
from ui.components import markup

_RELATIONS = {
    "same": "the same",
    "part of": "holds all of this",
    "holds": "a part of this",
    "shares shots": "shares shots",
}


def show_copies(client: Client, asset_id: str) -> None:
    """List near-duplicates; nothing where there are none."""
    found = client.duplicates.of(asset_id)
    if not found.links:
        return
    st.subheader("Also in")
    st.html(markup.facts({link.asset.name: _RELATIONS[link.relation] for link in found.links}))
    best = "this one" if found.best.asset.id == asset_id else found.best.asset.name
    st.html(markup.facts({"best master": best, "because": "; ".join(found.best.reasons)}))
