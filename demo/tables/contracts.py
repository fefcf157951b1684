"""Contracts, the ledger of what is paid for, and what happened to both."""

from typing import Any

import numpy as np
import pandas as pd

from ..truth.days import DAY, END, FAR, NAT, Floats, Ints, at
from ..truth.fate import CHANGES
from ..truth.profiles import PLANS
from ..truth.world import World, frame, numbered, or_none, repeated

__all__ = ["contract_events", "contracts", "mrr_at", "notice_clocks", "subscription_items"]

_HOUR = DAY // 24
_SCALE = 10**6
_KINDS = np.array([*CHANGES, "cancel"], dtype=object)
_PRODUCTS = np.array(["core", "insights"], dtype=object)
_REASONS = {
    "none": (None, None),
    "adoption": ("adoption", "eu"),
    "sponsor_left": ("engagement_sponsor", "ua"),
    "incidents": ("quality_availability", "ea"),
    "payment": ("payment", "uu"),
    "value_gap": ("value_product_gap", "ea"),
    "onboarding": ("adoption", "ua"),
    "acquired": ("acquisition", "uu"),
    "shutdown": ("shutdown", "uu"),
    "chance": ("corporate_decision", "uu"),
}
_INITIATED = {"payment_failure": "payment_failure", "shutdown": "shutdown", "mna": "mna"}


def notice_clocks(world: World) -> tuple[Ints, Ints]:
    """Give when each account decided to leave, and when that was written down.

    Parameters
    ----------
    world : World

    Returns
    -------
    tuple of two arrays of int
        Microseconds, one per account; ``NAT`` for those who stay. One notice in four is written
        down up to twenty days late.

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> int((notice_clocks(world)[0] > NAT).sum())
    1
    """
    rng = world.rng("notice")
    decided = at(world.fate.decided_day, rng)
    lag = np.where(rng.random(len(decided)) < 0.25, rng.integers(1, 21, len(decided)) * DAY, _HOUR)
    silent = np.isin(world.fate.route, ["lapse", "payment_failure"])
    decided = np.where(silent & (decided != NAT), world.fate.decided_day * DAY, decided)
    lag = np.where(silent, 6 * _HOUR, lag)
    return decided, np.where(decided == NAT, NAT, decided + lag)


def mrr_at(world: World, account: Ints, day: Ints) -> Floats:
    """Give the monthly revenue of accounts on a day, add-on included.

    Parameters
    ----------
    world : World
    account, day : array of int, shape (n,)

    Returns
    -------
    array of float, shape (n,)
        US dollars; 0 before the first contract. The end of a contract is not looked at.

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> bool(mrr_at(world, np.array([0]), np.array([END]))[0] > 0)
    True
    """
    changes = world.fate.changes
    key = (changes.account * 2 + changes.item) * _SCALE + changes.day
    total = np.zeros(len(account))
    for item in (0, 1):
        owner = account * 2 + item
        found = np.searchsorted(key, owner * _SCALE + day, side="right") - 1
        hit = (found >= 0) & (key[found] // _SCALE == owner)
        total += np.where(hit, changes.quantity[found] * changes.price[found], 0.0)
    return total


def contracts(world: World) -> pd.DataFrame:
    """Write the terms of all contracts.

    Parameters
    ----------
    world : World

    Returns
    -------
    pandas.DataFrame
        Contracts from month to month are one row with ``term_months`` 1 and no ``term_end``;
        once cancelled they get a second version that names it.

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> contracts(world)["account_id"].nunique()
    3
    """
    table = _terms(world)
    clocks = ("term_start", "term_end", "notice_deadline", "signed_at", "known_at")
    return pd.concat([frame(table, clocks), frame(_ended(world, table), clocks)], ignore_index=True)


def _terms(world: World) -> dict[str, Any]:
    terms, profile = world.fate.terms, world.profile
    a = terms.account
    number, months = profile.number[a], profile.term_months[a]
    term_end = np.where(terms.end_day >= FAR, NAT, terms.end_day * DAY)
    acv = 12.0 * mrr_at(world, a, terms.start_day)
    renews = repeated(a) > 0
    signed = at(terms.signed_day, world.rng("signed"))
    return {
        "contract_id": numbered("con", number, terms.sequence),
        "account_id": world.account_ids[a],
        "term_start": terms.start_day * DAY,
        "term_end": term_end,
        "term_months": months,
        "auto_renew": profile.auto_renew[a],
        "notice_period_days": profile.notice_days[a],
        "notice_deadline": np.where(term_end == NAT, NAT, term_end - profile.notice_days[a] * DAY),
        "tcv": np.round(acv * months / 12.0, 2),
        "acv": np.round(acv, 2),
        "list_acv": np.round(acv / (1.0 - _discount(world, terms.sequence)), 2),
        "payment_terms_days": np.where(profile.segment[a] == 2, 45, 30),
        "signed_at": signed,
        "predecessor_contract_id": or_none(renews, numbered("con", number, terms.sequence - 1)),
        "known_at": signed,
    }


def _discount(world: World, sequence: Ints) -> Floats:
    account = world.fate.terms.account
    base = world.rng("discount").uniform(0.0, 0.25, world.profile.size)
    return np.clip(base[account] - 0.02 * (sequence - 1), 0.0, 0.4)


def _ended(world: World, table: dict[str, Any]) -> dict[str, Any]:
    """Second versions of contracts from month to month, once their end is known."""
    terms, fate = world.fate.terms, world.fate
    ends = np.flatnonzero((terms.end_day >= FAR) & (fate.end_day[terms.account] < FAR))
    account = terms.account[ends]
    last = {name: values[ends] for name, values in table.items()}
    last["term_end"] = last["notice_deadline"] = fate.end_day[account] * DAY
    last["known_at"] = notice_clocks(world)[1][account]
    return last


def subscription_items(world: World) -> pd.DataFrame:
    """Write the ledger: every state once when it begins and once more when it has ended.

    Parameters
    ----------
    world : World

    Returns
    -------
    pandas.DataFrame
        In US dollars; contracts in another currency are restated once a year (``fx``).

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> subscription_items(world)["currency"].unique().tolist()
    ['USD']
    """
    opened = _ledger(world)
    closes = _state_ends(world)
    over = np.flatnonzero(closes < FAR)
    closed = {name: values[over] for name, values in opened.items()}
    closed["effective_to"] = closes[over] * DAY
    closed["known_at"] = closes[over] * DAY + 9 * _HOUR
    clocks = ("effective_from", "effective_to", "known_at")
    parts = [opened, closed, _cancelled(world, opened)]
    return pd.concat([frame(part, clocks) for part in parts], ignore_index=True)


def _ledger(world: World) -> dict[str, Any]:
    changes, profile = world.fate.changes, world.profile
    a = changes.account
    plan = np.where(changes.item == 1, "add_on", PLANS[changes.plan])
    price = np.round(changes.price, 4)
    return {
        "item_id": numbered("itm", profile.number[a], changes.item + 1),
        "contract_id": numbered("con", profile.number[a], _sequence_at(world, a, changes.day)),
        "account_id": world.account_ids[a],
        "product_id": _PRODUCTS[changes.item],
        "plan": plan,
        "quantity": changes.quantity,
        "unit": np.full(len(a), "seat", dtype=object),
        "unit_price": price,
        "list_price": np.round(price / 0.88, 4),
        "mrr": np.round(changes.quantity * price, 2),
        "currency": np.full(len(a), "USD", dtype=object),
        "effective_from": changes.day * DAY,
        "effective_to": np.full(len(a), NAT),
        "change_type": _KINDS[changes.kind],
        "known_at": changes.day * DAY + 9 * _HOUR,
    }


def _sequence_at(world: World, account: Ints, day: Ints) -> Ints:
    terms = world.fate.terms
    key = terms.account * _SCALE + terms.start_day
    found = np.searchsorted(key, account * _SCALE + day, side="right") - 1
    return terms.sequence[found]


def _state_ends(world: World) -> Ints:
    """Day each ledger state ends: its successor begins (less a gap), or the contract ends."""
    changes = world.fate.changes
    owner = changes.account * 2 + changes.item
    ends = world.fate.end_day[changes.account].copy()
    follows = np.flatnonzero(owner[1:] == owner[:-1])
    ends[follows] = changes.day[follows + 1] - changes.gap[follows + 1]
    return ends


def _cancelled(world: World, opened: dict[str, Any]) -> dict[str, Any]:
    changes = world.fate.changes
    owner = changes.account * 2 + changes.item
    last = np.append(owner[1:] != owner[:-1], True)
    gone = np.flatnonzero(last & (world.fate.end_day[changes.account] < END))
    day = world.fate.end_day[changes.account[gone]]
    rows = {name: values[gone] for name, values in opened.items()}
    rows["quantity"], rows["mrr"] = np.zeros(len(gone), np.int64), np.zeros(len(gone))
    rows["effective_from"], rows["known_at"] = day * DAY, day * DAY + 9 * _HOUR
    rows["change_type"] = np.full(len(gone), "cancel", dtype=object)
    return rows


def contract_events(world: World) -> pd.DataFrame:
    """Write notices, cancellations, renewals, withdrawn notices and pauses.

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
    >>> contract_events(world)["event_type"].iloc[0]
    'renewed'
    """
    parts = [*_leaving(world), *_renewals(world), *_withdrawals(world), *_pauses(world)]
    joined = {
        name: np.concatenate([np.asarray(part[name], dtype=kind) for part in parts])
        for name, kind in _EVENT_KINDS.items()
    }
    account = joined.pop("account")
    order = np.lexsort((joined["known_at"], account))
    account = account[order]
    joined = {name: values[order] for name, values in joined.items()}
    number = world.profile.number[account]
    head = {
        "event_id": numbered("cev", number, repeated(account) + 1),
        "account_id": world.account_ids[account],
        "contract_id": numbered(
            "con", number, _sequence_at(world, account, joined["effective_at"] // DAY - 1)
        ),
    }
    return frame({**head, **joined}, ("effective_at", "known_at"))


_EVENT_KINDS: dict[str, Any] = {
    "account": np.int64,
    "event_type": object,
    "effective_at": np.int64,
    "arr_before": np.float64,
    "arr_after": np.float64,
    "reason_code": object,
    "reason_text": object,
    "avoidability": object,
    "initiated_by": object,
    "known_at": np.int64,
}


def _event(
    world: World, account: Ints, kind: Any, clocks: tuple[Ints, Ints], **columns: Any
) -> dict[str, Any]:
    """One kind of event; `clocks` are when it happened and when it was known."""
    size = len(account)
    arr = np.round(12.0 * mrr_at(world, account, clocks[0] // DAY - 1), 2)
    nothing = np.full(size, None, dtype=object)
    given = {"arr_after": arr, "reason_code": nothing, "avoidability": nothing, **columns}
    return {
        "account": account,
        "event_type": np.full(size, kind, dtype=object),
        "effective_at": clocks[0],
        "arr_before": arr,
        "reason_text": nothing,
        "initiated_by": nothing,
        **given,
        "known_at": clocks[1],
    }


def _leaving(world: World) -> list[dict[str, Any]]:
    fate, rng = world.fate, world.rng("leaving")
    gone = np.flatnonzero(fate.decided_day < FAR)
    decided, known = (clock[gone] for clock in notice_clocks(world))
    code, avoidable = (
        np.array([_REASONS[cause][k] for cause in fate.cause[gone]], dtype=object) for k in (0, 1)
    )
    by = np.array([_INITIATED.get(route, "customer") for route in fate.route[gone]], dtype=object)
    silent = rng.random(len(gone)) < 0.2
    facts: dict[str, Any] = {
        "arr_after": np.zeros(len(gone)),
        "reason_code": or_none(~silent, code),
        "avoidability": avoidable,
        "initiated_by": by,
    }
    end = fate.end_day[gone] * DAY
    rolling = world.profile.term_months[gone] == 1
    announced = fate.notice_day[gone] < FAR
    first = np.where(rolling, "cancel_requested", "notice_received")
    last = np.where(rolling | (fate.route[gone] == "payment_failure"), "cancelled", "term_ended")
    confirmed = end + 30 * DAY
    return [
        _some(_event(world, gone, first, (decided, known), **facts), announced),
        _event(world, gone, last, (end, end + 6 * _HOUR), **facts),
        _event(world, gone, "churn_confirmed", (confirmed, confirmed + 6 * _HOUR), **facts),
    ]


def _some(part: dict[str, Any], keep: Any) -> dict[str, Any]:
    return {name: values[keep] for name, values in part.items()}


def _renewals(world: World) -> list[dict[str, Any]]:
    terms = world.fate.terms
    again = np.flatnonzero(repeated(terms.account) > 0)
    account, start = terms.account[again], terms.start_day[again] * DAY
    signed = at(terms.signed_day[again], world.rng("renewed"))
    before = terms.end_day[again - 1]
    late = np.flatnonzero(terms.start_day[again] > before)
    lapsed = before[late] * DAY
    after = np.round(12.0 * mrr_at(world, account, terms.start_day[again]), 2)
    return [
        _event(world, account, "renewed", (start, signed), arr_after=after),
        _event(world, account[late], "term_ended", (lapsed, lapsed + 6 * _HOUR)),
    ]


def _withdrawals(world: World) -> list[dict[str, Any]]:
    back, rng = world.fate.withdrawn, world.rng("withdrawn")
    given, until = at(back.day, rng), at(back.until, rng)
    rolling = world.profile.term_months[back.account] == 1
    first = np.where(rolling, "cancel_requested", "notice_received")
    by = np.full(len(given), "customer", dtype=object)
    nothing = np.zeros(len(given))
    return [
        _event(
            *(world, back.account, first, (given, given + _HOUR)),
            arr_after=nothing,
            initiated_by=by,
        ),
        _event(world, back.account, "cancel_withdrawn", (until, until + _HOUR), initiated_by=by),
    ]


def _pauses(world: World) -> list[dict[str, Any]]:
    pauses, rng = world.fate.pauses, world.rng("pauses")
    alive = world.fate.alive(pauses.account, pauses.until)
    account = pauses.account[alive]
    begins, ends = at(pauses.day[alive], rng), at(pauses.until[alive], rng)
    return [
        _event(world, account, "paused", (begins, begins + _HOUR)),
        _event(world, account, "reactivated", (ends, ends + _HOUR)),
    ]
