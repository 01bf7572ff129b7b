"""Bringing a master back: ask for the price, agree, watch."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import AssetDetail
from search_api.schemas_restores import Quote, Restore
from search_api.schemas_timelines import Moment
from ui.components import markup
from ui.components.basket import offer_basket
from ui.components.trouble import show_trouble
from ui.components.words import class_words, moment_words, money_words, size_words, wait_words
from ui.state import quote_of, remember_quote

_ENDED = frozenset({"failed", "cancelled", "expired"})
_TIERS = ("usual", "bulk", "standard", "expedited")


def show_master(client: Client, asset: AssetDetail) -> None:
    """Say where the master is, and offer to bring it back where it sleeps."""
    st.subheader("Master")
    master = asset.master
    st.html(
        markup.facts(
            {
                "kept in": class_words(master.storage_class),
                "state": {"none": "readable", "needed": "asleep"}.get(master.restore, master.restore),
                "copies": "\n".join(copy.uri for copy in asset.instances),
                "size": size_words(sum(copy.size for copy in asset.instances[:1])),
                "SHA-256": asset.sha256,
            }
        )
    )
    try:
        offer_basket(client, Moment(asset=asset.id), "")
        if master.restore == "needed":
            _offer(client, asset.id)
        _history(client, asset.id)
    except RekindleError as error:
        show_trouble(error)


def _offer(client: Client, asset: str) -> None:
    tier = st.selectbox("Retrieval tier", _TIERS)
    if st.button("What does it cost?", icon=":material/payments:"):
        remember_quote(client.quote([asset], retrieval_tier=None if tier == "usual" else tier))
    quote = quote_of(asset)
    if quote is not None:
        _agree(client, quote)


def _agree(client: Client, quote: Quote) -> None:
    st.html(
        markup.facts(
            {
                "cost": money_words(quote.cost, quote.currency),
                "ready in": wait_words(quote.eta_seconds),
                "retrieval tier": quote.retrieval_tier,
                "kept": f"{quote.days} days",
                "holds until": moment_words(quote.expires_at),
            }
        )
    )
    if st.button("Agree and bring it back", type="primary", icon=":material/local_fire_department:"):
        client.request_restore(quote.id, idempotency_key=quote.id)
        remember_quote(None)
        st.rerun()


def _history(client: Client, asset: str) -> None:
    found = client.restores(asset=asset)
    for restore in found[:3]:
        st.html(markup.facts(restore_facts(restore)))
    if any(item.status in {"requested", "requesting", "in progress", "restored"} for item in found):
        st.button("Look again", icon=":material/refresh:")


def restore_facts(restore: Restore) -> dict[str, str | None]:
    """Return what there is to say of a restore."""
    is_over = restore.restored_at is not None or restore.status in _ENDED
    return {
        "restore": restore.status,
        "cost": money_words(restore.cost, restore.currency),
        "asked for": f"{moment_words(restore.requested_at)} by {restore.principal}",
        "through": restore.retrieval_tier,
        "expected": None if is_over or restore.eta is None else moment_words(restore.eta),
        "ready": None if restore.restored_at is None else moment_words(restore.restored_at),
        "until": None if restore.expires_at is None else moment_words(restore.expires_at),
        "verified": restore.verified,
        "trouble": restore.error,
    }
