"""Contradictions within and between tables: reported with examples, the rows stay in use.

Each check is a small named function in a declared tuple. A check looks at the tables it names and
says nothing if one of them was not delivered.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.coded_text import found_in, names_in
from ...arrays.data_span import data_span
from ...arrays.plain_text import Mask, absent, shortened, to_mask
from ...schema.tables import ACTIVITY_TABLES
from ...schema.tableset import Finding
from .billing_checks import amounts_unlike_mrr, paid_after_cancelling
from .checked_rows import Batch
from .day_periods import Periods, days_with_rows
from .duplicates import repeated
from .row_rules import PERIODS

__all__ = ["CROSS_CHECKS", "cross_check"]


Batches = Mapping[str, Batch]
CrossCheck = Callable[[Batches], Iterator[Finding]]

_USAGE = (("usage_daily", "date"), ("usage_events", "occurred_at"))
_AFTER_SIGN_UP = (*_USAGE, ("tickets", "created_at"))
_NEVER_AHEAD = (*_AFTER_SIGN_UP, ("account_events", "occurred_at"), ("survey_responses", "sent_at"))
"""Times that cannot lie ahead when they are recorded; planned ones may."""

_REFERENCES = (
    ("accounts", "parent_account_id", "accounts", "account_id"),
    ("subscription_items", "contract_id", "contracts", "contract_id"),
    ("contract_events", "contract_id", "contracts", "contract_id"),
    ("usage_daily", "feature_id", "features", "feature_id"),
    ("usage_events", "feature_id", "features", "feature_id"),
    ("tickets", "requester_person_id", "people", "person_id"),
    ("survey_responses", "person_id", "people", "person_id"),
)

_LONG_WEEKEND_DAYS = 4
_UNSOLVED = ("open", "new", "pending", "on-hold", "on_hold", "in progress", "in_progress")


def cross_check(batches: Batches) -> Iterator[Finding]:
    """Run every check.

    Parameters
    ----------
    batches : mapping of str to Batch
        With ``accounts``.

    Yields
    ------
    Finding
        In the order of the checks; those that concern no row are left out.
    """
    for check in CROSS_CHECKS:
        yield from (finding for finding in check(batches) if finding.count)


def known_before_it_happened(batches: Batches) -> Iterator[Finding]:
    """Report usage, tickets and answers that were known before they happened."""
    for name, column in _NEVER_AHEAD:
        if name in batches:
            table = batches[name].table
            early = to_mask(pc.less(table["known_at"], table[column]))
            yield batches[name].finding("known_at", f"before `{column}`", early)


def reversed_period(batches: Batches) -> Iterator[Finding]:
    """Report contracts and subscriptions that end before they begin."""
    for name in ("contracts", "subscription_items"):
        if name in batches:
            begin, end = PERIODS[name]
            table = batches[name].table
            mask = to_mask(pc.less(table[end], table[begin]))
            yield batches[name].finding(end, f"before `{begin}`", mask)


def overlapping_versions(batches: Batches) -> Iterator[Finding]:
    """Report things of which two descriptions are valid at a time."""
    for name, entity in (
        ("accounts", "account_id"),
        ("people", "person_id"),
        ("subscription_items", "item_id"),
    ):
        if name in batches:
            begin, end = PERIODS[name]
            mask = _overlaps(batches[name].table, entity, begin, end)
            yield batches[name].finding(end, f"after the next version's `{begin}`", mask)


def outside_subscription(batches: Batches) -> Iterator[Finding]:
    """Report usage at a time for which nothing was paid."""
    for name, column in _USAGE:
        if name not in batches:
            continue
        batch = batches[name]
        moments = batch.table[column]
        if batch.item_id is not None and "subscription_items" in batches:
            periods = Periods.of(batches["subscription_items"].table, "item_id", *_ITEM_PERIOD)
            outside = periods.outside(batch.item_id, moments)
            yield _shared(batch, column, "outside the period of its subscription", outside)
        elif "subscription_items" in batches or "contracts" in batches:
            outside = _account_periods(batches).outside(batch.table["account_id"], moments)
            yield _shared(batch, column, "outside every contract and subscription", outside)


def unknown_item(batches: Batches) -> Iterator[Finding]:
    """Report rows that name a subscription that does not exist."""
    if "subscription_items" not in batches:
        return
    items = batches["subscription_items"].table["item_id"]
    for batch in batches.values():
        if batch.item_id is not None:
            foreign = _foreign(batch.item_id, items)
            column = batch.delivery.plan.mapping.item_id or ""
            yield batch.finding(column, "names an unknown subscription item", foreign)


def before_sign_up(batches: Batches) -> Iterator[Finding]:
    """Report usage and tickets from before the account became a customer."""
    accounts = batches["accounts"].table
    since = accounts.filter(pc.is_valid(accounts["customer_since"]))
    periods = Periods.since(since, "account_id", "customer_since")
    for name, column in _AFTER_SIGN_UP:
        if name in batches:
            batch = batches[name]
            early = periods.outside(batch.table["account_id"], batch.table[column])
            yield _shared(batch, column, "before the account's `customer_since`", early)


def repeated_row_id(batches: Batches) -> Iterator[Finding]:
    """Report numbers of rows that occur more than once."""
    for batch in batches.values():
        if batch.row_id is not None:
            again = repeated([batch.row_id]) & ~absent(batch.row_id)
            ids = batch.row_id.filter(pa.array(again))
            column = batch.delivery.plan.mapping.row_id or ""
            yield Finding(
                batch.spec.name, column, "repeats an earlier row's", len(ids), _first(ids)
            )


def unknown_reference(batches: Batches) -> Iterator[Finding]:
    """Report references to something that is not in the table that describes it."""
    for name, column, other, target in _REFERENCES:
        if name in batches and other in batches:
            batch = batches[name]
            foreign = _foreign(batch.table[column], batches[other].table[target])
            yield batch.finding(column, f"unknown in `{other}`", foreign)


def paying_without_usage(batches: Batches) -> Iterator[Finding]:
    """Report accounts that pay and never use the product."""
    used, paid = _accounts_with_usage(batches), _accounts_that_pay(batches)
    if used is not None and paid is not None:
        lost = paid.filter(pc.invert(pc.is_in(paid, value_set=used)))
        yield _accounts_finding("has revenue but no usage in any row", lost)


def usage_without_contract(batches: Batches) -> Iterator[Finding]:
    """Report accounts that use the product without a contract."""
    used = _accounts_with_usage(batches)
    bound = [batches[name].table for name in ("contracts", "subscription_items") if name in batches]
    if used is not None and bound:
        held = pa.concat_arrays([names_in(table["account_id"]) for table in bound])
        lost = used.filter(pc.invert(pc.is_in(used, value_set=held)))
        yield _accounts_finding("has usage but neither contract nor subscription", lost)


def silent_feed(batches: Batches) -> Iterator[Finding]:
    """Report feeds with rows on most days that fell silent for more than a long weekend."""
    for name, column in _USAGE:
        if name not in batches:
            continue
        days = days_with_rows(batches[name].table[column])
        if len(days) < 2 or len(days) * 2 < days[-1] - days[0] + 1:
            continue
        silence = np.diff(days) - 1
        long = np.flatnonzero(silence > _LONG_WEEKEND_DAYS)
        starts = (days[long] + 1).astype("datetime64[D]").astype(str)
        rule = f"no rows at all on so many days, in {len(long)} gaps: was the feed broken?"
        yield Finding(name, column, rule, int(silence[long].sum()), tuple(starts[:3].tolist()))


def far_from_all_others(batches: Batches) -> Iterator[Finding]:
    """Report activity dated so far from all other that it does not say where the data ends."""
    known = {
        name: np.asarray(pc.cast(batches[name].table["known_at"], pa.int64()).to_numpy())
        for name in ACTIVITY_TABLES
        if name in batches and batches[name].table.num_rows
    }
    if not known:
        return
    first, last = data_span(list(known.values()))
    rule = "more than a year apart from all other activity: the data is taken to end before it"
    for name, moments in known.items():
        yield batches[name].finding("known_at", rule, moments > last)
        early = rule.replace("end before", "begin after")
        yield batches[name].finding("known_at", early, moments < first)


def cancelled_after_the_end(batches: Batches) -> Iterator[Finding]:
    """Report cancellations that take effect after the end of the term they cancel."""
    if "contract_events" not in batches or "contracts" not in batches:
        return
    batch, contracts = batches["contract_events"], batches["contracts"].table
    order = pc.sort_indices(contracts, [("term_end", "descending")])
    latest = contracts.take(order)
    where = pc.index_in(batch.table["contract_id"], value_set=latest["contract_id"])
    end = latest["term_end"].take(where)
    kinds = pa.array(["cancel_requested", "notice_received", "cancelled"])
    cancels = pc.is_in(batch.table["event_type"], value_set=kinds)
    late = to_mask(pc.and_(cancels, pc.greater(batch.table["effective_at"], end)))
    yield batch.finding("effective_at", "a cancellation after the contract's `term_end`", late)


def moved_term_end(batches: Batches) -> Iterator[Finding]:
    """Report terms whose end was moved after it had passed."""
    if "contracts" not in batches:
        return
    batch = batches["contracts"]
    order = pc.sort_indices(batch.table, [("contract_id", "ascending"), ("known_at", "ascending")])
    versions = batch.table.take(order)
    before, after = versions.slice(0, max(len(versions) - 1, 0)), versions.slice(1)
    same = pc.equal(before["contract_id"], after["contract_id"])
    moved = pc.not_equal(before["term_end"], after["term_end"])
    late = pc.greater(after["known_at"], before["term_end"])
    mask = np.zeros(len(versions), dtype=bool)
    places = np.asarray(order)[1:] if len(versions) else np.zeros(0, dtype=np.int64)
    mask[places] = to_mask(pc.and_(pc.and_(same, moved), late))
    yield batch.finding("term_end", "changed after it had passed", mask)


def resolved_but_open(batches: Batches) -> Iterator[Finding]:
    """Report tickets that say when they were resolved and that they are not."""
    if "tickets" not in batches:
        return
    table = batches["tickets"].table
    status = pc.utf8_lower(pc.utf8_trim_whitespace(table["status"]))
    unsolved = pc.is_in(status, value_set=pa.array(_UNSOLVED))
    mask = to_mask(pc.and_(pc.is_valid(table["resolved_at"]), unsolved))
    rule = "not closed although `resolved_at` says when it was; it counts as open"
    yield batches["tickets"].finding("status", rule, mask)


CROSS_CHECKS: tuple[CrossCheck, ...] = (
    known_before_it_happened,
    reversed_period,
    overlapping_versions,
    outside_subscription,
    unknown_item,
    before_sign_up,
    repeated_row_id,
    unknown_reference,
    paying_without_usage,
    usage_without_contract,
    silent_feed,
    far_from_all_others,
    cancelled_after_the_end,
    moved_term_end,
    resolved_but_open,
    paid_after_cancelling,
    amounts_unlike_mrr,
)

_ITEM_PERIOD = PERIODS["subscription_items"]


def _overlaps(table: pa.Table, entity: str, begin: str, end: str) -> Mask:
    """Mark rows that end after the next one of the same thing begins; corrections do not count."""
    order = np.asarray(
        pc.sort_indices(
            table, [(entity, "ascending"), (begin, "ascending"), ("known_at", "ascending")]
        )
    )
    mask = np.zeros(table.num_rows, dtype=bool)
    if len(order) < 2:
        return mask
    earlier, later = table.take(order[:-1]), table.take(order[1:])
    same = pc.equal(earlier[entity], later[entity])
    apart = pc.and_(pc.less(earlier[begin], later[begin]), pc.greater(earlier[end], later[begin]))
    mask[order[:-1]] = to_mask(pc.and_(same, apart))
    return mask


def _account_periods(batches: Batches) -> Periods:
    parts = []
    for name in ("contracts", "subscription_items"):
        if name in batches:
            begin, end = PERIODS[name]
            table = batches[name].table
            part = table.select(["account_id", begin, end])
            if name == "contracts":
                # One that renews by itself goes on, whatever end its first term has.
                rolls = pc.or_(
                    pc.fill_null(table["auto_renew"], False),
                    pc.fill_null(pc.less_equal(table["term_months"], 1.0), False),
                )
                ends = pc.if_else(rolls, None, table[end])
                part = part.set_column(2, end, ends.cast(table[end].type))
            parts.append(part.rename_columns(["account_id", "begin", "end"]))
    return Periods.of(pa.concat_tables(parts), "account_id", "begin", "end")


def _shared(batch: Batch, column: str, rule: str, mask: Mask) -> Finding:
    share = mask.mean() if len(mask) else 0.0
    said = "under 1%" if share < 0.005 else f"{share:.0%}"
    return batch.finding(column, f"{rule} ({said} of the rows)", mask)


def _foreign(values: pa.ChunkedArray, known: pa.ChunkedArray) -> Mask:
    return ~absent(values) & ~found_in(values, names_in(known))


def _accounts_with_usage(batches: Batches) -> pa.Array | None:
    used = [names_in(batches[name].table["account_id"]) for name, _ in _USAGE if name in batches]
    return pc.unique(pa.concat_arrays(used)) if used else None


def _accounts_that_pay(batches: Batches) -> pa.Array | None:
    if "subscription_items" not in batches:
        return None
    items = batches["subscription_items"].table
    return names_in(items.filter(pc.greater(items["mrr"], 0.0))["account_id"])


def _accounts_finding(rule: str, account_ids: pa.Array) -> Finding:
    return Finding("accounts", "account_id", rule, len(account_ids), _first(account_ids))


def _first(ids: pa.Array | pa.ChunkedArray) -> tuple[str, ...]:
    """Up to three ids as examples."""
    return tuple(shortened(name) for name in ids[:3].to_pylist())
