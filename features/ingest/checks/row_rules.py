"""The rules a row has to keep to be used, and what is filled in where the contract says how.

Each rule is a small named function in a declared tuple and returns problems; the rows concerned
are put aside with the reason, never changed and never lost.
"""

from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.coded_text import found_in, names_in
from ...arrays.plain_text import Mask, absent, hashed, to_mask
from ...schema.tableset import ARROW_TYPES
from ..forms.read_values import moved_months
from .checked_rows import Batch, Problem
from .duplicates import repeated

__all__ = [
    "PERIODS",
    "RULES_AFTER_FILLING",
    "RULES_BEFORE_FILLING",
    "apply_row_rules",
    "drop_repeated",
    "drop_unknown_accounts",
]


RowRule = Callable[[Batch], Iterator[Problem]]

_TIME = ARROW_TYPES["time"]
_BEGINNING = pa.scalar(0, pa.timestamp("us")).cast(_TIME)

_BLANKS = "the account is known, but with other blanks around its id: write both alike"

_EXACT = "repeats an earlier row exactly"

_ADD_UP = "usage_daily"
"""The table whose rows of one key are parts of one sum, and not versions of one fact."""

PERIODS = {
    "accounts": ("valid_from", "valid_to"),
    "people": ("valid_from", "valid_to"),
    "contracts": ("term_start", "term_end"),
    "subscription_items": ("effective_from", "effective_to"),
}
"""Tables whose rows hold for a period, half open."""


def apply_row_rules(batch: Batch) -> Batch:
    """Put aside the rows that break a rule by themselves, and fill in what the contract fills in.

    Parameters
    ----------
    batch : Batch
        Coerced.

    Returns
    -------
    Batch
        With ``known_at`` filled and personal columns hashed.
    """
    for rule in RULES_BEFORE_FILLING:
        batch = batch.drop(rule(batch))
    for fill in (_fill_known_at, _fill_version, _fill_left_known_at):
        batch = fill(batch)
    for rule in RULES_AFTER_FILLING:
        batch = batch.drop(rule(batch))
    return _hash_personal(batch)


def drop_unknown_accounts(batch: Batch, account_ids: pa.ChunkedArray) -> Batch:
    """Put aside the rows of accounts that are not in the table of accounts.

    Parameters
    ----------
    batch : Batch
    account_ids : pyarrow.ChunkedArray of string

    Returns
    -------
    Batch
    """
    if "account_id" not in batch.table.column_names or batch.spec.name == "accounts":
        return batch
    column = batch.table["account_id"]
    unknown = ~found_in(column, account_ids)
    alike = unknown & found_in(column, _known_but_for_blanks(column, unknown, account_ids))
    return batch.drop(
        [
            Problem("account_id", _BLANKS, alike, shown=True),
            Problem("account_id", "account unknown", unknown & ~alike, shown=True),
        ]
    )


def _known_but_for_blanks(
    column: pa.ChunkedArray, unknown: Mask, account_ids: pa.ChunkedArray
) -> pa.Array:
    """Return the unknown ids that the table of accounts has with other blanks around them."""
    foreign = names_in(column.filter(pa.array(unknown)))
    known = pc.utf8_trim_whitespace(names_in(account_ids))
    return foreign.filter(pc.is_in(pc.utf8_trim_whitespace(foreign), value_set=known))


def ends_before_it_begins(batch: Batch) -> Iterator[Problem]:
    """Refuse a version that is valid for no time."""
    if "valid_to" in batch.table.column_names:
        reversed_ = pc.greater_equal(batch.table["valid_from"], batch.table["valid_to"])
        yield Problem("valid_to", "not after `valid_from`", to_mask(reversed_), shown=True)


def neither_planned_nor_done(batch: Batch) -> Iterator[Problem]:
    """Refuse an activity without any time, be it the planned one."""
    if batch.spec.name == "activities":
        planned, done = (pc.is_valid(batch.table[c]) for c in ("scheduled_at", "occurred_at"))
        yield Problem(
            "occurred_at", "missing, like `scheduled_at`", ~to_mask(pc.or_(planned, done))
        )


def never_known(batch: Batch) -> Iterator[Problem]:
    """Refuse a row without any date: it stands neither before nor after an as-of date."""
    if "known_at" in batch.table.column_names:
        stand_ins = " or ".join(f"`{column}`" for column in batch.spec.known.columns)
        rule = f"missing, and no {stand_ins} to take its place"
        yield Problem("known_at", rule, absent(batch.table["known_at"]))


RULES_BEFORE_FILLING: tuple[RowRule, ...] = (ends_before_it_begins, neither_planned_nor_done)
RULES_AFTER_FILLING: tuple[RowRule, ...] = (never_known,)


def drop_repeated(batch: Batch) -> Batch:
    """Keep the first row of each key; where rows add up, drop only exact repetitions.

    Parameters
    ----------
    batch : Batch
        All rows of the table.

    Returns
    -------
    Batch
    """
    key = batch.spec.key
    columns = [batch.table[column] for column in key]
    everything = batch.table.columns
    if batch.row_id is not None:
        everything = [*everything, batch.row_id]
    if batch.spec.name == _ADD_UP:
        again, exact = repeated(columns), repeated(everything)
        rule = "repeats the key of an earlier row with other values: both were added up"
        batch = batch.report([batch.finding("", rule, again & ~exact)])
        return batch.drop([Problem("", _EXACT, exact)])
    if key:
        rule = f"repeats the key of an earlier row ({', '.join(f'`{name}`' for name in key)})"
        return batch.drop([Problem("", rule, repeated(columns))])
    if batch.row_id is not None:
        named = ~absent(batch.row_id)
        return batch.drop([Problem("", _EXACT, named & repeated(everything))])
    return batch


def _fill_known_at(batch: Batch) -> Batch:
    """Take the first date that is there, plus the delay with which it is usually learned."""
    if "known_at" not in batch.table.column_names:
        return batch
    known, findings = batch.table["known_at"], []
    delay = pa.scalar(batch.spec.known.delay_us, pa.duration("us"))
    for column in batch.spec.known.columns:
        stand_in = batch.table[column]
        if (form := batch.forms.get(column)) and form.period_months:
            # What is said of a month is known when it is over.
            stand_in = _moved(stand_in, form.period_months)
        elif batch.spec.known.delay_us:
            stand_in = pc.add(stand_in, delay)
        filled = absent(known) & ~absent(stand_in)
        if filled.any():
            later = " plus the usual delay of a day" if batch.spec.known.delay_us else ""
            rule = f"missing: taken from `{column}`{later}"
            findings.append(batch.finding("known_at", rule, filled))
        known = stand_in if known.null_count == len(known) else pc.coalesce(known, stand_in)
    unknown = absent(known)
    if batch.spec.name == "accounts" and unknown.any():
        rule = "missing, and no date to take its place: taken as known from the beginning"
        findings.append(batch.finding("known_at", rule, unknown))
        known = pc.fill_null(known, _BEGINNING)
    return _with(batch.report(findings), "known_at", known)


def _moved(times: pa.ChunkedArray, months: int) -> pa.ChunkedArray:
    ticks = pc.fill_null(times.cast(pa.int64()), 0).to_numpy()
    moved = pa.array(moved_months(ticks, months), mask=absent(times))
    return pa.chunked_array([moved.cast(pa.timestamp("us")).cast(_TIME)])


def _fill_version(batch: Batch) -> Batch:
    """Let a state without a time of its own hold from when it was known."""
    happened = batch.spec.happened_at
    if happened == "known_at" or happened not in batch.spec.version:
        return batch
    filled = pc.coalesce(batch.table[happened], batch.table["known_at"])
    return _with(batch, happened, filled)


def _fill_left_known_at(batch: Batch) -> Batch:
    """Nobody knows of a departure before it happened."""
    if "left_known_at" not in batch.table.column_names:
        return batch
    left, known = batch.table["left_account_at"], batch.table["left_known_at"]
    learned = pc.coalesce(known, batch.table["known_at"])
    learned = pc.if_else(pc.greater(left, learned), left, learned)
    return _with(batch, "left_known_at", pc.if_else(pc.is_valid(left), learned, known))


def _hash_personal(batch: Batch) -> Batch:
    for name in sorted(batch.hide & frozenset(batch.delivery.table.column_names)):
        values = batch.table[name]
        unique = pc.unique(values)
        hashes = pa.array([hashed(text) for text in unique.to_pylist()], pa.string())
        where = pc.index_in(values, value_set=unique)
        batch = _with(batch, name, pc.take(hashes, where))
    return batch


def _with(batch: Batch, column: str, values: pa.ChunkedArray) -> Batch:
    place = batch.table.schema.get_field_index(column)
    return batch.using(batch.table.set_column(place, batch.table.schema.field(place), values))
