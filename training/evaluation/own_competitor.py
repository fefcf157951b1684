"""A company's own competitor: any classifier of scikit-learn, calibrated and explained as ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from ...features.arrays.array_types import FloatArray, IntArray
from ..dataset.temporal_splits import grouped_folds
from ..models.calibration import Affine, fit_affine
from ..models.catalogue import MODELS, Model
from ..models.design_matrix import Encoding, learn_encoding
from ..models.linear import check_labels, model_inputs
from .own_explainers import EXPLAINERS, Explained

__all__ = ["Competitor", "OwnModel"]

_FOLDS, _SEED = 5, 0
_SURE = 1e-4
"""Nearer to 0 or 1 no estimate comes: a forest whose trees all agree is not that sure."""
_BACKGROUND = 100


@dataclass(frozen=True, slots=True)
class Competitor:
    """A classifier of one's own that takes part in the backtest.

    It sees what our models see: all inputs but the scorecard, categories as a column a level. Its
    probabilities are calibrated as ours are, by one line on log-odds that its own rows left out
    give. It never ships, for what ships is stored without pickles.

    Parameters
    ----------
    name : str
        As the results call it; none of ours.
    estimator : scikit-learn classifier
        With ``predict_proba``, unfitted; a pipeline is one. Each fold fits a clone.
    explainer : {"additive", "tree", "permutation", "none"}
        How its importances come about, always on calibrated log-odds, adding up exactly:
        ``additive`` for what is a sum over the inputs (logistic regression, splines, EBM without
        interactions), ``tree`` for boosted trees by shap's TreeExplainer, ``permutation`` for
        anything else (slow). With ``none`` it has no importances.
    meaning : str
        One sentence for people.

    Raises
    ------
    ValueError
        If the name is taken, or there is no such explainer.
    TypeError
        If the estimator is no classifier with probabilities.

    Examples
    --------
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> Competitor("hist", HistGradientBoostingClassifier(), explainer="tree").name
    'hist'
    """

    name: str
    estimator: Any
    explainer: Literal["additive", "tree", "permutation", "none"] = "none"
    meaning: str = "Brought by the company."

    def __post_init__(self) -> None:
        taken = sorted(model.name for model in MODELS)
        if not self.name or self.name in taken:
            raise ValueError(f"`name` must be none of {taken!r} and not empty, got {self.name!r}.")
        if self.explainer not in EXPLAINERS:
            raise ValueError(
                f"`explainer` must be one of {list(EXPLAINERS)!r}, got {self.explainer!r}."
            )
        if not (is_classifier(self.estimator) and hasattr(self.estimator, "predict_proba")):
            raise TypeError(
                "`estimator` must be a classifier of scikit-learn with `predict_proba`, got "
                f"{type(self.estimator).__name__}."
            )

    @property
    def model(self) -> Model:
        """The declaration by which it takes part."""
        build = partial(OwnModel, self.estimator, self.explainer)
        return Model(self.name, build, self.explainer, self.meaning)


class OwnModel:
    """A classifier of scikit-learn with the methods that all models have."""

    kind: ClassVar[str] = "own"

    def __init__(self, estimator: Any, explainer: str = "none") -> None:
        self.estimator, self.explainer = estimator, explainer
        self.encoding = Encoding((), ())
        self.line = Affine(1.0, 0.0)
        self.oof_log_odds: FloatArray | None = None
        self.background = pd.DataFrame()

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
        """Learn from rows; declared directions are the estimator's own affair."""
        labels = check_labels(y)
        self.encoding = learn_encoding(X[list(model_inputs(X, roles))])
        matrix = self._matrix(X)
        counts = np.ones(len(labels)) if weight is None else weight
        left_out = self._left_out(matrix, labels, groups, counts)
        self.estimator = self._fitted(matrix, labels, counts)
        raw = self._raw(self.estimator, matrix) if left_out is None else left_out
        if left_out is not None:
            self.line = fit_affine(raw, labels.astype(np.float64), counts)
        self.oof_log_odds = self.line.apply(raw)
        self.background = matrix.iloc[:: max(1, len(matrix) // _BACKGROUND)]
        return self

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds, shape (n_rows,); plus points to the outcome."""
        return self._of_matrix(self._matrix(X)) if len(X) else np.empty(0)

    def contributions(self, X: pd.DataFrame) -> FloatArray:
        """Return shares of the log-odds, shape (n_rows, n_columns + 1), the base last."""
        matrix = self._matrix(X)
        explained: Explained = EXPLAINERS[self.explainer](
            self.estimator, self._of_matrix, self.line, self.background, matrix, self._parts
        )
        return explained.checked(self._of_matrix(matrix), self.explainer)

    def shifted(self, delta: float) -> Self:
        """Return a copy whose log-odds are higher by ``delta`` everywhere."""
        moved = type(self)(self.estimator, self.explainer)
        moved.encoding, moved.background = self.encoding, self.background
        moved.line = Affine(self.line.slope, self.line.intercept + delta)
        moved.oof_log_odds = None if self.oof_log_odds is None else self.oof_log_odds + delta
        return moved

    def to_state(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Refuse: a classifier of somebody else could be stored as a pickle only."""
        raise TypeError("An own competitor takes part in backtests and is never stored.")

    @classmethod
    def from_state(cls, data: Mapping[str, Any], texts: Sequence[str]) -> Self:
        """Refuse, as ``to_state`` does."""
        raise TypeError("An own competitor takes part in backtests and is never stored.")

    @property
    def _parts(self) -> list[int]:
        """The input of each column of the matrix, by position."""
        sizes = [1 if levels is None else len(levels) for levels in self.encoding.levels]
        return [place for place, size in enumerate(sizes) for _ in range(size)]

    def _matrix(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return numbers as they are and a column of 0 and 1 a level, all zero where unknown."""
        codes = self.encoding.encode(X[list(self.encoding.names)])
        columns = {}
        for name, levels, values in zip(
            self.encoding.names, self.encoding.levels, codes.T, strict=True
        ):
            if levels is None:
                columns[name] = values
            else:
                given = {f"{name}={level}": values == code for code, level in enumerate(levels)}
                columns |= {key: held.astype(np.float64) for key, held in given.items()}
        return pd.DataFrame(columns, index=X.index)

    def _left_out(
        self, matrix: pd.DataFrame, y: IntArray, groups: npt.NDArray[Any], weight: FloatArray
    ) -> FloatArray | None:
        """Return the log-odds of rows left out; None where too few accounts allow none."""
        units = min(len(set(groups[y == label])) for label in (0, 1))
        if units < 2:
            return None
        raw = np.empty(len(y))
        for learn, test in grouped_folds(groups, y, n_splits=min(_FOLDS, units), seed=_SEED):
            if len(np.unique(y[learn])) < 2:
                return None
            fitted = self._fitted(matrix.iloc[learn], y[learn], weight[learn])
            raw[test] = self._raw(fitted, matrix.iloc[test])
        return raw

    def _fitted(self, matrix: pd.DataFrame, y: IntArray, weight: FloatArray) -> Any:
        fresh = clone(self.estimator)
        last = fresh.steps[-1] if isinstance(fresh, Pipeline) else ("", fresh)
        weighs = has_fit_parameter(last[1], "sample_weight")
        name = f"{last[0]}__sample_weight" if last[0] else "sample_weight"
        # A column without any value tells nothing, and ends the binning of some estimators.
        empty = matrix.columns[matrix.isna().all()]
        matrix = matrix.fillna(dict.fromkeys(empty, 0.0))
        try:
            return fresh.fit(matrix, y, **({name: weight} if weighs else {}))
        except ValueError as error:
            gaps = matrix.columns[matrix.isna().any()]
            if "NaN" not in str(error) or not len(gaps):
                raise
            raise ValueError(
                f"`estimator` {type(self.estimator).__name__} takes no missing values, but "
                f"{len(gaps)} inputs have some, such as {gaps[0]!r}; put an imputer before it, "
                "as make_pipeline(SimpleImputer(), ...)."
            ) from error

    @staticmethod
    def _raw(fitted: Any, matrix: pd.DataFrame) -> FloatArray:
        p = fitted.predict_proba(matrix)[:, list(fitted.classes_).index(1)]
        p = np.clip(np.asarray(p, dtype=np.float64), _SURE, 1 - _SURE)
        return np.asarray(np.log(p) - np.log1p(-p))

    def _of_matrix(self, matrix: pd.DataFrame) -> FloatArray:
        return self.line.apply(self._raw(self.estimator, matrix))
