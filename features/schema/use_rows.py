"""Which rows of daily usage say that somebody did something: one rule for metrics and labels."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray

__all__ = ["is_use"]


def is_use(daily: pa.Table) -> BoolArray:
    """Return which rows are use by a person; the others only show that the feed delivers.

    Parameters
    ----------
    daily : pyarrow.Table
        Of ``usage_daily``.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        Where `events` is stated it must be above 0, else `minutes` where that is stated; a row
        that states neither is use unless it has automated events, which machines made.

    Examples
    --------
    >>> numbers = {"events": [2.0, 0.0, -1.0, None, None], "minutes": [None] * 5,
    ...            "automated_events": [0.0, 50.0, 0.0, None, 50.0]}
    >>> columns = {name: pa.array(values, pa.float64()) for name, values in numbers.items()}
    >>> is_use(pa.table(columns)).tolist()
    [True, False, False, True, False]
    """
    events = daily["events"]
    stated = pc.coalesce(events, daily["minutes"]) if events.null_count else events
    used = pc.greater(stated, 0.0)
    if used.null_count:
        by_machines = pc.fill_null(pc.greater(daily["automated_events"], 0.0), False)
        used = pc.coalesce(used, pc.invert(by_machines))
    return np.asarray(used.to_numpy(), dtype=bool)
