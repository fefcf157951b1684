"""The commercial facts as rows to measure: subscriptions, seats."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from ..schema.tableset import Tables
from .view_data import ViewData, collected_columns

__all__ = ["COMMERCIAL_FACTS", "seats_view", "subscriptions_view"]


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
        "dearer_12m": ("effective_to",),
        "less_discount_12m": (),
    }
)
"""What measures may ask of the contracts, and the columns with a history that each fact reads."""


def subscriptions_view(tables: Tables) -> ViewData:
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
        if tables.has("subscription_items", "mrr") or priced:
            yield "dearer_12m"
    if tables.has("contracts", "term_end") or tables.has("contracts", "term_months"):
        yield from ("days_to_term_end", "days_to_notice_deadline")
        yield from ("days_to_decision", "silence_renews")
    if tables.has("contracts", "list_acv") and priced:
        yield from ("price_level", "less_discount_12m")


def _told_by_events(tables: Tables) -> bool:
    """Say whether renewals state what is paid, as they do where nothing else is delivered."""
    return "contracts" not in tables and tables.has("contract_events", "arr_after")


def seats_view(tables: Tables) -> ViewData:
    """Seats by what they say of themselves: one deactivated without a date was so when it said it.

    The same holds for one that is active without saying since when.
    """
    table, collected = tables["seats"], collected_columns(tables, "seats")
    if "status" not in collected:
        return ViewData(table, collected)
    for status, column in (("active", "activated_at"), ("deactivated", "deactivated_at")):
        said = pc.if_else(pc.equal(table["status"], status), table["known_at"], None)
        dated = pc.coalesce(table[column], said)
        table = table.set_column(table.column_names.index(column), column, dated)
    return ViewData(table, collected | {"activated_at", "deactivated_at"})
