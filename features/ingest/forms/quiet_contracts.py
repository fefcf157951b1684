"""Contracts that renew by themselves, by what is written, and were not renewed by what happened.

An export of contracts alone often says nothing of the end: the term passes, no further row comes,
and the customer is gone. Where such a silence tells, the contract ended with its term.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import IntArray
from ...arrays.coded_text import texts_of
from ...arrays.data_span import data_span
from ...arrays.moments import DAY, NEVER, add_months, first_repeat_after, microseconds
from ...schema.invoice_rows import is_billed
from ...schema.tableset import Finding, Tables
from ...schema.use_rows import is_use
from .billed_periods import last_billed

__all__ = ["without_quiet_renewals"]


_WAIT = 60 * DAY
"""So long after the end of a term an account has to show that it is still there."""
_NEAR = 31 * DAY
_FOLLOWED = 0.8
_FEWEST = 5
"""Terms that have to have passed before their follow-up can be called usual."""
_MONTH_DAYS = 30.4375

_ENDS = ("notice_received", "cancel_requested", "cancelled", "term_ended", "churn_confirmed")

_LIFE = {"usage_daily": "date", "usage_events": "occurred_at", "invoices": "issued_at"}
"""What shows that an account is still there, and when."""

_RULE = (
    "contracts that renew by themselves were read as ended: their term has passed without a "
    "further row, invoice or use, where others have one; a later row of the contract says that it "
    "runs on"
)


def without_quiet_renewals(tables: Tables) -> tuple[pa.Table, list[Finding]]:
    """Add versions that do not renew to contracts whose account fell silent before a term's end.

    Parameters
    ----------
    tables : Tables
        With ``contracts``; use and invoices are the signs of life. With subscription items they
        say what goes on, and nothing is added.

    Returns
    -------
    Table
        The contracts, with a further version of each such contract, known so long after the end
        of the term as an account may take to show that it is still there.
    list of Finding
        At most one.

    Notes
    -----
    What the contract events say of an end counts, and silence adds nothing. Silence tells where the
    company usually writes a row for the next term, or where the account was invoiced before; and
    only while the feeds that are silent go on for others. A bill shows that a term was renewed if
    it pays for a period after the end, use if it goes on for longer than access is left open.
    """
    contracts = tables["contracts"]
    if tables.filled("subscription_items"):
        return contracts, []
    life, alive_until = _signs_of_life(tables)
    if life.empty:
        return contracts, []
    rows = _newest(contracts)
    passed = rows[rows["renews"] & (rows["ends_us"] + _WAIT < alive_until)]
    passed = passed[~_told_to_end(passed, tables)]
    passed = passed.assign(followed=_followed(passed, rows))
    usual = len(passed) >= _FEWEST and passed["followed"].mean() >= _FOLLOWED
    left = passed[~passed["followed"]].join(life, on="account_id")
    left = left[left["invoiced"].notna() & (left["invoiced"].eq(True) | usual)]
    ends = _term_end_after(left, _bound_by(left, tables))
    quiet = ends + _WAIT <= alive_until
    left, ends = left[quiet], ends[quiet]
    if left.empty:
        return contracts, []
    versions = _not_renewed(contracts.take(pa.array(left["row"].to_numpy())), ends)
    examples = tuple(left["account_id"].drop_duplicates()[:3])
    finding = Finding("contracts", "auto_renew", _RULE, len(left), examples)
    return pa.concat_tables([contracts, versions]), [finding]


def _bound_by(left: pd.DataFrame, tables: Tables) -> IntArray:
    """Return a moment up to which each account shows that its contract ran on."""
    used = left["used_us"].to_numpy(dtype=np.float64) - _NEAR
    moments = np.fmax(used, last_billed(left, tables).to_numpy())
    return np.asarray(np.nan_to_num(moments, nan=0.0), dtype=np.int64)


def _told_to_end(contracts: pd.DataFrame, tables: Tables) -> np.ndarray:
    """Tell of which contracts, or of whose whole account, an event says that they end."""
    if not tables.filled("contract_events"):
        return np.zeros(len(contracts), dtype=bool)
    events = tables["contract_events"].select(["account_id", "contract_id", "event_type"])
    frame: pd.DataFrame = events.to_pandas()
    said = frame[frame["event_type"].isin(_ENDS)]
    of_all = said.loc[said["contract_id"].isna(), "account_id"]
    named = contracts["contract_id"].isin(said["contract_id"].dropna())
    return np.asarray(named | contracts["account_id"].isin(of_all))


def _signs_of_life(tables: Tables) -> tuple[pd.DataFrame, int]:
    """Return by account when it was last seen and whether it was invoiced; and until when."""
    parts = [part for part in map(_seen, _LIFE, [tables] * len(_LIFE)) if len(part)]
    if not parts:
        return pd.DataFrame({"used_us": [], "invoiced": []}), -1
    until = min(data_span([part["at_us"].to_numpy()])[1] for part in parts)
    grouped = pd.concat(parts).groupby("account_id", observed=True)
    return grouped.agg(used_us=("used_us", "max"), invoiced=("invoiced", "max")), until


def _seen(name: str, tables: Tables) -> pd.DataFrame:
    """Return when accounts were seen in a table."""
    if not tables.filled(name):
        return pd.DataFrame()
    table = tables[name]
    if name == "usage_daily":
        table = table.filter(pa.array(is_use(table)))
    if name == "invoices":
        table = table.filter(pa.array(is_billed(table)))
    account, at = texts_of(table["account_id"]), microseconds(table, _LIFE[name])
    billed = name == "invoices"
    return pd.DataFrame(
        {
            "account_id": account.names.to_pandas().to_numpy()[account.codes],
            "at_us": at,
            "used_us": np.where(billed, np.nan, at),
            "invoiced": billed,
        }
    )


def _newest(contracts: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = contracts.select(["contract_id", "account_id", "term_months"]).to_pandas()
    starts, ends = microseconds(contracts, "term_start"), microseconds(contracts, "term_end")
    measured = (np.where(ends == NEVER, starts, ends) - starts) / DAY / _MONTH_DAYS
    months = frame["term_months"].fillna(pd.Series(measured)).round().clip(1, 1200)
    by_length = (ends == NEVER) & (frame["term_months"] > 1).to_numpy()
    ends = np.where(by_length, add_months(starts, months.to_numpy(dtype=np.int64)), ends)
    frame = frame.assign(
        row=np.arange(len(frame)),
        starts_us=starts,
        ends_us=ends,
        known_us=microseconds(contracts, "known_at"),
        months=months.astype(np.int64),
        renews=np.asarray(pc.coalesce(contracts["auto_renew"], pa.array(by_length))),
    )
    newest = frame.sort_values("known_us", kind="stable").drop_duplicates(
        "contract_id", keep="last"
    )
    return newest.assign(renews=newest["renews"] & (newest["ends_us"] < NEVER))


def _followed(passed: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Tell which contracts another one of the account takes over from, or outlasts."""
    pairs = passed.merge(rows, on="account_id", suffixes=("", "_next"))
    other = pairs["contract_id"] != pairs["contract_id_next"]
    later = other & (pairs["ends_us_next"] > pairs["ends_us"] + _NEAR)
    return passed["row"].isin(pairs.loc[later, "row"]).to_numpy()


def _term_end_after(left: pd.DataFrame, moment: IntArray) -> IntArray:
    """Return the first end of a term, written or repeated, after a moment."""
    starts, months = left["starts_us"].to_numpy(), left["months"].to_numpy()
    ends = left["ends_us"].to_numpy()
    anchor = np.where(add_months(starts, months) == ends, starts, ends)
    return first_repeat_after(anchor, months, np.maximum(moment, ends - 1))


def _not_renewed(contracts: pa.Table, ends: IntArray) -> pa.Table:
    """Return the contracts as they are known to have ended with a term."""
    changed = {
        "term_end": pa.array(ends, pa.int64()),
        "auto_renew": pa.array(np.zeros(len(ends), bool)),
        "known_at": pa.array(ends + _WAIT, pa.int64()),
    }
    for name, column in changed.items():
        field = contracts.schema.field(name)
        place = contracts.column_names.index(name)
        contracts = contracts.set_column(place, field, column.cast(field.type))
    return contracts
