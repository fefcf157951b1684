"""What changed in what an account pays, where the company writes no kind of change beside it.

Few systems say "seats added" or "price raised"; they say what is paid for, from when until when.
What changed then follows from what stands on the two sides of a day, whatever the rows are called.
"""

import numpy as np
import pandas as pd

from ..arrays.array_types import IntArray
from ..arrays.moments import NEVER, later

__all__ = ["unnamed_changes"]


_ROUNDED = 0.005
"""Of a year's price: less is how an amount was rounded."""

_CHANGE = ["account_id", "at_us", "change", "signed_us", "about"]


def unnamed_changes(paid: pd.DataFrame, *, grace_days: int) -> pd.DataFrame:
    """List by how much more or less each account pays, and what that is about.

    Parameters
    ----------
    paid : DataFrame
        States of subscription items as ``Subscriptions.settled`` gives them.
    grace_days : int
        What resumes within so many days continues.

    Returns
    -------
    DataFrame
        ``account_id``; ``at_us`` (when it takes effect); ``change`` (per year, plus is more);
        ``signed_us`` (when it was known); ``about``:

        - ``cross_sell``: a product more or less, beside what stays;
        - ``upsell``: another product or plan in the place of one that ends;
        - ``seats``: more or fewer of the same, at the price before;
        - ``value``: more or less of the same where no number of seats is told.

        The price of what stays the same is no change of the account's own, nor is its beginning
        or its end. Empty when there are none.

    Examples
    --------
    >>> day = np.array(["2025-01-01", "2026-01-01"], "datetime64[us]").astype(np.int64)
    >>> paid = pd.DataFrame({"account_id": "a", "product": "core", "starts_us": day})
    >>> paid = paid.assign(ends_us=[day[1], NEVER], first_known_us=day, end_known_us=day)
    >>> paid = paid.assign(arr=[1200.0, 1440.0], quantity=[10.0, 12.0])
    >>> unnamed_changes(paid, grace_days=30)[["change", "about"]].values.tolist()
    [[240.0, 'seats']]
    """
    counted = paid[(paid["arr"] > 0) & (paid["ends_us"] > paid["starts_us"])]
    counted = counted.assign(product=counted["product"].fillna(""))
    steps = _sides(_steps(_continued(counted, grace_days)))
    steps = steps[(steps["of_account"] > _ROUNDED) & (steps["then_of_account"] > _ROUNDED)]
    about = _about(steps)
    changes = steps.assign(change=_amount(steps, about), about=about)[_CHANGE]
    at_once = ["account_id", "at_us", "signed_us", "about"]
    summed = changes.groupby(at_once, as_index=False).agg({"change": "sum"})[_CHANGE]
    return summed[summed["change"].abs() > _ROUNDED].reset_index(drop=True)


def _continued(paid: pd.DataFrame, grace_days: int) -> pd.DataFrame:
    """Move each end to where the same product, or else anything, begins within the grace."""
    ends = paid["ends_us"].to_numpy()
    again = _next_start(paid, ["account_id", "product"])
    other = _next_start(paid, ["account_id"])
    reach = later(ends, grace_days)
    moved = np.where(again <= reach, again, np.where(other <= reach, other, ends))
    return paid.assign(ends_us=np.where(ends == NEVER, ends, moved))


def _next_start(paid: pd.DataFrame, by: list[str]) -> IntArray:
    """Return when something of a group begins, not before each end."""
    ends = paid[[*by, "ends_us"]].assign(row=np.arange(len(paid))).sort_values("ends_us")
    starts = paid[[*by, "starts_us"]].sort_values("starts_us")
    found = pd.merge_asof(
        ends, starts, left_on="ends_us", right_on="starts_us", by=by, direction="forward"
    )
    starts_us = found.set_index("row")["starts_us"].sort_index()
    return np.where(starts_us.isna(), NEVER, starts_us.fillna(0).astype(np.int64))


def _steps(paid: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each day on which something of a product begins or ends."""
    begun = paid[["account_id", "product", "arr", "quantity"]].assign(
        at_us=paid["starts_us"], signed_us=paid["first_known_us"], n=1
    )
    ended = begun.assign(
        arr=-paid["arr"],
        quantity=-paid["quantity"],
        at_us=paid["ends_us"],
        signed_us=paid["end_known_us"],
        n=-1,
    )
    both = pd.concat([begun, ended[ended["at_us"] < NEVER]], ignore_index=True)
    both = both.assign(untold=both["n"].where(both["quantity"].isna(), 0))
    steps = both.groupby(["account_id", "product", "at_us"], as_index=False).agg(
        {"arr": "sum", "quantity": "sum", "n": "sum", "untold": "sum", "signed_us": "max"}
    )
    signed = steps.groupby(["account_id", "at_us"])["signed_us"].transform("max")
    return steps.assign(signed_us=signed).sort_values(["account_id", "at_us"], kind="stable")


def _sides(steps: pd.DataFrame) -> pd.DataFrame:
    """Add what stands before and after each step, of the product and of the account."""
    names = {"arr": "paid", "quantity": "seats", "n": "items", "untold": "unsaid"}
    after = steps.groupby(["account_id", "product"])[list(names)].cumsum()
    sides = {f"then_{new}": after[old] for old, new in names.items()}
    sides |= {new: after[old] - steps[old] for old, new in names.items()}
    at_once = steps.groupby(["account_id", "at_us"], as_index=False)["arr"].sum()
    then = at_once.assign(then=at_once.groupby("account_id")["arr"].cumsum())
    whole = steps[["account_id", "at_us"]].merge(then, on=["account_id", "at_us"], how="left")
    return steps.assign(
        **sides,
        then_of_account=whole["then"].to_numpy(),
        of_account=(whole["then"] - whole["arr"]).to_numpy(),
    )


def _about(steps: pd.DataFrame) -> pd.Series:
    begins, ends = steps["items"] == 0, steps["then_items"] == 0
    day = [steps["account_id"], steps["at_us"]]
    replaced = begins.groupby(day).transform("any") & ends.groupby(day).transform("any")
    stays, told = ~begins & ~ends, (steps["unsaid"] == 0) & (steps["then_unsaid"] == 0)
    moved = (steps["then_seats"] - steps["seats"]).abs() > 0
    kinds = {
        "upsell": (begins ^ ends) & replaced,
        "cross_sell": begins ^ ends,
        "seats": stays & told & moved,
        "value": stays & ~told,
    }
    found = np.select(list(kinds.values()), list(kinds), default="")
    return pd.Series(found, index=steps.index, dtype=object).replace("", None)


def _amount(steps: pd.DataFrame, about: pd.Series) -> pd.Series:
    """Return the change, of seats at the price that one had before."""
    a_seat = (steps["paid"] / steps["seats"].where(steps["seats"] > 0)).fillna(0.0)
    return steps["arr"].where(about != "seats", steps["quantity"] * a_seat)
