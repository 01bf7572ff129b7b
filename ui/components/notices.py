"""The newest of what one was told, small."""

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from ui.components import markup
from ui.components.words import moment_words

MOST = 5


def show_notices(client: Client) -> None:
    """List the newest notices, the latest first; nothing where there are none."""
    try:
        found = client.money.notices(limit=MOST, newest=True).notices
    except RekindleError:
        return  # The page says so.
    if not found:
        return
    st.subheader("Notices")
    for notice in reversed(found):
        event = notice.event.replace(".", " ").replace("_", " ")
        name = notice.about.rpartition("/")[2] if notice.facts.get("uri") else notice.about
        st.html(markup.sentences([f"{moment_words(notice.at)}: {event}, {name}"]))
