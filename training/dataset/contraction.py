"""Who cut back without leaving, and what growth was about: labels beside churn and expansion."""

from functools import partial

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray
from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import from_timestamps, later
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...features.subscriptions.visible_spans import whole
from .expansion import arr_growth

__all__ = ["KINDS", "revenue_labels"]

KINDS = ("seats", "upsell", "cross_sell")
"""What growth can be about."""


def revenue_labels(
    tables: Tables,
    labels: pd.DataFrame,
    arr: FloatArray,
    business: Business,
    settings: Settings,
) -> pd.DataFrame:
    """Label who cut back in the horizon, and what the growth of those who grew was about.

    Parameters
    ----------
    tables : Tables
    labels : DataFrame
        One row a pair, sorted by account and date: ``account_id``, ``as_of``, ``expanded``
        (nullable) and ``decided_at`` (NaT while nobody decided to leave).
    arr : ndarray of float, shape (n_rows,)
        What each pays on the as-of date.
    business : Business
        Without contracts there is no money, and nothing is known.
    settings : Settings
        ``contraction_share``, lead, horizon and grace are used.

    Returns
    -------
    DataFrame
        Same index, nullable: ``contracted`` (pays less by ``contraction_share`` or more at the end
        of the horizon, of its own accord, and stays) and ``expanded_seats``, ``expanded_upsell``,
        ``expanded_cross_sell`` (has expanded, and more of this is part of it). Null where
        ``expanded`` is. Price rises, currency and settlements of what was used count in none.

    Examples
    --------
    >>> nothing = {name: [] for name in ("account_id", "as_of", "expanded", "decided_at")}
    >>> empty = pd.DataFrame(nothing).astype({"as_of": "datetime64[us, UTC]"})
    >>> empty = empty.astype({"decided_at": "datetime64[us, UTC]"})
    >>> kind = Business.NON_CONTRACTUAL
    >>> revenue_labels(Tables({}), empty, np.zeros(0), kind, Settings()).columns.tolist()
    ['contracted', 'expanded_seats', 'expanded_upsell', 'expanded_cross_sell']
    """
    names = ["contracted", *(f"expanded_{kind}" for kind in KINDS)]
    known = labels["expanded"].notna().to_numpy()
    if not business.contractual or not known.any():
        return pd.DataFrame(
            {name: pd.array([pd.NA] * len(labels), "boolean") for name in names}, labels.index
        )
    rows = Rows.of(labels)
    lead = settings.lead_days
    window = (lead, lead + settings.horizon_days)
    grows = partial(arr_growth, rows, tables, window=window, grace_days=settings.grace_days)
    change = grows()
    grew = labels["expanded"].fillna(False).to_numpy(dtype=bool)
    parts = {f"expanded_{kind}": _nullable(grew & (grows(about=kind) > 0), known) for kind in KINDS}
    stays = from_timestamps(labels["decided_at"]) > later(rows.as_of, window[1])
    less = whole(-change) >= whole(settings.contraction_share * np.nan_to_num(arr))
    cut = less & (change < 0) & (arr + change > 0) & stays
    return pd.DataFrame({"contracted": _nullable(cut, known), **parts}, labels.index)


def _nullable(values: BoolArray, known: BoolArray) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(np.asarray(values, dtype=bool), ~known)
