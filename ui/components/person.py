"""Who one is: an access token, kept in the visitor's session alone."""

from collections.abc import Callable

import streamlit as st

from foundation.errors import ApiUnreachable, RekindleError, UnknownToken
from search_api.client import Client
from ui.components import markup
from ui.components.trouble import show_trouble
from ui.state import Visitor, begin_as, remember_visitor, visitor

SignIn = Callable[[str], Client]
_MOST = 380
"""Characters of a token; the API takes no longer header."""

_NOBODYS = "This token is nobody's. Administrators give them out under `[access.tokens]`."


def arrive(usual: Client, sign_in: SignIn) -> Client:
    """Say in the sidebar who one is, let them sign in or out, and return the client that speaks as them.

    Args:
        usual: Speaks as whoever has not signed in.
        sign_in: Makes a client that sends a token.
    """
    known = visitor()
    if known is None:
        known = _usually(usual)
        remember_visitor(known)
    with st.sidebar:
        _tell(known)
        if known is None or not known.signed_in:
            _ask(sign_in)
    return usual if known is None else known.client


def _usually(usual: Client) -> Visitor | None:
    try:
        return Visitor(usual, usual.me())
    except ApiUnreachable:
        return None  # The page says so.
    except RekindleError as error:
        with st.sidebar:
            show_trouble(error)
        return None


def _tell(known: Visitor | None) -> None:
    if known is None:
        return
    role = " (approver)" if known.me.approver else ""
    st.html(markup.sentences([f"You are {known.me.principal}{role}."]))
    if known.signed_in and st.button("Sign out", icon=":material/logout:", width="stretch"):
        begin_as(None)
        st.rerun()


def _ask(sign_in: SignIn) -> None:
    with st.form("sign in", clear_on_submit=True, border=False):
        typed = st.text_input("Access token", type="password", max_chars=_MOST, autocomplete="off")
        if not st.form_submit_button("Sign in", icon=":material/login:", width="stretch"):
            return
    try:
        begin_as(_visit(sign_in, typed.strip()))
    except UnknownToken:
        st.html(markup.sentences([_NOBODYS]))
        return
    except RekindleError as error:
        show_trouble(error)
        return
    st.rerun()


def _visit(sign_in: SignIn, token: str) -> Visitor:
    # What no header can carry would come back in the message of whoever refuses to send it.
    if not token or not token.isascii() or not token.isprintable():
        raise UnknownToken("A token is made of ASCII characters that can be printed.")
    client = sign_in(token)
    return Visitor(client, client.me(), signed_in=True)
