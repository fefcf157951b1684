"""The forms a table of inputs may come in: pandas, polars, Arrow, or an array with texts."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

__all__ = ["arrow_table", "as_table"]


def as_table(X: Any) -> Any:
    """Return a table of inputs as a frame where it is one, or where it holds texts.

    Parameters
    ----------
    X : DataFrame, polars DataFrame, pyarrow Table, or array, shape (n_rows, n_columns)
        An array of objects or texts may mix numbers and categories, column by column.

    Returns
    -------
    DataFrame or whatever came
        Arrays of numbers, lists, and what is no table at all stay as they are. The columns of an
        array are called by their position.

    Examples
    --------
    >>> as_table(np.array([["3", "pro"], ["4.5", "basic"]])).to_dict("list")
    {0: [3.0, 4.5], 1: ['pro', 'basic']}
    >>> as_table(pa.table({"seats": [3, 4]})).columns.tolist()
    ['seats']
    """
    if isinstance(X, pd.DataFrame):
        return X
    if hasattr(X, "__arrow_c_stream__") and not isinstance(X, pd.Series):
        frame: pd.DataFrame = arrow_table(X).to_pandas()
        return frame
    if isinstance(X, np.ndarray) and X.dtype.kind in "OUS" and X.ndim == 2 and X.size:
        return _of_texts(X) if X.dtype.kind in "US" else pd.DataFrame(X).infer_objects()
    return X


def arrow_table(frame: Any) -> pa.Table:
    """Return what hands out its columns by Arrow's interface as a table with plain texts.

    Parameters
    ----------
    frame : polars DataFrame, pyarrow Table, or the like

    Returns
    -------
    pyarrow Table
        Texts that are kept as views, as polars does, are large strings, which every reader knows.

    Examples
    --------
    >>> views = pa.table({"plan": pa.array(["pro"], pa.string_view())})
    >>> arrow_table(views).schema.field("plan").type
    DataType(large_string)
    """
    table = pa.table(frame)
    plain = [
        field.with_type(pa.large_string()) if pa.types.is_string_view(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(plain))


def _of_texts(array: npt.NDArray[Any]) -> pd.DataFrame:
    """Return the frame, with numbers where all of a column says nothing else.

    An array of texts has no other way to hold a number.
    """
    columns = {}
    for place, column in enumerate(array.astype(str).T):
        numbers = pd.to_numeric(pd.Series(column), errors="coerce")
        told = numbers.notna() | np.isin(np.char.lower(column), ("", "nan"))
        columns[place] = numbers if told.all() else pd.Series(column, dtype=object)
    return pd.DataFrame(columns)
