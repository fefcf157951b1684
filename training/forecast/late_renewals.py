"""Late renewals: what is left of the chance to stay when a term has ended and nothing is signed."""

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
    """

    kind: tuple[str, ...] = ()
    renewals: tuple[int, ...] = ()
    still_open: tuple[tuple[int, ...], ...] = ()

    def counted(self, kind: str, days: int) -> tuple[int, int]:
        """Return how many renewals of a kind there were, and how many came later than that."""
        if kind not in self.kind:
            return 0, 0
        place = self.kind.index(kind)
        counts = self.still_open[place]
        return self.renewals[place], counts[days] if days < len(counts) else 0

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

    def log_odds(self, kind: TextArray, days: IntArray, *, grace_days: int) -> FloatArray:
        """Return what it adds to the log-odds of leaving that nothing is signed after some days.

        Parameters
        ----------
        kind : ndarray of str, shape (n,)
        days : ndarray of int, shape (n,)
        grace_days : int

        Returns
        -------
        ndarray of float, shape (n,)
            At least 0, never falling with the days.

        Notes
        -----
        Bayes: who leaves has not renewed on any day, who stays has not yet with the share that
        renews later. So the odds of leaving are those before the end divided by that share.
        """
        shares = [
            self.share_later(str(one), int(day), grace_days=grace_days)
            for one, day in zip(kind, days, strict=True)
        ]
        return -np.log(np.array(shares, dtype=np.float64))


def learn_lateness(decisions: pd.DataFrame) -> LateRenewals:
    """Count how late renewals came.

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
    LateRenewals(kind=('term_end',), renewals=(2,), still_open=((1, 1),))
    """
    renewed = decisions[~decisions["left"].to_numpy(dtype=bool)]
    kinds, counts, still = [], [], []
    for kind, part in renewed.groupby("kind"):
        late = part["days_late"].to_numpy(dtype=np.int64)
        kinds.append(str(kind))
        counts.append(len(part))
        still.append(tuple(int((late > day).sum()) for day in range(int(late.max()))))
    return LateRenewals(tuple(kinds), tuple(counts), tuple(still))
