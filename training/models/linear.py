"""Additive models on log-odds: the floor, rules on one column, and a small logistic regression.

All are the same thing once fitted, an intercept and a few terms, so they share prediction,
explanation and storage; they differ in how many columns they choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ..dataset.row_order import checked_groups, even, in_own_order
from .calibration import Affine, fit_affine, logit
from .design_matrix import Encoding, learn_encoding
from .directed import fit_directed
from .scales import Scale, learn_pool, scaled_rows
from .stepwise import AdditiveFit, Term, fit_steps, forward
from .stored_state import LinearState

__all__ = [
    "BaseRate",
    "BestMetric",
    "Directed",
    "LinearModel",
    "Logistic",
    "RoleRule",
    "check_labels",
    "model_inputs",
]


# Columns under these roles are scores of their own; models that learn from metrics leave them out.
RESERVED_ROLES = ("scorecard",)


class LinearModel:
    """An intercept and a few terms; what the fitted models of this module have in common.

    Attributes
    ----------
    encoding : Encoding
        Columns it reads, all numbers, in the order of its contributions.
    intercept : float
        The base: log-odds of an average training row.
    terms : tuple of Term
    oof_log_odds : ndarray of float or None
        Log-odds of the training rows, out of fold where columns were chosen by folds.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.intercept = 0.0
        self.terms: tuple[Term, ...] = ()
        self.oof_log_odds: FloatArray | None = None

    @property
    def encoding(self) -> Encoding:
        """Columns it reads; all are numbers."""
        return _numbers(tuple(dict.fromkeys(term.scale.column for term in self.terms)))

    def contributions(self, X: pd.DataFrame) -> FloatArray:
        """Return each column's share of the log-odds, then the base.

        Parameters
        ----------
        X : DataFrame
            At least the columns it reads.

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns + 1)
            Plus raises the outcome; a row sums to its ``log_odds``.
        """
        names = self.encoding.names
        out = np.zeros((len(X), len(names) + 1))
        values = _values(X, names)
        for term in self.terms:
            place = names.index(term.scale.column)
            out[:, place] += term.contribution(values[:, place])
        out[:, -1] = self.intercept
        return out

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds, shape (n_rows,); plus points to the outcome."""
        return np.asarray(self.contributions(X).sum(axis=1))

    def shifted(self, delta: float) -> Self:
        """Return a copy whose log-odds are higher by ``delta`` everywhere."""
        moved = type(self)()
        moved.intercept, moved.terms = self.intercept + delta, self.terms
        moved.oof_log_odds = None if self.oof_log_odds is None else self.oof_log_odds + delta
        return moved

    def to_state(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return everything needed to predict, as JSON values and (no) texts."""
        return {"intercept": self.intercept, "terms": [asdict(term) for term in self.terms]}, ()

    @classmethod
    def from_state(cls, data: Mapping[str, Any], texts: Sequence[str]) -> Self:
        """Return the model that ``to_state`` described; ValueError if it describes none."""
        stored = LinearState.model_validate(data)
        if texts:
            raise ValueError("a linear model has no boosters")
        model = cls()
        model.intercept = stored.intercept
        model.terms = tuple(
            Term(Scale(**term.scale.model_dump()), term.slope, term.missing)
            for term in stored.terms
        )
        return model

    def _take(self, fitted: AdditiveFit, X: pd.DataFrame) -> Self:
        self.intercept, self.terms = fitted.intercept, fitted.terms
        self.oof_log_odds = self.log_odds(X)
        return self


class BaseRate(LinearModel):
    """Every account gets the rate of the training rows."""

    kind = "base_rate"

    def fit(
        self,
        X: pd.DataFrame,
        y: IntArray,
        *,
        groups: npt.NDArray[Any],
        monotone: Mapping[str, int],
        roles: Mapping[str, str],
        weight: FloatArray | None = None,
    ) -> Self:
        """Learn the rate. Raises ValueError if ``y`` has one class only."""
        labels = check_labels(y)
        return self._take(AdditiveFit(logit(float(np.average(labels, weights=weight))), ()), X)


class RoleRule(LinearModel):
    """One straight line in one column that the caller names by its role."""

    role: ClassVar[str]

    def fit(
        self,
        X: pd.DataFrame,
        y: IntArray,
        *,
        groups: npt.NDArray[Any],
        monotone: Mapping[str, int],
        roles: Mapping[str, str],
        weight: FloatArray | None = None,
    ) -> Self:
        """Learn the line. Raises ValueError if the role is not given or its column not there."""
        labels = check_labels(y)
        column = roles.get(self.role)
        if column is None or column not in X:
            raise ValueError(
                f"`roles` must name a column of the table for {self.role!r}, got {column!r}; "
                f"leave the model {self.kind!r} out or add the column."
            )
        return self._take(_best_single(X, (column,), labels, monotone, weight), X)


class BestMetric(LinearModel):
    """One straight line in the column that tells the outcomes apart best."""

    kind = "one_metric"

    def fit(
        self,
        X: pd.DataFrame,
        y: IntArray,
        *,
        groups: npt.NDArray[Any],
        monotone: Mapping[str, int],
        roles: Mapping[str, str],
        weight: FloatArray | None = None,
    ) -> Self:
        """Choose the column and learn the line. Without a usable column it is the base rate."""
        labels = check_labels(y)
        names = _numeric_inputs(X, roles)
        return self._take(_best_single(X, names, labels, monotone, weight), X)


class Logistic(LinearModel):
    """Penalised logistic regression on at most ten columns, chosen step by step.

    Each step adds the column with the largest score statistic given those already in. How many
    steps are taken is decided by the grouped out-of-fold log-loss of the whole procedure, and its
    out-of-fold log-odds calibrate the result. Columns of categories are left out. A slope against
    the declared direction is set to 0.

    References
    ----------
    C. R. Rao (1948), "Large sample tests of statistical hypotheses concerning several
    parameters", Proc. Cambridge Phil. Soc. 44 (the score statistic).
    """

    kind = "logistic"

    def fit(
        self,
        X: pd.DataFrame,
        y: IntArray,
        *,
        groups: npt.NDArray[Any],
        monotone: Mapping[str, int],
        roles: Mapping[str, str],
        weight: FloatArray | None = None,
    ) -> Self:
        """Choose the columns and learn their weights."""
        labels = check_labels(y)
        names = _numeric_inputs(X, roles)
        values = _values(X, names)
        accounts = checked_groups(groups, len(labels))
        rows = in_own_order(values, labels, accounts, even(weight, len(labels)))
        fitted, raw = fit_steps(learn_pool(names, rows.matrix, monotone), rows)
        line = Affine(1.0, 0.0)
        if raw is not None:
            line = fit_affine(raw, rows.y.astype(np.float64), rows.weight)
        self._take(fitted.scaled(line), X)
        if raw is not None:
            self.oof_log_odds = np.full(len(labels), np.nan)
            self.oof_log_odds[rows.position] = line.apply(raw)
        return self


class Directed(LinearModel):
    """Ridge logistic regression on all metrics that have a direction, none against it.

    Where little is known, knowing the directions beforehand is worth more than choosing columns.
    How near the next decision is may bend the sum; columns without a direction are left out.
    """

    kind = "directed"

    def fit(
        self,
        X: pd.DataFrame,
        y: IntArray,
        *,
        groups: npt.NDArray[Any],
        monotone: Mapping[str, int],
        roles: Mapping[str, str],
        weight: FloatArray | None = None,
    ) -> Self:
        """Learn the weights. Without a column that has a direction it is the base rate."""
        labels = check_labels(y)
        names = _numeric_inputs(X, roles)
        accounts = checked_groups(groups, len(labels))
        rows = in_own_order(_values(X, names), labels, accounts, even(weight, len(labels)))
        fitted, log_odds = fit_directed(
            learn_pool(names, rows.matrix, monotone), rows, roles.get("distance")
        )
        self._take(fitted, X)
        self.oof_log_odds = np.full(len(labels), np.nan)
        self.oof_log_odds[rows.position] = log_odds
        return self


def check_labels(y: npt.ArrayLike) -> IntArray:
    """Return labels as an array, refusing those without both classes.

    Parameters
    ----------
    y : array of shape (n_rows,)

    Returns
    -------
    ndarray of int, shape (n_rows,)

    Raises
    ------
    ValueError
        If ``y`` holds anything but 0 and 1, or one of them only.

    Examples
    --------
    >>> check_labels([True, False])
    array([1, 0])
    """
    labels = np.asarray(y)
    classes = np.unique(labels)
    if not np.array_equal(classes, [0, 1]):
        raise ValueError(
            f"`y` must hold both classes 0 and 1, got {classes[:5].tolist()!r}; "
            "train on a longer period or on another target."
        )
    return labels.astype(np.int64)


def model_inputs(X: pd.DataFrame, roles: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns that a learned model may use: all but the scores under reserved roles.

    Parameters
    ----------
    X : DataFrame
    roles : dict of str to str
        Role to column.

    Returns
    -------
    tuple of str

    Raises
    ------
    TypeError
        If a column name is not text.

    Examples
    --------
    >>> model_inputs(pd.DataFrame({"chs": [70.0], "logins_28d": [4]}), {"scorecard": "chs"})
    ('logins_28d',)
    """
    for name in X.columns:
        if not isinstance(name, str):
            raise TypeError(f"Column names must be text, got {name!r}; rename the column.")
    reserved = {roles.get(role) for role in RESERVED_ROLES}
    return tuple(name for name in X.columns if name not in reserved)


def _numeric_inputs(X: pd.DataFrame, roles: Mapping[str, str]) -> tuple[str, ...]:
    names = model_inputs(X, roles)
    levels = learn_encoding(X[list(names)]).levels
    return tuple(name for name, level in zip(names, levels, strict=True) if level is None)


def _numbers(names: Sequence[str]) -> Encoding:
    return Encoding(tuple(names), (None,) * len(names))


def _values(X: pd.DataFrame, names: Sequence[str]) -> FloatArray:
    values = _numbers(names).encode(X[list(names)])
    endless = np.flatnonzero(np.isinf(values).any(axis=0))
    if len(endless):
        raise ValueError(
            f"Column {names[endless[0]]!r} must hold finite numbers, got infinity; "
            "leave such values empty."
        )
    return values


def _best_single(
    X: pd.DataFrame,
    names: Sequence[str],
    y: IntArray,
    monotone: Mapping[str, int],
    weight: FloatArray | None,
) -> AdditiveFit:
    matrix = _values(X, names)
    rows = scaled_rows(learn_pool(names, matrix, monotone), matrix)
    return forward(rows, y, even(weight, len(y)), size=1, least=0.0)[-1]
