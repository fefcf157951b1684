"""A company's own scorers: functions of outcome and probability, with the intervals of ours."""

import inspect
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray
from .account_draws import account_draws
from .scorers import COVERAGE, MIN_DEFINED, SCORERS

__all__ = ["OwnScorers", "check_scorers", "own_scores"]

OwnScorers = Mapping[str, Callable[..., float]]
"""Name to a function as in ``sklearn.metrics``: ``(y_true, y_prob)``, with or without
``sample_weight``."""


def check_scorers(scorers: OwnScorers) -> None:
    """Refuse names that are taken, and what cannot be called."""
    taken = {scorer.name for scorer in SCORERS}
    for name, figure in scorers.items():
        if name in taken:
            raise ValueError(f"`scorers` must not name {name!r}, which is one of ours; rename it.")
        if not callable(figure):
            raise TypeError(f"`scorers[{name!r}]` must be a function of outcome and probability.")


def own_scores(
    y: npt.NDArray[Any],
    p: npt.NDArray[Any],
    groups: npt.NDArray[Any],
    weight: npt.NDArray[Any],
    *,
    scorers: OwnScorers,
    seed: int,
    n_boot: int,
) -> pd.DataFrame:
    """Return each own scorer with its 95 % interval; accounts are drawn as a whole.

    Parameters
    ----------
    y, p, groups, weight : ndarray, shape (n,)
        Outcome (0 or 1), probability, account, what the row counts.
    scorers : mapping of str to callable
        A function without ``sample_weight`` sees drawn rows repeated, and no weights.
    seed : int
    n_boot : int
        Resamples; 0 leaves the intervals empty.

    Returns
    -------
    DataFrame
        ``scorer``, ``value``, ``low``, ``high``.

    Raises
    ------
    TypeError
        If a function gives no number.

    Examples
    --------
    >>> from sklearn.metrics import brier_score_loss
    >>> found = own_scores(
    ...     np.array([0, 1]), np.array([0.0, 0.5]), np.array(["a", "b"]), np.ones(2),
    ...     scorers={"mine": brier_score_loss}, seed=0, n_boot=0,
    ... )
    >>> found[["scorer", "value"]].to_numpy().tolist()
    [['mine', 0.125]]
    """
    codes, accounts = pd.factorize(groups)
    drawn = [times[codes] for times in account_draws(len(accounts), n_boot, seed=seed)]
    whole = np.ones(len(y), dtype=np.int64)
    rows = []
    for name, figure in scorers.items():
        value = _figure(name, figure, y, p, weight, whole)
        found = np.array(
            [
                _figure(name, figure, y, p, weight, times)
                for times in drawn
                if len(np.unique(y[times > 0])) == 2
            ]
        )
        rows.append((name, value, *_interval(found, n_boot)))
    return pd.DataFrame(rows, columns=["scorer", "value", "low", "high"])


def _figure(
    name: str,
    figure: Callable[..., float],
    y: npt.NDArray[Any],
    p: npt.NDArray[Any],
    weight: npt.NDArray[Any],
    times: npt.NDArray[np.int64],
) -> float:
    if "sample_weight" in inspect.signature(figure).parameters:
        kept = times > 0
        value: object = figure(y[kept], p[kept], sample_weight=(weight * times)[kept])
    else:
        place = np.repeat(np.arange(len(y)), times)
        value = figure(y[place], p[place])
    if not isinstance(value, Real):
        raise TypeError(f"`scorers[{name!r}]` must return a number, got {type(value).__name__}.")
    return float(value)


def _interval(found: FloatArray, n_boot: int) -> tuple[float, float]:
    if not n_boot or len(found) < MIN_DEFINED * n_boot:
        return float("nan"), float("nan")
    low, high = np.quantile(found, COVERAGE)
    return float(low), float(high)
