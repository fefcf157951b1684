"""Companies in shapes of their own, with the true chance that each account leaves next time."""

import numpy as np
import pandas as pd

from .account_life import cause_paths, sponsors_gone
from .account_records import RecordedLife
from .shapes import Shape

__all__ = ["made"]


def made(shape: Shape) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Invent a company.

    Parameters
    ----------
    shape : Shape

    Returns
    -------
    tables : dict of str to DataFrame
        Canonical tables.
    p_true : Series
        By ``account_id`` and ``as_of`` (firsts of months): the chance to leave at the next
        decision of the first contract, given the causes on the day.
    """
    rng = np.random.default_rng(shape.seed)
    calendar = pd.date_range("2022-01-01", periods=shape.months + 1, freq="MS")
    states = cause_paths(rng, shape.months, shape.accounts)
    gone = sponsors_gone(rng, shape.months, shape.accounts)
    rows: dict[str, list[dict[str, object]]] = {}
    truth = []
    for number in range(shape.accounts):
        life = RecordedLife(
            shape, rng, calendar, f"c{number:04}", states[:, number], gone[:, number]
        )
        for table, row in life.rows():
            rows.setdefault(table, []).append(row)
        truth += list(life.truth())
    tables = {name: pd.DataFrame(found) for name, found in rows.items()}
    told = pd.DataFrame(truth, columns=["account_id", "as_of", "p_true"])
    told["as_of"] = pd.to_datetime(told["as_of"], utc=True)
    return tables, told.set_index(["account_id", "as_of"])["p_true"]
