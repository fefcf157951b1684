"""Renewal mode: every decision read once, so many days before its deadline."""

import numpy as np
import pandas as pd

from ...features.arrays.moments import DAY, from_timestamps

__all__ = ["MARKS", "at_marks"]

MARKS = {"T-180": 180, "T-90": 90}
"""Days before the deadline of a decision, by the name that figures have in place of a fold."""

_REACH_DAYS = 31
"""The newest reading at least so many days before is looked for over one month more."""


def at_marks(predictions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the estimates by which renewals would have been planned at each mark.

    Parameters
    ----------
    predictions : DataFrame
        Out-of-time predictions of one model of churn: ``account_id``, ``as_of``, ``asked_until``,
        ``decision_kind`` (of the decision that is asked about; null where a horizon is).

    Returns
    -------
    dict of str to DataFrame
        By mark, the newest row of each decision that is 0 to 31 days older than the mark; each
        with weight 1. A decision that was not looked at then has none, nor has who can leave with
        every month.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-01-01", "2025-03-20", "2025-04-01", "2025-06-01"])
    >>> rows = pd.DataFrame({"account_id": "a", "as_of": days, "decision_kind": "notice_deadline"})
    >>> found = at_marks(rows.assign(asked_until=pd.Timestamp("2025-07-01")))
    >>> found["T-180"]["as_of"].dt.month.tolist(), found["T-90"]["as_of"].dt.month.tolist()
    ([1], [4])
    """
    asked = predictions["decision_kind"]
    own = predictions[(asked.notna() & asked.ne("month_end")).to_numpy(dtype=bool)]
    ahead = (from_timestamps(own["asked_until"]) - from_timestamps(own["as_of"])) / DAY
    order = np.argsort(-ahead, kind="stable")
    newest, days = own.iloc[order].assign(weight=1.0), ahead[order]
    return {
        mark: newest[(days >= least) & (days < least + _REACH_DAYS)].drop_duplicates(
            ["account_id", "asked_until"], keep="last"
        )
        for mark, least in MARKS.items()
    }
