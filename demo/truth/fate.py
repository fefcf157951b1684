"""The record of the market: terms, ledger, notices and what became of every account."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .days import Bools, Floats, Ints

__all__ = ["CHANGES", "Changes", "Fate", "Notices", "Terms"]

CHANGES = (
    *("new", "seat_up", "seat_down", "tier_up", "cross_sell"),
    *("price_uplift", "fx", "true_up", "renewal"),
)
"""Kinds of change in the ledger, numbered by their place."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term of every contract, one entry per term.

    Parameters
    ----------
    account, sequence : array of int
        Place of the account; number of its term from 1 on.
    start_day, end_day : array of int
        ``end_day`` is ``FAR`` for a contract that rolls from month to month.
    signed_day : array of int
    """

    account: Ints
    sequence: Ints
    start_day: Ints
    end_day: Ints
    signed_day: Ints


@dataclass(frozen=True, slots=True)
class Changes:
    """The ledger: state of an item after each change, in order of time.

    Parameters
    ----------
    account : array of int
    item : array of int
        0 is the main subscription, 1 the add-on.
    day : array of int
    kind : array of int
        Place in ``CHANGES``.
    quantity : array of int
    price : array of float
        US dollars per seat and month.
    plan : array of int
    gap : array of int
        Days without a contract before the change, above 0 for late renewals.
    """

    account: Ints
    item: Ints
    day: Ints
    kind: Ints
    quantity: Ints
    price: Floats
    plan: Ints
    gap: Ints


@dataclass(frozen=True, slots=True)
class Notices:
    """Notices that were taken back, and pauses: one entry each.

    Parameters
    ----------
    account, day, until : array of int
    """

    account: Ints
    day: Ints
    until: Ints


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of every account.

    Parameters
    ----------
    decided_day, end_day : array of int
        ``FAR`` for accounts that stay.
    notice_day : array of int
        Day of the notice; ``FAR`` where the account stays, lapses or fails to pay.
    route : array of str
        stay, notice, lapse, payment_failure, shutdown or mna.
    cause : array of str
        The strongest push at the decision, ``chance`` without one, ``none`` for those who stay.
    p_leave : array of float
        Probability at the decision that was drawn against; NaN for those who stay.
    terms : Terms
    changes : Changes
    withdrawn, pauses : Notices
    seats, plan : array of shape (n_accounts, months)
    mrr : array of shape (n_accounts, months)
        US dollars, at the end of the month.
    """

    decided_day: Ints
    end_day: Ints
    notice_day: Ints
    route: NDArray[Any]
    cause: NDArray[Any]
    p_leave: Floats
    terms: Terms
    changes: Changes
    withdrawn: Notices
    pauses: Notices
    seats: Ints
    plan: Ints
    mrr: Floats

    def alive(self, account: Ints, day: Ints) -> Bools:
        """Whether the contract of each account still runs on a day."""
        return np.asarray(day < self.end_day[account])
