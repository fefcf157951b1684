"""A target of one's own: rows of account and date, each with what came of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...features.errors import SchemaError
from ...features.schema.tables import table_spec
from ...features.schema.tableset import Tables, canonical_schema
from .dataset import Dataset

__all__ = ["OUTCOME", "checked_outcomes", "with_outcome", "with_outcome_rows"]

OUTCOME = "outcome"
"""What a target of one's own is called."""

_KEYS = ["account_id", "as_of"]


def checked_outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with keys as the tables have them.

    Parameters
    ----------
    frame : DataFrame
        ``account_id``, ``as_of``, ``outcome`` (0 or 1), and where it is known ``known_at``: from
        when the outcome was certain. Without it that is lead and horizon after the date.

    Returns
    -------
    DataFrame
        ``account_id`` as text, times in UTC, ``outcome`` as a boolean.

    Raises
    ------
    SchemaError
        If a column is missing, a value unreadable, a pair given twice, or an outcome known before
        its date.

    Examples
    --------
    >>> rows = {"account_id": [7], "as_of": ["2025-03-01"], "outcome": [1]}
    >>> checked_outcomes(pd.DataFrame(rows))["outcome"].tolist()
    [True]
    """
    missing = [name for name in (*_KEYS, OUTCOME) if name not in frame]
    if missing:
        raise SchemaError(
            f"`outcomes` must have the columns {[*_KEYS, OUTCOME]!r}, got "
            f"{frame.columns.tolist()!r}; {missing[0]!r} is missing."
        )
    values = pd.to_numeric(frame[OUTCOME].astype(object), errors="coerce")
    wrong = ~values.isin([0, 1])
    if wrong.any():
        raise SchemaError(
            f"`outcomes['outcome']` must be 0 or 1, got {frame[OUTCOME][wrong].iloc[0]!r}; leave "
            "out rows whose outcome is not known."
        )
    rows = pd.DataFrame(
        {
            "account_id": frame["account_id"].astype(str).to_numpy(dtype=object),
            "as_of": _times(frame["as_of"]),
            OUTCOME: values.astype(bool).to_numpy(),
        }
    )
    if "known_at" in frame:
        rows["known_at"] = _times(frame["known_at"])
        if (rows["known_at"] < rows["as_of"]).any():
            raise SchemaError(
                "`outcomes['known_at']` must not lie before `as_of`: what was known then already "
                "is nothing to predict."
            )
    twice = rows.duplicated(_KEYS)
    if twice.any():
        first = rows.loc[twice, _KEYS].iloc[0].tolist()
        raise SchemaError(f"`outcomes` must name a pair once, got {first!r} twice.")
    return rows


def _times(column: pd.Series) -> Any:
    return pd.to_datetime(column, utc=True).dt.as_unit("us").array


def with_outcome(tables: Tables, outcomes: pd.DataFrame) -> Tables:
    """Return tables whose labels are those pairs, so that the dataset has exactly these rows.

    Parameters
    ----------
    tables : Tables
    outcomes : DataFrame
        As ``checked_outcomes`` gives them.

    Returns
    -------
    Tables
    """
    spec = table_spec("labels")
    columns = {
        "account_id": outcomes["account_id"],
        "as_of": outcomes["as_of"],
        "churned": pd.array([None] * len(outcomes), dtype="boolean"),
        "expanded": outcomes[OUTCOME].astype("boolean"),
    }
    schema = pa.schema([field for field in canonical_schema(spec) if field.name in columns])
    table = pa.Table.from_pandas(pd.DataFrame(columns), schema=schema, preserve_index=False)
    for field in canonical_schema(spec):
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    return replace(
        tables,
        by_name={**tables.by_name, "labels": table},
        collected={**tables.collected, "labels": frozenset(columns)},
    )


def with_outcome_rows(dataset: Dataset, outcomes: pd.DataFrame) -> Dataset:
    """Return a dataset of those tables whose target is the outcome.

    Parameters
    ----------
    dataset : Dataset
        Of ``with_outcome``.
    outcomes : DataFrame

    Returns
    -------
    Dataset
        With a label ``outcome`` and none for churn and expansion.
    """
    labels = dataset.labels
    told = labels.assign(**{OUTCOME: labels["expanded"]})
    told["expanded"] = told["expanded"].mask(np.ones(len(told), dtype=bool))
    if "known_at" in outcomes:
        known = outcomes.set_index(_KEYS)["known_at"].reindex(told.index)
        told["growth_closes_at"] = known.fillna(told["growth_closes_at"])
    return replace(dataset, labels=told)
