"""A stored model as scikit-learn's tools know a classifier: fitted, and never fitted again."""

import html
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from ...features.arrays.array_types import FloatArray, IntArray

__all__ = ["AsEstimator"]


class AsEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What is added to a model that knows its columns, log-odds and probabilities.

    Tools that take a fitted classifier (scikit-learn's inspection, shapash, explainerdashboard,
    skore) take it as it is.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it reads, in the order of its contributions."""
        raise NotImplementedError

    def predict_p(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated probabilities of the target."""
        raise NotImplementedError

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds of the target."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any = None, **_: Any) -> Self:
        """Return the model as it is: what is stored learns nothing; see ``churngrid.train``."""
        return self

    def predict_proba(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated probabilities, shape (n_rows, 2); the second is the target's."""
        p = self.predict_p(X)
        return np.column_stack([1.0 - p, p])

    def decision_function(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds, shape (n_rows,); plus points to the target."""
        return self.log_odds(X)

    def predict(self, X: pd.DataFrame) -> IntArray:
        """Return 1 where the probability exceeds one half, else 0; shape (n_rows,)."""
        return (self.log_odds(X) > 0).astype(np.int64)

    @property
    def classes_(self) -> IntArray:
        """The labels: 0, and 1 for the target."""
        return np.array([0, 1])

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """The columns it reads, in the order of its contributions."""
        return np.array(self.columns, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """How many columns it reads."""
        return len(self.columns)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> Self:
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
