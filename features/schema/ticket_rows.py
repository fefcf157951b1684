"""Until when a ticket is open, by what it says: one rule for all who read tickets."""

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["closed_at", "says_closed", "tells_closing"]


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
    resolved = tickets["resolved_at"]
    ended = pc.if_else(says_closed(tickets), pc.coalesce(resolved, tickets["known_at"]), None)
    return pc.if_else(pc.equal(_stated(tickets), ""), resolved, ended)


def says_closed(tickets: pa.Table) -> pa.ChunkedArray:
    """Return which tickets are closed by their status.

    Parameters
    ----------
    tickets : pyarrow.Table
        The canonical table.

    Returns
    -------
    pyarrow.ChunkedArray of bool, shape (n_rows,)

    Examples
    --------
    >>> says_closed(pa.table({"status": ["Solved ", "pending", None]})).to_pylist()
    [True, False, False]
    """
    return pc.is_in(_stated(tickets), value_set=pa.array(_CLOSED))


def _stated(tickets: pa.Table) -> pa.ChunkedArray:
    return pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(tickets["status"])), "")
