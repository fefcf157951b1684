"""What measures read: the canonical tables, and three that are put together from them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.arrow_columns import has_hours, moments_of
from ..arrays.coded_text import texts_of
from ..schema.tables import TABLES, TableSpec, table_spec
from ..schema.tableset import Tables, empty_table
from ..schema.use_rows import is_use
from .invoice_views import with_debts
from .people_views import (
    departures,
    newest_over_time,
    with_contact_history,
    with_key_since,
)
from .usage_views import LAUNCHES, above_plan, departments, launches
from .view_data import Attributes, ViewData

__all__ = ["COMMERCIAL_FACTS", "VIEWS", "View", "view_named"]


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
    feed : str
        View whose rows tell when the sources last delivered; the view itself when empty.
    steady : bool
        Whether rows come with every use of the product: the feed is never silent for long, and
        what an account did before its first row is not known.
    """

    name: str
    sources: tuple[str, ...]
    happened_at: str
    entity: tuple[str, ...]
    version: tuple[str, ...]
    stale_after_days: int | None
    build: Callable[[Tables], ViewData]
    daily: bool = False
    feed: str = ""
    steady: bool = False

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
        >>> view_named("usage").may_lack(["date", "module"])
        ['module']
        """
        tables = [table_spec(source) for source in self.sources]
        demanded = {column.name for spec in tables for column in spec.columns if column.demanded}
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
        steady=spec.bulky,
    )


def _collected(tables: Tables, name: str) -> frozenset[str]:
    everything = frozenset(column.name for column in table_spec(name).columns)
    return frozenset(tables.collected.get(name, everything))


_CATALOGUE = (
    *("module", "is_core", "is_value_event", "is_premium", "released_at"),
    *("is_integration", "is_admin_setting"),
)


def _usage(tables: Tables) -> ViewData:
    """Usage by day, with what the catalogue says of each feature; a raw event counts as one.

    Rows without use stay: they show that the feed delivers.
    """
    if "usage_daily" in tables:
        daily = tables["usage_daily"]
        # Some sources give the time of the first use of a day for its date.
        days = {"date": "date"} if has_hours(moments_of(daily["date"])) else {}
        used = is_use(daily)
        counted = None if used.all() else used
        data = ViewData(daily, _collected(tables, "usage_daily"), days=days, counted=counted)
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
    data = replace(
        data,
        collected=data.collected | described | {"is_value_event"},
        attributes=_catalogue_of(data.table["feature_id"], tables, described),
    )
    return _with_plan(_with_departments(data, tables), tables)


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


def _features(tables: Tables) -> ViewData:
    """Return the catalogue; what it does not say is in every plan, and nothing is retired."""
    collected = _collected(tables, "features") | {"min_plan", "retired_at"}
    return ViewData(tables["features"], collected)


def _goals(tables: Tables) -> ViewData:
    """Goals with the days by which they were reached late; read it only after `achieved_at`."""
    table = tables["goals"]
    late = pc.subtract(table["achieved_at"], table["due_at"]).cast(pa.int64()).cast(pa.float64())
    days = pc.divide(late, 86_400_000_000.0)
    collected = _collected(tables, "goals")
    derived = {"days_late"} if {"achieved_at", "due_at"} <= collected else set()
    return ViewData(table.append_column("days_late", days), collected | derived)


def _launches(tables: Tables) -> ViewData:
    """Tell which new features an account took up; without release dates nothing is new."""
    name = "usage_daily" if "usage_daily" in tables else "usage_events"
    dated = tables.has("features", "released_at")
    collected = frozenset(LAUNCHES.names if dated else ("account_id",))
    if not dated:
        return ViewData(LAUNCHES.empty_table(), collected)
    clock = "date" if name == "usage_daily" else "occurred_at"
    return ViewData(launches(tables, tables[name], clock), collected)


def _people(tables: Tables) -> ViewData:
    """People with the time since when they have been key contacts."""
    collected = _collected(tables, "people")
    derived = {"key_since", "key_a_year_at"} if "roles" in collected else set()
    if "left_known_at" in collected:
        derived.add("left_account_at")
    return ViewData(with_key_since(tables["people"]), collected | derived)


def _survey_responses(tables: Tables) -> ViewData:
    """Survey answers beside the other answers of the same contact."""
    people = tables["people"].select(_PERSON).to_pandas() if "people" in tables else None
    collected = _collected(tables, "survey_responses")
    derived = {"superseded_at", "score_change", "role_weight", "weighted_score"}
    if tables.has("people", "roles"):
        derived.add("person_roles")
    answered = {"score", "responded_at"} <= collected
    table = with_contact_history(tables["survey_responses"], people)
    return ViewData(table, collected | (derived if answered else set()))


def _headcounts(tables: Tables) -> ViewData:
    """List what was said of the number of employees, each time as a fact of its own."""
    accounts = tables["accounts"]
    said = accounts.filter(pc.is_valid(accounts["employee_count"]))
    begun = pc.coalesce(said["valid_from"], said["known_at"])
    columns = [said["account_id"], said["employee_count"], begun, said["known_at"]]
    names = ["account_id", "employee_count", "stated_at", "known_at"]
    collected = _collected(tables, "accounts")
    derived = {"stated_at"} if "employee_count" in collected else set()
    return ViewData(pa.table(columns, names=names), collected | derived)


COMMERCIAL_FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "pays": (),
        "arr": ("effective_to",),
        "arr_growth_12m": ("effective_to",),
        "seats": ("effective_to",),
        "days_to_term_end": ("term_end", "auto_renew"),
        "days_to_notice_deadline": ("term_end", "auto_renew"),
        "days_to_decision": ("term_end", "auto_renew"),
        "silence_renews": ("term_end", "auto_renew"),
        "price_level": (),
    }
)
"""What measures may ask of the contracts, and the columns with a history that each fact reads."""


def _subscriptions(tables: Tables) -> ViewData:
    """When something about contracts and what is paid became known; what it says is read once."""
    sources = ("subscription_items", "contracts", "contract_events")
    there = [name for name in sources if name in tables]
    columns = ["account_id", "known_at"]
    table = pa.concat_tables([tables[name].select(columns) for name in there])
    return ViewData(table, frozenset(_commercial_facts(tables)))


def _commercial_facts(tables: Tables) -> Iterator[str]:
    """Yield the facts that the delivered tables tell, and every column behind them."""
    for columns in COMMERCIAL_FACTS.values():
        yield from columns
    yield "pays"
    priced = any(tables.has("contracts", name) for name in ("acv", "tcv"))
    if tables.has("subscription_items", "mrr") or priced or _told_by_events(tables):
        yield from ("arr", "arr_growth_12m")
    if tables.has("subscription_items", "quantity"):
        yield "seats"
    if tables.has("contracts", "term_end") or tables.has("contracts", "term_months"):
        yield from ("days_to_term_end", "days_to_notice_deadline")
        yield from ("days_to_decision", "silence_renews")
    if tables.has("contracts", "list_acv") and priced:
        yield "price_level"


def _told_by_events(tables: Tables) -> bool:
    """Say whether renewals state what is paid, as they do where nothing else is delivered."""
    return "contracts" not in tables and tables.has("contract_events", "arr_after")


def _tickets(tables: Tables) -> ViewData:
    """Tickets that any account may open, with the time at which the promised answer is overdue."""
    table = tables["tickets"]
    denied = pa.array(sorted(tables.denied_ticket_categories), pa.string())
    category = pc.utf8_lower(table["category"])
    table = table.filter(pc.invert(pc.fill_null(pc.is_in(category, value_set=denied), False)))
    target = table["sla_target_h"]
    hours = pc.multiply(target, 3_600_000_000).cast(pa.int64(), safe=False)
    due = pc.add(table["created_at"], hours.cast(pa.duration("us")))
    taken = pc.subtract(table["resolved_at"], table["created_at"]).cast(pa.int64())
    promised = pc.if_else(pc.greater(target, 0.0), pc.multiply(target, 3.6e9), None)
    ratio = pc.divide(taken.cast(pa.float64()), promised)
    collected = _collected(tables, "tickets")
    derived = {"sla_due_at"} if "sla_target_h" in collected else set()
    if {"sla_target_h", "resolved_at"} <= collected:
        derived.add("resolution_to_sla")
    table = table.append_column("sla_due_at", due).append_column("resolution_to_sla", ratio)
    return ViewData(table, collected | derived)


def _seats(tables: Tables) -> ViewData:
    """Seats by what they say of themselves: one deactivated without a date was so when it said it.

    The same holds for one that is active without saying since when.
    """
    table, collected = tables["seats"], _collected(tables, "seats")
    if "status" not in collected:
        return ViewData(table, collected)
    for status, column in (("active", "activated_at"), ("deactivated", "deactivated_at")):
        said = pc.if_else(pc.equal(table["status"], status), table["known_at"], None)
        dated = pc.coalesce(table[column], said)
        table = table.set_column(table.column_names.index(column), column, dated)
    return ViewData(table, collected | {"activated_at", "deactivated_at"})


def _invoices(tables: Tables) -> ViewData:
    """Invoices with what is still owed, until when, and the days by which payment was late."""
    table = with_debts(tables["invoices"])
    late = pc.subtract(table["paid_at"], table["due_at"]).cast(pa.int64()).cast(pa.float64())
    days = pc.max_element_wise(pc.divide(late, 86_400_000_000.0), 0.0, skip_nulls=False)
    collected = _collected(tables, "invoices")
    derived = {"settled_at", "owed", "billed"} if "amount_due" in collected else {"settled_at"}
    dated = {"paid_at", "due_at"} <= collected
    derived |= {"days_late", "late_amount"} if dated and "amount_due" in collected else set()
    late_amount = pc.multiply(days, table["billed"])
    table = table.append_column("days_late", days).append_column("late_amount", late_amount)
    return ViewData(table, collected | derived)


_PERSON = ("person_id", "roles", "valid_from", "known_at")
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
    frame["attended"] = frame["attended"].eq(True)
    collected = _collected(tables, "activities") | {"person_id", "two_way"}
    if "people" in tables:
        collected |= {"person_roles", "person_left_at"}
    if "people" in tables and tables["people"].num_rows:
        frame = _with_roles(frame, tables["people"])
    else:
        frame = frame.assign(person_roles=None, person_left_at=pd.NaT)
    kept = ["activity_id", "account_id", "type", "direction", "attended", "occurred_at"]
    schema = pa.schema(
        [(name, pa.string()) for name in ("activity_id", "account_id", "type", "direction")]
        + [("attended", pa.bool_()), ("occurred_at", pa.timestamp("us", tz="UTC"))]
        + [("person_id", pa.string())]
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
    people = described.select([*_PERSON, "left_known_at"]).to_pandas()
    stated = newest_over_time(people, "person_id", "roles")
    stated = stated.rename(columns={"roles": "person_roles"})
    touches = touches.sort_values("known_at", kind="stable")
    found = pd.merge_asof(touches, stated, on="known_at", by="person_id")
    found["person_left_at"] = departures(people).reindex(found["person_id"]).array
    return found


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
    "tickets": _tickets,
    "invoices": _invoices,
    "seats": _seats,
    "account_events": _account_events,
    "features": _features,
    "goals": _goals,
    "people": _people,
    "survey_responses": _survey_responses,
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
        steady=True,
    ),
    View(
        name="launches",
        sources=("usage_daily", "usage_events"),
        happened_at="adopted_at",
        entity=(),
        version=(),
        stale_after_days=_DAILY.stale_after_days,
        build=_launches,
        feed="usage",
    ),
    View(
        name="headcounts",
        sources=("accounts",),
        happened_at="stated_at",
        entity=(),
        version=(),
        stale_after_days=None,
        build=_headcounts,
    ),
    View(
        name="subscriptions",
        sources=("subscription_items", "contracts", "contract_events"),
        happened_at="known_at",
        entity=(),
        version=(),
        stale_after_days=None,
        build=_subscriptions,
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
        stale_after_days=_ACTIVITIES.stale_after_days,
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
