"""The player: HTML5 video at the API's own address.

``st.video`` rounds its start to whole seconds and copies the file through Streamlit; a media fragment keeps
the fraction and lets the browser fetch by Range.
"""

import streamlit as st

from search_api.client import Client
from search_api.schemas import AssetDetail, Hit
from ui.components import markup


def show_moment(client: Client, hit: Hit) -> None:
    """Play a hit from its moment on."""
    if hit.playback.url is None:
        st.html(
            markup.sentences(["It has no proxy yet: its master is cold. Open the asset to bring it back."])
        )
        return
    picture = None if hit.picture is None else client.absolute(hit.picture)
    start = hit.playback.start if hit.playback.start is not None else hit.start
    st.html(
        markup.player(
            hit.asset.kind, client.absolute(hit.playback.url), start=start or 0.0, end=hit.end, poster=picture
        )
    )


def show_asset(client: Client, asset: AssetDetail, *, start: float, end: float | None) -> None:
    """Play an asset from ``start`` seconds on."""
    if asset.links.proxy is None:
        st.html(
            markup.sentences(["It has no proxy yet: its master has to be brought back and indexed first."])
        )
        return
    poster = None if asset.links.poster is None else client.absolute(asset.links.poster)
    st.html(
        markup.player(asset.kind, client.absolute(asset.links.proxy), start=start, end=end, poster=poster)
    )
