"""What a basket costs through every retrieval tier, by when it is needed, and the yes to it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import streamlit as st

from search_api.client import Client
from search_api.schemas_baskets import (
    BasketApproval,
    BasketDetail,
    BasketQuote,
    BasketQuoteRequest,
    TierOffer,
)
from search_api.schemas_restores import PROJECT, BudgetList, Restore
from ui.components import markup
from ui.components.words import moment_words, money_words, wait_words
from ui.state import PricedBasket, priced_basket_of, remember_basket_price

MOST = 20
"""Masters that are named one by one."""

_CHEAPEST = "the cheapest in time"
_TIERS = (_CHEAPEST, "bulk", "standard", "expedited")
_MORNING = time(8)
_ASKS = (
    "Where a budget does not suffice, or the sum is too high, an approver is asked before anything is spent."
)


def offer_quote(client: Client, basket: BasketDetail) -> None:
    """Ask how a basket shall come back, say what that costs, and take the yes to it."""
    name, contents = basket.name, frozenset(item.asset for item in basket.contents)
    wanted = _wanted(name)
    if st.button("What does it cost?", icon=":material/payments:", key=f"quote-{name}"):
        asked = client.baskets.quote(
            name, retrieval_tier=wanted.retrieval_tier, days=wanted.days, deadline=wanted.deadline
        )
        remember_basket_price(name, PricedBasket(wanted, contents, asked))
    priced = priced_basket_of(name, wanted, contents)
    if priced is not None:
        _show(priced.quote)
        if priced.quote.quote.objects or priced.quote.coming:
            _agree(client, name, priced)


def _wanted(name: str) -> BasketQuoteRequest:
    day, hour, days, tier = st.columns(4, vertical_alignment="bottom")
    by = day.date_input("Needed by (UTC)", None, key=f"day-{name}")
    at = hour.time_input("At", _MORNING, key=f"hour-{name}", disabled=by is None)
    kept = days.number_input("Days kept", 1, 365, value=None, key=f"kept-{name}")
    through = tier.selectbox("Retrieval tier", _TIERS, key=f"tier-{name}")
    deadline = datetime.combine(by, at or _MORNING, UTC) if isinstance(by, date) else None
    return BasketQuoteRequest(
        retrieval_tier=None if through == _CHEAPEST else through, days=kept, deadline=deadline
    )


def _show(found: BasketQuote) -> None:
    rows = [_offer(offer, found.quote.currency) for offer in found.tiers]
    if rows:
        st.html(markup.table(("retrieval tier", "cost", "ready in", "in time", "made of"), rows))
    facts = {
        "to bring back": f"{found.quote.objects} objects, {found.gigabytes:.2f} GB",
        "readable now": _lines([_until(item.uri, item.until) for item in found.warm]),
        "on their way": _lines([_until(item.uri, item.eta) for item in found.coming]),
        "cannot come back": _lines(
            [f"{item.name}: {item.reason} → {item.remedy}" for item in found.impossible]
        ),
        "not asked": _lines([f"{item.uri}: {item.reason}" for item in found.unasked]),
        "kept": f"{found.quote.days} days",
        "holds until": moment_words(found.quote.expires_at),
    }
    st.html(markup.facts(facts))


def _lines(told: Sequence[str]) -> str | None:
    rest = [f"and {len(told) - MOST} more"] if len(told) > MOST else []
    return "\n".join([*told[:MOST], *rest]) or None


def _offer(offer: TierOffer, currency: str) -> tuple[str, ...]:
    parts = (
        f"{name.replace('_', ' ')} {money_words(cost, currency)}"
        for name, cost in offer.split.items()
        if cost
    )
    in_time = {None: "–", True: "yes", False: "too late"}[offer.in_time]
    price, wait = money_words(offer.cost, currency), wait_words(offer.eta_seconds)
    return offer.retrieval_tier, price, wait, in_time, ", ".join(parts)


def _until(uri: str, at: datetime | None) -> str:
    return uri if at is None else f"{uri} ({moment_words(at)})"


def _agree(client: Client, name: str, priced: PricedBasket) -> None:
    found = priced.quote
    project = _project(client, name)
    st.html(markup.sentences([_ASKS, *_budgets(client.money.budgets(), project)]))
    if found.in_time is False:
        st.html(markup.sentences(["No retrieval tier that was chosen is in time."]))
    price = money_words(found.quote.cost, found.quote.currency)
    if st.button(f"Agree: {found.quote.retrieval_tier}, {price}", key=f"agree-{name}", type="primary"):
        yes = BasketApproval(quote=found.quote.id, project=project, deadline=priced.wanted.deadline)
        started = client.baskets.approve(name, yes)
        remember_basket_price(name, None)
        st.html(markup.sentences([_began(started)]))


def _project(client: Client, name: str) -> str:
    known = {project.id: project.name for project in client.projects.all()}
    ids = sorted(known, key=lambda project: project != PROJECT) or [PROJECT]
    if len(ids) == 1:
        return ids[0]
    return st.selectbox(
        "Project that pays", ids, format_func=lambda project: known[project], key=f"pays-{name}"
    )


def _budgets(found: BudgetList, project: str) -> list[str]:
    return [
        f"Reserved of the budget of the {budget.scope} {budget.subject}".strip()
        + f": {money_words(budget.reserved)} of {money_words(budget.cap)}."
        for budget in found.budgets
        if budget.scope != "project" or budget.subject == project
    ]


def _began(started: list[Restore]) -> str:
    waiting = sum(restore.status == "needs approval" for restore in started)
    rest = f"; {waiting} wait for an approver" if waiting else ""
    return f"{len(started)} masters were asked for{rest}. See Restores."
