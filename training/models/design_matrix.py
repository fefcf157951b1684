"""Tables as numbers: how a frame with numbers and categories becomes one float matrix."""

import re
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray

__all__ = ["UNSEEN", "Encoding", "learn_encoding"]

UNSEEN = -1.0
"""Code of a level that training did not know."""

_ALIKE = {"true": "1", "false": "0"}
# A whole number as text, with a fraction of zeros; other texts stay as they are, for "1.10" may be
# a version and "007" a key.
_WHOLE = re.compile(r"^([+-]?(?:0|[1-9]\d*))\.0+$")


@dataclass(frozen=True)
class Encoding:
    """The columns of a frame and the levels of those that are categories.

    Parameters
    ----------
    names : tuple of str
        Columns, in order.
    levels : tuple of (tuple of str or None)
        Per column: None for a number, else its levels, sorted. A level's position is its code.
        Integers, floats, decimals, booleans and texts that say the same are one level: 1, 1.0,
        ``True``, "1" and "true" are "1".

    Examples
    --------
    >>> encoding = Encoding(("seats", "plan"), (None, ("basic", "pro")))
    >>> encoding.encode(pd.DataFrame({"seats": [3, 4], "plan": ["pro", "new"]}))
    array([[ 3.,  1.],
           [ 4., -1.]])
    """

    names: tuple[Any, ...]
    levels: tuple[tuple[str, ...] | None, ...]

    @property
    def categorical(self) -> list[int]:
        """Positions of the columns that are categories."""
        return [i for i, levels in enumerate(self.levels) if levels is not None]

    def encode(self, frame: pd.DataFrame) -> FloatArray:
        """Return the frame as numbers.

        Parameters
        ----------
        frame : DataFrame
            The columns in order; names are not looked at.

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns)
            NaN where a value is missing, ``UNSEEN`` where a level was not known.

        Raises
        ------
        TypeError
            If text or a date stands where a number is needed.
        """
        if not self.categorical and all(kind == np.float64 for kind in frame.dtypes):
            # By far the most frequent case; column by column it takes ten times as long.
            return np.array(frame.to_numpy(), order="C")
        out = np.empty((len(frame), len(self.levels)))
        for i, levels in enumerate(self.levels):
            column = frame.iloc[:, i]
            out[:, i] = _numbers(column) if levels is None else _codes(column, levels)
        return out


def learn_encoding(frame: pd.DataFrame) -> Encoding:
    """Return the encoding of a frame: text and categories get levels, all else is a number.

    A column of objects counts as a number if all of them are numbers, or missing.

    Parameters
    ----------
    frame : DataFrame
        Column names must be unique.

    Returns
    -------
    Encoding

    Raises
    ------
    ValueError
        If two columns share a name.
    TypeError
        If a column is neither number, boolean, text nor category.

    Examples
    --------
    >>> learn_encoding(pd.DataFrame({"plan": ["pro", None, "basic"]})).levels
    (('basic', 'pro'),)
    """
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise ValueError(f"Column names must be unique, got {twice[0]!r} twice; rename one.")
    levels = tuple(
        None if _is_number(dtype) else _levels(frame.iloc[:, i])
        for i, dtype in enumerate(frame.dtypes)
    )
    return Encoding(tuple(frame.columns), levels)


def _levels(column: pd.Series) -> tuple[str, ...] | None:
    if column.dtype == object and all(map(_is_numeral, column.dropna())):
        return None
    kinds = (pd.CategoricalDtype, pd.StringDtype)
    if not (isinstance(column.dtype, kinds) or column.dtype == object):
        raise TypeError(_unusable(column))
    spelled = {_spelled(value) for value in column.dropna().unique()}
    return tuple(sorted(level for level in spelled if level is not None))


def _is_numeral(value: Any) -> bool:
    return isinstance(value, Real | Decimal | np.bool_)


def _spelled(value: Any) -> str | None:
    """Return the one spelling of a level; None for a blank, which is missing."""
    if _is_numeral(value):
        number = value if isinstance(value, int) else float(value)
        return str(int(number)) if number == int(number) else repr(float(number))
    text = str(value).strip()
    return _ALIKE.get(text.lower(), _WHOLE.sub(r"\1", text)) or None


def _is_number(dtype: Any) -> bool:
    types = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return False
    number = types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype)
    return bool(number or types.is_bool_dtype(dtype))


def _numbers(column: pd.Series) -> FloatArray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype == object:
        # Database drivers give decimals, JSON gives None in place of NaN: numbers as objects.
        if not all(map(_is_numeral, column.dropna())):
            raise TypeError(_unusable(column, expected="numbers, as in training"))
        column = column.where(column.notna(), np.nan).astype(np.float64)
    if not _is_number(column.dtype):
        raise TypeError(_unusable(column, expected="numbers, as in training"))
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _codes(column: pd.Series, levels: tuple[str, ...]) -> FloatArray:
    place, values = pd.factorize(column.astype(object))
    known = {level: float(code) for code, level in enumerate(levels)} | {None: np.nan}
    codes = [known.get(_spelled(value), UNSEEN) for value in values]
    return np.array([*codes, np.nan])[place]


def _unusable(column: pd.Series, expected: str = "numbers, booleans, text or categories") -> str:
    return (
        f"Column {column.name!r} must hold {expected}, got {column.dtype}; "
        "convert it or leave it out."
    )
