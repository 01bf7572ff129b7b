"""Warm copies of masters: keep one, see how far it is, let it go."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import AssetDetail
from search_api.schemas_tiering import Keep
from ui.components import markup
from ui.components.trouble import show_trouble

_USUAL = timedelta(days=90)


def offer_keeping(client: Client, asset: AssetDetail) -> None:
    """Say what keeps an asset warm, and offer to keep a copy where nothing sleeps."""
    try:
        for keep in client.projects.keeps(asset=asset.id).keeps:
            _draw(client, keep, {})
        _offer(client, asset)
    except RekindleError as error:
        show_trouble(error)


def show_keeps(client: Client) -> None:
    """Draw everything that is kept warm; nothing where nothing is."""
    found = client.projects.keeps()
    if not found.keeps and not found.leaving:
        return
    st.subheader("Kept warm")
    for keep in found.keeps:
        with st.container(border=True):
            _draw(client, keep, {"what": keep.name if keep.asset else f"project {keep.name}"})
    if found.leaving:
        yet = f"{found.leaving} copies that nothing keeps any more have yet to go."
        st.html(markup.sentences([yet, *found.staying]))


def keep_facts(keep: Keep) -> dict[str, str | None]:
    """Return what there is to say of a keep."""
    return {
        "kept warm in": keep.location,
        "until": "let go" if keep.until is None else f"{keep.until:%Y-%m-%d %H:%M} UTC",
        "by": keep.principal,
        "because": keep.reason or None,
        "copies": f"{keep.hot} of {keep.assets}",
        "being copied": str(keep.copying) if keep.copying else None,
        "asleep": f"{keep.asleep}, copied once brought back" if keep.asleep else None,
    }


def _draw(client: Client, keep: Keep, before: Mapping[str, str]) -> None:
    st.html(markup.facts({**before, **keep_facts(keep)}))
    if st.button("Let it go", key=f"release-{keep.id}", icon=":material/mode_off_on:"):
        client.projects.release_keep(keep.id)
        st.rerun()


def _offer(client: Client, asset: AssetDetail) -> None:
    # Where it lies already comes last: a copy beside the master is seldom meant.
    awake = [item.name for item in client.locations() if item.kind != "vault"]
    places = sorted(awake, key=lambda name: name == asset.location)
    if not places:
        return
    usual = datetime.now(UTC).date() + _USUAL
    with st.expander("Keep a warm copy"):
        place = st.selectbox("Where", places, key="keep-place")
        until = st.date_input("Until (empty: until it is let go)", usual, key="keep-until")
        reason = st.text_input("Why", key="keep-reason")
        if st.button("Keep it", icon=":material/local_fire_department:"):
            ends = datetime.combine(until, time.max, UTC) if isinstance(until, date) else None
            client.projects.keep_hot(place, asset=asset.id, until=ends, reason=reason)
            st.rerun()
