"""The UI's entry: ``streamlit run ui/app.py -- --api http://127.0.0.1:8765``."""

import sys
from functools import partial
from itertools import pairwise
from pathlib import Path

import streamlit as st

from foundation.settings import load
from search_api.client import Client
from ui.components.notices import show_notices
from ui.components.person import arrive
from ui.views import approvals, archive, asset, baskets, people, restores, saved, search

_STYLE = Path(__file__).with_name("static") / "style.css"
_DEFAULT_API = "http://127.0.0.1:8765"


def main(arguments: list[str]) -> None:
    """Draw the page that the address asks for."""
    st.set_page_config(page_title="Rekindle", page_icon="🔥", layout="wide")
    st.html(_STYLE)
    address = _api(arguments)
    client = arrive(connect(address), lambda token: Client(address, token=token))
    with st.sidebar:
        show_notices(client)
    details = st.Page(partial(asset.draw, client), title="Asset", icon=":material/movie:", url_path="asset")
    pages = [
        st.Page(
            partial(search.draw, client, details),
            title="Search",
            icon=":material/search:",
            url_path="search",
            default=True,
        ),
        details,
        st.Page(partial(people.draw, client), title="People", icon=":material/face:", url_path="people"),
        st.Page(partial(saved.draw, client), title="Saved", icon=":material/bookmark:", url_path="saved"),
        st.Page(
            partial(baskets.draw, client),
            title="Baskets",
            icon=":material/shopping_basket:",
            url_path="baskets",
        ),
        st.Page(
            partial(restores.draw, client), title="Restores", icon=":material/ac_unit:", url_path="restores"
        ),
        st.Page(
            partial(approvals.draw, client), title="Approvals", icon=":material/gavel:", url_path="approvals"
        ),
        st.Page(
            partial(archive.draw, client), title="Archive", icon=":material/inventory_2:", url_path="archive"
        ),
    ]
    st.navigation(pages, position="top").run()


@st.cache_resource
def connect(address: str) -> Client:
    """Return the client that visitors share who have not signed in."""
    token = load().access.token
    return Client(address, token=None if token is None else token.get_secret_value())


def _api(arguments: list[str]) -> str:
    return dict(pairwise(arguments)).get("--api", _DEFAULT_API)


if __name__ == "__main__":
    main(sys.argv[1:])
