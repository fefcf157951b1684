"""The outlook of scored accounts: chances laid on their coming decisions, and on the money."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import DAY, NEVER, from_timestamps
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...training.dataset.book import book_of
from ...training.dataset.targets import TARGETS
from ...training.forecast.book_rates import BookRates
from ...training.forecast.outlook import SURVIVAL_DAYS, Outlook
from ...training.registry.artifact import FittedModel
from ..results.result_column import empty_result
from ..results.schema import FORECAST

__all__ = ["OutlookInputs", "forecast_table", "of_accounts", "outlook_of"]

_POINTS = 25
"""Decisions ahead that are looked at: two years of months."""


@dataclass(frozen=True, slots=True)
class OutlookInputs:
    """What an outlook is made from, beside the accounts.

    Parameters
    ----------
    tables : Tables
    business : Business
    settings : Settings
    churn, expansion, contraction : FittedModel or None
        The models whose estimates the accounts carry.
    """

    tables: Tables
    business: Business
    settings: Settings
    churn: FittedModel | None = None
    expansion: FittedModel | None = None
    contraction: FittedModel | None = None


def outlook_of(accounts: pd.DataFrame, inputs: OutlookInputs) -> Outlook:
    """Lay the estimates of accounts on what the tables say of their contracts.

    Parameters
    ----------
    accounts : DataFrame
        Index (account_id, as_of), one date: ``p_churn``, ``p_by_date``, ``p_expand``,
        ``p_contract``, ``segment``, ``csm_id``, and ``p_called`` (chance to leave that a person's
        override stands for; NaN without one).
    inputs : OutlookInputs

    Returns
    -------
    Outlook
        Its accounts are sorted by id. Without a model nobody has an estimate, and all money is
        stated as such.
    """
    settings = inputs.settings
    rows = Rows.of(accounts.index.to_frame(index=False))
    book = book_of(inputs.tables, rows, grace_days=settings.grace_days, count=_POINTS)
    keys = pd.Index(book.accounts["account_id"])
    known = accounts.droplevel("as_of").reindex(keys)
    closes = settings.horizon_days + settings.lead_days
    ends = rows.as_of + closes * DAY
    columns = ["p_churn", "p_expand", "p_contract", "p_called", "segment", "csm_id"]
    until = from_timestamps(known["p_by_date"])
    estimates = (
        known[columns]
        .reset_index(drop=True)
        .assign(p_by_us=np.where(until < NEVER, until, ends), moves_by_us=ends)
    )
    return Outlook.of(book, estimates, _rates(inputs))


def _rates(inputs: OutlookInputs) -> BookRates:
    models = {target: getattr(inputs, target) for target in TARGETS}
    churn = inputs.churn
    rates = churn.rates if churn is not None and churn.rates is not None else BookRates()
    return rates.with_errors({name: model.block_error for name, model in models.items() if model})


def of_accounts(outlook: Outlook, index: pd.Index) -> pd.DataFrame:
    """Return what an outlook says of each account, as the scores carry it.

    Parameters
    ----------
    outlook : Outlook
    index : Index
        (account_id, as_of), the order to give it in.

    Returns
    -------
    DataFrame
        ``survival_30d`` and so on (decided clock), ``expected_arr_change``; NaN without an
        estimate.
    """
    found = outlook.survival().T.set_axis([f"survival_{days}d" for days in SURVIVAL_DAYS], axis=1)
    found = found.assign(expected_arr_change=outlook.expected_change())
    return found.reindex(index.get_level_values("account_id")).set_index(index)


def forecast_table(outlook: Outlook) -> pd.DataFrame:
    """Return the forecast by quarter as it is stored; without rows where nobody pays."""
    found = outlook.table("quarter")
    declared = [column.name for column in FORECAST]
    return found[declared] if len(found) else empty_result(FORECAST)
