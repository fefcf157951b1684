"""Every measure against a slow and obvious loop, on random tables full of edges."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.engine.point_in_time import Knowledge
from churngrid.features.metrics.combined_measures import Change, Difference, Ratio, Slope
from churngrid.features.metrics.measures import (
    Count,
    DaysSince,
    DaysUntil,
    Distinct,
    Latest,
    Median,
    Oldest,
    Tenure,
    Total,
)
from churngrid.features.metrics.row_selection import Above, Is, Select, Window
from tests.build import day, tables_of

DAY = pd.Timedelta(days=1)
START = day("2024-01-01")
ACCOUNTS = ("a", "b", "empty")


def at_random_moment(rng, n):
    """Whole days often, so that events fall exactly on the edges of windows."""
    days = rng.integers(0, 400, n)
    hours = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 24, n))
    return START + pd.to_timedelta(days, "D") + pd.to_timedelta(hours, "h")


def random_tables(seed):
    rng = np.random.default_rng(seed)
    n = 120
    happened = at_random_moment(rng, n)
    late = np.where(rng.random(n) < 0.3, rng.integers(0, 200, n), 0)
    usage = pd.DataFrame(
        {
            "account_id": rng.choice(["a", "b", "other"], n),
            "product_user_id": rng.choice(["u", "v", "w"], n),
            "feature_id": rng.choice(["f", "g"], n),
            "date": happened.floor("D"),
            "events": rng.integers(0, 5, n).astype(float),
            "known_at": happened.floor("D") + pd.to_timedelta(late, "D") + DAY / 2,
        }
    )
    usage = pd.concat([usage, usage.iloc[:5]])
    created = at_random_moment(rng, 40)
    tickets = pd.DataFrame(
        {
            "ticket_id": rng.choice([f"t{i}" for i in range(15)], 40),
            "account_id": "a",
            "created_at": created,
            "priority": rng.choice(["low", "critical"], 40),
            "status": rng.choice(["open", "solved"], 40),
            "resolved_at": created + pd.to_timedelta(rng.integers(1, 90, 40), "h"),
            "changed_at": created + pd.to_timedelta(rng.integers(0, 60, 40), "D"),
        }
    ).drop_duplicates(["ticket_id", "changed_at"])
    tickets["known_at"] = tickets["changed_at"] + pd.to_timedelta(
        rng.integers(0, 30, len(tickets)), "D"
    )
    invoices = pd.DataFrame(
        {
            "invoice_id": [f"i{i}" for i in range(20)],
            "account_id": rng.choice(["a", "b"], 20),
            "issued_at": at_random_moment(rng, 20),
            "amount_due": rng.integers(1, 500, 20) / 7,
        }
    )
    invoices["due_at"] = invoices["issued_at"] + 30 * DAY
    paid = invoices["due_at"] + pd.to_timedelta(rng.integers(-20, 60, 20), "D")
    invoices["paid_at"] = paid.where(rng.random(20) < 0.7)
    invoices["known_at"] = invoices["issued_at"]
    accounts = pd.DataFrame(
        {"account_id": ["a", "b", "empty"], "customer_since": START, "valid_from": START}
    )
    accounts["known_at"] = START
    frames = {"usage_daily": usage, "tickets": tickets, "invoices": invoices, "accounts": accounts}
    return frames, tables_of(frames)


def own_dates(rng):
    """Dates of each account's own, some outside the data, one on a leap day."""
    dates = [day("2023-12-01"), day("2024-02-29"), day("2026-01-01")]
    pairs = [(account, date) for account in ACCOUNTS for date in dates]
    for account in ACCOUNTS:
        pairs += [(account, START + int(d) * DAY) for d in rng.integers(0, 500, 8)]
    return pd.DataFrame(pairs, columns=["account_id", "as_of"]).drop_duplicates()


def seen(frame, account, as_of, clock, window):
    """The facts of an account that are known and have happened, in the window if there is one."""
    kept = frame[(frame["account_id"] == account) & (frame["known_at"] < as_of)]
    kept = kept[kept[clock] < as_of]
    if window:
        closes = as_of - window.ends_days_ago * DAY
        kept = kept[(kept[clock] < closes) & (kept[clock] >= closes - window.days * DAY)]
    return kept


def begun(frame, as_of):
    """The first day of any account's facts that are known by then."""
    known = frame[(frame["known_at"] < as_of) & (frame["date"] < as_of)]
    return known["date"].min().floor("D") if len(known) else pd.NaT


def newest_versions(frame, account, as_of):
    """The last known version of each ticket, which counts from the day it was changed."""
    known = frame[(frame["known_at"] < as_of) & (frame["changed_at"] < as_of)]
    ordered = known.sort_values(["changed_at", "known_at"], kind="stable")
    newest = ordered.drop_duplicates("ticket_id", keep="last")
    return newest[newest["account_id"] == account]


def age(as_of, moment):
    return (as_of - moment) / DAY


W28, BEFORE = Window(28), Window(28, 28)


def usage(window, *where):
    return Select("usage_daily", where, window)


def mean_or_nan(upper, lower):
    return upper / lower if lower > 0 else np.nan


def slope_by_hand(frames, account, as_of):
    if age(as_of, START) < 28:
        return np.nan
    users = [
        seen(frames["usage_daily"], account, as_of, "date", Window(7, 7 * k))[
            "product_user_id"
        ].nunique()
        for k in range(4)
    ]
    if not sum(users):
        return np.nan
    return np.polyfit([0, -1, -2, -3], np.log1p(users), 1)[0]


def median_hours_by_hand(frames, account, as_of):
    newest = newest_versions(frames["tickets"], account, as_of)
    lately = newest["resolved_at"].between(as_of - 90 * DAY, as_of, inclusive="left")
    solved = newest[lately]
    return ((solved["resolved_at"] - solved["created_at"]) / pd.Timedelta(hours=1)).median()


def open_invoices(frames, account, as_of):
    frame = seen(frames["invoices"], account, as_of, "due_at", None)
    return frame[~(frame["paid_at"] < as_of)]


OVERDUE = Select("invoices", at="due_at", until="paid_at")
CRITICAL = Select("tickets", (Is("priority", ("critical",)),), at="created_at")
SOLVED = Select("tickets", window=Window(90), at="resolved_at")

CASES = {
    "count": (
        Count(usage(W28)),
        lambda f, a, t: len(seen(f["usage_daily"], a, t, "date", W28)),
    ),
    "count of a filter": (
        Count(usage(W28, Above("events", 2.0))),
        lambda f, a, t: (seen(f["usage_daily"], a, t, "date", W28)["events"] > 2).sum(),
    ),
    "total": (
        Total(usage(W28), "events"),
        lambda f, a, t: seen(f["usage_daily"], a, t, "date", W28)["events"].sum(),
    ),
    "count in an earlier window": (
        Count(usage(W28).shifted(28)),
        lambda f, a, t: len(seen(f["usage_daily"], a, t, "date", BEFORE)),
    ),
    "distinct users": (
        Distinct(usage(W28), ("product_user_id",)),
        lambda f, a, t: seen(f["usage_daily"], a, t, "date", W28)["product_user_id"].nunique(),
    ),
    "distinct pairs": (
        Distinct(usage(W28), ("product_user_id", "date")),
        lambda f, a, t: len(
            seen(f["usage_daily"], a, t, "date", W28)[["product_user_id", "date"]].drop_duplicates()
        ),
    ),
    "days since": (
        DaysSince(Select("usage_daily")),
        lambda f, a, t: age(t, seen(f["usage_daily"], a, t, "date", None)["date"].max()),
    ),
    "days since, silence has an age": (
        DaysSince(Select("usage_daily"), or_tenure=True),
        lambda f, a, t: (
            age(
                t,
                max(START, begun(f["usage_daily"], t))
                if pd.isna(last := seen(f["usage_daily"], a, t, "date", None)["date"].max())
                else last,
            )
            if t > START and not pd.isna(begun(f["usage_daily"], t))
            else np.nan
        ),
    ),
    "sum of open invoices": (
        Total(OVERDUE, "amount_due"),
        lambda f, a, t: round(open_invoices(f, a, t)["amount_due"].round(6).sum(), 6),
    ),
    "oldest open invoice": (
        Oldest(OVERDUE),
        lambda f, a, t: np.nan_to_num(age(t, open_invoices(f, a, t)["due_at"].min())),
    ),
    "versions of a ticket": (
        Count(CRITICAL),
        lambda f, a, t: (newest_versions(f["tickets"], a, t)["priority"] == "critical").sum(),
    ),
    "median of hours": (
        Median(SOLVED, "resolved_at", hours_since="created_at"),
        median_hours_by_hand,
    ),
    "days until": (
        DaysUntil(Select("invoices", at="issued_at"), "due_at"),
        lambda f, a, t: (
            lambda v: (
                -age(t, v.sort_values(["issued_at"], kind="stable")["due_at"].iloc[-1])
                if len(v)
                else np.nan
            )
        )(seen(f["invoices"], a, t, "issued_at", None)),
    ),
    "tenure": (Tenure(), lambda f, a, t: age(t, START) if t > START else np.nan),
    "ratio": (
        Ratio(Total(usage(W28), "events"), Count(usage(W28)), at_least=2.0),
        lambda f, a, t: (lambda v: v["events"].mean() if len(v) >= 2 else np.nan)(
            seen(f["usage_daily"], a, t, "date", W28)
        ),
    ),
    "difference": (
        Difference(Count(usage(W28)), Count(usage(BEFORE))),
        lambda f, a, t: (
            len(seen(f["usage_daily"], a, t, "date", W28))
            - len(seen(f["usage_daily"], a, t, "date", BEFORE))
        ),
    ),
    "change": (
        Change(Count(usage(W28)), 28),
        lambda f, a, t: mean_or_nan(
            len(seen(f["usage_daily"], a, t, "date", W28))
            - len(seen(f["usage_daily"], a, t, "date", BEFORE)),
            len(seen(f["usage_daily"], a, t, "date", BEFORE)),
        ),
    ),
    "slope": (Slope(Distinct(usage(Window(7)), ("product_user_id",)), 4), slope_by_hand),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", CASES)
def test_measure_equals_the_obvious_loop(name, seed):
    measure, by_hand = CASES[name]
    frames, tables = random_tables(seed)
    pairs = own_dates(np.random.default_rng(seed + 100))
    known = Knowledge(tables, Rows.of(pairs))
    found = pd.Series(measure.evaluate(known), index=known.rows.index)
    expected = [by_hand(frames, account, as_of) for account, as_of in found.index]
    np.testing.assert_allclose(found.to_numpy(), np.array(expected, float), rtol=0, atol=1e-6)


def test_latest_is_the_newest_by_its_clock_even_when_known_late():
    frames = {
        "accounts": pd.DataFrame({"account_id": ["a"], "known_at": [START]}),
        "account_events": pd.DataFrame(
            {
                "event_id": ["1", "2"],
                "account_id": "a",
                "kind": "feedback",
                "value_num": [0.5, -0.5],
                "occurred_at": [START + DAY, START + 5 * DAY],
                "known_at": [START + 9 * DAY, START + 6 * DAY],
            }
        ),
    }
    dates = [START + days * DAY for days in (3, 7, 10)]
    rows = Rows.of(pd.DataFrame({"account_id": "a", "as_of": dates}))
    known = Knowledge(tables_of(frames), rows)
    latest = Latest(Select("account_events"), "value_num")
    np.testing.assert_array_equal(latest.evaluate(known), [np.nan, -0.5, -0.5])


def test_window_bounds_are_checked_at_the_edge():
    assert Window(1).days == 1
    with pytest.raises(ValueError, match="`days` must be at least 1, got 0"):
        Window(0)
    assert Window(7, 0).ends_days_ago == 0
    with pytest.raises(ValueError, match="a window never looks ahead"):
        Window(7, -1)
