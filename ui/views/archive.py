"""The page of the archive: what it holds, which signals are on, what could not be indexed."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas_work import Status
from ui.components import markup
from ui.components.trouble import show_trouble
from ui.components.words import money_words


def draw(client: Client) -> None:
    """Draw the page."""
    st.html('<p class="rk-mark">Archive</p>')
    try:
        _counts(client.status())
        _letters(client)
    except RekindleError as error:
        show_trouble(error)


def _counts(status: Status) -> None:
    for column, (name, count) in zip(
        st.columns(max(1, len(status.counts))), status.counts.items(), strict=True
    ):
        column.metric(name, count)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Signals")
        st.html(markup.facts(status.signals) + markup.sentences(status.notes))
    with right:
        st.subheader("Models in use")
        packs = [pack for pack in status.packs if pack.active]
        st.html(markup.facts({pack.kind: f"{pack.name}. {pack.weakness}".strip() for pack in packs}))
        spent, budget = money_words(status.spent_usd), money_words(status.budget_usd)
        st.html(markup.facts({"spent on restores this month": f"{spent} of {budget}", "home": status.home}))


def _letters(client: Client) -> None:
    letters = client.dead_letters()
    if not letters:
        return
    st.subheader("Could not be indexed")
    for letter in letters:
        told = f"{letter.message} → {letter.remedy}"
        st.html(markup.facts({"file": letter.uri, "code": letter.code, "what happened": told}))
