"""The time after a term's end: how late renewals come, and how late leaving is told."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray, TextArray

__all__ = ["LateRenewals", "learn_lateness"]

_USUAL = 0.05
"""Share of renewals that come late where nothing is known; it falls to none in the grace."""
_TRUST = 20.0
"""Renewals that this, or what all kinds of decision show together, counts for."""
_ONE_MORE = 0.5
"""Where none of many came late, so much of one is counted all the same."""


@dataclass(frozen=True, slots=True)
class LateRenewals:
    """How late a company's renewals came, by what was decided at the end of the term.

    Parameters
    ----------
    kind : tuple of str
        Kinds of decision.
    renewals : tuple of int
        Those that were kept, per kind.
    still_open : tuple of tuple of int
        Per kind and whole day after the end, from 0: how many of them were not there by then.
    leavers : tuple of int
        Those who left and had not said so when the term ended, per kind.
    still_unsaid : tuple of tuple of int
        Per kind and day: of how many of them it was not known by then.
    """

    kind: tuple[str, ...] = ()
    renewals: tuple[int, ...] = ()
    still_open: tuple[tuple[int, ...], ...] = ()
    leavers: tuple[int, ...] = ()
    still_unsaid: tuple[tuple[int, ...], ...] = ()

    def counted(self, kind: str, days: int) -> tuple[int, int]:
        """Return how many renewals of a kind there were, and how many came later than that."""
        return _counted(self.kind, self.renewals, self.still_open, kind, days)

    def unsaid(self, kind: str, days: int) -> tuple[int, int]:
        """Return how many of a kind left without a word, and of how many it was not yet known."""
        return _counted(self.kind, self.leavers, self.still_unsaid, kind, days)

    def share_later(self, kind: str, days: int, *, grace_days: int) -> float:
        """Return which share of those who renew do so later than some days after the end.

        Parameters
        ----------
        kind : str
        days : int
            Whole days since the term ended, at least 0.
        grace_days : int
            What comes later is no renewal.

        Returns
        -------
        float
            Above 0 and at most 1, never rising with the days. Drawn towards what all kinds show
            together, and that towards one in twenty at the end of the term, falling evenly to none
            at the end of the grace; that none ever came late does not rule out that one does.

        Examples
        --------
        >>> late = LateRenewals(("term_end",), (80,), ((12, 8, 4),))
        >>> [round(late.share_later("term_end", days, grace_days=3), 3) for days in range(3)]
        [0.15, 0.1, 0.05]
        """
        left = max(1.0 - days / max(grace_days, 1), 1.0 / (2.0 * max(grace_days, 1)))
        every = [self.counted(name, days) for name in self.kind]
        known, later = sum(count for count, _ in every), sum(count for _, count in every)
        whole = (later + _TRUST * _USUAL * left) / (known + _TRUST)
        own, own_later = self.counted(kind, days)
        return float((own_later + _TRUST * whole + _ONE_MORE * left) / (own + _TRUST + _ONE_MORE))

    def share_unsaid(self, kind: str, days: int) -> float:
        """Return of which share of those who leave it is not known some days after the end.

        Parameters
        ----------
        kind : str
        days : int
            Whole days since the term ended, at least 0.

        Returns
        -------
        float
            Above 0 and at most 1, never rising with the days; 1 where nothing is known: a term
            that just runs out is told by nobody. Drawn towards what all kinds show together.

        Examples
        --------
        >>> told = LateRenewals(("term_end",), (0,), ((),), (80,), ((40, 0),))
        >>> [round(told.share_unsaid("term_end", days), 2) for days in range(2)]
        [0.52, 0.04]
        """
        every = [self.unsaid(name, days) for name in self.kind]
        known, open_still = sum(count for count, _ in every), sum(count for _, count in every)
        whole = (open_still + _TRUST) / (known + _TRUST)
        own, own_open = self.unsaid(kind, days)
        return (own_open + _TRUST * whole) / (own + _TRUST)

    def log_odds(self, kind: TextArray, days: IntArray, *, grace_days: int) -> FloatArray:
        """Return what it adds to the log-odds of leaving that nothing is known after some days.

        Parameters
        ----------
        kind : ndarray of str, shape (n,)
        days : ndarray of int, shape (n,)
        grace_days : int

        Returns
        -------
        ndarray of float, shape (n,)
            Below 0 where leaving is told sooner than a renewal is.

        Notes
        -----
        Bayes: of who leaves nothing is known yet with the share whose leaving is told later, of who
        stays with the share that renews later. So the odds of leaving are those before the end
        times the first and divided by the second.
        """
        asked = [(str(one), int(day)) for one, day in zip(kind, days, strict=True)]
        shares = [
            (self.share_unsaid(*one), self.share_later(*one, grace_days=grace_days))
            for one in asked
        ]
        told = np.log(np.array(shares, dtype=np.float64).reshape(-1, 2))
        return np.asarray(told[:, 0] - told[:, 1])


def learn_lateness(decisions: pd.DataFrame) -> LateRenewals:
    """Count how late renewals came, and how late it was told that somebody left.

    Parameters
    ----------
    decisions : DataFrame
        ``Past.decisions``: ``kind``, ``left`` and ``days_late``.

    Returns
    -------
    LateRenewals

    Examples
    --------
    >>> told = {"kind": ["term_end"] * 3, "left": [False, False, True], "days_late": [0, 2, 0]}
    >>> learn_lateness(pd.DataFrame(told))
    LateRenewals(kind=('term_end',), renewals=(2,), still_open=((1, 1),), leavers=(0,), ...
    """
    kinds = tuple(sorted({str(kind) for kind in decisions["kind"].dropna()}))
    left = decisions["left"].to_numpy(dtype=bool)
    late = decisions["days_late"].to_numpy(dtype=np.int64)
    of_kind = [decisions["kind"].eq(kind).to_numpy(dtype=bool) for kind in kinds]
    # Who had said so before the end never was in doubt.
    renewed = [late[here & ~left] for here in of_kind]
    unsaid = [late[here & left & (late > 0)] for here in of_kind]
    return LateRenewals(
        kind=kinds,
        renewals=tuple(len(days) for days in renewed),
        still_open=tuple(_later_than_each_day(days) for days in renewed),
        leavers=tuple(len(days) for days in unsaid),
        still_unsaid=tuple(_later_than_each_day(days) for days in unsaid),
    )


def _later_than_each_day(days: IntArray) -> tuple[int, ...]:
    return tuple(int((days > day).sum()) for day in range(int(days.max(initial=0))))


def _counted(
    kinds: tuple[str, ...],
    totals: tuple[int, ...],
    still: tuple[tuple[int, ...], ...],
    kind: str,
    days: int,
) -> tuple[int, int]:
    """Return a total of a kind, and how many of it were still open after some days."""
    if kind not in kinds or not totals:
        return 0, 0
    place = kinds.index(kind)
    counts = still[place]
    return totals[place], counts[days] if days < len(counts) else 0
