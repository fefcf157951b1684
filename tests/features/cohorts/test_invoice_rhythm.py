"""Every account is billed in a rhythm of its own, and is gone after its own missing invoice."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.cohorts.invoice_rhythm import rhythm_of
from churngrid.features.cohorts.value_events import value_events
from churngrid.features.schema.settings import Settings
from tests.build import tables_of

PERIODS = (7, 14, 30.4, 61, 91, 182, 365)
BEGIN, END = pd.Timestamp("2015-01-01", tz="UTC"), pd.Timestamp("2025-01-01", tz="UTC")
SPURIOUS = {"void": 1.0, "draft": 1.0, "credit_note": 0.3, "paid": -0.2}


def payer(rng, account, period):
    """One account's invoices, each a few days late, and when the first that never came was due."""
    count = int(rng.integers(5, 5 + min(8, 2500 // period)))
    begin = BEGIN + pd.Timedelta(days=int(rng.integers(0, 365)))
    late = rng.uniform(0, min(0.2 * period, 12), count)
    at = begin + pd.to_timedelta(np.round(np.arange(count) * period + late), unit="D")
    frame = pd.DataFrame({"account_id": account, "issued_at": at, "amount_due": 100.0 * period})
    frame["status"] = rng.choice(["paid", "open"], count)
    return frame, begin + pd.Timedelta(days=count * period)


def disturbed(rng, frame):
    """Rows that are no bills: they come between, and after the last one."""
    beside = frame.sample(2, random_state=rng).copy()
    beside = pd.concat([beside, frame.tail(1)])
    beside["issued_at"] += pd.to_timedelta(rng.integers(1, 60, 3), unit="D")
    beside["status"] = rng.choice([*SPURIOUS], 3)
    beside["amount_due"] *= beside["status"].map(SPURIOUS)
    return pd.concat([frame, beside])


def company(seed):
    rng = np.random.default_rng(seed)
    parts, due, periods = [], {}, {}
    for number in range(28):
        account, period = f"a{number:02d}", PERIODS[number % len(PERIODS)]
        frame, due[account] = payer(rng, account, period)
        parts.append(disturbed(rng, frame))
        periods[account] = period
    rows = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=rng)
    rows = rows.assign(invoice_id=[f"i{n}" for n in range(len(rows))], known_at=rows["issued_at"])
    return tables_of({"invoices": rows}), parts, due, periods


def read(tables, asked):
    """What is said of pairs of account and moment, in their order."""
    pairs = pd.DataFrame(asked, columns=["account_id", "as_of"])
    rhythm = rhythm_of(value_events(tables), Rows.of(pairs), Settings())
    place = pairs.sort_values(["account_id", "as_of"]).index
    told = pd.DataFrame({"current": rhythm.current, "told": rhythm.told}, index=place)
    return told.sort_index()


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_called_gone_who_pays_in_whatever_rhythm(seed):
    tables, parts, _, _ = company(seed)
    billed = [
        part[part["status"].isin(["paid", "open"]) & (part["amount_due"] > 0)] for part in parts
    ]
    asked = [
        (one["account_id"].iloc[0], moment)
        for one in billed
        for moment in one["issued_at"].sort_values().iloc[1:]
    ]
    assert read(tables, asked)["current"].all()


@pytest.mark.parametrize("seed", range(4))
def test_who_left_is_seen_after_its_own_missing_invoice(seed):
    tables, _, due, periods = company(seed)
    # Half a period, and by how much the last one and the longest gap were late themselves.
    late = {key: max(min(period * 0.6, 92), 45) + 26 for key, period in periods.items()}
    before = [(key, due[key] - pd.Timedelta(days=0.1 * periods[key])) for key in due]
    after = [(key, due[key] + pd.Timedelta(days=late[key])) for key in due]
    told = read(tables, before)
    assert told["told"].all()
    assert told["current"].all()
    assert not read(tables, after)["current"].any()


def one(*days):
    rows = pd.DataFrame({"issued_at": pd.to_datetime(list(days), utc=True), "account_id": "a"})
    rows = rows.assign(invoice_id=rows.index.astype(str), known_at=rows["issued_at"])
    return tables_of({"invoices": rows})


@pytest.mark.parametrize(
    ("days", "told", "until"),
    [
        # What one invoice, or an order and its set-up, are followed by is not known.
        (["2020-01-01"], False, "2021-04-02"),
        (["2020-01-01", "2020-01-20"], False, "2021-04-21"),
        (["2019-01-01", "2020-01-01"], True, "2021-04-02"),
        # A final invoice out of the rhythm is no new one.
        (
            ["2020-01-01", "2020-02-01", "2020-03-03", "2020-04-01", "2020-04-11"],
            True,
            "2020-05-27",
        ),
        # Who has left out a month is not gone after the next that is left out.
        (["2020-01-01", "2020-02-01", "2020-04-01", "2020-05-01"], True, "2020-07-30"),
    ],
)
def test_when_the_next_one_is_overdue(days, told, until):
    last = pd.Timestamp(until, tz="UTC")
    found = read(one(*days), [("a", last - pd.Timedelta(days=1)), ("a", last)])
    assert found["told"].tolist() == [told] * 2
    assert found["current"].tolist() == [True, True]
    assert not read(one(*days), [("a", last + pd.Timedelta(days=1))])["current"].item()


def test_nothing_later_has_any_influence():
    days = ["2020-01-01", "2020-02-01", "2020-03-01", "2020-06-01", "2021-06-01"]
    moments = [("a", pd.Timestamp(day, tz="UTC")) for day in ("2020-02-15", "2020-04-20")]
    assert read(one(*days), moments).equals(read(one(*days[:3]), moments))
