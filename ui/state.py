"""What one visitor's session remembers, typed; the only module that touches ``st.session_state``."""

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from search_api.client import Client
from search_api.schemas import Hit, SearchRequest
from search_api.schemas_baskets import BasketQuote, BasketQuoteRequest
from search_api.schemas_examples import Example, ExampleRequest
from search_api.schemas_restores import NewChange, Quote
from search_api.schemas_work import Me


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the pages.

    Attributes:
        client: Speaks as them.
        me: Who the API holds them to be.
        signed_in: They came with a token of their own.
    """

    client: Client
    me: Me
    signed_in: bool = False


def visitor() -> Visitor | None:
    """Return who looks at the pages, once that is known."""
    value = st.session_state.get("visitor")
    return value if isinstance(value, Visitor) else None


def remember_visitor(who: Visitor | None) -> None:
    """Keep who looks at the pages, or ask again the next time."""
    if who is not None:
        st.session_state["visitor"] = who


def begin_as(who: Visitor | None) -> None:
    """Begin anew as somebody; nothing that the one before asked for is kept."""
    st.session_state.clear()
    if who is None:
        st.query_params.clear()  # Whoever signs in may have come by an address.
    remember_visitor(who)


@dataclass(frozen=True, slots=True)
class Playing:
    """What the player shows: an asset from a moment on, in seconds."""

    asset: str
    start: float
    end: float | None = None


def playing() -> Playing | None:
    """Return what was chosen last."""
    value = st.session_state.get("playing")
    return value if isinstance(value, Playing) else None


def play(asset: str, start: float | None, end: float | None = None) -> None:
    """Choose a moment; used as a button's callback."""
    st.session_state["playing"] = Playing(asset, start or 0.0, end)


def play_hit(hit: Hit) -> None:
    """Choose a hit's moment."""
    play(hit.asset.id, hit.playback.start if hit.playback.start is not None else hit.start, hit.end)


def forget_moment() -> None:
    """Close the player."""
    st.session_state.pop("playing", None)


def quote_of(asset: str) -> Quote | None:
    """Return the quote that was asked for this asset."""
    value = st.session_state.get("quote")
    return value if isinstance(value, Quote) and value.assets == [asset] else None


def remember_quote(quote: Quote | None) -> None:
    """Keep a quote until it is agreed to, or drop it."""
    if quote is None:
        st.session_state.pop("quote", None)
    else:
        st.session_state["quote"] = quote


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """How a basket shall come back, and what that would cost.

    Attributes:
        contents: The assets that were in it.
    """

    wanted: BasketQuoteRequest
    contents: frozenset[str]
    quote: BasketQuote


def priced_basket_of(name: str, wanted: BasketQuoteRequest, contents: frozenset[str]) -> PricedBasket | None:
    """Return what a basket of these assets would cost in this way, if that was asked."""
    value = st.session_state.get(f"price of {name}")
    if isinstance(value, PricedBasket) and (value.wanted, value.contents) == (wanted, contents):
        return value
    return None


def remember_basket_price(name: str, priced: PricedBasket | None) -> None:
    """Keep a basket's price until it is agreed to, or drop it."""
    if priced is None:
        st.session_state.pop(f"price of {name}", None)
    else:
        st.session_state[f"price of {name}"] = priced


@dataclass(frozen=True, slots=True)
class PricedChange:
    """A change of a restore, and what it would cost."""

    wanted: NewChange
    cost: Decimal
    currency: str


def priced_change_of(restore: str, wanted: NewChange) -> PricedChange | None:
    """Return what this change of a restore would cost, if that was asked."""
    value = st.session_state.get(f"change of {restore}")
    return value if isinstance(value, PricedChange) and value.wanted == wanted else None


def remember_change(restore: str, priced: PricedChange | None) -> None:
    """Keep the price of a change until it is agreed to, or drop it."""
    if priced is None:
        st.session_state.pop(f"change of {restore}", None)
    else:
        st.session_state[f"change of {restore}"] = priced


@dataclass(frozen=True, slots=True)
class Further:
    """What was found behind the first page of a search.

    Attributes:
        question: The search it belongs to.
        cursor: Where the next page begins; None behind the last.
    """

    question: SearchRequest | ExampleRequest
    hits: tuple[Hit, ...]
    cursor: str | None


def further_of(question: SearchRequest | ExampleRequest) -> Further | None:
    """Return the further pages of this search, if there are any."""
    value = st.session_state.get("further")
    return value if isinstance(value, Further) and value.question == question else None


def remember_further(further: Further) -> None:
    """Keep further pages until something else is asked."""
    st.session_state["further"] = further


@dataclass(frozen=True, slots=True)
class Judgement:
    """A hit that was judged: its name for people, and the moment as an example."""

    label: str
    example: Example
    liked: bool


def judgements() -> list[Judgement]:
    """Return what was judged, in order."""
    value = st.session_state.get("judgements")
    return [item for item in value if isinstance(item, Judgement)] if isinstance(value, list) else []


def judge(hit: Hit, *, liked: bool) -> None:
    """Want more, or less, like a hit; the latest word on a moment counts."""
    example = Example(asset=hit.asset.id, in_frame=hit.in_frame, out_frame=hit.out_frame)
    if hit.in_frame is None and hit.start is not None:
        example = Example(asset=hit.asset.id, start=hit.start, end=hit.end)
    others = [item for item in judgements() if item.example != example]
    st.session_state["judgements"] = [*others, Judgement(hit.asset.name, example, liked)]


def forget_judgements() -> None:
    """Begin again with words alone."""
    st.session_state.pop("judgements", None)
