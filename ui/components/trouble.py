"""Errors, in a sentence and with what to do about them."""

import streamlit as st

from foundation.errors import RekindleError
from ui.components import markup


def show_trouble(error: RekindleError) -> None:
    """Say what happened and what to do next."""
    with st.container(border=True):
        st.html(markup.sentences([error.message, f"→ {error.remedy}"]))
