"""What measures read: the canonical tables, and three that are put together from them."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.arrow_columns import days_between
from ..schema.table_declaration import TableSpec
from ..schema.tables import TABLES, table_spec
from ..schema.tableset import Tables
from ..schema.ticket_rows import closed_at, tells_closing
from .commercial_views import seats_view, subscriptions_view
from .invoice_views import invoices_view
from .maturity_answers import maturity_answers_view
from .people_views import (
    activities_view,
    headcounts_view,
    people_view,
    survey_responses_view,
    touches_view,
)
from .usage_views import (
    features_view,
    launches_view,
    usage_view,
)
from .view import View
from .view_data import ViewData, collected_columns

__all__ = ["VIEWS", "view_named"]


def _plain(spec: TableSpec) -> View:
    def build(tables: Tables) -> ViewData:
        return ViewData(tables[spec.name], collected_columns(tables, spec.name))

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


def _goals(tables: Tables) -> ViewData:
    """Goals with the days by which they were reached late; read it only after `achieved_at`."""
    table = tables["goals"]
    days = days_between(table["achieved_at"], table["due_at"])
    collected = collected_columns(tables, "goals")
    derived = {"days_late"} if {"achieved_at", "due_at"} <= collected else set()
    return ViewData(table.append_column("days_late", days), collected | derived)


def _tickets(tables: Tables) -> ViewData:
    """Tickets that any account may open: until when, and when the promised answer is overdue."""
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
    collected = collected_columns(tables, "tickets")
    derived = {"sla_due_at"} if "sla_target_h" in collected else set()
    if {"sla_target_h", "resolved_at"} <= collected:
        derived.add("resolution_to_sla")
    if tells_closing(collected):
        derived.add("closed_at")
    table = table.append_column("sla_due_at", due).append_column("resolution_to_sla", ratio)
    table = table.append_column("closed_at", closed_at(table))
    return ViewData(table, collected | derived)


_SENTIMENT = {"red": -1.0, "yellow": 0.0, "green": 1.0}


def _account_events(tables: Tables) -> ViewData:
    """Account events with a colour put as a number: red -1, yellow 0, green 1."""
    table = tables["account_events"]
    place = pc.index_in(pc.utf8_lower(table["value_text"]), value_set=pa.array(_SENTIMENT))
    coloured = pc.take(pa.array(list(_SENTIMENT.values())), place)
    position = table.column_names.index("value_num")
    numbers = pc.coalesce(table["value_num"], coloured)
    collected = collected_columns(tables, "account_events")
    derived = {"value_num"} if "value_text" in collected else set()
    return ViewData(table.set_column(position, "value_num", numbers), collected | derived)


_ENRICHED: dict[str, Callable[[Tables], ViewData]] = {
    "tickets": _tickets,
    "invoices": invoices_view,
    "seats": seats_view,
    "account_events": _account_events,
    "features": features_view,
    "goals": _goals,
    "people": people_view,
    "activities": activities_view,
    "survey_responses": survey_responses_view,
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
        build=usage_view,
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
        build=launches_view,
        feed="usage",
    ),
    View(
        name="headcounts",
        sources=("accounts",),
        happened_at="stated_at",
        entity=(),
        version=(),
        stale_after_days=None,
        build=headcounts_view,
    ),
    View(
        name="subscriptions",
        sources=("subscription_items", "contracts", "contract_events"),
        happened_at="known_at",
        entity=(),
        version=(),
        stale_after_days=None,
        build=subscriptions_view,
    ),
    View(
        name="maturity_answers",
        sources=("account_events",),
        happened_at="occurred_at",
        entity=(),
        version=(),
        stale_after_days=None,
        build=maturity_answers_view,
    ),
    View(
        name="touches",
        sources=("activities",),
        happened_at=_ACTIVITIES.happened_at,
        entity=(),
        version=(),
        stale_after_days=_ACTIVITIES.stale_after_days,
        build=touches_view,
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
