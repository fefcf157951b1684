"""What the filters of the page offer: only what some account has."""

from collections.abc import Iterable, Sequence

import pandas as pd

from ..results.words import BLOCKS, CELLS, QUADRANTS
from .account_rows import RowView
from .page_words import in_words

__all__ = ["choices_of"]

_BANDS = ("high", "medium", "low", "unknown")
_SORTS = (
    ("arr", "ARR", "arr"),
    ("leave", "chance of leaving", "p_churn"),
    ("grow", "chance of growth", "p_expand"),
    ("due", "notice deadline", "notice_deadline"),
    ("health", "health, the lowest first", "health_value"),
    ("name", "name", "account_id"),
)

Options = list[tuple[str, str]]


def choices_of(
    accounts: pd.DataFrame, rows: Sequence[RowView], owners: Iterable[str]
) -> dict[str, Options]:
    """Return what can be chosen in each filter, each with its words.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    rows : sequence of RowView
        What the list says of them.
    owners : iterable of str
        Who has something to do.

    Returns
    -------
    dict of str to list of (str, str)
        Value and words; ``-`` is nobody, or no cell.
    """
    nobody = [("-", "nobody")] if any(not row.csm for row in rows) else []
    outside = [("-", "outside the grid")] if any(not row.cell for row in rows) else []
    return {
        "csm": _found(row.csm for row in rows) + nobody,
        "segment": _found(row.segment for row in rows),
        "block": _declared(BLOCKS, (row.block for row in rows)),
        "band": [(band, band) for band in _BANDS if any(row.band == band for row in rows)],
        "cell": _declared(tuple(CELLS.values()), (row.cell for row in rows)) + outside,
        "quadrant": _declared(tuple(QUADRANTS.values()), (row.quadrant for row in rows)),
        "flag": _found(flag for row in rows for flag in row.flags),
        "owner": _found(owners),
        "sort": [(key, text) for key, text, column in _SORTS if accounts[column].notna().any()],
    }


def _found(values: Iterable[str]) -> Options:
    return [(value, value) for value in sorted({*values} - {""})]


def _declared(order: Sequence[str], values: Iterable[str]) -> Options:
    there = set(values)
    return [(value, in_words(value)) for value in order if value in there]
