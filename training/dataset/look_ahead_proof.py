"""The proof that a dataset looks at nothing that was not known: recompute it from cut tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...features.arrays.array_types import FloatArray
from ...features.engine.compute import Features, compute_features, known_accounts
from ...features.errors import LeakageError
from ...features.metrics.invoice_views import with_debts
from ...features.metrics.metric import Metric
from ...features.schema.effort import DEFAULT_EFFORT, Effort
from ...features.schema.tables import table_spec
from ...features.schema.tableset import Tables
from ...features.schema.ticket_rows import says_closed

__all__ = ["OUTCOME_CLOCKS", "Proof", "as_it_stood", "prove"]


OUTCOME_CLOCKS = frozenset(
    {
        *("paid_at", "first_failed_at", "disputed_at", "left_account_at", "left_known_at"),
        *("certified_at", "activated_at", "deactivated_at", "first_response_at", "resolved_at"),
        *("escalated_at", "csat_at", "responded_at", "achieved_at", "occurred_at", "retired_at"),
    }
)
"""Times that say what happened, not what is planned: cut away when they lie ahead."""

_DATES = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """What was recomputed from tables cut at the as-of date, and found equal.

    Parameters
    ----------
    dates : tuple of str
        As-of dates that were recomputed.
    rows : int
        Rows compared.
    values : int
        Numbers compared.
    accounts, dataset_rows : int
        Independent accounts beside the number of rows of the dataset.
    constant : tuple of str
        Metrics that never vary inside any account, so that they can only tell accounts apart.
    """

    dates: tuple[str, ...]
    rows: int
    values: int
    accounts: int
    dataset_rows: int
    constant: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.values:,} numbers of {self.rows:,} rows recomputed from tables cut at "
            f"{', '.join(self.dates)}: all equal. {self.dataset_rows:,} rows come from "
            f"{self.accounts:,} independent accounts."
        )


def prove(
    tables: Tables,
    features: Features,
    metrics: Sequence[Metric],
    effort: Effort = DEFAULT_EFFORT,
) -> Proof:
    """Recompute some dates of a dataset from tables physically cut there, and compare.

    Parameters
    ----------
    tables : Tables
    features : Features
        The dataset's rows.
    metrics : sequence of Metric
    effort : Effort

    Returns
    -------
    Proof

    Raises
    ------
    LeakageError
        If any number differs: the metric looks at something not yet known.
    """
    dates = features.frame.index.get_level_values("as_of")
    chosen = _spread_out(pd.DatetimeIndex(dates.unique()).sort_values())
    rows = values = 0
    for date in chosen:
        cut = as_it_stood(tables, date)
        pairs = known_accounts(cut, [date])
        again = compute_features(cut, pairs, metrics=metrics, effort=effort)
        asked = features.frame[dates == date]
        _compare(asked, again.frame.reindex(asked.index))
        rows += len(asked)
        values += asked.size
    return Proof(
        dates=tuple(date.date().isoformat() for date in chosen),
        rows=rows,
        values=values,
        accounts=features.frame.index.get_level_values("account_id").nunique(),
        dataset_rows=len(features.frame),
        constant=_constant(features.frame),
    )


def as_it_stood(tables: Tables, moment: pd.Timestamp) -> Tables:
    """Return the tables as they stood: later rows are gone, later outcomes are blank.

    Parameters
    ----------
    tables : Tables
    moment : Timestamp
        UTC.

    Returns
    -------
    Tables
    """
    bound = pa.scalar(moment.to_pydatetime(), pa.timestamp("us", tz="UTC"))
    cut = tables.known_before(bound)
    blank = {name: _blanked(name, table, bound) for name, table in cut.by_name.items()}
    return replace(cut, by_name=blank)


def _blanked(name: str, table: pa.Table, bound: pa.Scalar) -> pa.Table:
    required = {column.name for column in table_spec(name).columns if column.required}
    clocks = (OUTCOME_CLOCKS - required).intersection(table.column_names)
    ahead = {clock: _true(pc.greater_equal(table[clock], bound)) for clock in clocks}
    # What says the same as an outcome's time was written with it, and goes with it.
    also: list[tuple[str, pa.ChunkedArray]] = []
    if name == "seats":
        for status, clock in (("active", "activated_at"), ("deactivated", "deactivated_at")):
            also.append(("status", pc.and_(ahead[clock], _true(pc.equal(table["status"], status)))))
    if name == "tickets":
        also.append(("status", pc.and_(ahead["resolved_at"], says_closed(table))))
    if name == "invoices":
        paid = pc.and_(ahead["paid_at"], _paid_in_full(table))
        also += [("status", paid), ("amount_paid", paid)]
    for column, where in (*ahead.items(), *also):
        emptied = pc.if_else(where, pa.scalar(None, table[column].type), table[column])
        table = table.set_column(table.column_names.index(column), column, emptied)
    return table


def _paid_in_full(invoices: pa.Table) -> pa.ChunkedArray:
    """Return which invoices were owed until they were paid, and not beyond."""
    debts = with_debts(invoices)
    settled = _true(pc.equal(debts["settled_at"], debts["paid_at"]))
    return pc.and_(settled, pc.fill_null(pc.not_equal(debts["billed"], 0.0), True))


def _true(mask: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(mask, False)


def _spread_out(dates: pd.DatetimeIndex) -> list[pd.Timestamp]:
    places = np.unique(np.linspace(0, len(dates) - 1, min(_DATES, len(dates))).round().astype(int))
    return [dates[place] for place in places]


def _compare(asked: pd.DataFrame, again: pd.DataFrame) -> None:
    for column in asked.columns:
        before, after = asked[column].to_numpy(float), again[column].to_numpy(float)
        if not _differ(before, after).any():
            continue
        differs = ~np.isclose(before, after, rtol=1e-9, atol=1e-9, equal_nan=True)
        if differs.any():
            account, date = asked.index[int(np.flatnonzero(differs)[0])]
            raise LeakageError(
                f"Metric {column!r} looks ahead: for account {account!r} as of {date.date()} it is "
                f"{before[differs][0]:g}, but {after[differs][0]:g} from what was known then. "
                "Fix its declaration before training."
            )


def _constant(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that have values and never vary inside any account."""
    account = pd.factorize(frame.index.get_level_values("account_id"))[0]
    order = np.argsort(account, kind="stable")
    within = np.diff(account[order]) == 0
    found = []
    for column in frame.columns:
        values = frame[column].to_numpy(float)[order]
        varies = _differ(values[:-1], values[1:])[within].any()
        if not varies and not np.isnan(values).all():
            found.append(column)
    return tuple(found)


def _differ(one: FloatArray, other: FloatArray) -> npt.NDArray[np.bool_]:
    return np.asarray((one != other) & ~(np.isnan(one) & np.isnan(other)))
