"""The company's book of contracts while the market is played: state, terms and ledger."""

import numpy as np

from .days import FAR, Calendar, Floats, Ints, day_of
from .fate import CHANGES, Changes, Fate, Notices, Terms
from .latent import Causes
from .profiles import Profile

__all__ = ["ADD_ON", "MAIN", "Book", "change"]

MAIN, ADD_ON = 0, 1
_NEVER_MONTH = 900
_HURRY = 7


def change(name: str) -> int:
    """Give the number of a ledger change.

    Parameters
    ----------
    name : str
        One of ``CHANGES``.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no such change.

    Examples
    --------
    >>> change("new")
    0
    """
    return CHANGES.index(name)


class Book:
    """The state of all contracts in one month, and everything that was written down so far.

    Parameters
    ----------
    profile : Profile
    causes : Causes
    calendar : Calendar
    rng : numpy.random.Generator
    """

    def __init__(
        self, profile: Profile, causes: Causes, calendar: Calendar, rng: np.random.Generator
    ) -> None:
        self.profile, self.causes, self.calendar, self.rng = profile, causes, calendar, rng
        size = profile.size
        self.starts = calendar.starts()
        self.rolling = profile.term_months == 1
        self.decided, self.notice, self.end = (np.full(size, FAR) for _ in range(3))
        self.route = np.full(size, "stay", dtype=object)
        self.cause = np.full(size, "none", dtype=object)
        self.p_leave = np.full(size, np.nan)
        self.seats, self.plan = profile.seats.copy(), profile.plan.copy()
        self.price = profile.price.copy()
        self.add_on_seats, self.add_on_price = np.zeros(size, np.int64), np.zeros(size)
        self.history = np.zeros((3, size, calendar.months))
        self._records: list[Ints] = []
        self._prices: list[Floats] = []
        self._terms: list[Ints] = []
        self._open_first_terms()

    def day(self, month: Ints, account: Ints) -> Ints:
        """Give the day of the month on which terms of the accounts begin and end."""
        return day_of(month + self.calendar.first, self.profile.birthday[account])

    def open_terms(self, account: Ints, start: Ints, signed: Ints) -> None:
        """Write down the current terms and draw when people will make up their minds."""
        end = np.where(self.rolling[account], FAR, self.day(self.term_end[account], account))
        self._terms.append(np.array([account, self.sequence[account], start, end, signed]))
        widest = np.minimum(self.profile.term_months[account] * _HURRY, 40)
        ahead = self.rng.integers(4, np.maximum(widest, 5))
        self.decision[account] = end - self.profile.notice_days[account] - ahead

    def write(
        self, account: Ints, day: Ints, kind: Ints | int, *, item: int, gap: Ints | int = 0
    ) -> None:
        """Write the current state of an item into the ledger."""
        quantity = self.seats if item == MAIN else self.add_on_seats
        price = self.price if item == MAIN else self.add_on_price
        ones = np.ones(len(account), dtype=np.int64)
        entries = (account, ones * item, day, ones * kind)
        state = (quantity[account], self.plan[account], ones * gap)
        self._records.append(np.array([*entries, *state]))
        self._prices.append(price[account].copy())

    def close_month(self, month: int) -> None:
        """Keep seats, plan and revenue of the month."""
        mrr = self.seats * self.price + self.add_on_seats * self.add_on_price
        self.history[:, :, month] = self.seats, self.plan, mrr

    def fate(self, withdrawn: Notices, pauses: Notices) -> Fate:
        """Give everything that was written down."""
        seats, plan, mrr = self.history
        terms = np.concatenate(self._terms, axis=1)
        return Fate(
            decided_day=self.decided,
            end_day=self.end,
            notice_day=self.notice,
            route=self.route,
            cause=self.cause,
            p_leave=self.p_leave,
            terms=Terms(*terms[:, np.lexsort((terms[2], terms[0]))]),
            changes=self._ledger(),
            withdrawn=withdrawn,
            pauses=pauses,
            seats=seats.astype(np.int64),
            plan=plan.astype(np.int64),
            mrr=mrr,
        )

    def _open_first_terms(self) -> None:
        """Begin with the terms in force when the data or the relation begins."""
        profile, everyone = self.profile, np.arange(self.profile.size)
        term = profile.term_months
        passed: Ints = np.where(self.rolling, 0, np.maximum(-profile.start_month - 1, 0) // term)
        self.term_start: Ints = profile.start_month + passed * term
        self.term_end: Ints = np.where(self.rolling, _NEVER_MONTH, self.term_start + term)
        self.sequence = passed + 1
        self.decision = np.full(profile.size, FAR)
        start = self.day(self.term_start, everyone)
        self.open_terms(everyone, start, start - self.rng.integers(0, 30, len(start)))
        self.write(
            everyone, start, np.where(passed == 0, change("new"), change("renewal")), item=MAIN
        )

    def _ledger(self) -> Changes:
        records = np.concatenate(self._records, axis=1)
        order = np.lexsort((records[2], records[1], records[0]))
        account, item, day, kind, quantity, plan, gap = records[:, order]
        return Changes(
            account=account,
            item=item,
            day=day,
            kind=kind,
            quantity=quantity,
            price=np.concatenate(self._prices)[order],
            plan=plan,
            gap=gap,
        )
