"""How a company writes its contracts: the last day of a period, and the currency of its amounts."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray
from ...schema.currency_codes import currency_codes
from ...schema.settings import Settings
from ...schema.tables import table_spec
from ...schema.tableset import Finding, Tables, canonical_schema
from .cancelled_items import ended_by_events
from .item_periods import with_period_ends
from .local_time import at_local_time
from .quiet_contracts import without_quiet_renewals
from .unpriced_terms import read_from_bills

__all__ = ["as_the_company_writes"]


_DAY = pd.Timedelta(days=1)
_PERIODS = (
    ("contracts", "term_start", "term_end"),
    ("subscription_items", "effective_from", "effective_to"),
)
_PRICED = ("subscription_items", "contracts")
_NAMING = (*_PRICED, "invoices")


def as_the_company_writes(tables: Tables, settings: Settings) -> Tables:
    """Return the tables with half open periods, the company's clock, currency, rates and grace.

    Parameters
    ----------
    tables : Tables
        As they were read and checked.
    settings : Settings

    Returns
    -------
    Tables
        With one finding for periods that were given with their last day, for items of which each
        row is a period, for what carries no price and is billed, and for currencies without a rate.
    """
    tables = at_local_time(tables, settings.time_zone)
    by_name, found = dict(tables.by_name), []
    for name, begin, end in _PERIODS:
        if name in by_name and settings.period_ends != "day_after":
            by_name[name], finding = _half_open(name, by_name[name], (begin, end), settings)
            found += [finding] if finding.count else []
    if "contracts" in by_name:
        by_name["contracts"], told = without_quiet_renewals(replace(tables, by_name=by_name))
        found += told
    if "subscription_items" in by_name:
        items, told = with_period_ends(
            by_name["subscription_items"], settings, grace_days=settings.grace_days
        )
        by_name["subscription_items"] = items
        found += told
        if "contract_events" in by_name:
            by_name["subscription_items"], told = ended_by_events(items, by_name["contract_events"])
            found += told
    rates = _rates(settings)
    if rates is not None:
        by_name["exchange_rates"] = rates
    written = replace(
        tables,
        by_name=by_name,
        currency=_own_currency(tables, settings),
        grace_days=settings.grace_days,
    )
    found += [*read_from_bills(written), *_without_rate(written)]
    return replace(written, findings=(*tables.findings, *found))


def _half_open(
    name: str, table: pa.Table, period: tuple[str, str], settings: Settings
) -> tuple[pa.Table, Finding]:
    begin, end = period
    frame = table.select(["account_id", begin, end]).to_pandas()
    whole_days = frame[end].eq(frame[end].dt.normalize())
    given = frame[end].notna() & whole_days
    mask = (given & _named_by_last_day(frame, period, settings)).to_numpy(dtype=bool)
    day = pa.scalar(86_400_000_000, pa.duration("us"))
    ends = pc.if_else(pa.array(mask), pc.add(table[end], day), table[end])
    rule = (
        "periods are given with their last day, as the day after is when the next one begins; each "
        "was read to its end, and the setting `period_ends` says it once and for all"
    )
    examples = tuple(frame.loc[mask, "account_id"].astype(str).drop_duplicates()[:3])
    changed = table.set_column(table.column_names.index(end), end, ends.cast(table[end].type))
    return changed, Finding(name, end, rule, int(mask.sum()), examples)


def _named_by_last_day(
    frame: pd.DataFrame, period: tuple[str, str], settings: Settings
) -> pd.Series:
    """Mark the rows of accounts whose periods follow each other a day after they end."""
    if settings.period_ends == "last_day":
        return pd.Series(True, index=frame.index)
    begin, end = period
    begins = frame[["account_id", begin]].drop_duplicates().rename(columns={begin: "at"})
    ended = frame.dropna(subset=[end])
    ended = ended[ended[begin] < ended[end]]

    def followed(after: pd.Timedelta) -> set[str]:
        at = ended[["account_id"]].assign(at=ended[end] + after)
        return set(at.merge(begins, on=["account_id", "at"])["account_id"])

    inclusive = followed(_DAY) - followed(pd.Timedelta(0))
    return frame["account_id"].isin(inclusive)


def _own_currency(tables: Tables, settings: Settings) -> str:
    if settings.currency is not None:
        return settings.currency.strip().upper()
    for name in _NAMING:
        if name in tables and tables[name]["currency"].null_count < tables[name].num_rows:
            codes = currency_codes(tables[name]["currency"].drop_null(), tables.currency)
            return str(codes.value_counts().sort_index().idxmax())
    return tables.currency


def _rates(settings: Settings) -> pa.Table | None:
    if not settings.exchange_rates:
        return None
    rows = [
        {"currency": code, "rate": rate, "valid_from": since}
        for code, stated in settings.exchange_rates.items()
        for since, rate in (stated.items() if isinstance(stated, dict) else [(None, stated)])
    ]
    schema = canonical_schema(table_spec("exchange_rates"))
    frame = pd.DataFrame(rows)
    moments = pd.to_datetime(frame["valid_from"], utc=True)
    return pa.table(
        [frame["currency"].tolist(), frame["rate"].tolist(), pa.array(moments, from_pandas=True)],
        names=schema.names,
    ).cast(schema)


def _without_rate(tables: Tables) -> Iterator[Finding]:
    """Report amounts in currencies that nothing says the worth of: they are never added up."""
    known = {tables.currency}
    if "exchange_rates" in tables:
        known |= set(currency_codes(tables["exchange_rates"]["currency"], tables.currency))
    for name in _PRICED:
        if name not in tables:
            continue
        codes = currency_codes(tables[name]["currency"], tables.currency)
        foreign = ~codes.isin(known)
        missing = sorted(set(codes[foreign]))
        if missing:
            rule = (
                f"amounts in {', '.join(missing[:5])} have no rate to {tables.currency}, so the "
                "ARR of those accounts stays empty; give the currencies' worth in the table or the "
                "setting `exchange_rates`"
            )
            yield Finding(
                name, "currency", rule, int(foreign.sum()), _examples(tables, name, foreign)
            )
            return


def _examples(tables: Tables, name: str, mask: pd.Series) -> tuple[str, ...]:
    ids = tables[name]["account_id"].to_pandas()[_as_mask(mask)]
    return tuple(ids.astype(str).drop_duplicates()[:3])


def _as_mask(mask: pd.Series) -> BoolArray:
    return np.asarray(mask, dtype=bool)
