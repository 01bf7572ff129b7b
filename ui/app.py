"""The UI's entry: ``streamlit run ui/app.py -- --api http://127.0.0.1:8765``."""

import sys
from functools import partial
from itertools import pairwise
from pathlib import Path

import streamlit as st

from search_api.client import Client
from ui.views import archive, asset, people, restores, saved, search

_STYLE = Path(__file__).with_name("static") / "style.css"
_DEFAULT_API = "http://127.0.0.1:8765"


def main(arguments: list[str]) -> None:
    """Draw the page that the address asks for."""
    st.set_page_config(page_title="Rekindle", page_icon="🔥", layout="wide")
    st.html(_STYLE)
    client = connect(_api(arguments))
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
            partial(restores.draw, client), title="Restores", icon=":material/ac_unit:", url_path="restores"
        ),
        st.Page(
            partial(archive.draw, client), title="Archive", icon=":material/inventory_2:", url_path="archive"
        ),
    ]
    st.navigation(pages, position="top").run()


@st.cache_resource
def connect(address: str) -> Client:
    """Return the client all visitors share."""
    return Client(address)


def _api(arguments: list[str]) -> str:
    return dict(pairwise(arguments)).get("--api", _DEFAULT_API)


if __name__ == "__main__":
    main(sys.argv[1:])
