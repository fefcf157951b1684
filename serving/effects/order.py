"""Whom a play helps more: accounts in the order of what it is expected to change for them."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.errors import SchemaError
from .compare import Difference, Group, rate_difference
from .effects import judged_draws

__all__ = ["LEAST_LEAVERS", "LEAST_ORDERED", "Ordered", "check_library", "orders_of"]


LEAST_ORDERED, LEAST_LEAVERS = 300, 60
"""Below so many accounts in a group, or leavers in both, nobody looks for an order."""

_FOLDS, _SEED = 5, 17
_COLUMNS = ["account_id", "play", "expected_effect", "rank"]

Describe = Callable[[pd.DataFrame], pd.DataFrame]
"""Gives what is known of accounts on dates: numbers by ``account_id`` and ``as_of``."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """Accounts in the order of what plays are expected to change.

    Parameters
    ----------
    accounts : DataFrame
        ``account_id``, ``play``, ``expected_effect`` (on the chance to leave; below zero it helps)
        and ``rank`` (1 is helped most). Only of plays for which an order was shown to hold.
    notes : tuple of str
        For each play whether there is an order, and how much it is worth.
    """

    accounts: pd.DataFrame
    notes: tuple[str, ...]


def check_library() -> None:
    """Refuse without the library that learns the order.

    Raises
    ------
    SchemaError
        If the extra ``uplift`` is not installed.
    """
    if find_spec("econml") is None:
        raise SchemaError(
            "Ordering accounts needs econml; install it with `pip install 'churngrid[uplift]'`. "
            "The effects themselves need nothing more."
        )


def orders_of(draws: pd.DataFrame, describe: Describe, as_of: pd.Timestamp) -> Ordered:
    """Learn, play by play, whom it helps more, and keep the order where it holds.

    Parameters
    ----------
    draws : DataFrame
        From ``outcomes_of``.
    describe : callable
        Looks at nothing later than the dates that it is given.
    as_of : Timestamp
        Date on which accounts whose outcome is not certain yet are put in order.

    Returns
    -------
    Ordered

    Notes
    -----
    A doubly robust learner with a sparse linear model of the effect; accounts of a family are in
    one fold. It has to prove itself on accounts that it did not learn from: the effect in the half
    that it ranks first must be better than in the other half, beyond noise.

    References
    ----------
    E. H. Kennedy (2023): Towards optimal doubly robust estimation of heterogeneous causal effects.
    Electronic Journal of Statistics 17.
    """
    found = [_order(str(play), own, describe, as_of) for play, own in draws.groupby("play")]
    frames = [ordered.accounts for ordered in found if len(ordered.accounts)]
    nothing = pd.DataFrame(columns=_COLUMNS)
    accounts = pd.concat(frames, ignore_index=True) if frames else nothing
    return Ordered(accounts, tuple(note for ordered in found for note in ordered.notes))


def _order(play: str, draws: pd.DataFrame, describe: Describe, as_of: pd.Timestamp) -> Ordered:
    past = judged_draws(draws).reset_index(drop=True)
    smaller = min(int(past["withheld"].sum()), int((~past["withheld"]).sum()))
    leavers = int(past["left"].sum())
    if smaller < LEAST_ORDERED or leavers < LEAST_LEAVERS:
        return _without(
            f"No order of {play}: it takes {LEAST_ORDERED} accounts in each group and "
            f"{LEAST_LEAVERS} leavers, there are {smaller:,} and {leavers:,}."
        )
    inputs = describe(past.assign(as_of=_month_of(past["drawn_at"])))
    gain = _gain(past, _out_of_fold(past, inputs))
    worth = f"{100 * gain.value:+.1f} points, 95 %: {100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
    if gain.low <= 0:
        return _without(
            f"No order of {play}: what is known of accounts does not tell whom it helps more "
            f"(the better half gains {worth} over the other)."
        )
    note = f"{play}: the half that is ranked first gains {worth} over the other half."
    return Ordered(_ranked(play, draws, (past, inputs), describe, as_of), (note,))


def _without(note: str) -> Ordered:
    return Ordered(pd.DataFrame(columns=_COLUMNS), (note,))


def _month_of(moments: pd.Series) -> pd.Series:
    """Return the beginning of each month: few dates are read fast, and none is after a draw."""
    days = moments.dt.tz_localize(None).dt.to_period("M").dt.start_time
    begins: pd.Series = days.dt.tz_localize("UTC")
    return begins


def _learner() -> Any:
    from econml.dr import DRLearner
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LassoCV, LogisticRegression

    return DRLearner(
        # The lot decides who gets it: there is nothing to learn about that.
        model_propensity=DummyClassifier(strategy="prior"),
        model_regression=LogisticRegression(C=0.05, max_iter=1000),
        model_final=LassoCV(cv=_FOLDS, random_state=_SEED),
        discrete_outcome=True,
        cv=_FOLDS,
        random_state=_SEED,
    )


def _fitted(rows: pd.DataFrame, inputs: pd.DataFrame) -> Callable[[pd.DataFrame], FloatArray]:
    """Return what gives the expected effect of accounts; learned from these rows alone."""
    from sklearn.exceptions import DataConversionWarning
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scale = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    ).fit(inputs)
    learner = _learner()
    got = (~rows["withheld"]).to_numpy(dtype=int)
    left = rows["left"].to_numpy(dtype=int)
    with warnings.catch_warnings():
        # econml hands its models a column where scikit-learn would rather have a row.
        warnings.simplefilter("ignore", DataConversionWarning)
        learner.fit(left, got, X=scale.transform(inputs), groups=pd.factorize(rows["unit"])[0])
    return lambda wanted: np.ravel(learner.effect(scale.transform(wanted))).astype(np.float64)


def _out_of_fold(rows: pd.DataFrame, inputs: pd.DataFrame) -> FloatArray:
    """Return the expected effect of accounts, learned from the others."""
    from sklearn.model_selection import GroupKFold

    expected = np.zeros(len(rows))
    for known, asked in GroupKFold(_FOLDS).split(inputs, groups=rows["unit"]):
        learned = _fitted(rows.iloc[known], inputs.iloc[known])
        # Among those of one fold: what another fold calls much may be little here.
        said = pd.Series(learned(inputs.iloc[asked]))
        expected[asked] = said.rank(method="first", pct=True)
    return expected


def _gain(rows: pd.DataFrame, expected: FloatArray) -> Difference:
    """Return by how much the play keeps more in the half that is ranked first."""
    first = expected <= float(np.median(expected))
    better, worse = (_effect(rows[half]) for half in (first, ~first))
    value = worse.value - better.value
    half = float(np.hypot(worse.high - worse.low, better.high - better.low)) / 2
    return Difference(worse.value, better.value, value - half, value + half)


def _effect(rows: pd.DataFrame) -> Difference:
    offered, withheld = rows[~rows["withheld"]], rows[rows["withheld"]]
    return rate_difference(
        Group.of(offered, 1 - offered["share"]),
        offered["left"].to_numpy(dtype=bool),
        Group.of(withheld, withheld["share"]),
        withheld["left"].to_numpy(dtype=bool),
    )


def _ranked(
    play: str,
    draws: pd.DataFrame,
    past: tuple[pd.DataFrame, pd.DataFrame],
    describe: Describe,
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """Put those in order whose outcome is not certain yet, by what is known of them now."""
    waiting = draws[draws["customer"] & ~draws["closed"]]
    now = waiting[["account_id"]].drop_duplicates().assign(as_of=as_of)
    if now.empty:
        return pd.DataFrame(columns=_COLUMNS)
    expected = _fitted(*past)(describe(now))
    frame = now[["account_id"]].assign(play=play, expected_effect=expected)
    frame = frame.sort_values(["expected_effect", "account_id"], ignore_index=True)
    return frame.assign(rank=np.arange(1, len(frame) + 1))[_COLUMNS]
