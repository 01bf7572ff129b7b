"""The page of baskets: what shall come back together, what is warm already, the price, the yes."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import streamlit as st

from foundation.errors import InputError, RekindleError
from search_api.client import Client
from search_api.schemas_baskets import BasketDetail, Item, NewItems
from search_api.schemas_timelines import MOST_TEXT, ReadFormat, TimelineText
from ui.components import markup
from ui.components.basket import choose_basket
from ui.components.basket_quote import offer_quote
from ui.components.trouble import show_trouble
from ui.components.words import clock, master_words, size_words

MOST = 500
_FORMATS: dict[str, ReadFormat] = {".edl": "edl", ".otio": "otio"}
_NONE = "No basket yet. Put hits and assets into one, or a timeline of an editing program."


def draw(client: Client) -> None:
    """Draw the page."""
    st.html('<p class="rk-mark">Baskets</p>')
    try:
        _fill(client)
        names = [basket.name for basket in client.baskets.all()]
        if not names:
            st.html(markup.sentences([_NONE]))
            return
        # Names alone: the browser finds what it chose by its label, which must not change with the contents.
        _basket(client, client.baskets.get(st.selectbox("Basket", names, key="basket")))
    except RekindleError as error:
        show_trouble(error)


def _fill(client: Client) -> None:
    with st.expander("Put a timeline in"):
        given = st.file_uploader("All that an EDL or OTIO file uses", type=[end[1:] for end in _FORMATS])
        name = choose_basket(client, "basket for a timeline")
        if not st.button("Put all of it in", disabled=given is None or not name) or given is None:
            return
        text = given.getvalue().decode("utf-8", "replace")
        if len(text) > MOST_TEXT:
            raise InputError(f"A timeline has at most {MOST_TEXT:,} characters.")
        timeline = TimelineText(format=_FORMATS[PurePath(given.name).suffix.lower()], text=text)
        filled = client.baskets.put(name, NewItems(timeline=timeline))
        told = f"{filled.added} put into {filled.basket.name}, which holds {filled.basket.items}."
        st.html(markup.sentences([told, *(f"Not found: {clip}" for clip in filled.unresolved)]))


def _basket(client: Client, basket: BasketDetail) -> None:
    _contents(basket.contents)
    _take_out(client, basket)
    if basket.contents:
        st.subheader("Bring it back")
        offer_quote(client, basket)


def _contents(items: Sequence[Item]) -> None:
    if not items:
        st.html(markup.sentences(["It is empty."]))
        return
    size = sum({item.asset: item.size or 0 for item in items}.values())
    warm = {
        item.asset
        for item in items
        if item.master is not None and item.master.restore in {"none", "restored"}
    }
    every = {item.asset for item in items}
    masters = f"{len(every)} masters, {size_words(size)} together"
    told = f"{len(items)} in it, of {masters}; {len(warm)} can be read now."
    rows = [_row(item) for item in items[:MOST]]
    st.html(markup.table(("asset", "range", "size of the master", "master", "for"), rows))
    rest = [f"{len(items) - MOST} more are not shown."] if len(items) > MOST else []
    st.html(markup.sentences([*rest, told]))


def _row(item: Item) -> tuple[str, ...]:
    size = "" if item.size is None else size_words(item.size)
    master = "" if item.master is None else master_words(item.master)
    return item.name or item.asset, _range(item), size, master, item.label


def _range(item: Item) -> str:
    return "whole" if item.start is None or item.end is None else f"{clock(item.start)} to {clock(item.end)}"


def _take_out(client: Client, basket: BasketDetail) -> None:
    with st.expander("Take out"):
        names = _labels(basket.contents)
        chosen = st.multiselect(
            "What", list(names), format_func=lambda item: names[item], key=f"out-{basket.id}"
        )
        out, forget, _ = st.columns([1, 1, 3])
        if out.button("Take out", disabled=not chosen, key=f"take-{basket.id}", width="stretch"):
            client.baskets.take(basket.name, chosen)
            st.rerun()
        if forget.button("Forget the basket", key=f"forget-{basket.id}", width="stretch"):
            client.baskets.remove(basket.name)
            st.rerun()


def _labels(items: Sequence[Item]) -> dict[str, str]:
    """What items are called, each otherwise: of two that look alike, the browser would tell the first."""
    plain = {item.id: f"{item.name or item.asset}, {_range(item)}" for item in items}
    often = Counter(plain.values())
    return {key: label if often[label] == 1 else f"{label} ({key})" for key, label in plain.items()}
