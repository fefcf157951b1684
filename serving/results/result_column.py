"""One column of a result, declared: what it holds, in which range, and when it is empty."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray
from ...features.errors import SchemaError

__all__ = [
    "ResultColumn",
    "check_result",
    "empty_result",
    "flag",
    "number",
    "text",
    "time",
    "whole",
]

Kind = Literal["text", "number", "whole", "flag", "time"]

_SLACK = 1e-9
"""So much may a number lie beyond its range: sums of shares are not exact."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a result.

    Parameters
    ----------
    name : str
        With ``*`` for a part that the scorecard or the rubric names: ``chs_*``.
    kind : {"text", "number", "whole", "flag", "time"}
    meaning : str
        One sentence.
    unit : str, optional
    low, high : float, optional
        Range of a number, both ends included.
    choices : tuple of str, optional
        The texts there can be; any when empty.
    null : str, optional
        When there is no value; never when empty. An empty text is a value.
    condition : bool, optional
        Whether conditions of the playbook may look at it.
    page : bool, optional
        Whether the report cannot do without it.
    since : str, optional
        Version that wrote it first.

    Examples
    --------
    >>> number("cmi", meaning="How mature it is.", low=1, high=5).range
    '1 to 5'
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    null: str = ""
    condition: bool = False
    page: bool = False
    since: str = "0.1"

    @property
    def range(self) -> str:
        """The range or the choices in words; empty where anything goes."""
        if self.choices:
            return ", ".join(f"`{choice}`" if choice else "empty" for choice in self.choices)
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f"{self.low:g} or more"
        return f"{self.low:g} to {self.high:g}" if self.low is not None else f"up to {self.high:g}"


text: Callable[..., ResultColumn] = partial(ResultColumn, kind="text")
number: Callable[..., ResultColumn] = partial(ResultColumn, kind="number")
whole: Callable[..., ResultColumn] = partial(ResultColumn, kind="whole")
flag: Callable[..., ResultColumn] = partial(ResultColumn, kind="flag")
time: Callable[..., ResultColumn] = partial(ResultColumn, kind="time")


def check_result(name: str, frame: pd.DataFrame, columns: Sequence[ResultColumn]) -> None:
    """Hold a result against its declaration before it is written.

    Parameters
    ----------
    name : str
        Of the result, for the message.
    frame : DataFrame
        May be without rows.
    columns : sequence of ResultColumn

    Raises
    ------
    SchemaError
        With every column that is missing, is declared nowhere, or holds what it must not.

    Examples
    --------
    >>> declared = [number("cmi", meaning="How mature it is.", low=1, high=5)]
    >>> check_result("scores", pd.DataFrame({"cmi": [3.0]}), declared)
    """
    faults = [*_strange(frame, columns), *_broken(frame, columns)]
    if faults:
        raise SchemaError(f"Result `{name}` is not as it is declared: {'; '.join(faults)}.")


def empty_result(columns: Sequence[ResultColumn]) -> pd.DataFrame:
    """Return a result without rows, with the types that its declaration asks for.

    Parameters
    ----------
    columns : sequence of ResultColumn

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> empty_result([number("cmi", meaning="How mature it is.")]).dtypes.astype(str).tolist()
    ['float64']
    """
    return pd.DataFrame({one.name: pd.Series([], dtype=_STORED[one.kind]) for one in columns})


def declared_as(name: str, columns: Sequence[ResultColumn]) -> ResultColumn | None:
    """Return the declaration of a column: its own, or that of the family it belongs to."""
    own = next((column for column in columns if column.name == name), None)
    return own or next((column for column in columns if _in_family(name, column)), None)


def _in_family(name: str, column: ResultColumn) -> bool:
    before, star, after = column.name.partition("*")
    return bool(star) and name.startswith(before) and name.endswith(after)


def _strange(frame: pd.DataFrame, columns: Sequence[ResultColumn]) -> Iterator[str]:
    for column in columns:
        if "*" not in column.name and column.name not in frame:
            yield f"column `{column.name}` is missing"
    for name in map(str, frame.columns):
        if declared_as(name, columns) is None:
            yield f"column `{name}` is declared nowhere"


def _broken(frame: pd.DataFrame, columns: Sequence[ResultColumn]) -> Iterator[str]:
    for name in map(str, frame.columns):
        column = declared_as(name, columns)
        if column is None:
            continue
        values = frame[name]
        for holds, words in _RULES:
            wrong = ~holds(values, column)
            if wrong.any():
                got = f"got {values[wrong].iloc[0]!r} in {int(wrong.sum()):,} rows"
                yield f"column `{name}` {words(column)}, {got}"
                break


def _empty_only_if_said(values: pd.Series, column: ResultColumn) -> BoolArray:
    return _each(values, holds=True) if column.null else values.notna().to_numpy(dtype=bool)


def _of_its_kind(values: pd.Series, column: ResultColumn) -> BoolArray:
    known = values.dropna()
    return _each(values, holds=known.empty or _IS_KIND[column.kind](known))


def _in_range(values: pd.Series, column: ResultColumn) -> BoolArray:
    if column.kind not in ("number", "whole") or (column.low is None and column.high is None):
        return _each(values, holds=True)
    numbers = values.astype(float).to_numpy()
    low = -np.inf if column.low is None else column.low - _SLACK
    high = np.inf if column.high is None else column.high + _SLACK
    return np.asarray(~((numbers < low) | (numbers > high)))


def _among_choices(values: pd.Series, column: ResultColumn) -> BoolArray:
    if not column.choices:
        return _each(values, holds=True)
    return np.asarray(values.isna() | values.isin(column.choices), dtype=bool)


def _each(values: pd.Series, *, holds: bool) -> BoolArray:
    return np.full(len(values), holds)


_STORED: dict[str, Any] = {
    "text": "str",
    "number": "float64",
    "whole": "int64",
    "flag": "bool",
    "time": "datetime64[us, UTC]",
}

_IS_KIND: dict[str, Callable[[pd.Series], bool]] = {
    "text": lambda known: pd.api.types.infer_dtype(known) in ("string", "categorical"),
    "number": lambda known: pd.api.types.is_numeric_dtype(known),
    "whole": lambda known: pd.api.types.is_integer_dtype(known) or bool((known % 1 == 0).all()),
    "flag": lambda known: pd.api.types.is_bool_dtype(known),
    "time": lambda known: pd.api.types.is_datetime64_any_dtype(known),
}
"""Whether values, none of them missing, are of a kind."""

Rule = tuple[
    Callable[[pd.Series, ResultColumn], BoolArray],
    Callable[[ResultColumn], str],
]

_RULES: tuple[Rule, ...] = (
    (_empty_only_if_said, lambda column: "must not be empty"),
    (_of_its_kind, lambda column: f"must hold {column.kind}s"),
    (_in_range, lambda column: f"must be {column.range}"),
    (_among_choices, lambda column: f"must be one of {list(column.choices)}"),
)
"""What is asked of every value, and how a breach is said."""
