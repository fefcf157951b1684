"""What comes, as plain values: for people, for ``--json`` and for tests alike."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from .json_values import plain, records

if TYPE_CHECKING:
    from ...api.answers.scoring import ForecastResult

__all__ = ["book_records", "forecast_summary"]


def forecast_summary(result: "ForecastResult") -> dict[str, Any]:
    """Return the forecast of every group and period.

    Parameters
    ----------
    result : ForecastResult

    Returns
    -------
    dict
        ``rows`` as the result ``forecast`` is declared; money a year in ``currency``, shares as
        parts of 1.
    """
    return {
        "findings": list(result.findings),
        "as_of": plain(result.as_of),
        "unit": result.unit,
        "currency": result.currency,
        "has_estimates": result.has_model,
        "range_share": 0.8,
        "rows": book_records(result.table),
    }


def book_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of the result ``forecast`` without what all of them share.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    list of dict
    """
    return records(table.drop(columns=["as_of", "unit"], errors="ignore"))
