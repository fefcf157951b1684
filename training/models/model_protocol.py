"""What every model can do, and what is done with any of them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from .calibration import fit_intercept_shift, sigmoid
from .design_matrix import Encoding

__all__ = ["ProbabilityModel", "predict", "refresh_intercept"]


class ProbabilityModel(Protocol):
    """What every model can do.

    Attributes
    ----------
    kind : str
        Its name in ``MODELS``.
    encoding : Encoding
        Columns it reads once fitted, in the order of its contributions, and their levels.
    oof_log_odds : ndarray of float or None
        Calibrated log-odds of the training rows, each from a fit that did not see the row's group
        where that matters; None on a model that was read from disk.
    """

    kind: ClassVar[str]
    oof_log_odds: FloatArray | None

    @property
    def encoding(self) -> Encoding:
        """Columns it reads, and the levels of those that are categories."""

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
        """Learn from rows.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_columns)
            Metrics; NaN is missing.
        y : ndarray of int, shape (n_rows,)
            0 or 1, both present.
        groups : ndarray, shape (n_rows,)
            Parent account of each row.
        monotone : dict of str to int
            Columns whose direction is declared: 1 raises the outcome, -1 lowers it. Columns that
            are not there are ignored.
        roles : dict of str to str
            Special columns: "recency", "scorecard", "distance" (at all of its values estimates
            have to agree with the outcome). The scorecard is no input of other models.
        weight : ndarray of float, shape (n_rows,), optional
            What each row counts, greater than 0; only their ratios matter. 1 each by default.
        """

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds, shape (n_rows,); plus points to the outcome."""

    def contributions(self, X: pd.DataFrame) -> FloatArray:
        """Return shares of the log-odds, shape (n_rows, n_columns + 1), the base last."""

    def shifted(self, delta: float) -> Self:
        """Return a copy whose log-odds are higher by ``delta`` everywhere."""

    def to_state(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return everything needed to predict: JSON values, and long texts."""

    @classmethod
    def from_state(cls, data: Mapping[str, Any], texts: Sequence[str]) -> Self:
        """Return the model that ``to_state`` described."""


def predict(model: ProbabilityModel, X: pd.DataFrame) -> FloatArray:
    """Return calibrated probabilities.

    Parameters
    ----------
    model : ProbabilityModel
        Fitted.
    X : DataFrame
        At least the model's columns.

    Returns
    -------
    ndarray of float, shape (n_rows,)
        Strictly between 0 and 1; empty for no rows.
    """
    return np.clip(sigmoid(model.log_odds(X)), 1e-15, 1 - 1e-15)


def refresh_intercept(
    model: ProbabilityModel,
    y: IntArray,
    groups: npt.NDArray[Any],
    *,
    newest: npt.NDArray[np.bool_],
    weight: FloatArray | None = None,
    strength: float = 50.0,
) -> ProbabilityModel:
    """Return the model with its base moved towards the newest closed training rows.

    Parameters
    ----------
    model : ProbabilityModel
        Freshly fitted on rows that ``y``, ``groups`` and ``newest`` describe in the same order.
    y : ndarray of int, shape (n_rows,)
    groups : ndarray, shape (n_rows,)
        Account of each row.
    newest : ndarray of bool, shape (n_rows,)
        The rows that were the last to close.
    weight : ndarray of float, shape (n_rows,), optional
        What each row counts; 1 each by default.
    strength : float
        Number of accounts that the present base is worth.

    Returns
    -------
    ProbabilityModel
        A copy; the model itself is left as it is.

    Raises
    ------
    ValueError
        If the model was read from disk: it no longer knows its out-of-fold log-odds.
    """
    if model.oof_log_odds is None:
        raise ValueError(
            "`model` must be freshly fitted, but it holds no out-of-fold log-odds; fit it again."
        )
    log_odds, labels = model.oof_log_odds[newest], np.asarray(y, dtype=np.float64)[newest]
    counts = None if weight is None else weight[newest]
    shift = fit_intercept_shift(
        log_odds, labels, np.asarray(groups)[newest], weight=counts, strength=strength
    )
    return model.shifted(shift)
