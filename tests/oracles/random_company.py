"""A company of random rows full of edges, for comparing the engine with plain SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churngrid.features.arrays.time_grid import DAY_US
from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import Tables
from tests.build import day, tables_of
from tests.oracles.random_tables import MAKERS

HOUR_US = DAY_US // 24
FIRST, LAST = (int(day(text).value // 1000) for text in ("2023-01-01", "2025-06-01"))
BACKFILLED = int(day("2024-09-01").value // 1000)
"""When rows of the year before were delivered in one go."""

EDGES = (0, 7, 14, 28, 30, 56, 60, 90, 120, 168, 180, 365)
"""Days before an as-of date at which some window of the catalogue opens or ends."""

BUSY = tuple(f"account {place:02}" for place in range(9))
NEW = "account joined late"
ASKED = (*BUSY, NEW, "account without rows")
ACCOUNTS = (*BUSY, NEW, "somebody not asked")


@dataclass(frozen=True)
class Company:
    """Frames with canonical columns, the pairs that are asked, and the tables of both."""

    frames: Mapping[str, pd.DataFrame]
    pairs: pd.DataFrame

    @property
    def tables(self) -> Tables:
        return tables_of(self.frames)


def random_company(seed, *, own_dates, raw_usage):
    """A company whose accounts share their as-of dates (midnights), or have dates of their own."""
    rng = np.random.default_rng(seed)
    pairs = _own_pairs(rng) if own_dates else _shared_pairs(rng)
    draw = Draw(rng, pairs["as_of"].to_numpy())
    frames = {
        "accounts": _accounts(draw),
        "features": _features(draw),
        ("usage_events" if raw_usage else "usage_daily"): _usage(draw, raw_usage=raw_usage),
    }
    for name, make in MAKERS.items():
        frames[name] = make(draw)
    pairs["as_of"] = pd.to_datetime(pairs["as_of"], unit="us", utc=True)
    return Company({name: _finished(name, frame, rng) for name, frame in frames.items()}, pairs)


def _shared_pairs(rng):
    """All accounts on the same days: before the first row, after the last, on a leap day."""
    texts = ("2022-06-01", "2024-02-29", "2024-03-01", "2024-09-01", "2024-09-02", "2026-03-01")
    fixed = [int(day(text).value // 1000) for text in texts]
    drawn = FIRST + rng.integers(0, (LAST - FIRST) // DAY_US, 9) * DAY_US
    dates = np.unique([*fixed, *drawn])
    return pd.DataFrame(
        [(account, date) for account in ASKED for date in dates], columns=["account_id", "as_of"]
    )


def _own_pairs(rng):
    """Each account on moments of its own; the end of one account's row is no other's."""
    rows = []
    for account in ASKED:
        dates = rng.integers(FIRST, LAST, 12)
        dates = np.append(dates, [int(day("2022-03-01").value // 1000), LAST + 500 * DAY_US])
        dates = np.append(dates, dates[0] + 28 * DAY_US)
        rows += [(account, date) for date in np.unique(dates)]
    pairs = pd.DataFrame(rows, columns=["account_id", "as_of"])
    return pairs.sample(frac=1.0, random_state=1, ignore_index=True)


class Draw:
    """Random values; times lie on edges, a microsecond beside them, at midnight or anywhere."""

    def __init__(self, rng, as_of):
        self.rng = rng
        self.as_of = as_of

    def edges(self, n):
        near = self.rng.choice(self.as_of, n) - self.rng.choice(EDGES, n) * DAY_US
        return near + self.rng.integers(-1, 2, n)

    def moments(self, n):
        anywhere = self.rng.integers(FIRST, LAST, n)
        midnights = anywhere // DAY_US * DAY_US
        return np.choose(self.rng.integers(0, 3, n), [self.edges(n), midnights, anywhere])

    def later(self, moments, days):
        """Moments up to so many days later, and some on an edge."""
        n = len(moments)
        later = moments + self.rng.integers(0, days * DAY_US, n)
        return np.where(self.rng.random(n) < 0.3, np.maximum(self.edges(n), moments), later)

    def known(self, moments):
        """A third much later, of which those of one year came in one go; a few beforehand."""
        n = len(moments)
        soon = moments + self.rng.choice([0, 1, HOUR_US, DAY_US - 1], n)
        soon = np.where(self.rng.random(n) < 0.1, moments - 20 * DAY_US, soon)
        year = (moments < BACKFILLED) & (moments >= BACKFILLED - 365 * DAY_US)
        late = np.where(year & (self.rng.random(n) < 0.5), BACKFILLED, self.later(moments, 250))
        return np.where(self.rng.random(n) < 1 / 3, late, soon)

    def some(self, values, share=0.7):
        """Values, some of them missing."""
        kept = self.rng.random(len(values)) < share
        return [value if keep else None for value, keep in zip(values, kept, strict=True)]

    def of(self, values, n):
        return self.rng.choice(values, n)

    def accounts(self, n):
        return self.of(ACCOUNTS, n)

    def versions(self, things, n):
        """Which thing each of n versions is of, and its account: one in twenty moves."""
        homes = self.accounts(things)
        thing = self.rng.integers(0, things, n)
        moved = self.rng.random(n) < 0.05
        return thing, np.where(moved, self.accounts(n), homes[thing])


def _finished(name, frame, rng):
    """Rows in any order, each version once, numbers of microseconds as times."""
    spec = table_spec(name)
    if spec.entity:
        frame = frame.drop_duplicates(list(spec.key))
    frame = frame.sample(frac=1.0, random_state=int(rng.integers(1 << 30)), ignore_index=True)
    for column in frame:
        if spec.column(column).kind == "time":
            moments = pd.array(frame[column].tolist(), dtype="Int64")
            frame[column] = pd.to_datetime(moments, unit="us", utc=True)
    return frame


def _accounts(draw):
    n = 3 * len(ASKED)
    account = np.tile(ASKED, 3)
    begun = np.where(account == NEW, LAST - 100 * DAY_US, FIRST - 200 * DAY_US)
    valid = np.where(np.arange(n) < len(ASKED), begun, draw.later(begun, 700))
    return pd.DataFrame(
        {
            "account_id": account,
            "segment": draw.some(draw.of(["small", "large"], n), 0.9),
            "lifecycle_stage": draw.some(draw.of(["Onboarding", "live"], n), 0.9),
            "plan_tier": draw.some(draw.of(["Starter", "pro ", "enterprise", "gold"], n), 0.9),
            "employee_count": draw.some(draw.of([10.0, 25.0, 300.0], n), 0.8),
            "customer_since": draw.some(begun + 30 * DAY_US, 0.8),
            "valid_from": valid,
            "known_at": draw.known(valid),
        }
    )


def _features(draw):
    n = 12
    return pd.DataFrame(
        {
            "feature_id": [f"feature {place}" for place in range(n)],
            "module": draw.some(draw.of(["m1", "m2", "m3"], n), 0.8),
            "is_core": draw.some(draw.rng.random(n) < 0.5, 0.9),
            "is_value_event": draw.some(draw.rng.random(n) < 0.7, 0.9),
            "is_premium": draw.some(draw.rng.random(n) < 0.4, 0.9),
            "is_integration": draw.some(draw.rng.random(n) < 0.4, 0.9),
            "is_admin_setting": draw.some(draw.rng.random(n) < 0.4, 0.9),
            "min_plan": draw.some(draw.of(["starter", "Pro", "enterprise", "silver"], n), 0.8),
            "released_at": draw.some(draw.moments(n), 0.8),
            "retired_at": draw.some(draw.moments(n), 0.3),
        }
    )


def _usage(draw, *, raw_usage):
    n = 1500
    happened = draw.moments(n)
    frame = pd.DataFrame(
        {
            "account_id": draw.accounts(n),
            "product_user_id": draw.of([f"user {place}" for place in range(25)], n),
            # The last two are in no catalogue.
            "feature_id": draw.some(draw.of([f"feature {place}" for place in range(14)], n), 0.95),
        }
    )
    if raw_usage:
        frame["occurred_at"] = happened
        frame["known_at"] = draw.known(happened)
    else:
        frame["date"] = happened // DAY_US * DAY_US
        frame["events"] = draw.some(draw.of([0.0, 1.0, 2.0, 0.1, 1e4 / 3], n), 0.9)
        frame["errors"] = draw.some(draw.of([0.0, 1.0], n), 0.9)
        frame["automated_events"] = draw.some(draw.of([0.0, 5.0, 80.25], n), 0.9)
        frame["known_at"] = draw.known(frame["date"].to_numpy())
    return pd.concat([frame, frame.iloc[:100]], ignore_index=True)
