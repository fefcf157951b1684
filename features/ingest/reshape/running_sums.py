"""Changes of what is paid, added up to what is paid after each of them."""

from collections.abc import Iterable, Mapping

import pandas as pd
import pyarrow as pa

from ...arrays.array_types import BoolArray
from ...arrays.plain_text import as_text
from ...errors import SchemaError
from ...schema.table_declaration import Column
from ..coerce import read_amounts, read_column

__all__ = ["running_sums"]

_ITEM, _AT = "item_id", "effective_from"
_CENT = 0.005
"""Sums below it are nothing: amounts are written with two digits."""


def running_sums(
    columns: Mapping[str, pa.ChunkedArray], names: Iterable[str]
) -> tuple[dict[str, pa.ChunkedArray], BoolArray]:
    """Add changes up in the order of time, item by item.

    Parameters
    ----------
    columns : mapping of str to pyarrow.ChunkedArray, each of shape (n_rows,)
        ``item_id``, ``effective_from`` and the amounts.
    names : iterable of str
        Canonical columns of changes.

    Returns
    -------
    columns : dict of str to pyarrow.ChunkedArray
        The amounts as they are after each change; without a value from a change on that has none
        that can be read.
    kept : ndarray of bool, shape (n_rows,)
        Of several changes of an item at one moment only the last one stays, with all of them.

    Raises
    ------
    SchemaError
        If there is no item or no moment.

    Examples
    --------
    >>> rows = {
    ...     "item_id": pa.chunked_array([["a", "a", "b"]]),
    ...     "effective_from": pa.chunked_array([["2025-03-01", "2025-01-01", "2025-01-01"]]),
    ...     "mrr": pa.chunked_array([["-20", "100", "7"]]),
    ... }
    >>> running_sums(rows, ["mrr"])[0]["mrr"].to_pylist()
    [80.0, 100.0, 7.0]
    """
    missing = [name for name in (_ITEM, _AT) if name not in columns]
    if missing:
        raise SchemaError(
            f"`changes` are added up by `{_ITEM}` in the order of `{_AT}`, and `{missing[0]}` is "
            "not mapped. Name its column under `columns`."
        )
    rows = pd.DataFrame(
        {
            "item": pd.Series(as_text(columns[_ITEM])[0].to_pylist(), dtype=object),
            "at": read_column(Column(_AT, "time"), columns[_AT]).column.to_pandas(),
        }
    )
    told = dict(columns)
    ordered = rows.sort_values("at", kind="stable")
    for name in names:
        amounts = pd.Series(read_amounts(columns[name]).to_pylist(), dtype=float)
        grouped = amounts.loc[ordered.index].groupby(ordered["item"], dropna=False)
        # A change that is not known leaves open what is paid from then on.
        sums = grouped.cumsum().where(~grouped.transform(lambda one: one.isna().cummax()))
        sums = sums.mask(sums.abs() < _CENT, 0.0).sort_index()
        told[name] = pa.chunked_array([pa.array(sums, pa.float64(), from_pandas=True)])
    later = ordered.duplicated(["item", "at"], keep="last").sort_index()
    return told, (~(later & rows["at"].notna())).to_numpy()
