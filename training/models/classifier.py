"""ChurnClassifier: a bag of small boosted trees, calibrated so that explanations add up."""

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    check_X_y,
    validate_data,
)

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.arrays.table_forms import as_table
from ..dataset.row_order import TrainingRows, checked_groups, in_own_order
from .bag import SHAPES, Bag, BagSettings, TreeShape, fit_bag
from .blend import Blend, blended
from .calibration import Affine, fit_intercept_shift, sigmoid
from .curve_fit import ColumnKinds
from .design_matrix import Encoding, learn_encoding
from .levelled import levelled
from .unknown_cells import stand_ins_of

__all__ = ["ChurnClassifier"]


_LEAST = {"n_folds": 1, "n_repeats": 1, "max_depth": 1, "max_rounds": 1, "patience": 1}
_IMPORTANCE_ROWS = 2_000


class ChurnClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Calibrated probability of a yes/no outcome from a table with numbers, categories and gaps.

    A bag of small LightGBM boosters: the (grouped) rows are cut into folds, each member learns on
    all folds but one and stops early on the one left out. Members of those shapes that serve rows
    left out best are averaged in log-odds. A penalised sum of curves, one a column, gets the share
    beside them that the same rows favour. One straight line fitted to the out-of-fold log-odds
    calibrates both, so the exact SHAP values, times the slope, add up to the log-odds of the
    probability that is shown.

    Parameters
    ----------
    n_folds : int, default=5
        Members per shape and repeat; fewer where a class has few independent units.
    n_repeats : int, default=1
        How often the folds are drawn anew for each shape. An out-of-fold row is an average.
    shapes : tuple of TreeShape, default=SHAPES
        Kinds of trees that compete.
    max_depth : int, default=6
        Most columns on a path of a tree.
    learning_rate : float, default=0.05
    max_rounds, patience : int, default=2000, 50
        Most trees of a member, and rounds without gain on its fold before it stops.
    bagging_fraction : float, default=0.8
        Share of rows that a tree may look at.
    monotone : dict or None, default=None
        Column (name, or position for an array) to 1 (more makes the outcome likelier), -1 or 0.
    outcome : scalar, default=None
        The value of ``y`` whose probability is wanted. Of numbers and booleans it is the greater
        one by default; of texts it has to be named.
    level_by : column, default=None
        Number along whose values the calibration is fitted once more, in straight pieces; name, or
        position for an array. None, or a column that is not there, leaves it at one line.
    random_state : int or None, default=0
    n_jobs : int or None, default=None
        Threads, as in scikit-learn: None is one, unless ``joblib.parallel_config`` says otherwise;
        -1 is all processors, -2 all but one. The result does not depend on it.

    Attributes
    ----------
    boosters_ : Members
        A list of LightGBM boosters; column i of the table is called ``c<i>`` inside them.
    slope_, intercept_ : float
        Calibration of the boosters on log-odds; the slope is positive.
    curves_ : Curves or None
        What is added to them, already calibrated; None where it would not help.
    stand_ins_ : StandIns
        Rows whose values stand in for cells of which training knew nothing: a value missing where
        training had hardly a gap, a category it never saw. Such a cell is no evidence.
    base_rate_ : float
        Weighted share of the outcome in the training rows.
    classes_ : ndarray, shape (2,)
        The second one is the outcome.
    oof_log_odds_ : ndarray of float, shape (n_rows,)
        Calibrated log-odds of the training rows from members that did not see the row's group;
        NaN for rows of weight 0. With too few rows to fold they are not out of fold.
    feature_importances_ : ndarray of float, shape (n_columns,)
        Mean absolute SHAP value of each column on log-odds: how far it moves the estimate of a
        training row from the base, up or down. 0 for a column that says nothing. Computed when
        first asked for, on at most 2,000 training rows, each by its weight.
    encoding_ : Encoding
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only when fitted on a frame with text column names.

    Notes
    -----
    Row order, and names of groups, do not matter: rows are put into an order of their own before
    anything random is drawn. Tables too small to fold give one booster of fixed length instead.

    Groups and weights are routed as scikit-learn does it: with
    ``sklearn.set_config(enable_metadata_routing=True)``,
    ``ChurnClassifier().set_fit_request(groups=True)`` receives the ``groups`` that
    ``cross_validate(..., params={"groups": parents})`` also gives to ``GroupKFold``.

    Examples
    --------
    >>> X = pd.DataFrame({"active_users_28d": np.arange(200.0), "plan": ["basic", "pro"] * 100})
    >>> y = (X["active_users_28d"] < 80).astype(int)
    >>> model = ChurnClassifier(monotone={"active_users_28d": -1}).fit(X, y)
    >>> model.predict(X.iloc[[0, 199]]).tolist()
    [1, 0]
    >>> shap = model.contributions(X)
    >>> bool(np.allclose(shap.sum(axis=1), model.decision_function(X), atol=1e-9))
    True
    >>> model.feature_names_in_[model.feature_importances_.argmax()]
    'active_users_28d'
    """

    def __init__(
        self,
        *,
        n_folds: int = 5,
        n_repeats: int = 1,
        shapes: tuple[TreeShape, ...] = SHAPES,
        max_depth: int = 6,
        learning_rate: float = 0.05,
        max_rounds: int = 2000,
        patience: int = 50,
        bagging_fraction: float = 0.8,
        monotone: Mapping[Any, int] | None = None,
        outcome: Any = None,
        level_by: Any = None,
        random_state: int | None = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.n_folds = n_folds
        self.n_repeats = n_repeats
        self.shapes = shapes
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.max_rounds = max_rounds
        self.patience = patience
        self.bagging_fraction = bagging_fraction
        self.monotone = monotone
        self.outcome = outcome
        self.level_by = level_by
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn the members and their calibration.

        Parameters
        ----------
        X : DataFrame of pandas or polars, pyarrow Table, or array, shape (n_rows, n_columns)
            Numbers, booleans, text or categories; missing values are information. No infinity.
            An array of objects or of texts may mix them, column by column.
        y : array, shape (n_rows,)
            Two classes, see ``outcome``.
        groups : array, shape (n_rows,), optional
            Rows of a group stay in one fold; use the parent account.
        sample_weight : array, shape (n_rows,), optional
            Not negative; rows of weight 0 are left out. Only their ratios matter.

        Returns
        -------
        ChurnClassifier
            Itself, fitted.

        Raises
        ------
        ValueError
            If the target is not binary, a setting is out of range, or lengths differ.
        TypeError
            If a column holds dates or other things.

        Examples
        --------
        >>> X = np.array([["3", "pro"], ["9", "basic"]] * 30)
        >>> ChurnClassifier(max_rounds=20).fit(X, [1, 0] * 30).n_features_in_
        2
        """
        self._check_settings()
        matrix, labels = self._learn_columns(X, y)
        codes = self._learn_classes(labels)
        weight = _check_sample_weight(sample_weight, matrix, ensure_non_negative=True)
        if weight.sum() > 0:
            # In single precision, as LightGBM takes them, so that their scale leaves no last bits.
            weight = (weight / weight[weight > 0].mean()).astype(np.float32).astype(np.float64)
        rows = in_own_order(matrix, codes, checked_groups(groups, len(codes)), weight)
        if len(np.unique(rows.y)) != 2:
            raise ValueError(
                "`y` must hold two classes in rows of positive weight, got one class only: "
                f"{self.classes_[rows.y[:1]].tolist()!r}; add rows with the other outcome."
            )
        self.base_rate_ = float(np.average(rows.y, weights=rows.weight))
        bag = fit_bag(rows, self._bag_settings())
        self.boosters_, self.stand_ins_ = bag.boosters, stand_ins_of(rows.matrix, bag.raw)
        self.__dict__.pop("_importances", None)
        self._seen = rows.at(_some_of(len(rows.y)))
        blend = self._blend(rows, bag)
        self.slope_, self.intercept_ = blend.line.slope, blend.line.intercept
        self.curves_ = blend.curves
        self.oof_log_odds_ = np.full(len(codes), np.nan)
        self.oof_log_odds_[rows.position] = blend.log_odds
        return self

    def _blend(self, rows: TrainingRows, bag: Bag) -> Blend:
        if not bag.out_of_fold:
            return Blend(Affine(slope=1.0, intercept=0.0), None, bag.raw)
        signs = tuple(self._constraints() or [0] * rows.matrix.shape[1])
        kinds = ColumnKinds(signs, frozenset(self.encoding_.categorical))
        blend = blended(rows, bag.raw, kinds, bag.n_folds)
        names = list(self.encoding_.names)
        return (
            levelled(blend, rows, names.index(self.level_by)) if self.level_by in names else blend
        )

    def _check_settings(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` must be at least {least}, got {getattr(self, name)!r}.")
        for name in ("learning_rate", "bagging_fraction"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"`{name}` must lie in (0, 1], got {getattr(self, name)!r}.")
        if self.n_jobs == 0:
            raise ValueError("`n_jobs` must not be 0; 1 is one thread, -1 all processors.")
        if not self.shapes:
            raise ValueError("`shapes` must name at least one kind of tree, got none.")

    def _learn_columns(self, X: Any, y: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[Any]]:
        X = as_table(X)
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, y, skip_check_array=True)
            self.encoding_ = learn_encoding(X)
            X = self.encoding_.encode(X)
            matrix, y = check_X_y(X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        else:
            matrix, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
            n_columns = matrix.shape[1]
            self.encoding_ = Encoding(tuple(range(n_columns)), (None,) * n_columns)
        return matrix, np.asarray(y)

    def _learn_classes(self, y: npt.NDArray[Any]) -> IntArray:
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}."
            )
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) == 2 and self._positive(self.classes_) == 0:
            self.classes_, codes = self.classes_[::-1], 1 - codes
        return codes.astype(np.int64)

    def _positive(self, classes: npt.NDArray[Any]) -> int:
        """Return which of two sorted classes is the outcome."""
        if self.outcome is None:
            if classes.dtype.kind in "biuf":
                return len(classes) - 1
            raise ValueError(
                f"`outcome` must name the class whose probability is wanted, one of "
                f"{classes.tolist()!r}: texts do not say which one it is."
            )
        if self.outcome not in classes.tolist():
            raise ValueError(
                f"`outcome` must be one of the classes {classes.tolist()!r}, got {self.outcome!r}."
            )
        return int(classes.tolist().index(self.outcome))

    def decision_function(self, X: Any) -> FloatArray:
        """Return calibrated log-odds.

        Parameters
        ----------
        X : DataFrame or array, shape (n_rows, n_columns)
            Columns as in training. A category not seen there, and a value missing where training
            had hardly a gap, count as unknown: no evidence either way.

        Returns
        -------
        ndarray of float, shape (n_rows,)
            Plus points to the outcome.

        Examples
        --------
        >>> X = pd.DataFrame({"seats": np.arange(60.0)})
        >>> model = ChurnClassifier(max_rounds=20).fit(X, X["seats"] < 30)
        >>> bool(model.decision_function(X)[0] > 0 > model.decision_function(X)[-1])
        True
        """
        matrix = self._encoded(X)
        ask = partial(self.boosters_.log_odds, n_jobs=effective_n_jobs(self.n_jobs))
        raw = self.stand_ins_.averaged(ask, matrix, self.encoding_.categorical)
        log_odds = Affine(self.slope_, self.intercept_).apply(raw)
        return log_odds if self.curves_ is None else log_odds + self.curves_.log_odds(matrix)

    def predict_proba(self, X: Any) -> FloatArray:
        """Return calibrated probabilities.

        Returns
        -------
        ndarray of float, shape (n_rows, 2)
            One column per entry of ``classes_``; the second is that of the outcome.

        Examples
        --------
        >>> X = pd.DataFrame({"seats": np.arange(60.0)})
        >>> model = ChurnClassifier(max_rounds=20).fit(X, X["seats"] < 30)
        >>> model.predict_proba(X).sum(axis=1).round(9).min()
        np.float64(1.0)
        """
        log_odds = self.decision_function(X)
        return np.column_stack([sigmoid(-log_odds), sigmoid(log_odds)])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the likelier class of each row.

        Returns
        -------
        ndarray, shape (n_rows,)
            The outcome where its probability exceeds one half.

        Examples
        --------
        >>> X = pd.DataFrame({"seats": np.arange(60.0)})
        >>> model = ChurnClassifier(max_rounds=20).fit(X, X["seats"] < 30)
        >>> model.predict(X.iloc[[0, -1]]).tolist()
        [True, False]
        """
        outcome = self.decision_function(X) > 0
        return np.asarray(self.classes_[outcome.astype(np.int64)])

    def contributions(self, X: Any) -> FloatArray:
        """Return exact SHAP values on calibrated log-odds.

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns + 1)
            Plus raises the outcome; the last column is the base, the same in every row. A row
            sums to its ``decision_function``.

        References
        ----------
        S. M. Lundberg et al. (2020), "From local explanations to global understanding with
        explainable AI for trees", Nature Machine Intelligence 2 (path-dependent form).

        Examples
        --------
        >>> X = pd.DataFrame({"seats": np.arange(60.0)})
        >>> model = ChurnClassifier(max_rounds=20).fit(X, X["seats"] < 30)
        >>> model.contributions(X).shape
        (60, 2)
        """
        return self._shares(self._encoded(X))

    def _shares(self, matrix: FloatArray) -> FloatArray:
        ask = partial(self.boosters_.contributions, n_jobs=effective_n_jobs(self.n_jobs))
        shares = self.slope_ * self.stand_ins_.averaged(ask, matrix, self.encoding_.categorical)
        shares[:, -1] += self.intercept_
        return shares if self.curves_ is None else shares + self.curves_.contributions(matrix)

    @property
    def feature_importances_(self) -> FloatArray:
        """Mean absolute SHAP value of each column over the training rows, on log-odds."""
        check_is_fitted(self)
        if "_importances" not in self.__dict__:
            if "_seen" not in self.__dict__:
                raise AttributeError(
                    "A model that was read from disk has no training rows; take the mean of "
                    "abs(`contributions`) over rows of your own."
                )
            shares = np.abs(self._shares(self._seen.matrix)[:, :-1])
            self._importances = np.average(shares, axis=0, weights=self._seen.weight)
        return np.asarray(self._importances)

    def shift_intercept(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        strength: float = 50.0,
    ) -> Self:
        """Return a copy whose base is moved towards what newer rows show.

        Parameters
        ----------
        X : DataFrame or array, shape (n_rows, n_columns)
            Rows that training did not see. On rows it saw the shift comes out too small: give
            their ``oof_log_odds_`` to ``fit_intercept_shift`` and call ``shifted``.
        y : array, shape (n_rows,)
            Values of ``classes_``; one class alone is fine.
        groups : array, shape (n_rows,), optional
            Account of each row; together the rows weigh as much as there are accounts.
        strength : float, default=50.0
            Number of accounts that the present intercept is worth.

        Returns
        -------
        ChurnClassifier
            Slope, members and contributions but the base are the same.

        Raises
        ------
        ValueError
            If ``y`` holds a value that training did not know, or lengths differ.

        Examples
        --------
        >>> X = pd.DataFrame({"seats": np.arange(60.0)})
        >>> model = ChurnClassifier(max_rounds=20).fit(X, X["seats"] < 30)
        >>> bool(model.shift_intercept(X, np.ones(60)).intercept_ > model.intercept_)
        True
        """
        log_odds = self.decision_function(X)
        labels = np.asarray(y)
        check_consistent_length(log_odds, labels)
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise ValueError(
                f"`y` must hold the classes {self.classes_.tolist()!r} seen in training, "
                f"got {unknown[0]!r}."
            )
        outcome = (labels == self.classes_[1]).astype(np.float64)
        accounts = checked_groups(groups, len(labels))
        return self.shifted(fit_intercept_shift(log_odds, outcome, accounts, strength=strength))

    def shifted(self, delta: float) -> Self:
        """Return a copy whose log-odds are higher by ``delta`` everywhere.

        Examples
        --------
        >>> X = pd.DataFrame({"seats": np.arange(60.0)})
        >>> model = ChurnClassifier(max_rounds=20).fit(X, X["seats"] < 30)
        >>> round(model.shifted(0.5).intercept_ - model.intercept_, 9)
        0.5
        """
        check_is_fitted(self)
        moved = copy.copy(self)
        moved.intercept_ = self.intercept_ + delta
        moved.oof_log_odds_ = self.oof_log_odds_ + delta
        return moved

    def _encoded(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        X = as_table(X)
        if isinstance(X, np.ndarray) and X.ndim == 2 and self.encoding_.categorical:
            X = pd.DataFrame(X)
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, skip_check_array=True, reset=False)
            X = self.encoding_.encode(X)
            return np.asarray(check_array(X, ensure_all_finite="allow-nan", input_name="X"))
        finite = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
        return np.asarray(validate_data(self, X, reset=False, **finite))

    def _bag_settings(self) -> BagSettings:
        parameters = {
            "objective": "binary",
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            # Some thousand rows say no more with finer bins, and take a fifth longer.
            "max_bin": 63,
            "max_cat_to_onehot": 8,
            "cat_smooth": 20,
            "monotone_constraints": self._constraints(),
            # All folds share one binning, whatever leaf size a fold could reach.
            "feature_pre_filter": False,
            "deterministic": True,
            "num_threads": 1,
            "verbosity": -1,
        }
        return BagSettings(
            parameters=parameters,
            shapes=self.shapes,
            categorical=self.encoding_.categorical,
            n_folds=self.n_folds,
            n_repeats=self.n_repeats,
            max_rounds=self.max_rounds,
            patience=self.patience,
            seed=self.random_state,
            n_jobs=effective_n_jobs(self.n_jobs),
        )

    def _constraints(self) -> list[int]:
        """Return -1, 0 or 1 per column, or nothing at all without constraints."""
        signs = dict(self.monotone or {})
        names = list(self.encoding_.names)
        for name, sign in signs.items():
            if name not in names:
                raise ValueError(
                    f"`monotone` names the column {name!r}, which the table does not have; "
                    "remove it or add the column."
                )
            if sign not in (-1, 0, 1):
                raise ValueError(f"`monotone` must be -1, 0 or 1, got {sign!r} for {name!r}.")
            if sign and names.index(name) in self.encoding_.categorical:
                raise ValueError(
                    f"`monotone` needs numbers, but column {name!r} holds categories; remove it."
                )
        return [signs.get(name, 0) for name in names] if any(signs.values()) else []


def _some_of(n_rows: int) -> IntArray:
    """Return positions spread evenly over the rows, not more than importances need."""
    number = min(n_rows, _IMPORTANCE_ROWS)
    return np.arange(number, dtype=np.int64) * n_rows // number
