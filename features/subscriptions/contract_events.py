"""What is written down about a contract: events that end it, keep it on, or announce its end."""

import pandas as pd

from ..arrays.moments import microseconds
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table

__all__ = ["GOES_ON", "HAS_ENDED", "event_frame"]


HAS_ENDED = ("cancelled", "term_ended", "churn_confirmed")
GOES_ON = ("renewed", "reactivated", "cancel_withdrawn")

_COLUMNS = (
    *("account_id", "contract_id", "event_type", "arr_before", "arr_after"),
    *("reason_code", "avoidability", "initiated_by"),
)


def event_frame(tables: Tables, kinds: tuple[str, ...]) -> pd.DataFrame:
    """List the contract events of some kinds.

    Parameters
    ----------
    tables : Tables
    kinds : tuple of str
        Values of ``event_type``.

    Returns
    -------
    DataFrame
        With ``account_id, contract_id, event_type, effective_us, known_us, arr_before, arr_after,
        reason_code, avoidability, initiated_by``; empty when there is no such table.

    Examples
    --------
    >>> len(event_frame(Tables({}), ("renewed",)))
    0
    """
    if "contract_events" in tables:
        events = tables["contract_events"]
    else:
        events = empty_table(table_spec("contract_events"))
    frame: pd.DataFrame = events.select(list(_COLUMNS)).to_pandas()
    frame = frame.assign(
        effective_us=microseconds(events, "effective_at"), known_us=microseconds(events, "known_at")
    )
    return frame[frame["event_type"].isin(kinds)].reset_index(drop=True)
