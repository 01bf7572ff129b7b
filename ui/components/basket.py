"""Baskets: what is in them, what they cost, and the yes to it."""

import streamlit as st

from search_api.client import Client
from search_api.schemas_baskets import BasketApproval, BasketQuote, NewItems
from search_api.schemas_timelines import Moment
from ui.components import markup
from ui.components.words import money_words, wait_words
from ui.state import basket_quote_of, remember_basket_quote

USUAL = "My basket"


def offer_basket(client: Client, asset: str) -> None:
    """Offer to put an asset into the usual basket."""
    if st.button("Put into my basket", icon=":material/shopping_basket:"):
        filled = client.baskets.put(USUAL, NewItems(moments=[Moment(asset=asset)]))
        st.toast(f"{filled.basket.name} holds {filled.basket.items}.")


def show_baskets(client: Client) -> None:
    """Draw every basket with its quote and the way to agree."""
    for basket in client.baskets.all():
        with st.container(border=True):
            st.html(markup.facts({"basket": basket.name, "holds": str(basket.items)}))
            if basket.items and st.button("What does it cost?", key=f"quote-{basket.id}"):
                remember_basket_quote(basket.id, client.baskets.quote(basket.name))
            found = basket_quote_of(basket.id)
            if found is not None:
                _agree(client, basket.name, basket.id, found)


def _agree(client: Client, name: str, basket_id: str, found: BasketQuote) -> None:
    currency = found.quote.currency
    tiers = {
        offer.retrieval_tier: f"{money_words(offer.cost, currency)}, {wait_words(offer.eta_seconds)}"
        for offer in found.tiers
    }
    facts = {
        "to bring back": f"{found.quote.objects} objects, {found.gigabytes:.2f} GB",
        "readable now": str(len(found.warm)),
        "on their way": str(len(found.coming)),
        "cannot come back": "\n".join(item.reason for item in found.impossible) or None,
    }
    st.html(markup.facts({**facts, **tiers}))
    price = money_words(found.quote.cost, found.quote.currency)
    if st.button(f"Agree: {found.quote.retrieval_tier}, {price}", key=f"agree-{basket_id}", type="primary"):
        started = client.baskets.approve(name, BasketApproval(quote=found.quote.id))
        remember_basket_quote(basket_id, None)
        waiting = sum(restore.status == "needs approval" for restore in started)
        st.toast(f"{len(started)} restores" + (f", {waiting} wait for an approver" if waiting else ""))
