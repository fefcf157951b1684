"""What each column of a flat table is good for: an input, or left out with the reason in words."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.ingest.forms.column_forms import form_of
from ...features.ingest.forms.read_values import read_amounts, read_times

__all__ = ["FlatColumn", "Treatment", "as_inputs", "columns_of", "numbers_in", "times_in"]

Treatment = Literal["number", "category", "days_before", "left_out"]

_FEW_ROWS = 20
"""Below so many rows nothing is said of how a column is filled."""
_SINGLE_AUC = 0.9
"""A column that tells the outcomes apart this well alone has most likely seen them."""
_ONE_SIDE, _OTHER_SIDE = 0.02, 0.3
"""Filled for hardly any of one outcome and for many of the other: written afterwards."""
_DIFFERENT = 0.95
"""An id is different in at least this share of its rows."""
_MOST_LEVELS, _FREE_TEXT = 50, 0.3
"""Text with more levels than this, different in so many rows, is free text."""
_ID_NAME = re.compile(r"(^|[_\W]|[a-z])(id|key|uuid|guid|number|no|nr|code)$", re.IGNORECASE)
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class FlatColumn:
    """One column and what is done with it.

    Parameters
    ----------
    name : str
    treatment : {"number", "category", "days_before", "left_out"}
        ``days_before`` makes a date the days from it to the row's date, or to the newest date of
        the column where rows have none.
    why : str
        What was seen; empty for a plain number or category.
    """

    name: str
    treatment: Treatment
    why: str = ""

    @property
    def says(self) -> str:
        """One sentence for people; empty where there is nothing to say."""
        if not self.why:
            return ""
        done = {"left_out": "is left out", "days_before": "counts as days before the row's date"}
        return f"Column `{self.name}` {done.get(self.treatment, 'is an input')}: {self.why}."


def columns_of(
    frame: pd.DataFrame,
    y: IntArray,
    *,
    dates: pd.Series | None = None,
    keep: Iterable[str] = (),
) -> tuple[FlatColumn, ...]:
    """Return what each column of a flat table is good for.

    Parameters
    ----------
    frame : DataFrame
        Without the flag, the id and the date of the rows.
    y : ndarray of int, shape (n_rows,)
        0 or 1.
    dates : Series of datetime, optional
        Date of each row.
    keep : iterable of str
        Columns that the user vouches for: what would be left out as suspicious is kept.

    Returns
    -------
    tuple of FlatColumn
        In the order of the columns; empty for none.

    Examples
    --------
    >>> frame = pd.DataFrame({"plan": ["a", "b"] * 20, "paid": ["1.5", " "] * 20, "same": 1})
    >>> [(c.name, c.treatment) for c in columns_of(frame, np.arange(40) // 20)]
    [('plan', 'category'), ('paid', 'number'), ('same', 'left_out')]
    """
    kept = set(keep)
    views = [_View(str(name), frame[name], y, dates) for name in frame.columns]
    return tuple(_judged(view, vouched=view.name in kept) for view in views)


def as_inputs(
    frame: pd.DataFrame,
    columns: Iterable[FlatColumn],
    *,
    dates: pd.Series | None = None,
    newest: Mapping[str, pd.Timestamp] | None = None,
) -> pd.DataFrame:
    """Return the inputs of a model, treated in training and scoring alike.

    Parameters
    ----------
    frame : DataFrame
        With at least the columns that are not left out.
    columns : iterable of FlatColumn
    dates : Series of datetime, optional
        Date of each row.
    newest : mapping of str to Timestamp, optional
        Where days are counted to if rows have no date; the newest of the column by default.

    Returns
    -------
    DataFrame
        Same index; floats, and text where a category. Empty cells are missing.
    """
    made: dict[str, pd.Series] = {}
    for column in columns:
        values = frame[column.name] if column.treatment != "left_out" else None
        if values is None:
            continue
        if column.treatment == "number":
            made[column.name] = numbers_in(values)
        elif column.treatment == "category":
            made[column.name] = _text(values)
        else:
            made[column.name] = _days_before(values, dates, (newest or {}).get(column.name))
    return pd.DataFrame(made, index=frame.index)


def numbers_in(values: pd.Series) -> pd.Series:
    """Return a column as floats, read by the form it keeps; what is no number is NaN."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        numbers = values.astype(float)
        return numbers.where(np.isfinite(numbers))
    text = pa.array(_text(values), pa.string())
    found = read_amounts(text, form_of(pa.chunked_array([text]), "number"))
    return pd.Series(np.where(found.read, found.values, np.nan), index=values.index)


def times_in(values: pd.Series) -> pd.Series:
    """Return a column as times in UTC, read by the form it keeps; what is no time is missing."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return pd.to_datetime(values, utc=True)
    text = pa.array(_text(values), pa.string())
    found = read_times(text, form_of(pa.chunked_array([text]), "time"))
    moments = pd.to_datetime(found.values, unit="us", utc=True).to_series(index=values.index)
    return moments.where(found.read)


def _days_before(
    values: pd.Series, dates: pd.Series | None, newest: pd.Timestamp | None
) -> pd.Series:
    times = times_in(values)
    until = dates if dates is not None else (newest if newest is not None else times.max())
    passed: pd.Series = (pd.Series(until, index=times.index) - times).dt.total_seconds()
    return passed / _DAY_SECONDS


def _text(values: pd.Series) -> pd.Series:
    """Return texts without surrounding blanks; empty ones are missing."""
    text = values.astype(object).where(values.notna(), None)
    stripped = text.map(lambda value: None if value is None else str(value).strip())
    return stripped.where(stripped != "", None)


class _View:
    """One column as the rules look at it; what they share is computed once."""

    def __init__(self, name: str, values: pd.Series, y: IntArray, dates: pd.Series | None) -> None:
        self.name, self.cells, self.y, self.dates = name, values, y, dates

    @cached_property
    def text(self) -> pd.Series:
        return _text(self.cells)

    @cached_property
    def filled(self) -> pd.Series:
        if pd.api.types.is_float_dtype(self.cells):
            # What is infinite is no value.
            return self.numbers.notna()
        return self.text.notna()

    @cached_property
    def n_levels(self) -> int:
        return int(self.text.nunique())

    @cached_property
    def numbers(self) -> pd.Series:
        return numbers_in(self.cells)

    @cached_property
    def is_number(self) -> bool:
        return bool(self.filled.any() and self.numbers[self.filled].notna().all())

    @cached_property
    def times(self) -> pd.Series:
        return times_in(self.cells)

    @cached_property
    def is_date(self) -> bool:
        return bool(
            not self.is_number and self.filled.any() and self.times[self.filled].notna().all()
        )

    @cached_property
    def shares_filled(self) -> tuple[float, float]:
        """Share of rows with a value among those that stayed, and among those that left."""
        filled = self.filled.to_numpy()
        return float(filled[self.y == 0].mean()), float(filled[self.y == 1].mean())

    @cached_property
    def alone(self) -> float:
        """How well the column alone tells the outcomes apart: 0.5 not at all, 1 wholly."""
        signal = self.numbers.to_numpy() if self.is_number else _rates(self.text, self.y)
        known = np.isfinite(signal)
        if known.sum() < _FEW_ROWS or len(np.unique(self.y[known])) < 2:
            return 0.5
        auc = float(roc_auc_score(self.y[known], signal[known]))
        return max(auc, 1 - auc)


def _rates(text: pd.Series, y: IntArray) -> FloatArray:
    """Return each row's rate of the outcome among other rows of its level: never its own half."""
    half = np.random.default_rng(0).permutation(len(text)) % 2
    rates = np.full(len(text), np.nan)
    for side in (0, 1):
        learned = pd.Series(y[half != side]).groupby(text[half != side].to_numpy()).mean()
        rates[half == side] = text[half == side].map(learned).to_numpy(dtype=float)
    return rates


def _never_varies(view: _View) -> str:
    if view.n_levels == 0:
        return "it has no value"
    constant = view.n_levels == 1 and view.filled.all()
    return "it has the same value in every row" if constant else ""


def _written_afterwards(view: _View) -> str:
    stayed, left = view.shares_filled
    if len(view.y) < _FEW_ROWS or min(stayed, left) > _ONE_SIDE or max(stayed, left) < _OTHER_SIDE:
        return ""
    return (
        f"it is filled for {100 * left:.0f} % of those with the outcome and "
        f"{100 * stayed:.0f} % of the others, so it was written when the outcome was known"
    )


def _after_the_row(view: _View) -> str:
    if view.dates is None or not view.is_date:
        return ""
    later = int((view.times > view.dates).sum())
    return f"{later:,} of its dates lie after the date of their row" if later else ""


def _is_id(view: _View) -> str:
    if len(view.y) < _FEW_ROWS or view.n_levels < _DIFFERENT * view.filled.sum() or view.is_date:
        return ""
    if view.is_number:
        numbers = view.numbers[view.filled]
        whole = bool((numbers % 1 == 0).all())
        counted = whole and numbers.max() - numbers.min() < 2 * len(numbers)
        return "it numbers the rows" if whole and (counted or _ID_NAME.search(view.name)) else ""
    return "it is different in nearly every row, like an id"


def _is_free_text(view: _View) -> str:
    if view.is_number or view.is_date or view.n_levels <= _MOST_LEVELS:
        return ""
    many = view.n_levels > _FREE_TEXT * view.filled.sum()
    return f"it is free text ({view.n_levels:,} different ones)" if many else ""


def _knows_the_outcome(view: _View) -> str:
    if view.alone < _SINGLE_AUC:
        return ""
    return (
        f"alone it tells the outcomes apart nearly perfectly (AUC {view.alone:.2f}), as only what "
        "was written afterwards does; vouch for it with `keep` if it was known before"
    )


_LEFT_OUT: tuple[Callable[[_View], str], ...] = (
    _never_varies,
    _written_afterwards,
    _after_the_row,
    _is_id,
    _is_free_text,
    _knows_the_outcome,
)
"""Why a column may be no input, in order; the first that answers counts."""

_VOUCHED = (_never_varies, _is_free_text)
"""Reasons that a user's word does not take away."""


def _judged(view: _View, *, vouched: bool) -> FlatColumn:
    rules = _VOUCHED if vouched else _LEFT_OUT
    why = next((said for said in (rule(view) for rule in rules) if said), "")
    if why:
        return FlatColumn(view.name, "left_out", why)
    if view.is_number:
        return FlatColumn(view.name, "number", _blanks(view))
    if view.is_date:
        return FlatColumn(view.name, "days_before", "it holds dates")
    return FlatColumn(view.name, "category")


def _blanks(view: _View) -> str:
    """Say so where a number came as text, which blanks make of it."""
    if pd.api.types.is_numeric_dtype(view.cells) or pd.api.types.is_bool_dtype(view.cells):
        return ""
    empty = int((~view.filled & view.cells.notna()).sum())
    return f"it holds numbers, and {empty:,} blank cells that count as unknown" if empty else ""
