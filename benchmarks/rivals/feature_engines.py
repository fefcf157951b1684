"""The same nineteen numbers by different means: churngrid, and what people use instead.

Every engine reads the same Parquet files and returns an Arrow table with the columns of
``COLUMNS``. A window of W days before an as-of date covers ``as_of - W <= occurred_at < as_of``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

__all__ = ["COLUMNS", "ENGINES", "WINDOWS", "Engine", "as_of_dates"]

WINDOWS = (7, 28, 90, 365)
_KINDS = ("events", "days", "users", "features")
COLUMNS = (*(f"{kind}_{days}d" for kind in _KINDS for days in WINDOWS), "recency", "trend", "core")
_THREADS = 2
_MEMORY = "14GB"


@dataclass(frozen=True)
class Engine:
    """One way to get the numbers.

    Parameters
    ----------
    run : callable
        Takes the folder, returns the table; None for the bare scan, which returns nothing.
    most_events : int
        Larger logs are not tried: it would take too long or too much memory.
    what : str
    needs : tuple of str
        Modules that are imported before the clock runs.
    """

    run: Callable[[Path], pa.Table | None]
    most_events: int
    what: str
    needs: tuple[str, ...] = ("duckdb",)


def as_of_dates():
    """Return 24 starts of months."""
    import pandas as pd

    return pd.date_range("2023-02-01", periods=24, freq="MS", tz="UTC")


def scan(folder: Path) -> None:
    """Read the four columns and do next to nothing with them."""
    _duckdb().sql(
        "select sum(length(account_id)), sum(length(product_user_id)), sum(length(feature_id)), "
        f"max(epoch_us(occurred_at)) from '{folder}/usage_events.parquet'"
    ).fetchall()


def churngrid(folder: Path) -> pa.Table:
    """Read, hold against the contract, compute."""
    from churngrid.features.engine.compute import compute_features, known_accounts
    from churngrid.features.ingest.read import read_tables

    tables = read_tables(str(folder))
    pairs = known_accounts(tables, as_of_dates())
    frame = compute_features(tables, pairs, metrics=_declared()).frame
    named = frame.rename(columns=dict(zip(frame.columns, COLUMNS, strict=True)))
    return pa.Table.from_pandas(named.reset_index(), preserve_index=False)


def _declared():
    """Return the nineteen metrics as anyone would declare them."""
    from churngrid.features.metrics.combined_measures import Ratio
    from churngrid.features.metrics.measures import DaysSince, Distinct, Total
    from churngrid.features.metrics.row_selection import IsTrue, Select, Window

    windows = [Select("usage", window=Window(days)) for days in WINDOWS]
    month = windows[1]
    core = Total(Select("usage", (IsTrue("is_core"),), Window(28)), "events")
    measures = [
        *(Total(window, "events") for window in windows),
        *(Distinct(window, ("date",)) for window in windows),
        *(Distinct(window, ("product_user_id",)) for window in windows),
        *(Distinct(window, ("feature_id",)) for window in windows),
        DaysSince(Select("usage")),
        Ratio(Total(month, "events"), Total(month.shifted(28), "events")),
        Ratio(core, Total(month, "events")),
    ]
    return [_metric(name, measure) for name, measure in zip(COLUMNS, measures, strict=True)]


def _metric(name, measure):
    from churngrid.features.metrics.absence import Absence
    from churngrid.features.metrics.metric import Metric

    return Metric(
        name=name.rpartition("_")[0] or name,
        component="usage",
        measure=measure,
        label=name,
        unit="number",
        direction="c",
        axis="context",
        when_absent=0.0 if "_" in name else Absence.NO_EVENT_YET,
        meaning="One of nineteen.",
    )


def duckdb_technique(folder: Path) -> pa.Table:
    """Use SQL with the same technique: daily sums, running sums, last seen."""
    con = _with_dates(folder)
    con.sql(
        """create table calendar as select d::date as day, k from
        (select unnest(generate_series(date '2021-01-01', (select max(as_of) from dates)::timestamp,
        interval 1 day))::date d) asof join dates on d < dates.as_of"""
    )
    con.sql(
        """create table daily as select account_id, occurred_at::date as day, count(*) c,
        count(*) filter (is_core) p from events group by 1, 2"""
    )
    con.sql(
        """create table running as select account_id, day, sum(c) over w::bigint c,
        sum(p) over w::bigint p, row_number() over w n from daily
        window w as (partition by account_id order by day)"""
    )
    offsets = (0, 7, 28, 56, 90, 365)
    con.sql(
        "create table edges as select account_id, as_of, o, (as_of - o)::date as edge "
        f"from pairs, (select unnest({list(offsets)})::int o)"
    )
    found = ", ".join(
        f"coalesce(any_value({name}) filter (o = {o}), 0) {name}{o}"
        for o in offsets
        for name in ("c", "n", "p")
    )
    con.sql(
        f"""create table base as select account_id, as_of, {found},
        any_value(day) filter (o = 0) last_day from (select edges.account_id, as_of, o, c, n, p, day
        from edges asof left join running on edges.account_id = running.account_id
        and edges.edge > running.day) group by 1, 2"""
    )
    for kind, column in (("users", "product_user_id"), ("features", "feature_id")):
        counts = ", ".join(
            f"count(*) filter (seen >= dates.as_of - {days}) {kind}_{days}d" for days in WINDOWS
        )
        con.sql(
            f"""create table {kind} as with seen as (select account_id, {column} x, k,
            max(calendar.day) seen from events join calendar on day = occurred_at::date
            group by 1, 2, 3), until as (select account_id, k, seen,
            lead(k) over (partition by account_id, x order by k) next_k from seen)
            select account_id, dates.as_of, {counts} from until join dates on dates.k >= until.k
            and dates.k < coalesce(next_k, 1000000) and seen >= dates.as_of - 365 group by 1, 2"""
        )
    return con.sql(_finished()).to_arrow_table()


def _finished() -> str:
    parts = [f"c0 - c{days} events_{days}d" for days in WINDOWS]
    parts += [f"n0 - n{days} days_{days}d" for days in WINDOWS]
    parts += [f"coalesce({k}_{d}d, 0) {k}_{d}d" for k in ("users", "features") for d in WINDOWS]
    return f"""select account_id, as_of, {", ".join(parts)}, as_of - last_day recency,
        (c0 - c28) / nullif(c28 - c56, 0)::double trend,
        (p0 - p28) / nullif(c0 - c28, 0)::double core
        from base left join users using (account_id, as_of)
        left join features using (account_id, as_of)"""


def duckdb_join(folder: Path) -> pa.Table:
    """Use SQL as it is written first: every date joined with all events of its windows."""
    con = _with_dates(folder)
    parts = [f"count(day) filter (day >= as_of - {days}) events_{days}d" for days in WINDOWS]
    for kind, column in (("days", "day"), ("users", "product_user_id"), ("features", "feature_id")):
        parts += [
            f"count(distinct {column}) filter (day >= as_of - {days}) {kind}_{days}d"
            for days in WINDOWS
        ]
    now = "count(day) filter (day >= as_of - 28)"
    before = "count(day) filter (day >= as_of - 56 and day < as_of - 28)"
    con.sql("create view by_day as select *, occurred_at::date as day from events")
    return con.sql(
        f"""select pairs.account_id, as_of, {", ".join(parts)}, as_of - max(day) recency,
        {now} / nullif({before}, 0)::double trend,
        count(day) filter (day >= as_of - 28 and is_core) / nullif({now}, 0)::double core
        from pairs left join by_day on by_day.account_id = pairs.account_id and day < as_of
        group by 1, 2"""
    ).to_arrow_table()


def polars_technique(folder: Path) -> pa.Table:
    """Polars, lazy and streaming, with the same technique."""
    import polars as pl

    events = _polars_events(folder)
    pairs, dates = _polars_pairs(folder)
    base = _polars_sums(events, pairs)
    for kind, column in (("users", "product_user_id"), ("features", "feature_id")):
        counted = _polars_different(events, dates, kind, column)
        base = base.join(counted, on=["account_id", "as_of"], how="left")
    base = base.with_columns(pl.col(r"^[cnp]\d+$").fill_null(0))
    now = pl.col("c0") - pl.col("c28")
    before = pl.col("c28") - pl.col("c56")
    return base.select(
        "account_id",
        "as_of",
        *((pl.col("c0") - pl.col(f"c{days}")).alias(f"events_{days}d") for days in WINDOWS),
        *((pl.col("n0") - pl.col(f"n{days}")).alias(f"days_{days}d") for days in WINDOWS),
        *(
            pl.col(f"{kind}_{days}d").fill_null(0)
            for kind in ("users", "features")
            for days in WINDOWS
        ),
        recency=(pl.col("as_of") - pl.col("day0")).dt.total_days(),
        trend=pl.when(before > 0).then(now / before),
        core=pl.when(now > 0).then((pl.col("p0") - pl.col("p28")) / now),
    ).to_arrow()


def _polars_sums(events, pairs):
    """Return running sums of each account at the edges of all windows."""
    import polars as pl

    daily = (
        events.group_by("account_id", "day")
        .agg(c=pl.len().cast(pl.Int64), p=pl.col("is_core").sum().cast(pl.Int64))
        .collect(engine="streaming")
    )
    running = (
        daily.sort("account_id", "day")
        .with_columns(
            c=pl.col("c").cum_sum().over("account_id"),
            p=pl.col("p").cum_sum().over("account_id"),
            n=pl.int_range(1, pl.len() + 1).over("account_id"),
        )
        .sort("day")
    )
    base = pairs
    for offset in (0, 7, 28, 56, 90, 365):
        edges = pairs.with_columns(edge=pl.col("as_of") - pl.duration(days=offset)).sort("edge")
        named = running.rename({name: f"{name}{offset}" for name in ("c", "p", "n", "day")})
        found = edges.join_asof(
            named,
            left_on="edge",
            right_on=f"day{offset}",
            by="account_id",
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        base = base.join(found.drop("edge"), on=["account_id", "as_of"], how="left")
    return base


def _polars_different(events, dates, kind, column):
    """Count the different things of each account in each window, by when each was last seen."""
    import polars as pl

    calendar = (
        pl.DataFrame({"day": pl.date_range(pl.date(2021, 1, 1), dates["as_of"].max(), eager=True)})
        .filter(pl.col("day") < dates["as_of"].max())
        .join_asof(
            dates.with_columns(day=pl.col("as_of") - pl.duration(days=1)).sort("day"),
            on="day",
            strategy="forward",
        )
        .select("day", "k")
    )
    seen = (
        events.join(calendar.lazy(), on="day")
        .group_by("account_id", column, "k")
        .agg(seen=pl.col("day").max())
        .collect(engine="streaming")
        .sort("k")
        .with_columns(until=pl.col("k").shift(-1, fill_value=len(dates)).over("account_id", column))
    )
    spread = (
        seen.with_columns(k=pl.int_ranges("k", "until"))
        .explode("k")
        .with_columns(pl.col("k").cast(dates["k"].dtype))
        .join(dates, on="k")
    )
    age = (pl.col("as_of") - pl.col("seen")).dt.total_days()
    counts = [(age <= days).sum().alias(f"{kind}_{days}d") for days in WINDOWS]
    return spread.filter(age <= 365).group_by("account_id", "as_of").agg(*counts)


def pandas_loop(folder: Path) -> pa.Table:
    """Pandas as it is written first: a loop over dates and windows, with ``nunique``."""
    import pandas as pd

    events = pd.read_parquet(folder / "usage_events.parquet")
    features = pd.read_parquet(folder / "features.parquet")
    events["day"] = events["occurred_at"].dt.normalize()
    core = features.loc[features["is_core"], "feature_id"]
    events["is_core"] = events["feature_id"].isin(core)
    accounts = pd.read_parquet(folder / "accounts.parquet")["account_id"]
    parts = []
    for date in as_of_dates():
        known = events[events["occurred_at"] < date]
        year = known[known["occurred_at"] >= date - pd.Timedelta(days=365)]
        found = pd.DataFrame(index=pd.Index(accounts, name="account_id"))
        for days in WINDOWS:
            inside = year[year["occurred_at"] >= date - pd.Timedelta(days=days)]
            by = inside.groupby("account_id")
            found[f"events_{days}d"] = by.size()
            found[f"days_{days}d"] = by["day"].nunique()
            found[f"users_{days}d"] = by["product_user_id"].nunique()
            found[f"features_{days}d"] = by["feature_id"].nunique()
        month = year[year["occurred_at"] >= date - pd.Timedelta(days=28)]
        from_56 = year["occurred_at"] >= date - pd.Timedelta(days=56)
        before = year[from_56 & (year["occurred_at"] < date - pd.Timedelta(days=28))]
        found = found.fillna(0)
        found["recency"] = (date - known.groupby("account_id")["day"].max()).dt.days
        found["trend"] = month.groupby("account_id").size() / before.groupby("account_id").size()
        found.loc[found["events_28d"] == 0, "trend"] = 0.0
        found["trend"] = found["trend"].where(before.groupby("account_id").size() > 0)
        found["core"] = month.groupby("account_id")["is_core"].mean()
        parts.append(found.reset_index().assign(as_of=date))
    return pa.Table.from_pandas(pd.concat(parts), preserve_index=False)


def _duckdb():
    import duckdb

    con = duckdb.connect()
    for setting in (f"threads={_THREADS}", f"memory_limit='{_MEMORY}'"):
        con.sql(f"set {setting}")
    con.sql("set preserve_insertion_order=false")
    con.sql("set enable_progress_bar=false")
    con.sql("set timezone='UTC'")
    return con


def _with_dates(folder: Path):
    con = _duckdb()
    con.sql(
        "create view events as select e.account_id, product_user_id, e.feature_id, is_core, "
        f"(occurred_at at time zone 'UTC') occurred_at from '{folder}/usage_events.parquet' e "
        f"join '{folder}/features.parquet' f on e.feature_id = f.feature_id"
    )
    dates = [date.date().isoformat() for date in as_of_dates()]
    con.sql(
        "create table dates as select d::date as_of, (row_number() over (order by d))::int - 1 k "
        f"from (select unnest({dates}) d)"
    )
    con.sql(
        "create table pairs as select account_id, as_of from "
        f"(select distinct account_id from '{folder}/accounts.parquet'), dates"
    )
    return con


def _polars_events(folder: Path):
    import polars as pl

    features = pl.scan_parquet(folder / "features.parquet").select("feature_id", "is_core")
    return (
        pl.scan_parquet(folder / "usage_events.parquet")
        .with_columns(day=pl.col("occurred_at").dt.date())
        .join(features, on="feature_id")
    )


def _polars_pairs(folder: Path):
    import polars as pl

    dates = pl.DataFrame(
        {"as_of": [date.date() for date in as_of_dates()], "k": range(len(as_of_dates()))}
    )
    accounts = pl.read_parquet(folder / "accounts.parquet").select("account_id")
    return accounts.join(dates.select("as_of"), how="cross").sort("account_id", "as_of"), dates


ENGINES = {
    "scan": Engine(scan, 10**9, "DuckDB reads the four columns, next to nothing else"),
    "churngrid": Engine(
        churngrid,
        10**9,
        "reads, holds every row against the contract, computes",
        # The last is what numba imports with the first kernel of a process.
        needs=(
            "churngrid.features.engine.compute",
            "churngrid.features.ingest.read",
            "scipy.linalg",
        ),
    ),
    "duckdb": Engine(duckdb_technique, 50_000_000, "SQL with the same technique"),
    "polars": Engine(
        polars_technique, 50_000_000, "lazy, streaming, with the same technique", needs=("polars",)
    ),
    "pandas loop": Engine(
        pandas_loop,
        10_000_000,
        "as written first: dates x windows, nunique",
        needs=("pandas",),
    ),
    "duckdb join": Engine(duckdb_join, 1_000_000, "as written first: a range join"),
}
