"""The views for readers of the whole: the head of customer success, a CFO, CS-ops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..beside import Beside
from .blocks import Block, without_columns
from .head_view import head_blocks
from .money_view import money_blocks
from .operations_view import operations_blocks

__all__ = ["View", "tabs_of", "views_of"]


@dataclass(frozen=True, slots=True)
class View:
    """One view: its name in the address, its tab, its heading, and its tables."""

    name: str
    tab: str
    heading: str
    lead: str
    blocks: tuple[Block, ...]


def views_of(
    accounts: pd.DataFrame,
    tasks: Mapping[str, list[Any]],
    beside: Beside,
    pages: Mapping[str, str],
    scope: float | None,
    currency: str,
) -> tuple[View, ...]:
    """Return the views that have something to say.

    Parameters
    ----------
    accounts, tasks, beside, pages
        As in ``head_blocks``.
    scope : float or None
        Share of the scorecard's weight that is collected at all.
    currency : str

    Returns
    -------
    tuple of View
    """
    head = head_blocks(accounts, tasks, beside, pages=pages, currency=currency)
    money = money_blocks(accounts, beside, currency=currency)
    operations = operations_blocks(accounts, beside, scope=scope, currency=currency)
    views = (
        View("head", "Head", "For the head of customer success", "", head),
        View("money", "Money", "The forecast in money", "", money),
        View("operations", "Operations", "Data, rules and what people set by hand", "", operations),
    )
    known = bool(len(accounts) and accounts["arr"].notna().any())
    shown = views if known else tuple(_without_money(view) for view in views)
    return tuple(view for view in shown if view.blocks)


def _without_money(view: View) -> View:
    """Return a view without the columns of what is not known."""
    return replace(view, blocks=tuple(without_columns(block, "ARR") for block in view.blocks))


def tabs_of(views: Sequence[View]) -> list[tuple[str, str]]:
    """Return the tabs of the page, each by name and words.

    Parameters
    ----------
    views : sequence of View

    Returns
    -------
    list of (str, str)

    Examples
    --------
    >>> tabs_of([])
    [('accounts', 'Accounts'), ('tasks', 'My tasks')]
    """
    first = [("accounts", "Accounts"), ("tasks", "My tasks")]
    return first + [(view.name, view.tab) for view in views]
