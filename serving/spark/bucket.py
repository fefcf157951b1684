"""What one bucket of accounts gives: the same contract, engine and rules as on one machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from ...features.arrays.array_types import IntArray
from ...features.arrays.as_of_rows import to_microseconds
from ...features.arrays.feed_days import FeedDays
from ...features.engine.compute import compute_own
from ...features.engine.feature_table import (
    OwnFeatures,
    frame_columns,
    peers_of,
    percentiles,
    ratios_to_own,
)
from ...features.engine.point_in_time import whole_of
from ...features.engine.recorded_kinds import kinds_of
from ...features.ingest.read import read_some
from ...features.metrics.metric import Metric
from ...features.schema.effort import Effort
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables, Whole
from ...features.scores.maturity_index import ASKED
from .parcels import unpacked

__all__ = [
    "KEYS",
    "PAIRS",
    "SEGMENT",
    "WHOLE",
    "Company",
    "as_table",
    "beside_peers",
    "feature_rows",
    "feature_schema",
    "put_aside_rows",
    "whole_from",
    "whole_rows",
]


PAIRS = "(pairs)"
"""Name under which the asked pairs travel; no table is called so."""

LIVE, SEGMENT = "_live", "_segment"
WHOLE = pa.schema(
    {"name": pa.string(), "kind": pa.string(), "date": pa.int64(), "number": pa.int64()}
)
_FILLED, _NEWEST, _FIRST = "(filled)", "(newest)", "(first) "
"""Kinds of rows beside those that are called by a clock and say on which days there are facts."""

_TIME = pa.timestamp("us", tz="UTC")
KEYS = (("account_id", pa.string()), ("as_of", _TIME))


@dataclass(frozen=True, slots=True)
class Company:
    """What every bucket has to know beside its rows.

    Parameters
    ----------
    settings : Settings
        With the source of each table under its canonical name.
    metrics : tuple of Metric
    columns : mapping of str to tuple of str
        The source columns of each table, since a bucket may have no row of it.
    shared : mapping of str to pyarrow.Table
        Tables that belong to no account.
    whole : Whole or None
        What all accounts together show, once that is known.
    """

    settings: Settings
    metrics: tuple[Metric, ...]
    columns: Mapping[str, tuple[str, ...]]
    shared: Mapping[str, pa.Table]
    whole: Whole | None = None

    def tables(self, rows: Mapping[str, pa.Table]) -> Tables:
        """Hold the rows of one bucket against the contract.

        Parameters
        ----------
        rows : mapping of str to pyarrow.Table

        Returns
        -------
        Tables
        """
        empty = {
            name: pa.table({column: pa.array([], pa.string()) for column in columns})
            for name, columns in self.columns.items()
        }
        there = {name: table for name, table in rows.items() if name != PAIRS}
        return replace(
            read_some({**empty, **self.shared, **there}, self.settings), whole=self.whole
        )

    def own(self, tables: Tables, pairs: pd.DataFrame) -> OwnFeatures:
        """Compute on one thread: the other cores have buckets of their own.

        Parameters
        ----------
        tables : Tables
        pairs : DataFrame

        Returns
        -------
        OwnFeatures
        """
        effort = Effort(threads=1, memory_mb=self.settings.memory_mb)
        return compute_own(tables, pairs, metrics=self.metrics, effort=effort)


def whole_rows(parcels: pa.Table, company: Company, dates: IntArray) -> pa.Table:
    """Return what the accounts of a bucket show, as rows of which each different one counts.

    Parameters
    ----------
    parcels : pyarrow.Table
    company : Company
    dates : ndarray of int64, shape (n_dates,)

    Returns
    -------
    pyarrow.Table
        Of ``WHOLE``.
    """
    kinds = {kind for metric in company.metrics for kind in kinds_of(metric.measure)} | {ASKED}
    found = whole_of(company.tables(unpacked(parcels)), dates, kinds)
    filled = [_whole_part(name, _FILLED, [0], [0]) for name in sorted(found.filled)]
    newest = [_whole_part(name, _NEWEST, dates, at) for name, at in found.deliveries.items()]
    days = [
        _whole_part(name, clock, there.date, there.day)
        for (name, clock), there in found.days.items()
    ]
    first = [
        _whole_part(view, _FIRST + kind, [0], [at])
        for (view, kind), at in found.first_known.items()
    ]
    return pa.concat_tables([WHOLE.empty_table(), *filled, *newest, *days, *first])


def _whole_part(
    name: str, kind: str, date: IntArray | list[int], number: IntArray | list[int]
) -> pa.Table:
    columns = [[name] * len(date), [kind] * len(date), date, number]
    return pa.table(columns, schema=WHOLE)


def whole_from(rows: pa.Table, dates: IntArray) -> Whole:
    """Put together what all buckets have shown.

    Parameters
    ----------
    rows : pyarrow.Table
        Of ``WHOLE``, of all buckets.
    dates : ndarray of int64, shape (n_dates,)

    Returns
    -------
    Whole
    """
    frame = rows.to_pandas()
    newest = frame[frame["kind"] == _NEWEST].groupby("name")
    of_kinds = frame["kind"].str.startswith(_FIRST)
    first = frame[of_kinds].groupby(["name", "kind"])["number"].min()
    days = frame[~of_kinds & ~frame["kind"].isin([_FILLED, _NEWEST])].groupby(["name", "kind"])
    return Whole(
        filled=frozenset(frame.loc[frame["kind"] == _FILLED, "name"]),
        dates=dates,
        deliveries={
            str(name): part.groupby("date")["number"].max().reindex(dates).to_numpy()
            for name, part in newest
        },
        days={
            (str(name), str(clock)): FeedDays(part["date"].to_numpy(), part["number"].to_numpy())
            for (name, clock), part in days
        },
        first_known={
            (str(name), str(kind).removeprefix(_FIRST)): int(at)
            for (name, kind), at in first.items()
        },
    )


def feature_rows(parcels: pa.Table, company: Company) -> pa.Table:
    """Compute the metrics of one bucket, all but the percentiles.

    Parameters
    ----------
    parcels : pyarrow.Table
        With the pairs under ``PAIRS``; without any the result is empty.
    company : Company

    Returns
    -------
    pyarrow.Table
        Of ``feature_schema``.
    """
    rows = unpacked(parcels)
    if PAIRS not in rows:
        return feature_schema(company.metrics).empty_table()
    own = company.own(company.tables(rows), rows[PAIRS].to_pandas())
    return as_table(own, feature_schema(company.metrics), {})


def put_aside_rows(parcels: pa.Table, company: Company, schema: pa.Schema) -> pa.Table:
    """Return the rows of one bucket that the contract puts aside.

    Parameters
    ----------
    parcels : pyarrow.Table
    company : Company
    schema : pyarrow.Schema
        Columns of the quarantine to give.

    Returns
    -------
    pyarrow.Table
    """
    aside = company.tables(unpacked(parcels)).quarantine
    return schema.empty_table() if aside is None else aside.select(schema.names)


def beside_peers(rows: pa.Table, metrics: Sequence[Metric], schema: pa.Schema) -> pa.Table:
    """Add the percentiles to all rows of one date and segment.

    Parameters
    ----------
    rows : pyarrow.Table
        Of ``feature_schema`` or ``score_schema``.
    metrics : sequence of Metric
    schema : pyarrow.Schema
        Columns to give.

    Returns
    -------
    pyarrow.Table
    """
    compared = [metric.column for metric in metrics if metric.in_segment]
    level = rows.select(compared).to_pandas()
    live = np.asarray(rows[LIVE].to_numpy(), dtype=bool)
    together = np.zeros(len(level), dtype=np.int64)
    peers = peers_of(together, together.astype(object), live)
    for name, values in percentiles(metrics, level, peers).items():
        rows = rows.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    return rows.select(schema.names)


def feature_schema(metrics: Sequence[Metric]) -> pa.Schema:
    """Return the columns of ``feature_rows``.

    Parameters
    ----------
    metrics : sequence of Metric

    Returns
    -------
    pyarrow.Schema
    """
    later = {metric.percentile for metric in metrics if metric.in_segment}
    numbers = [name for name in frame_columns(metrics) if name not in later]
    beside = [(SEGMENT, pa.string()), (LIVE, pa.bool_())]
    return pa.schema([*KEYS, *beside, *((name, pa.float64()) for name in numbers)])


def as_table(own: OwnFeatures, schema: pa.Schema, extra: Mapping[str, pd.Series]) -> pa.Table:
    """Return the numbers of a bucket as Spark gets them: null where there is none.

    Parameters
    ----------
    own : OwnFeatures
    schema : pyarrow.Schema
        Columns to give.
    extra : mapping of str to Series
        Further columns, in the order of the rows.

    Returns
    -------
    pyarrow.Table
    """
    index = own.level.index
    moments = pa.array(to_microseconds(index.get_level_values("as_of"))).cast(_TIME)
    values: dict[str, object] = {
        "account_id": index.get_level_values("account_id"),
        SEGMENT: own.segment,
        LIVE: own.live,
        **{str(name): own.level[name] for name in own.level},
        **ratios_to_own(own),
        **extra,
    }
    arrays = [
        moments
        if field.name == "as_of"
        else pa.array(np.asarray(values[field.name]), field.type, from_pandas=True)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
