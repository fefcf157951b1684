"""Invoices and how they were paid."""

from typing import Any

import numpy as np
import pandas as pd

from ..traps.hindsight import written_off_later
from ..truth.days import DAY, NAT, Bools, Ints, at, day_of
from ..truth.world import World, frame, numbered, repeated
from .contracts import mrr_at

__all__ = ["invoices"]

_CLOCKS = ("issued_at", "due_at", "paid_at", "first_failed_at", "disputed_at", "known_at")


def invoices(world: World) -> pd.DataFrame:
    """Write the invoices: a row when issued, when a payment failed, and when settled.

    Parameters
    ----------
    world : World

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> invoices(world)["status"].iloc[0]
    'open'
    """
    rng = world.rng("invoices")
    account, day = _issued(world)
    size = len(account)
    trouble = world.state(world.causes.payment, account, day)
    issued = at(day, rng)
    terms = np.where(world.profile.segment[account] == 2, 45, 30)
    due = issued + terms * DAY
    amount = np.round(mrr_at(world, account, day) * world.profile.billing_months[account], 2)
    number = world.profile.number[account]
    base: dict[str, Any] = {
        "invoice_id": numbered("inv", number, repeated(account) + 1),
        "account_id": world.account_ids[account],
        "issued_at": issued,
        "due_at": due,
        "amount_due": amount,
        "amount_paid": np.zeros(size),
        "paid_at": np.full(size, NAT),
        "status": np.full(size, "open", dtype=object),
        "attempt_count": np.zeros(size, dtype=np.int64),
        "first_failed_at": np.full(size, NAT),
        "disputed_at": _disputes(world, account, day, issued, rng),
        "known_at": issued,
    }
    failed = _failed(base, trouble, rng)
    paid = _paid(base, failed, trouble, rng)
    unpaid = _never_paid(world, account, day)
    parts = [
        _without_dispute(base),
        _some(base, base["disputed_at"] != NAT, known_at=base["disputed_at"]),
        _some(failed, failed["first_failed_at"] != NAT),
        _some(paid, ~unpaid),
        written_off_later(world, account, failed, unpaid),
    ]
    return pd.concat([frame(part, _CLOCKS) for part in parts], ignore_index=True)


def _issued(world: World) -> tuple[Ints, Ints]:
    profile, calendar = world.profile, world.calendar
    months = np.arange(calendar.months)
    age = months[None, :] - profile.start_month[:, None]
    due = (age >= 0) & (age % profile.billing_months[:, None] == 0)
    account, month = np.nonzero(due)
    day = day_of(month + calendar.first, profile.birthday[account])
    alive = day < world.last_day[account]
    return account[alive], day[alive]


def _disputes(
    world: World, account: Ints, day: Ints, issued: Ints, rng: np.random.Generator
) -> Ints:
    angry = world.state(world.causes.value_gap | world.causes.incident, account, day)
    disputed = rng.random(len(account)) < np.where(angry, 0.05, 0.006)
    return np.where(disputed, issued + rng.integers(4, 25, len(account)) * DAY, NAT)


def _failed(base: dict[str, Any], trouble: Bools, rng: np.random.Generator) -> dict[str, Any]:
    size = len(trouble)
    disputed = base["disputed_at"] != NAT
    fails = (rng.random(size) < np.where(trouble, 0.75, 0.02)) & ~disputed
    first = base["due_at"] - rng.integers(0, 12, size) * DAY
    failed_at = np.where(fails, np.maximum(first, base["issued_at"] + DAY), NAT)
    attempts = np.where(fails, rng.integers(1, np.where(trouble, 5, 3)), 0)
    return {
        **base,
        "status": np.full(size, "past_due", dtype=object),
        "attempt_count": attempts,
        "first_failed_at": failed_at,
        "known_at": np.where(failed_at == NAT, NAT, failed_at + 2 * DAY * attempts),
    }


def _paid(
    base: dict[str, Any], failed: dict[str, Any], trouble: Bools, rng: np.random.Generator
) -> dict[str, Any]:
    size = len(trouble)
    habit = rng.normal(-6.0, 6.0, size)
    late = np.where(trouble, rng.uniform(18.0, 95.0, size), habit)
    paid = base["due_at"] + (late * DAY).astype(np.int64)
    after = np.where(failed["known_at"] != NAT, failed["known_at"] + DAY, base["issued_at"] + DAY)
    # A dispute is settled before it is paid.
    after = np.maximum(after, base["disputed_at"] + rng.integers(3, 40, size) * DAY)
    paid = np.maximum(paid, after)
    return {
        **base,
        "amount_paid": base["amount_due"],
        "paid_at": paid,
        "status": np.full(size, "paid", dtype=object),
        "attempt_count": failed["attempt_count"] + 1,
        "first_failed_at": failed["first_failed_at"],
        "known_at": paid + DAY // 24,
    }


def _never_paid(world: World, account: Ints, day: Ints) -> Bools:
    """Invoices of the last three months before the vendor gave up."""
    gone = world.fate.route[account] == "payment_failure"
    return np.asarray(gone & (day > world.fate.end_day[account] - 95))


def _without_dispute(base: dict[str, Any]) -> dict[str, Any]:
    return {**base, "disputed_at": np.full(len(base["known_at"]), NAT)}


def _some(part: dict[str, Any], keep: Any, **changes: Any) -> dict[str, Any]:
    return {name: values[keep] for name, values in {**part, **changes}.items()}
