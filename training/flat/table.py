"""A flat table: the flag, the id, the date and the inputs told apart."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import IntArray
from ...features.errors import SchemaError
from ...features.schema.suggestions import closest
from .columns import FlatColumn, as_inputs, columns_of, times_in

__all__ = ["FlatShape", "FlatTable", "flags_of", "flat_table", "scoring_table"]

_YES = frozenset(
    (
        *("yes", "y", "true", "t", "1", "1.0", "churn", "churned", "left", "lost", "leaver"),
        *("cancelled", "canceled", "attrited", "attrited customer", "exited", "closed", "inactive"),
        *("ja", "oui", "si", "sí", "sim", "gekündigt", "résilié"),
    )
)
_NO = frozenset(
    (
        *("no", "n", "false", "f", "0", "0.0", "stay", "stayed", "retained", "active", "kept"),
        *("existing customer", "current", "customer", "joined", "open", "no churn", "not churned"),
        *("nein", "non", "nee", "não", "new", "aktiv", "actif"),
    )
)
"""Words that flags use; which one means the outcome is never guessed from the alphabet."""

_DATED, _UNDATED = "a date", "no date"
"""The two outcomes of a flag that holds the day on which somebody left."""


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
    frame = _named_by_text(frame)
    named = {"target": target, "id": id, "date": date}
    for option, column in named.items():
        _check_there(frame, option, column)
    _check_apart(named)
    for column in keep:
        _check_there(frame, "keep", column)
    words = _outcomes(frame[target])
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
    frame = _named_by_text(frame)
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
    return _outcomes(_named_by_text(frame)[shape.target], dated=shape.positive == _DATED)


def _outcomes(flags: pd.Series, *, dated: bool = False) -> pd.Series:
    """Return the words of a flag; of dates that some rows have, whether there is one."""
    words = _words(flags)
    filled = words.dropna()
    several = filled.nunique() > 2 and len(filled) < len(words)
    if not dated and not (several and times_in(filled).notna().all()):
        return words
    return words.notna().map({True: _DATED, False: _UNDATED}).astype(object)


def _named_by_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns have one name each, as text."""
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SchemaError(
            f"The table has {names.count(twice[0])} columns named {twice[0]!r}. Rename them, so "
            "that it is clear which one is meant."
        )
    return frame.set_axis(names, axis=1)


def _check_apart(named: Mapping[str, str | None]) -> None:
    """Refuse one column for two things."""
    for option in ("id", "date"):
        if named[option] is not None and named[option] == named["target"]:
            raise SchemaError(
                f"`{option}` and `target` both name column {named['target']!r}; name the column "
                f"that holds the {'customer' if option == 'id' else 'date of the row'}, or leave "
                f"`{option}` out."
            )


def _words(flags: pd.Series) -> pd.Series:
    values = flags.astype(object).where(flags.notna(), None)
    return values.map(lambda value: None if value is None else str(value).strip() or None)


def _inputs(rows: pd.DataFrame, shape: FlatShape, dates: pd.Series | None) -> pd.DataFrame:
    newest = {name: pd.Timestamp(at) for name, at in shape.newest.items()}
    return as_inputs(rows, shape.columns, dates=dates, newest=newest).reset_index(drop=True)


def _ids(rows: pd.DataFrame, column: str | None) -> npt.NDArray[np.object_]:
    if column is None:
        return np.array([f"row {n + 1}" for n in range(len(rows))], dtype=object)
    words = _words(rows[column]).reset_index(drop=True)
    numbered = pd.Series([f"row {n + 1}" for n in range(len(words))], dtype=object)
    return words.where(words.notna(), numbered).to_numpy(dtype=object)


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
            f"{[str(name) for name in frame.columns]}.{closest(column, map(str, frame.columns))}"
        )


def _positive(words: pd.Series, target: str, named: str | None) -> str:
    found = sorted(map(str, words.dropna().unique()))
    if named is not None and named not in found:
        raise SchemaError(f"`positive` is {named!r}, but flag `{target}` holds {found[:10]!r}.")
    if len(found) > 1 and named is not None:
        return named
    says = [value for value in found if value.lower() in _YES or value == _DATED]
    others = [value.lower() for value in found if value not in says]
    if len(says) == 1 and others and {*others} <= _NO | {_UNDATED}:
        return says[0]
    if len(found) == 1:
        raise SchemaError(
            f"Flag `{target}` must have two values, got {found!r} in every row that has one. If "
            "an empty cell means that the outcome did not happen, write a word such as 'no' there."
        )
    if len(found) != 2:
        raise SchemaError(
            f"Flag `{target}` must have two values, got {len(found):,}: {found[:5]!r}. Name "
            "another column, or say with `positive` which of them is the outcome; all others are "
            "then no outcome."
        )
    raise SchemaError(
        f"Which value of flag `{target}` means the outcome, {found[0]!r} or {found[1]!r}? Say it "
        f"with `positive`, on the command line `--positive {shlex.quote(found[0])}` or "
        f"`--positive {shlex.quote(found[1])}`."
    )
