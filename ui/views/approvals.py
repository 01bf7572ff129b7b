"""The page of approvals: what waits for an approver, their yes or no, and this month's budgets."""

from collections.abc import Sequence

import streamlit as st

from foundation.errors import RekindleError
from search_api.client import Client
from search_api.schemas_restores import Approval, BudgetList, NewDecision
from ui.components import markup
from ui.components.trouble import show_trouble
from ui.components.words import moment_words, money_words

MOST = 20
_NOBODY = "Approvers decide here; ask somebody who is one. These requests are open:"


def draw(client: Client) -> None:
    """Draw the page."""
    st.html('<p class="rk-mark">Approvals</p>')
    try:
        may = client.me().approver
        found = client.money.approvals()
        _open(client, [item for item in found if item.state == "open"], may_decide=may)
        _budgets(client.money.budgets())
        _decided([item for item in found if item.state != "open"][:MOST])
    except RekindleError as error:
        show_trouble(error)


def _open(client: Client, waiting: Sequence[Approval], *, may_decide: bool) -> None:
    if not waiting:
        st.html(markup.sentences(["Nothing waits for an approver."]))
        return
    if not may_decide:
        st.html(markup.sentences([_NOBODY]))
    for approval in waiting:
        with st.container(border=True):
            st.html(markup.facts(_facts(approval)))
            if may_decide:
                _decide(client, approval)


def _decide(client: Client, approval: Approval) -> None:
    note = st.text_input("Why (whoever asked is told)", max_chars=1000, key=f"note-{approval.id}")
    raised = st.checkbox(
        "Raise budgets that do not suffice, for this month and by what is missing", key=f"raise-{approval.id}"
    )
    yes, no, _ = st.columns([1, 1, 3])
    said = NewDecision(note=note.strip() or None, raise_budgets=raised)
    price = money_words(approval.cost, approval.currency)
    agrees = yes.button(f"Approve {price}", key=f"approve-{approval.id}", type="primary", width="stretch")
    refuses = no.button("Decline", key=f"decline-{approval.id}", width="stretch")
    try:
        if agrees:
            client.money.approve(approval.id, said)
            st.rerun()
        if refuses:
            _decline(client, approval, said)
    except RekindleError as error:
        show_trouble(error)


def _decline(client: Client, approval: Approval, said: NewDecision) -> None:
    if said.note is None:
        st.html(markup.sentences(["Say why: whoever asked has nothing else to go by."]))
        return
    client.money.decline(approval.id, NewDecision(note=said.note))
    st.rerun()


def _facts(approval: Approval) -> dict[str, str | None]:
    decided = None
    if approval.decided_by is not None and approval.decided_at is not None:
        decided = f"{approval.state} by {approval.decided_by}, {moment_words(approval.decided_at)}"
    return {
        "request": approval.id,
        "asked by": approval.principal,
        "for": approval.project,
        "cost": money_words(approval.cost, approval.currency),
        "needs an approver": approval.reason,
        "asked for": moment_words(approval.asked_at),
        "needed": None if approval.deadline is None else moment_words(approval.deadline),
        "decided": decided or (approval.state if approval.state != "open" else None),
        "because": approval.note,
    }


def _decided(found: Sequence[Approval]) -> None:
    if not found:
        return
    with st.expander("Decided"):
        for approval in found:
            st.html(markup.facts(_facts(approval)))


def _budgets(found: BudgetList) -> None:
    if not found.budgets:
        return
    st.subheader(f"Budgets of {found.month}")
    rows = {
        f"{budget.scope} {budget.subject}".strip(): f"{money_words(budget.reserved)} of"
        f" {money_words(budget.cap)}, set by {budget.set_by or 'the settings'}"
        for budget in found.budgets
    }
    st.html(markup.facts(rows))
