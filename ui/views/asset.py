"""The page of one asset: player, shots, transcript, facts, master."""

from collections.abc import Sequence

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas import AssetDetail, Cue, Keyframe
from ui.components import markup
from ui.components.copies import show_copies
from ui.components.keeping import offer_keeping
from ui.components.player import show_asset
from ui.components.restore import show_master
from ui.components.trouble import show_trouble
from ui.components.words import clock
from ui.state import play, playing

COLUMNS = 6


def draw(client: Client) -> None:
    """Draw the asset that the address names, else that which was played last."""
    chosen = playing()
    asset_id = st.query_params.get("id") or (chosen.asset if chosen else None)
    if asset_id is None:
        st.html(markup.sentences(["Choose a hit on the search page first."]))
        return
    st.query_params["id"] = asset_id
    try:
        _draw(client, client.asset(asset_id))
    except RekindleError as error:
        show_trouble(error)


def _draw(client: Client, asset: AssetDetail) -> None:
    st.html(f'<p class="rk-mark">{markup.plain(asset.name)}</p>')
    chosen = playing()
    here = chosen if chosen and chosen.asset == asset.id else None
    left, right = st.columns([2, 1], gap="large")
    with left:
        show_asset(client, asset, start=here.start if here else 0.0, end=here.end if here else None)
        _shots(client, asset.id, client.keyframes(asset.id))
        _transcript(asset.id, client.transcript(asset.id))
    with right:
        st.subheader("Facts")
        st.html(markup.facts(_facts(asset)))
        show_master(client, asset)
        offer_keeping(client, asset)
        show_copies(client, asset.id)


def _shots(client: Client, asset: str, keyframes: Sequence[Keyframe]) -> None:
    if not keyframes:
        return
    st.subheader("Shots")
    for first in range(0, len(keyframes), COLUMNS):
        for column, item in zip(st.columns(COLUMNS), keyframes[first : first + COLUMNS], strict=False):
            with column, st.container(key=f"hit-frame-{item.frame}"):
                label = item.timecode or clock(item.seconds or 0.0)
                st.html(markup.frame(client.absolute(item.url), label))
                st.button(
                    f"Play from frame {item.frame}",
                    key=f"frame-{item.frame}",
                    on_click=play,
                    args=(asset, item.seconds),
                )


def _transcript(asset: str, cues: Sequence[Cue]) -> None:
    if not cues:
        return
    st.subheader("Transcript")
    for item in cues:
        button, words = st.columns([1, 6], vertical_alignment="center")
        with button:
            st.button(
                clock(item.start or 0.0),
                key=f"cue-{item.ordinal}",
                on_click=play,
                args=(asset, item.start, item.end),
            )
        with words:
            st.html(markup.cue(item))


def _facts(asset: AssetDetail) -> dict[str, str | None]:
    technical = asset.technical
    size = f"{technical.width} × {technical.height}" if technical.width and technical.height else None
    return {
        "kind": asset.kind,
        "location": asset.location,
        "length": None if asset.duration is None else clock(asset.duration),
        "frames": None if technical.frames is None else f"{technical.frames} at {technical.rate} per second",
        "picture": size,
        "codec": technical.codec,
        "starts at": technical.start_timecode,
        "year": None if asset.year is None else f"{asset.year} ({asset.year_source or 'guessed'})",
        "state": asset.state,
        "id": asset.id,
    }
