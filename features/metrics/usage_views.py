"""Usage beside what is known elsewhere: departments of users, plans of accounts, new features."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.arrow_columns import has_hours, moments_of, numbers_of
from ..arrays.coded_text import texts_of
from ..arrays.time_grid import DAY_US, NEVER
from ..schema.plans import plan_ranks
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table
from ..schema.use_rows import is_use
from .people_views import newest_over_time
from .view_data import Attributes, PairAttribute, ViewData, collected_columns

__all__ = [
    "LAUNCHES",
    "above_plan",
    "departments",
    "features_view",
    "launches",
    "launches_view",
    "usage_view",
]

_LAUNCH_DAYS = 60
_LAUNCH_EVENTS = 3
_LAUNCH_USERS = 2
_STAMP = pa.timestamp("us", tz="UTC")

LAUNCHES = pa.schema(
    [("account_id", pa.string()), ("feature_id", pa.string())]
    + [(name, _STAMP) for name in ("released_at", "adopted_at", "known_at")]
)
"""Columns of the view of new features that an account took up."""


def departments(usage: pa.Table, people: pa.Table) -> PairAttribute:
    """Return the department of each user, by account, as first stated.

    Parameters
    ----------
    usage : pyarrow.Table
        With ``account_id`` and ``product_user_id``.
    people : pyarrow.Table

    Returns
    -------
    PairAttribute
    """
    columns = ["account_id", "product_user_id", "department", "valid_from", "known_at", "person_id"]
    rows = people.select(columns).to_pandas().dropna(subset=["product_user_id", "department"])
    account = texts_of(usage["account_id"]).names
    user = texts_of(usage["product_user_id"]).names
    rows["account"] = pd.Index(account.to_pylist()).get_indexer(rows["account_id"])
    rows["user"] = pd.Index(user.to_pylist()).get_indexer(rows["product_user_id"])
    rows = rows[(rows["account"] >= 0) & (rows["user"] >= 0)]
    seen = np.maximum(rows["valid_from"].fillna(rows["known_at"]), rows["known_at"])
    order = ["seen", "valid_from", "person_id", "department"]
    rows = rows.assign(seen=seen).sort_values(order, kind="stable")
    rows = rows.drop_duplicates(["account", "user"]).sort_values(["account", "user"])
    value, names = pd.factorize(rows["department"])
    return PairAttribute(
        column="department",
        by="product_user_id",
        names=pa.array(names.tolist(), pa.string()),
        pair=rows["account"].to_numpy(np.int64) * len(user) + rows["user"].to_numpy(np.int64),
        value=value.astype(np.int32),
        known=_microseconds(rows["seen"]),
    )


def above_plan(usage: pa.Table, tables: Tables) -> BoolArray:
    """Say which rows are of a feature above the plan that the account had when they became known.

    Parameters
    ----------
    usage : pyarrow.Table
    tables : Tables
        With ``features`` and ``accounts``.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        False where either plan is not in the company's order of plans.
    """
    above = np.zeros(usage.num_rows, dtype=bool)
    accounts = tables["accounts"]
    accounts = accounts.append_column(
        "rank", pa.array(plan_ranks(accounts["plan_tier"], tables.plans))
    )
    columns = ["account_id", "rank", "valid_from", "known_at"]
    stated = newest_over_time(accounts.select(columns).to_pandas(), "account_id", "rank")
    needed = _needed_rank(usage, tables)
    # What the lowest plan of all has, every account has.
    asked = np.flatnonzero(needed > stated["rank"].min())
    if not len(asked):
        return above
    few = _decoded(usage.select(["account_id", "known_at"]).take(pa.array(asked))).to_pandas()
    few = few.assign(place=asked).sort_values("known_at", kind="stable")
    found = pd.merge_asof(few, stated, on="known_at", by="account_id")
    place = found["place"].to_numpy()
    above[place] = needed[place] > found["rank"].to_numpy(dtype=float)
    return above


def launches(tables: Tables, usage: pa.Table, clock: str) -> pa.Table:
    """Return the features each account took up within 60 days of their release.

    Parameters
    ----------
    tables : Tables
    usage : pyarrow.Table
        Daily rows or single events.
    clock : str
        Column that says when a row took place.

    Returns
    -------
    pyarrow.Table
        ``LAUNCHES``: taken up is used three times or more, by two people or more;
        ``known_at`` is when that was first known.
    """
    features = tables["features"]
    released = moments_of(features["released_at"])
    first = pc.min(usage[clock]).as_py()
    if first is None:
        return LAUNCHES.empty_table()
    bound = _microseconds(pd.Series([first]))[0] - _LAUNCH_DAYS * DAY_US
    lately = features.filter(pa.array((released >= bound) & (released != NEVER)))
    texts = texts_of(usage["feature_id"])
    place = pc.index_in(texts.names, value_set=lately["feature_id"].combine_chunks())
    where = np.append(pc.fill_null(place, -1).to_numpy(), np.int32(-1))[texts.codes]
    rows = np.flatnonzero(where >= 0)
    few = _decoded(usage.take(pa.array(rows)))
    begun = np.append(moments_of(lately["released_at"]), NEVER)[where[rows]]
    day = moments_of(few[clock]) // DAY_US
    since = day - begun // DAY_US
    events = numbers_of(few["events"]) if "events" in few.column_names else np.ones(len(rows))
    kept = (since >= 0) & (since < _LAUNCH_DAYS) & (events > 0)
    frame = pd.DataFrame(
        {
            "account_id": few["account_id"].to_pandas(),
            "feature_id": few["feature_id"].to_pandas(),
            "user": few["product_user_id"].to_pandas(),
            "released_at": begun,
            "adopted_at": day * DAY_US,
            "known_at": np.maximum(moments_of(few["known_at"]), day * DAY_US),
            "events": events,
        }
    )
    return _taken_up(frame[kept])


def _taken_up(uses: pd.DataFrame) -> pa.Table:
    """Return, per account and feature, the use with which it counts as taken up."""
    thing = ["account_id", "feature_id"]
    uses = uses.sort_values(["known_at", "adopted_at", "user"], kind="stable")
    fresh = ~uses.duplicated([*thing, "user"])
    users = fresh.groupby([uses[name] for name in thing]).cumsum()
    events = uses.groupby(thing)["events"].cumsum()
    reached = uses[(users >= _LAUNCH_USERS) & (events >= _LAUNCH_EVENTS)]
    found = reached.drop_duplicates(thing)
    arrays = [
        pa.array(found[name].to_numpy()).cast(LAUNCHES.field(name).type) for name in LAUNCHES.names
    ]
    return pa.table(arrays, schema=LAUNCHES)


def _needed_rank(usage: pa.Table, tables: Tables) -> FloatArray:
    """Return the rank of the plan that each row's feature needs, NaN where none is known."""
    features, texts = tables["features"], texts_of(usage["feature_id"])
    place = pc.index_in(texts.names, value_set=features["feature_id"].combine_chunks())
    ranks = np.append(plan_ranks(features["min_plan"], tables.plans), np.nan)
    of_name = ranks[pc.fill_null(place, len(ranks) - 1).to_numpy()]
    return np.asarray(np.append(of_name, np.nan)[texts.codes])


def _decoded(table: pa.Table) -> pa.Table:
    """Return a small table with its codes written out as texts."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(pa.string()))
    return table


def _microseconds(moments: pd.Series) -> IntArray:
    stamps = pd.DatetimeIndex(pd.to_datetime(moments, utc=True)).as_unit("us")
    return stamps.asi8.astype(np.int64)


_CATALOGUE = (
    *("module", "is_core", "is_value_event", "is_premium", "released_at"),
    *("is_integration", "is_admin_setting"),
)


def usage_view(tables: Tables) -> ViewData:
    """Usage by day, with what the catalogue says of each feature; a raw event counts as one.

    Rows without use stay: they show that the feed delivers. Where uses are not counted but minutes
    are, the minutes say how much the product is used.
    """
    if "usage_daily" in tables:
        daily, columns = _with_volume(
            tables["usage_daily"], collected_columns(tables, "usage_daily")
        )
        # Some sources give the time of the first use of a day for its date.
        days = {"date": "date"} if has_hours(moments_of(daily["date"])) else {}
        used = is_use(daily)
        counted = None if used.all() else used
        data = ViewData(daily, columns, days=days, counted=counted)
    else:
        data = ViewData(
            tables["usage_events"],
            collected_columns(tables, "usage_events") | {"date", "events"},
            days={"date": "occurred_at"},
            ones=frozenset({"events"}),
        )
    described = collected_columns(tables, "features").intersection(_CATALOGUE)
    if "features" not in tables:
        described = frozenset()
    data = replace(
        data,
        collected=data.collected | described | {"is_value_event"},
        attributes=_catalogue_of(data.table["feature_id"], tables, described),
    )
    return _with_plan(_with_departments(data, tables), tables)


def _with_volume(daily: pa.Table, collected: frozenset[str]) -> tuple[pa.Table, frozenset[str]]:
    """Return the days of use with how much each was, and what was collected of them."""
    if "events" in collected or "minutes" not in collected:
        return daily, collected
    place = daily.column_names.index("events")
    return daily.set_column(place, "events", daily["minutes"]), collected | {"events"}


def _with_departments(data: ViewData, tables: Tables) -> ViewData:
    if not tables.has("people", "product_user_id", "department"):
        return data
    beside = departments(data.table, tables["people"])
    return replace(data, beside=beside, collected=data.collected | {beside.column})


def _with_plan(data: ViewData, tables: Tables) -> ViewData:
    today_only = "plan_tier" in tables.snapshot_only.get("accounts", frozenset())
    known = tables.has("features", "min_plan") and tables.has("accounts", "plan_tier")
    if today_only or not known:
        return data
    above = pa.array(above_plan(data.table, tables))
    table = data.table.append_column("above_plan", above)
    return replace(data, table=table, collected=data.collected | {"above_plan"})


def _catalogue_of(used: pa.ChunkedArray, tables: Tables, described: frozenset[str]) -> Attributes:
    """Return what the catalogue says of the features used; what is not marked is of value."""
    catalogue = tables["features"] if "features" in tables else empty_table(table_spec("features"))
    names = pa.chunked_array([texts_of(used).names, pa.nulls(1, pa.string())])
    where = pc.index_in(names, value_set=catalogue["feature_id"].combine_chunks(), skip_nulls=True)
    columns = {name: pc.take(catalogue[name], where) for name in _CATALOGUE}
    if "is_value_event" not in described:
        columns["is_value_event"] = pa.array([True] * len(names), pa.bool_())
    return Attributes("feature_id", pa.table(columns))


def features_view(tables: Tables) -> ViewData:
    """Return the catalogue; what it does not say is in every plan, and nothing is retired."""
    collected = collected_columns(tables, "features") | {"min_plan", "retired_at"}
    return ViewData(tables["features"], collected)


def launches_view(tables: Tables) -> ViewData:
    """Tell which new features an account took up; without release dates nothing is new."""
    name = "usage_daily" if "usage_daily" in tables else "usage_events"
    dated = tables.has("features", "released_at")
    collected = frozenset(LAUNCHES.names if dated else ("account_id",))
    if not dated:
        return ViewData(LAUNCHES.empty_table(), collected)
    clock = "date" if name == "usage_daily" else "occurred_at"
    return ViewData(launches(tables, tables[name], clock), collected)
