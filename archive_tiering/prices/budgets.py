"""What may be reserved: the caps that people set, else those of the settings."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from catalog.model import BudgetScope, Cap, SetCap
from catalog.repository import CatalogReader
from foundation.ids import PrincipalId, ProjectId
from foundation.settings import TieringSettings


def caps_of(
    view: CatalogReader, settings: TieringSettings, principal: PrincipalId, project: ProjectId, month: str
) -> list[Cap]:
    """Return every cap that a reservation of this user for this project must keep to.

    A cap set for the month comes before one set for all months, and that before the settings'.
    """
    chosen = view.spending.caps(month)
    accounts = [(BudgetScope.MONTH, ""), (BudgetScope.USER, principal), (BudgetScope.PROJECT, project)]
    found = (_cap(chosen, settings, scope, subject) for scope, subject in accounts)
    return [cap for cap in found if cap is not None]


def caps_of_projects(
    view: CatalogReader,
    settings: TieringSettings,
    principal: PrincipalId,
    projects: Iterable[ProjectId],
    month: str,
) -> list[Cap]:
    """Return likewise every cap that one reservation for several projects must keep to, each once."""
    found = [cap for project in projects for cap in caps_of(view, settings, principal, project, month)]
    return list(dict.fromkeys(found))


def month_cap(view: CatalogReader, settings: TieringSettings, month: str) -> Decimal:
    """Return the most that may be reserved in a month, whoever asks for whatever."""
    cap = _cap(view.spending.caps(month), settings, BudgetScope.MONTH, "")
    return settings.budget_usd if cap is None else cap.amount


def all_caps(
    view: CatalogReader, settings: TieringSettings, month: str
) -> Iterator[tuple[Cap, SetCap | None]]:
    """Yield every cap of whatever has one or spent something in a month, and who set it, if a person did."""
    chosen = view.spending.caps(month)
    accounts = dict.fromkeys(
        [
            (BudgetScope.MONTH, ""),
            *((item.cap.scope, item.cap.subject) for item in chosen),
            *((scope, subject) for scope, subject, _ in view.spending.subjects(month)),
        ]
    )
    for scope, subject in accounts:
        cap = _cap(chosen, settings, scope, subject)
        if cap is not None:
            yield cap, _set(chosen, scope, subject)


def _cap(chosen: list[SetCap], settings: TieringSettings, scope: BudgetScope, subject: str) -> Cap | None:
    by_hand = _set(chosen, scope, subject)
    if by_hand is not None:
        return by_hand.cap
    usual = {
        BudgetScope.MONTH: settings.budget_usd,
        BudgetScope.USER: settings.user_budget_usd,
        BudgetScope.PROJECT: settings.project_budget_usd,
    }[scope]
    return None if usual is None else Cap(scope, subject, usual)


def _set(chosen: list[SetCap], scope: BudgetScope, subject: str) -> SetCap | None:
    mine = [item for item in chosen if (item.cap.scope, item.cap.subject) == (scope, subject)]
    return max(mine, key=lambda item: item.month, default=None)
