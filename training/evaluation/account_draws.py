"""The one way in which accounts are drawn again for an interval: whole, and with replacement."""

from collections.abc import Iterator

import numpy as np

from ...features.arrays.array_types import IntArray

__all__ = ["account_draws"]


def account_draws(n_accounts: int, n_draws: int, *, seed: int) -> Iterator[IntArray]:
    """Yield how often each account is drawn; twice is to give its rows weight 2.

    Rows of one account are near copies of each other: drawn apart, they would make every interval
    too narrow.

    Parameters
    ----------
    n_accounts : int
        Nothing is drawn from none.
    n_draws : int
    seed : int
        The same one draws the same accounts, whatever is measured of them.

    Yields
    ------
    ndarray of int, shape (n_accounts,)
        They add up to ``n_accounts``.

    Examples
    --------
    >>> [int(times.sum()) for times in account_draws(5, 2, seed=0)]
    [5, 5]
    """
    rng = np.random.default_rng(seed)
    for _ in range(n_draws if n_accounts else 0):
        yield np.bincount(rng.integers(n_accounts, size=n_accounts), minlength=n_accounts)
