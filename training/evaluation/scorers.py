"""The scorers of a report, each declared once, with intervals that resample accounts.

Rows of one account are near copies of each other, so every interval is a bootstrap that draws
whole accounts. Drawing an account twice is giving its rows weight 2.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray
from . import figures
from .figures import defined, why_undefined
from .ranked_rows import Levels, RankedRows, Weights, ranked

__all__ = [
    "SCORERS",
    "SEED",
    "Difference",
    "Scorer",
    "paired_difference",
    "score_table",
    "scorer_named",
]


COVERAGE = (0.025, 0.975)
# An interval needs at least so large a part of the resamples to have a value.
MIN_DEFINED = 0.5
N_BOOT = 200
SEED = 20_170_611
"""Of every draw of accounts, so that a figure is the same wherever it is shown."""


@dataclass(frozen=True)
class Scorer:
    """One figure of a report.

    Parameters
    ----------
    name : str
    figure : callable
        Of levels, one value per resample; one of the functions of ``figures``.
    greater_is_better : bool
        False where less is better, and where nearness to ``ideal`` is.
    meaning : str
        One sentence for people.
    ideal : float or None
        The right value, where too much is as wrong as too little.
    resampled : bool
        Whether it gets an interval; a figure that is itself a fit would take longer than training.
    by_block : bool
        Whether accounts are contacted block by block: as many of each as there is capacity.
    """

    name: str
    figure: Callable[[Levels], FloatArray]
    greater_is_better: bool
    meaning: str
    ideal: float | None = None
    resampled: bool = True
    by_block: bool = False

    def merit(self, value: FloatArray) -> FloatArray:
        """Return values turned so that more is always better."""
        if self.ideal is not None:
            return -abs(value - self.ideal)
        return value if self.greater_is_better else -value

    def lack(self, levels: Levels) -> str | None:
        """Return why the figure does not exist for these rows, or None if it does."""
        return why_undefined(self.figure.__name__, levels)

    def defined(self, levels: Levels) -> npt.NDArray[np.bool_]:
        """Tell for which resamples the figure exists, shape (n_resamples,)."""
        return defined(self.figure.__name__, levels)


SCORERS = (
    Scorer(
        name="roc_auc",
        figure=figures.roc_auc,
        greater_is_better=True,
        meaning="Chance that an account with the outcome ranks above one without; 0.5 is chance.",
    ),
    Scorer(
        name="pr_auc",
        figure=figures.pr_auc,
        greater_is_better=True,
        meaning="Average precision down the ranking; the base rate is chance.",
    ),
    Scorer(
        name="log_loss",
        figure=figures.log_loss,
        greater_is_better=False,
        meaning="How surprising the outcomes were, given the probabilities.",
    ),
    Scorer(
        name="brier",
        figure=figures.brier,
        greater_is_better=False,
        meaning="Mean squared distance of probability and outcome.",
    ),
    Scorer(
        name="lift_at_10pct",
        figure=figures.lift_at,
        greater_is_better=True,
        by_block=True,
        meaning="How much denser the outcome is among the riskiest tenth than overall.",
    ),
    Scorer(
        name="precision_at_10pct",
        figure=figures.precision_at,
        greater_is_better=True,
        by_block=True,
        meaning="Share with the outcome among the riskiest tenth.",
    ),
    Scorer(
        name="recall_at_10pct",
        figure=figures.recall_at,
        greater_is_better=True,
        by_block=True,
        meaning="Share of all outcomes that the riskiest tenth holds.",
    ),
    Scorer(
        name="calibration_error",
        figure=figures.expected_calibration_error,
        greater_is_better=False,
        meaning="Mean distance of probability and rate over ten groups of equal size.",
    ),
    Scorer(
        name="calibration_slope",
        figure=figures.calibration_slope,
        greater_is_better=False,
        meaning="1 is right; below 1 the probabilities are too extreme.",
        ideal=1.0,
        resampled=False,
    ),
    Scorer(
        name="calibration_intercept",
        figure=figures.calibration_intercept,
        greater_is_better=False,
        meaning="0 is right; plus means the outcome came more often than predicted.",
        ideal=0.0,
        resampled=False,
    ),
)


@dataclass(frozen=True)
class Difference:
    """By how much one model is better than another on the same accounts.

    Parameters
    ----------
    value : float
        In the scorer's unit; plus means the first is better, whatever the scorer's direction.
    low, high : float
        95 % interval; accounts resampled, both models on the same resample.
    n_accounts : int
        Independent accounts behind it.
    """

    value: float
    low: float
    high: float
    n_accounts: int


def scorer_named(name: str) -> Scorer:
    """Return the declaration of a scorer.

    Parameters
    ----------
    name : str

    Returns
    -------
    Scorer

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> scorer_named("brier").greater_is_better
    False
    """
    found = {scorer.name: scorer for scorer in SCORERS}
    if name not in found:
        raise ValueError(f"Unknown scorer {name!r}; declared are {sorted(found)!r}.")
    return found[name]


def score_table(
    y: npt.ArrayLike,
    p: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    blocks: npt.ArrayLike | None = None,
    weight: Weights = None,
    seed: int = 0,
    n_boot: int = N_BOOT,
) -> pd.DataFrame:
    """Return every scorer with its 95 % interval.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1.
    p : array of shape (n,)
        Calibrated probability of the outcome.
    groups : array of shape (n,)
        Account of each row; accounts are drawn as a whole.
    blocks : array of shape (n,), optional
        Test block of each row, where models that were fitted at several times say something: whom
        to contact is decided inside a block, for a rate that moved from one to the next tells no
        account from another.
    weight : array of shape (n,), optional
        What each row counts; 1 each by default.
    seed : int
    n_boot : int
        Number of resamples; 0 leaves the intervals empty.

    Returns
    -------
    DataFrame
        One row per scorer: ``scorer``, ``value``, ``low``, ``high``, ``note``. Where a figure
        does not exist for these rows (say, nobody churned) or has no interval, it is NaN and
        ``note`` says why; ``note`` is empty otherwise.

    Raises
    ------
    ValueError
        If lengths differ, there is no row, or values are out of range.

    Examples
    --------
    >>> table = score_table([0, 1, 0, 1], [0.1, 0.9, 0.4, 0.6], ["a", "b", "c", "d"], n_boot=0)
    >>> float(table.set_index("scorer").loc["roc_auc", "value"])
    1.0
    """
    rows = {False: ranked(y, p, groups, weight)}
    place = p if blocks is None else _place_in_block(pd.Series(np.asarray(p)), blocks)
    rows[True] = ranked(y, place, groups, weight)
    drawn: dict[str, FloatArray] = {}
    for by_block, some in rows.items():
        drawn |= _drawn(some, [one for one in SCORERS if one.by_block is by_block], seed, n_boot)
    scored = [
        _score(scorer, rows[scorer.by_block], drawn.get(scorer.name), n_boot) for scorer in SCORERS
    ]
    return pd.DataFrame([asdict(row) for row in scored])


def paired_difference(
    y: npt.ArrayLike,
    p_a: npt.ArrayLike,
    p_b: npt.ArrayLike,
    *,
    groups: npt.ArrayLike,
    scorer: str = "log_loss",
    weight: Weights = None,
    seed: int = 0,
) -> Difference:
    """Return by how much the first model is better than the second.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1.
    p_a, p_b : arrays of shape (n,)
        Probabilities of the two models for the same rows.
    groups : array of shape (n,)
        Account of each row; accounts are drawn as a whole.
    scorer : str
        Name in ``SCORERS``.
    weight : array of shape (n,), optional
        What each row counts; 1 each by default.
    seed : int

    Returns
    -------
    Difference
        Worse beyond noise if ``high`` is below 0.

    Raises
    ------
    ValueError
        If the scorer is unknown or undefined for these rows or for most resamples of them, or
        lengths differ.

    Examples
    --------
    >>> y, groups = [0, 1, 0, 1] * 5, list(range(20))
    >>> better = paired_difference(y, [0.2, 0.8] * 10, [0.5] * 20, groups=groups)
    >>> round(better.value, 3), better.low > 0
    (0.47, True)
    """
    declared, rows = scorer_named(scorer), [ranked(y, p, groups, weight) for p in (p_a, p_b)]
    for one in rows:
        reason = declared.lack(one.whole)
        if reason is not None:
            raise ValueError(f"`{scorer}` cannot be compared because {reason}.")
    drawn = _differences(declared, *(one.resampled(seed=seed, n_boot=N_BOOT) for one in rows))
    n_accounts = rows[0].n_accounts
    if len(drawn) < MIN_DEFINED * N_BOOT:
        raise ValueError(
            f"`{scorer}` is undefined in most resamples of {n_accounts} accounts; "
            "compare on more accounts."
        )
    low, high = np.quantile(drawn, COVERAGE)
    merits = [float(declared.merit(declared.figure(one.whole))[0]) for one in rows]
    return Difference(merits[0] - merits[1], float(low), float(high), n_accounts)


def _differences(
    scorer: Scorer, resamples_a: Iterator[Levels], resamples_b: Iterator[Levels]
) -> FloatArray:
    """Return by how much the first is better in each resample where both are defined."""
    found = []
    for a, b in zip(resamples_a, resamples_b, strict=True):
        both = scorer.defined(a) & scorer.defined(b)
        merits = [scorer.merit(scorer.figure(levels.only(both))) for levels in (a, b)]
        found.append(merits[0] - merits[1])
    return np.concatenate(found)


def _place_in_block(p: pd.Series, blocks: npt.ArrayLike) -> FloatArray:
    """Return the mean rank in its block as a share of it: one half where all are alike."""
    among = p.groupby(np.asarray(blocks))
    return np.asarray((among.rank() - 0.5) / among.transform("size"), dtype=np.float64)


@dataclass(frozen=True)
class _Scored:
    scorer: str
    value: float
    low: float
    high: float
    note: str


def _score(scorer: Scorer, rows: RankedRows, drawn: FloatArray | None, n_boot: int) -> _Scored:
    nan = float("nan")
    reason = scorer.lack(rows.whole)
    if reason is not None:
        return _Scored(scorer.name, nan, nan, nan, reason)
    value = float(scorer.figure(rows.whole)[0])
    if drawn is None:
        return _Scored(scorer.name, value, nan, nan, "not resampled")
    if rows.n_accounts == 1:
        return _Scored(scorer.name, value, nan, nan, "one account only: no interval")
    if len(drawn) < MIN_DEFINED * n_boot:
        return _Scored(scorer.name, value, nan, nan, "undefined in most resamples: no interval")
    low, high = np.quantile(drawn, COVERAGE)
    return _Scored(scorer.name, value, float(low), float(high), "")


def _drawn(
    rows: RankedRows, scorers: Sequence[Scorer], seed: int, n_boot: int
) -> dict[str, FloatArray]:
    """Return each resampled figure's values, where it is defined; nothing without resamples."""
    parts = [
        {
            scorer.name: scorer.figure(levels.only(scorer.defined(levels)))
            for scorer in scorers
            if scorer.resampled
        }
        for levels in rows.resampled(seed=seed, n_boot=n_boot)
    ]
    return (
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    )
