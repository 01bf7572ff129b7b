"""Changing a restore: keep the copy longer, have it sooner, wait no longer; priced before it costs."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas_restores import NewChange, Restore
from ui.components import markup
from ui.components.trouble import show_trouble
from ui.components.words import money_words
from ui.state import PricedChange, priced_change_of, remember_change

_COMING = frozenset({"requested", "approved", "requesting", "in progress"})
_THERE = frozenset({"restored", "verified", "expiring"})
_FASTER = {"bulk": ("standard", "expedited"), "standard": ("expedited",)}
_AS_IT_IS = "as it is"
_ASKED = "An approver was asked; nothing changes until they decide."


def offer_changes(client: Client, restore: Restore) -> None:
    """Offer what the restore's state allows; nothing once it has ended."""
    try:
        if restore.status in _COMING | _THERE:
            _change(client, restore)
        if restore.status in _COMING | {"needs approval"}:
            _cancel(client, restore)
    except RekindleError as error:
        show_trouble(error)


def _change(client: Client, restore: Restore) -> None:
    faster = _FASTER.get(restore.retrieval_tier, ()) if restore.status in _COMING else ()
    with st.expander("Keep it longer, or have it sooner" if faster else "Keep it longer"):
        since = "now" if restore.status in _THERE else "its arrival"
        days = st.number_input(
            f"Days from {since} (empty: as it is)", 1, 365, value=None, key=f"days-{restore.id}"
        )
        tier = _AS_IT_IS
        if faster:
            tier = st.selectbox("Retrieval tier", (_AS_IT_IS, *faster), key=f"faster-{restore.id}")
        wanted = NewChange(
            days=days, retrieval_tier=None if tier == _AS_IT_IS else tier, project=restore.project
        )
        _price(client, restore, wanted)


def _price(client: Client, restore: Restore, wanted: NewChange) -> None:
    asks_nothing = wanted.days is None and wanted.retrieval_tier is None
    if st.button("What does it cost?", key=f"price-{restore.id}", disabled=asks_nothing):
        asked = client.change_restore(restore.id, wanted.model_copy(update={"only_quote": True}))
        remember_change(restore.id, PricedChange(wanted, asked.cost, asked.currency))
    priced = priced_change_of(restore.id, wanted)
    if priced is None:
        return
    price = money_words(priced.cost, priced.currency)
    if st.button(f"Agree: {price}", key=f"change-{restore.id}", type="primary"):
        # What it costs by now may be more: no more than was seen is agreed to.
        agreed = {"budget_usd": str(priced.cost), "ask_approval": True}
        changed = client.change_restore(restore.id, wanted.model_copy(update=agreed))
        remember_change(restore.id, None)
        if changed.approval is None:
            st.rerun()
        st.html(markup.sentences([f"{_ASKED} {changed.approval.reason}"]))


def _cancel(client: Client, restore: Restore) -> None:
    if st.button("Cancel", key=f"cancel-{restore.id}"):
        client.cancel_restore(restore.id)
        st.rerun()
