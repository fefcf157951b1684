"""How an account uses the product: seats bought, assigned and active, core features, the year."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray
from ...features.arrays.as_of_rows import Rows
from ...features.engine.point_in_time import Knowledge
from ...features.metrics.group_measures import Shared
from ...features.metrics.measures import Catalogue, Commercial, Count, Distinct
from ...features.metrics.queries import Measure
from ...features.metrics.row_selection import IsTrue, Select, Window
from ...features.schema.tableset import Tables
from .known_rows import Fact

__all__ = ["WEEKS", "use_facts"]

WEEKS = 52
"""Weeks of the small chart."""

_VALUE, _CORE = IsTrue("is_value_event"), (IsTrue("is_core"),)
_WEEKLY = Distinct(Select("usage", (_VALUE,), Window(7)), ("product_user_id",))
_SEATS: Mapping[str, Measure] = {
    "Seats bought": Commercial("seats"),
    "Seats assigned": Count(Select("seats", after=("activated_at",), until="deactivated_at")),
    "Active users (28 days)": Distinct(
        Select("usage", (_VALUE,), Window(28)), ("product_user_id",)
    ),
    "Core features used by two or more (28 days)": Shared(
        Select("usage", _CORE, Window(28)), "feature_id", "product_user_id"
    ),
}


def use_facts(tables: Tables, as_of: pd.Timestamp, accounts: pd.Series) -> Iterator[Fact]:
    """Yield seats, active users and core features, and the active users of each week of a year.

    What is known later than a date is cut by whoever answers, so that the tables are those of the
    scoring, with everything that was read of them.
    """
    # Answers come in the order of the ids, whatever order the accounts are listed in.
    ids = np.sort(accounts.to_numpy(dtype=object))
    now = _knowledge(tables, ids, [as_of])
    core = _core_features(tables, now)
    for name, measure in _SEATS.items():
        if now.collected(measure):
            out_of = core if name.startswith("Core") else np.zeros(len(ids))
            for account, value, all_ in zip(ids, measure.evaluate(now), out_of, strict=True):
                if not np.isnan(value):
                    of = f" of {all_:,.0f}" if all_ else ""
                    yield account, "use", name, f"{value:,.0f}{of}", None
    yield from _by_week(tables, as_of, ids)


def _knowledge(tables: Tables, ids: np.ndarray, dates: list[pd.Timestamp]) -> Knowledge:
    pairs = pd.MultiIndex.from_product([ids, dates], names=["account_id", "as_of"])
    return Knowledge(tables, Rows.of(pairs.to_frame(index=False)))


def _core_features(tables: Tables, now: Knowledge) -> FloatArray:
    """Return how many core features each account can use; 0 where that is not known."""
    if not tables.has("features", "is_core"):
        return np.zeros(len(now.rows))
    return Catalogue(_CORE).evaluate(now)


def _by_week(tables: Tables, as_of: pd.Timestamp, ids: np.ndarray) -> Iterator[Fact]:
    """Yield the weekly active users, the oldest week first; weeks before the feed are left out."""
    ends = [as_of - pd.Timedelta(days=7 * ago) for ago in range(WEEKS - 1, -1, -1)]
    weekly = _knowledge(tables, ids, ends)
    if not weekly.collected(_WEEKLY):
        return
    covered = weekly.covered_since(Select("usage"))
    starts = np.array([end.value // 1_000 for end in ends]) - 7 * 86_400_000_000
    users = _WEEKLY.evaluate(weekly).reshape(len(ids), WEEKS)
    there = _begun(weekly).reshape(len(ids), WEEKS) & (covered.reshape(len(ids), WEEKS) <= starts)
    for account, counts, shown in zip(ids, users, there, strict=True):
        if shown.any() and counts[shown].any():
            text = "|".join(f"{count:.0f}" for count in counts[shown])
            yield account, "trend", "Active users a week", text, None


def _begun(weekly: Knowledge) -> BoolArray:
    """Return whether each row's account was a customer by then, as far as known."""
    if "accounts" not in weekly.tables:
        return np.ones(len(weekly.rows), dtype=bool)
    return np.asarray(~(weekly.tenure_days() < 0))
