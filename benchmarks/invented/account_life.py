"""One account over the months: its causes, its terms, and the true chance that it leaves."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .shapes import Shape

__all__ = ["DAY", "MONTH", "Life", "cause_paths", "share_of", "sponsors_gone"]

DAY = pd.Timedelta(days=1)
MONTH = pd.DateOffset(months=1)
STAY = np.array([0.93, 0.85, 0.93, 0.90])
"""The share of each cause that one month keeps of the month before; each has variance 1."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
GOES, RETURNS = 0.025, 0.09
"""Chances in a month that a sponsor leaves, and that there is a new one."""
DEARER = 0.35
"""Share of terms that begin with a higher price."""
SAID_EARLY = 15
"""Days before the deadline on one of which a notice is given, each as likely."""
PATHS = 100
"""Futures that are drawn for an account whose months are all decisions."""


def cause_paths(rng: np.random.Generator, months: int, accounts: int) -> np.ndarray:
    """Draw the causes of all accounts, shape (months, accounts, causes)."""
    paths = rng.standard_normal((months, accounts, len(STAY)))
    for month in range(1, months):
        paths[month] = STAY * paths[month - 1] + np.sqrt(1 - STAY**2) * paths[month]
    return paths


def sponsors_gone(rng: np.random.Generator, months: int, accounts: int) -> np.ndarray:
    """Draw in which months the sponsor of each account is gone, shape (months, accounts)."""
    gone = np.zeros((months, accounts), dtype=bool)
    for month in range(1, months):
        drawn = rng.random(accounts)
        gone[month] = np.where(gone[month - 1], drawn >= RETURNS, drawn < GOES)
    return gone


class Life:
    """One account: its terms, and how it ends."""

    def __init__(
        self,
        shape: Shape,
        rng: np.random.Generator,
        calendar: pd.DatetimeIndex,
        account: str,
        states: np.ndarray,
        gone: np.ndarray,
    ) -> None:
        self.shape, self.rng, self.calendar, self.account = shape, rng, calendar, account
        self.states, self.gone, self.end = states, gone, calendar[-1]
        early = rng.random() < 0.6
        away = (
            -int(rng.integers(1, 360)) if early else int(rng.integers(1, 30 * shape.months - 200))
        )
        self.begun = calendar[0] + away * DAY
        self.seats = int(np.clip(np.exp(rng.normal(2.3, 0.6)), 3, 40))
        self.price = float(rng.choice([15.0, 30.0, 55.0]))
        self.term = int(rng.choice(shape.terms)) if len(shape.terms) > 1 else shape.terms[0]
        dearer = DEARER if shape.rise else 0.0
        self.dearer = rng.random(shape.months + 14) < dearer if dearer else np.zeros(1, dtype=bool)
        self.terms, self.left, self.notice = self._terms()
        self.stops = min(self.left or self.end, self.end)

    def _terms(self) -> tuple[list[pd.Timestamp], pd.Timestamp | None, pd.Timestamp | None]:
        """Return the starts of all terms, when the account left, and when it said so."""
        starts, start = [], self.begun
        while start < self.end:
            starts.append(start)
            start += self.term * MONTH
            decides = start - self.shape.notice_days * DAY
            open_now = self.calendar[0] <= decides < self.end
            if open_now and self.rng.random() < self.chance(decides, len(starts) - 1):
                said = decides - int(self.rng.integers(0, SAID_EARLY)) * DAY
                return starts, start, said if self.shape.notice_days else None
        return starts, None, None

    def month(self, moment: pd.Timestamp) -> int:
        """Return the month of a moment, counted from the first one."""
        first = self.calendar[0]
        return (moment.year - first.year) * 12 + moment.month - first.month

    def is_dear(self, term: int) -> bool:
        """Say whether the price was raised at a term's begin; never at the first."""
        return bool(term and self.shape.rise and self.dearer[term])

    def raised(self, term: int) -> float:
        """Return how much dearer a term is than the first: a fifth for each raise."""
        return float(1.2 ** sum(self.is_dear(number) for number in range(term + 1)))

    def base(self, month: float, term: int) -> float:
        """Return the log-odds to leave where no cause is the matter."""
        grown = self.shape.drift * month / 12
        return self.shape.base + grown + self.shape.rise * self.is_dear(term)

    def chance(self, moment: pd.Timestamp, term: int) -> float:
        """Return the chance to leave at the end of a term, given the causes of its month."""
        month = self.month(moment)
        odds = self.base(month, term) + self.states[month] @ np.array(self.shape.weights)
        return float(share_of(odds + self.shape.sponsor * self.gone[month]))

    def truth(self) -> Iterator[tuple[str, pd.Timestamp, float]]:
        """Yield the chance to leave at the next decision, by what is so on each first.

        Where every month is a decision: within half a year.
        """
        notice = self.shape.notice_days * DAY
        decisions = [start + self.term * MONTH - notice for start in self.terms]
        decisions.append(decisions[-1] + self.term * MONTH)
        last = self.left if self.notice is None else self.notice
        for month, as_of in enumerate(self.calendar[:-1]):
            if self.begun < as_of <= (last or self.end):
                if self.term == 1:
                    yield self.account, as_of, self._in_months(month, 6)
                    continue
                term = next(n for n, decision in enumerate(decisions) if decision >= as_of)
                after = self.month(decisions[term])
                # Whether a term that has not begun will be dearer is not known yet.
                known = min(term, len([start for start in self.terms if start < as_of]) - 1)
                chance = self._expected(month, after - month, term, term <= known)
                yield self.account, as_of, self._unsaid(chance, decisions[term] - as_of)

    def _expected(self, month: int, ahead: int, term: int, price_known: bool) -> float:
        weights = np.array(self.shape.weights)
        mean = (STAY**ahead * self.states[month]) @ weights
        at = mean + NODES * np.sqrt(((1 - STAY ** (2 * ahead)) * weights**2).sum())
        lasting = GOES / (GOES + RETURNS)
        gone = lasting + (self.gone[month] - lasting) * (1 - GOES - RETURNS) ** ahead
        usual = self.base(month + ahead, 0)
        dear = float(self.is_dear(term)) if price_known else DEARER * bool(self.shape.rise)
        both = sum(
            share * priced * share_of(usual + at + more + dearer)
            for share, more in ((1 - gone, 0.0), (gone, self.shape.sponsor))
            for priced, dearer in ((1 - dear, 0.0), (dear, self.shape.rise))
        )
        return float(both @ WEIGHTS / WEIGHTS.sum())

    def _unsaid(self, chance: float, left: pd.Timedelta) -> float:
        """Return a chance to leave, given that so long before the decision nothing was said."""
        open_days = min(left.days + 1, SAID_EARLY) if self.shape.notice_days else SAID_EARLY
        silent = chance * open_days / SAID_EARLY
        return silent / (silent + 1 - chance)

    def _in_months(self, month: int, ahead: int) -> float:
        """Return the chance to leave at one of the next month ends, over drawn futures."""
        rng = np.random.default_rng(month)
        states = np.repeat(self.states[month][None], PATHS, axis=0)
        gone, stays = np.full(PATHS, self.gone[month]), np.ones(PATHS)
        for step in range(1, ahead + 1):
            drawn = rng.random(PATHS)
            gone = np.where(gone, drawn >= RETURNS, drawn < GOES)
            states = STAY * states + np.sqrt(1 - STAY**2) * rng.standard_normal(states.shape)
            odds = self.base(month + step, 0) + states @ np.array(self.shape.weights)
            stays *= 1 - share_of(odds + self.shape.sponsor * gone)
        return float(1 - stays.mean())


def share_of(odds: np.ndarray) -> np.ndarray:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + np.exp(-odds))
