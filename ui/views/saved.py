"""The page of standing questions: saved searches with what they found in new footage, and unmet demand."""

from collections.abc import Sequence

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas_saved import DemandList, SavedMatch, SavedSearch
from ui.components import markup
from ui.components.trouble import show_trouble
from ui.state import play_hit

COLUMNS = 4
MATCHES = 24
DEMAND = 100
_NONE = "None yet. Save one on the search page: new footage is then searched by itself."


def draw(client: Client) -> None:
    """Draw the page."""
    st.html('<p class="rk-mark">Saved searches</p>')
    try:
        searches = client.saved.all()
        if not searches:
            st.html(
                markup.sentences(
                    ["None yet. Save one on the search page: new footage is then searched by itself."]
                )
            )
        for search in searches:
            _saved(client, search)
        _matches(client, client.saved.matches(limit=MATCHES).matches)
        _demand(client.saved.demand(limit=DEMAND))
    except RekindleError as error:
        show_trouble(error)


def _saved(client: Client, search: SavedSearch) -> None:
    with st.container(border=True):
        text, run, remove = st.columns([6, 1, 1], vertical_alignment="center")
        ran = "never" if search.ran_at is None else f"{search.ran_at:%Y-%m-%d %H:%M} UTC"
        with text:
            told = {"asks": search.query.q, "matches": str(search.matches), "last asked": ran}
            st.html(f'<p class="rk-name">{markup.plain(search.name)}</p>{markup.facts(told)}')
        if run.button("Ask now", key=f"run-{search.id}", width="stretch"):
            client.saved.run(search.name)
            st.rerun()
        if remove.button("Forget", key=f"forget-{search.id}", width="stretch"):
            client.saved.remove(search.name)
            st.rerun()


def _matches(client: Client, matches: Sequence[SavedMatch]) -> None:
    if not matches:
        return
    st.subheader("New matches")
    newest = list(reversed(matches))
    for first in range(0, len(newest), COLUMNS):
        for column, (number, match) in zip(
            st.columns(COLUMNS), enumerate(newest[first : first + COLUMNS], start=first), strict=False
        ):
            picture = None if match.hit.picture is None else client.absolute(match.hit.picture)
            with column, st.container(key=f"hit-{number}"):
                st.html(markup.card(match.hit, picture, playing=False))
                st.button(
                    f"Choose match {number + 1}", key=f"play-{number}", on_click=play_hit, args=(match.hit,)
                )
            column.caption(f"{match.name}, {match.found_at:%Y-%m-%d}")


def _demand(found: DemandList) -> None:
    st.subheader("Asked for, not found")
    if not found.kept:
        st.html(markup.sentences(["Such questions are not kept (`REKINDLE_DEMAND__KEEP`)."]))
    elif not found.demand:
        st.html(markup.sentences(["Every question so far found something good."]))
    else:
        rows = [
            {"question": item.text, "filters": item.filters, "times": item.count, "last": item.last_at}
            for item in found.demand
        ]
        st.dataframe(rows, hide_index=True, width="stretch")
