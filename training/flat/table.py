"""A flat table: the flag, the id, the date and the inputs told apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import IntArray
from ...features.errors import SchemaError
from .columns import FlatColumn, as_inputs, columns_of, times_in

__all__ = ["FlatShape", "FlatTable", "flags_of", "flat_table", "scoring_table"]

_YES = frozenset(
    (
        *("yes", "y", "true", "t", "1", "1.0", "churn", "churned", "left", "lost", "leaver"),
        *("cancelled", "canceled", "attrited", "attrited customer", "exited", "closed", "inactive"),
    )
)
_NO = frozenset(
    (
        *("no", "n", "false", "f", "0", "0.0", "stay", "stayed", "retained", "active", "kept"),
        *("existing customer", "current", "customer", "joined", "open"),
    )
)
"""Words that flags use; which one means the outcome is never guessed from the alphabet."""


@dataclass(frozen=True, slots=True)
class FlatShape:
    """How a flat table is read: in training, and the same way when scoring.

    Parameters
    ----------
    target : str
        Column of the flag.
    id : str or None
        Column that names the customer; rows are numbered without one.
    date : str or None
        Column with the date of the row.
    positive : str
        Value of the flag that means the outcome.
    columns : tuple of FlatColumn
    newest : mapping of str to str
        Newest date of each column of dates where rows have no date of their own, ISO 8601.
    """

    target: str
    id: str | None
    date: str | None
    positive: str
    columns: tuple[FlatColumn, ...]
    newest: Mapping[str, str]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that a model reads."""
        return tuple(c.name for c in self.columns if c.treatment != "left_out")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for the model card."""
        return {
            "target": self.target,
            "id": self.id,
            "date": self.date,
            "positive": self.positive,
            "columns": [[c.name, c.treatment, c.why] for c in self.columns],
            "newest": dict(self.newest),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "FlatShape":
        """Return the shape that ``as_dict`` described."""
        columns = tuple(FlatColumn(*entry) for entry in stored["columns"])
        return cls(**{**stored, "columns": columns})


@dataclass(frozen=True, slots=True)
class FlatTable:
    """Rows to learn from.

    Parameters
    ----------
    shape : FlatShape
    X : DataFrame, shape (n_rows, n_inputs)
    y : ndarray of int64, shape (n_rows,)
    ids : ndarray of str, shape (n_rows,)
        Customers; rows of one stay together in every split.
    dates : Series of datetime or None
    unlabelled : int
        Rows without a flag, which were left out.
    """

    shape: FlatShape
    X: pd.DataFrame
    y: IntArray
    ids: npt.NDArray[np.object_]
    dates: pd.Series | None
    unlabelled: int


def flat_table(
    frame: pd.DataFrame,
    *,
    target: str,
    id: str | None = None,
    date: str | None = None,
    positive: str | None = None,
    keep: Iterable[str] = (),
) -> FlatTable:
    """Tell flag, id, date and inputs of a flat table apart.

    Parameters
    ----------
    frame : DataFrame, shape (n_rows, n_columns)
    target : str
        Column of the flag: two values, empty where the outcome is not known.
    id, date : str, optional
        Columns with the customer and with the date of the row.
    positive : str, optional
        Value of the flag that means the outcome; needed where its words do not say it.
    keep : iterable of str
        Columns to keep although they look as if they knew the outcome.

    Returns
    -------
    FlatTable

    Raises
    ------
    SchemaError
        If a column is not there, the flag has not two values, or it cannot be told which one means
        the outcome; if no input is left.

    Examples
    --------
    >>> frame = pd.DataFrame({"Churn": ["Yes", "No"] * 20, "tenure": range(40)})
    >>> flat_table(frame, target="Churn", keep=["tenure"]).y[:2].tolist()
    [1, 0]
    """
    named = {"target": target, "id": id, "date": date}
    for option, column in named.items():
        _check_there(frame, option, column)
    for column in keep:
        _check_there(frame, "keep", column)
    words = _words(frame[target])
    outcome = _positive(words, target, positive)
    kept = words.notna()
    y: IntArray = np.asarray(words[kept] == outcome).astype(np.int64)
    rows = frame[kept]
    dates = None if date is None else _dates(rows, date)
    beside = [column for column in named.values() if column is not None]
    columns = columns_of(rows.drop(columns=beside), y, dates=dates, keep=keep)
    newest = {
        c.name: times_in(rows[c.name]).max().isoformat()
        for c in columns
        if c.treatment == "days_before" and dates is None
    }
    shape = FlatShape(target, id, date, outcome, columns, newest)
    if not shape.inputs:
        said = " ".join(c.says for c in columns)
        raise SchemaError(f"No column is left to learn from. {said}")
    return FlatTable(
        shape=shape,
        X=_inputs(rows, shape, dates),
        y=y,
        ids=_ids(rows, id),
        dates=dates,
        unlabelled=int((~kept).sum()),
    )


def scoring_table(
    frame: pd.DataFrame, shape: FlatShape
) -> tuple[pd.DataFrame, npt.NDArray[np.object_], pd.Series | None]:
    """Return inputs, ids and dates of rows to score; the flag may be missing.

    Parameters
    ----------
    frame : DataFrame
    shape : FlatShape
        Of the model.

    Returns
    -------
    X : DataFrame
    ids : ndarray of str
    dates : Series of datetime or None

    Raises
    ------
    SchemaError
        If a column that the model reads is not there.
    """
    missing = [name for name in shape.inputs if name not in frame.columns]
    if missing:
        raise SchemaError(
            f"The table lacks {missing}, which the model reads; it has "
            f"{[str(name) for name in frame.columns]}."
        )
    _check_there(frame, "id", shape.id)
    dates = None
    if shape.date is not None and shape.date in frame.columns:
        dates = _dates(frame, shape.date)
    return _inputs(frame, shape, dates), _ids(frame, shape.id), dates


def flags_of(frame: pd.DataFrame, shape: FlatShape) -> pd.Series:
    """Return the flag of each row as it is written; missing where it is empty or not there."""
    if shape.target not in frame.columns:
        return pd.Series(None, index=frame.index, dtype=object)
    return _words(frame[shape.target])


def _words(flags: pd.Series) -> pd.Series:
    values = flags.astype(object).where(flags.notna(), None)
    return values.map(lambda value: None if value is None else str(value).strip() or None)


def _inputs(rows: pd.DataFrame, shape: FlatShape, dates: pd.Series | None) -> pd.DataFrame:
    newest = {name: pd.Timestamp(at) for name, at in shape.newest.items()}
    return as_inputs(rows, shape.columns, dates=dates, newest=newest).reset_index(drop=True)


def _ids(rows: pd.DataFrame, column: str | None) -> npt.NDArray[np.object_]:
    if column is None:
        return np.array([f"row {n + 1}" for n in range(len(rows))], dtype=object)
    return rows[column].map(str).to_numpy(dtype=object)


def _dates(rows: pd.DataFrame, column: str) -> pd.Series:
    times = times_in(rows[column])
    if times.isna().any():
        example = rows[column][times.isna()].iloc[0]
        raise SchemaError(
            f"Column `{column}` must hold a date in every row, such as 2025-12-01, got {example!r}."
        )
    return times


def _check_there(frame: pd.DataFrame, option: str, column: str | None) -> None:
    if column is not None and column not in frame.columns:
        raise SchemaError(
            f"`{option}` names column {column!r}; the table has "
            f"{[str(name) for name in frame.columns]}."
        )


def _positive(words: pd.Series, target: str, named: str | None) -> str:
    found = sorted(words.dropna().unique())
    if len(found) != 2:
        raise SchemaError(
            f"Flag `{target}` must have two values, got {len(found):,}: {found[:5]!r}. Name "
            "another column, or empty the cells where the outcome is not known."
        )
    if named is not None:
        if named not in found:
            raise SchemaError(f"`positive` is {named!r}, but flag `{target}` holds {found!r}.")
        return str(named)
    says = [value for value in found if value.lower() in _YES]
    if len(says) == 1 and any(value.lower() in _NO for value in found if value not in says):
        return str(says[0])
    raise SchemaError(
        f"Which value of flag `{target}` means the outcome, {found[0]!r} or {found[1]!r}? Say it "
        f"with `positive`, on the command line `--positive {found[1]}`."
    )
