"""What measures read: the canonical tables, and three that are put together from them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.arrow_columns import has_hours, moments_of
from ..arrays.coded_text import texts_of
from ..schema.tables import TABLES, TableSpec, table_spec
from ..schema.tableset import Tables, empty_table
from .view_data import Attributes, ViewData

__all__ = ["VIEWS", "View", "view_named"]


@dataclass(frozen=True, slots=True)
class View:
    """Something a measure can read.

    Parameters
    ----------
    name : str
    sources : tuple of str
        Canonical tables, any of which is enough.
    happened_at : str
        Column that says when a row took place.
    entity, version : tuple of str
        As in ``TableSpec``.
    stale_after_days : int or None
    build : callable
        Turns the tables into the rows; called only when a source was delivered.
    daily : bool
        Whether ``happened_at`` is a day, without an hour.
    """

    name: str
    sources: tuple[str, ...]
    happened_at: str
    entity: tuple[str, ...]
    version: tuple[str, ...]
    stale_after_days: int | None
    build: Callable[[Tables], ViewData]
    daily: bool = False

    def delivered(self, tables: Tables) -> bool:
        """Say whether the view can be built.

        Parameters
        ----------
        tables : Tables

        Returns
        -------
        bool
        """
        return any(source in tables for source in self.sources)

    def may_lack(self, columns: Iterable[str]) -> list[str]:
        """Return the columns that a row may be without: no contract of its sources demands them.

        Parameters
        ----------
        columns : iterable of str

        Returns
        -------
        list of str
            In the given order.

        Examples
        --------
        >>> view_named("usage").may_lack(["product_user_id", "module"])
        ['module']
        """
        tables = [table_spec(source) for source in self.sources]
        demanded = {column.name for spec in tables for column in spec.columns if column.required}
        return [name for name in columns if name not in demanded]


def _plain(spec: TableSpec) -> View:
    def build(tables: Tables) -> ViewData:
        return ViewData(tables[spec.name], _collected(tables, spec.name))

    return _viewed(spec, build)


def _viewed(spec: TableSpec, build: Callable[[Tables], ViewData]) -> View:
    return View(
        name=spec.name,
        sources=(spec.name,),
        happened_at=spec.happened_at,
        entity=spec.entity,
        version=spec.version,
        stale_after_days=spec.stale_after_days,
        build=build,
    )


def _collected(tables: Tables, name: str) -> frozenset[str]:
    everything = frozenset(column.name for column in table_spec(name).columns)
    return frozenset(tables.collected.get(name, everything))


_CATALOGUE = (
    *("module", "is_core", "is_value_event", "is_premium", "released_at"),
    *("is_integration", "is_admin_setting"),
)


def _usage(tables: Tables) -> ViewData:
    """Usage by day, with what the catalogue says of each feature; a raw event counts as one."""
    if "usage_daily" in tables:
        daily = tables["usage_daily"]
        # Some sources give the time of the first use of a day for its date.
        days = {"date": "date"} if has_hours(moments_of(daily["date"])) else {}
        data = ViewData(daily, _collected(tables, "usage_daily"), days=days)
    else:
        data = ViewData(
            tables["usage_events"],
            _collected(tables, "usage_events") | {"date", "events"},
            days={"date": "occurred_at"},
            ones=frozenset({"events"}),
        )
    described = _collected(tables, "features").intersection(_CATALOGUE)
    if "features" not in tables:
        described = frozenset()
    return replace(
        data,
        collected=data.collected | described | {"is_value_event"},
        attributes=_catalogue_of(data.table["feature_id"], tables, described),
    )


def _catalogue_of(used: pa.ChunkedArray, tables: Tables, described: frozenset[str]) -> Attributes:
    """Return what the catalogue says of the features used; what is not marked is of value."""
    catalogue = tables["features"] if "features" in tables else empty_table(table_spec("features"))
    names = pa.chunked_array([texts_of(used).names, pa.nulls(1, pa.string())])
    where = pc.index_in(names, value_set=catalogue["feature_id"].combine_chunks(), skip_nulls=True)
    columns = {name: pc.take(catalogue[name], where) for name in _CATALOGUE}
    if "is_value_event" not in described:
        columns["is_value_event"] = pa.array([True] * len(names), pa.bool_())
    return Attributes("feature_id", pa.table(columns))


def _contracts(tables: Tables) -> ViewData:
    """Contracts with the notice deadline filled in from the notice period."""
    table = tables["contracts"]
    period = pc.multiply(pc.fill_null(table["notice_period_days"], 0), 86_400_000_000)
    duration = period.cast(pa.int64()).cast(pa.duration("us"))
    deadline = pc.coalesce(table["notice_deadline"], pc.subtract(table["term_end"], duration))
    position = table.column_names.index("notice_deadline")
    collected = _collected(tables, "contracts")
    derived = {"notice_deadline"} if "term_end" in collected else set()
    return ViewData(table.set_column(position, "notice_deadline", deadline), collected | derived)


def _tickets(tables: Tables) -> ViewData:
    """Tickets that any account may open, with the time at which the promised answer is overdue."""
    table = tables["tickets"]
    denied = pa.array(sorted(tables.denied_ticket_categories), pa.string())
    category = pc.utf8_lower(table["category"])
    table = table.filter(pc.invert(pc.fill_null(pc.is_in(category, value_set=denied), False)))
    hours = pc.multiply(table["sla_target_h"], 3_600_000_000).cast(pa.int64(), safe=False)
    due = pc.add(table["created_at"], hours.cast(pa.duration("us")))
    collected = _collected(tables, "tickets")
    derived = {"sla_due_at"} if "sla_target_h" in collected else set()
    return ViewData(table.append_column("sla_due_at", due), collected | derived)


def _invoices(tables: Tables) -> ViewData:
    """Invoices with the days by which payment was late; read it only by the clock `paid_at`."""
    table = tables["invoices"]
    late = pc.subtract(table["paid_at"], table["due_at"]).cast(pa.int64()).cast(pa.float64())
    days = pc.max_element_wise(pc.divide(late, 86_400_000_000.0), 0.0, skip_nulls=False)
    collected = _collected(tables, "invoices")
    derived = {"days_late"} if {"paid_at", "due_at"} <= collected else set()
    return ViewData(table.append_column("days_late", days), collected | derived)


_SENTIMENT = {"red": -1.0, "yellow": 0.0, "green": 1.0}


def _account_events(tables: Tables) -> ViewData:
    """Account events with a colour put as a number: red -1, yellow 0, green 1."""
    table = tables["account_events"]
    place = pc.index_in(pc.utf8_lower(table["value_text"]), value_set=pa.array(_SENTIMENT))
    coloured = pc.take(pa.array(list(_SENTIMENT.values())), place)
    position = table.column_names.index("value_num")
    numbers = pc.coalesce(table["value_num"], coloured)
    collected = _collected(tables, "account_events")
    derived = {"value_num"} if "value_text" in collected else set()
    return ViewData(table.set_column(position, "value_num", numbers), collected | derived)


_TWO_WAY = ("meeting", "call", "qbr", "training")


def _touches(tables: Tables) -> ViewData:
    """Activities, one row a person, with that person's roles as the newest row states them."""
    frame = _each_person(tables["activities"]).to_pandas()
    attended = frame["type"].isin(_TWO_WAY) & frame["attended"].eq(True)
    frame["two_way"] = attended | frame["direction"].eq("inbound")
    collected = _collected(tables, "activities") | {"person_id", "two_way"}
    if "people" in tables:
        collected |= {"person_roles", "person_left_at"}
    if "people" in tables and tables["people"].num_rows:
        frame = _with_roles(frame, tables["people"])
    else:
        frame = frame.assign(person_roles=None, person_left_at=pd.NaT)
    kept = [*table_spec("activities").key[:1], "account_id", "type", "direction", "occurred_at"]
    schema = pa.schema(
        [(name, pa.string()) for name in ("activity_id", "account_id", "type", "direction")]
        + [("occurred_at", pa.timestamp("us", tz="UTC")), ("person_id", pa.string())]
        + [("two_way", pa.bool_()), ("person_roles", pa.string())]
        + [(name, pa.timestamp("us", tz="UTC")) for name in ("person_left_at", "known_at")]
    )
    columns = [*kept, "person_id", "two_way", "person_roles", "person_left_at", "known_at"]
    return ViewData(
        pa.Table.from_pandas(frame[columns], schema=schema, preserve_index=False), collected
    )


def _each_person(activities: pa.Table) -> pa.Table:
    """Repeat an activity for each of its people; without any it is there once."""
    people = pc.fill_null(activities["person_ids"].combine_chunks(), "")
    parts = pc.split_pattern(people, "|")
    person = pc.list_flatten(parts)
    named = pc.if_else(pc.equal(person, ""), pa.scalar(None, pa.string()), person)
    repeated = activities.drop_columns("person_ids").take(pc.list_parent_indices(parts))
    return repeated.append_column("person_id", named)


def _with_roles(touches: pd.DataFrame, described: pa.Table) -> pd.DataFrame:
    """Add each person's roles as they were known when the activity became known."""
    columns = ["person_id", "roles", "valid_from", "known_at", "left_known_at"]
    people = described.select(columns).to_pandas()
    stated = _roles_over_time(people)
    touches = touches.sort_values("known_at", kind="stable")
    found = pd.merge_asof(touches, stated, on="known_at", by="person_id")
    found["person_left_at"] = _departures(people).reindex(found["person_id"]).array
    return found


def _roles_over_time(people: pd.DataFrame) -> pd.DataFrame:
    """Return what each person's newest version said, from each moment one became known on."""
    versions = people.sort_values(["valid_from", "known_at", "roles"], ignore_index=True)
    versions["known_at"] = versions[["valid_from", "known_at"]].max(axis=1)
    stated = versions.sort_values("known_at", kind="stable")
    newest = stated.index.to_series().groupby(stated["person_id"]).cummax()
    roles = versions["roles"].loc[newest].array
    return stated[["person_id", "known_at"]].assign(person_roles=roles)


def _departures(people: pd.DataFrame) -> pd.Series:
    """Return when each person was first known to have left: no later row may move that."""
    gone = people.dropna(subset=["left_known_at"])
    moment = gone["left_known_at"].where(gone["left_known_at"] > gone["known_at"], gone["known_at"])
    return moment.groupby(gone["person_id"]).min()


def _maturity_answers(tables: Tables) -> ViewData:
    """Maturity answers, less those given while a notice was pending: hindsight lowers them."""
    table = tables["account_events"]
    answers = table.filter(pc.equal(table["kind"], "maturity_answer"))
    collected = _collected(tables, "account_events")
    if "contract_events" not in tables or not answers.num_rows:
        return ViewData(answers, collected)
    named = ["account_id", "event_type", "known_at", "effective_at", "event_id"]
    decided = tables["contract_events"].select(named).to_pandas()
    decided["pending"] = decided["event_type"].map(_PENDING)
    decided["presupposed"] = decided["pending"].eq(True)
    # Of events of one moment the last counts: a withdrawal presupposes a request.
    decided = decided.dropna(subset=["pending"]).sort_values(
        ["known_at", "effective_at", "presupposed", "event_id"],
        ascending=[True, True, False, True],
        kind="stable",
    )
    asked = answers.select(["account_id", "known_at"]).to_pandas()
    asked["position"] = range(len(asked))
    found = pd.merge_asof(
        asked.sort_values("known_at", kind="stable"),
        decided[["account_id", "known_at", "pending"]],
        on="known_at",
        by="account_id",
    ).sort_values("position")
    kept = ~found["pending"].eq(True).to_numpy()
    return ViewData(answers.filter(pa.array(kept)), collected)


_PENDING = {
    "notice_received": True,
    "cancel_requested": True,
    "cancelled": True,
    "cancel_withdrawn": False,
    "renewed": False,
    "reactivated": False,
}

_ENRICHED: dict[str, Callable[[Tables], ViewData]] = {
    "contracts": _contracts,
    "tickets": _tickets,
    "invoices": _invoices,
    "account_events": _account_events,
}

_DAILY = table_spec("usage_daily")
_ACTIVITIES = table_spec("activities")

VIEWS: tuple[View, ...] = (
    *(_plain(spec) for spec in TABLES if spec.name not in {*_ENRICHED, "labels"}),
    *(_viewed(table_spec(name), build) for name, build in _ENRICHED.items()),
    View(
        name="usage",
        sources=("usage_daily", "usage_events"),
        happened_at=_DAILY.happened_at,
        entity=(),
        version=(),
        stale_after_days=_DAILY.stale_after_days,
        build=_usage,
        daily=True,
    ),
    View(
        name="maturity_answers",
        sources=("account_events",),
        happened_at="occurred_at",
        entity=(),
        version=(),
        stale_after_days=None,
        build=_maturity_answers,
    ),
    View(
        name="touches",
        sources=("activities",),
        happened_at=_ACTIVITIES.happened_at,
        entity=(),
        version=(),
        stale_after_days=None,
        build=_touches,
    ),
)

_BY_NAME = {view.name: view for view in VIEWS}


def view_named(name: str) -> View:
    """Return the declaration of one view.

    Parameters
    ----------
    name : str

    Returns
    -------
    View

    Raises
    ------
    KeyError
        If no view has that name.

    Examples
    --------
    >>> view_named("usage").sources
    ('usage_daily', 'usage_events')
    """
    return _BY_NAME[name]
