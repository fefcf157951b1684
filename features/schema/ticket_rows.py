"""Until when a ticket is open, by what it says: one rule for all who read tickets."""

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["closed_at", "tells_closing"]


_CLOSED = (
    *("resolved", "solved", "closed", "done", "completed", "merged", "duplicate", "spam"),
    *("deleted", "cancelled", "canceled", "rejected", "declined", "invalid", "archived"),
)
_TELLS = frozenset({"status", "resolved_at"})


def tells_closing(collected: frozenset[str]) -> bool:
    """Return whether a table of tickets says at all which are open no longer.

    Parameters
    ----------
    collected : frozenset of str
        Its columns.

    Returns
    -------
    bool

    Examples
    --------
    >>> tells_closing(frozenset({"priority"}) | {"resolved_at"})
    True
    """
    return bool(_TELLS & collected)


def closed_at(tickets: pa.Table) -> pa.ChunkedArray:
    """Return from when each ticket is open no longer.

    Parameters
    ----------
    tickets : pyarrow.Table
        The canonical table.

    Returns
    -------
    pyarrow.ChunkedArray of timestamp, shape (n_rows,)
        When it was resolved; where only its status says that it is closed, when that became known.
        Null for a ticket that is open, as one is whose status says so although it was resolved
        before.

    Examples
    --------
    >>> moments = pa.array([1, 2, None], pa.timestamp("us"))
    >>> columns = {"status": ["closed", "open", "solved"], "resolved_at": moments}
    >>> closed_at(pa.table(columns | {"known_at": moments})).is_valid().to_pylist()
    [True, False, False]
    """
    status = pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(tickets["status"])), "")
    closed = pc.is_in(status, value_set=pa.array(_CLOSED))
    resolved = tickets["resolved_at"]
    by_status = pc.if_else(closed, pc.coalesce(resolved, tickets["known_at"]), None)
    return pc.if_else(pc.equal(status, ""), resolved, by_status)
