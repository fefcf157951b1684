"""How own competitors are explained: shares of log-odds that add up, or a refusal."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ..models.calibration import Affine

__all__ = ["EXPLAINERS", "Explained"]

_EXACT = 1e-6
_SEED = 0

LogOdds = Callable[[pd.DataFrame], FloatArray]


@dataclass(frozen=True, slots=True)
class Explained:
    """Shares of log-odds.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows, n_inputs)
    base : float
    """

    values: FloatArray
    base: float

    def checked(self, log_odds: FloatArray, explainer: str) -> FloatArray:
        """Return values and base side by side; ValueError where they do not add up."""
        off = np.abs(self.values.sum(axis=1) + self.base - log_odds)
        if len(off) and off.max() > _EXACT:
            raise ValueError(
                f"`explainer` {explainer!r} misses the log-odds by up to {off.max():.3g}: it "
                "explains something else (a forest's trees speak of probabilities, a model with "
                "interactions is no sum). Name 'permutation'."
            )
        return np.column_stack([self.values, np.full(len(log_odds), self.base)])


def _nothing(
    estimator: Any,
    log_odds: LogOdds,
    line: Affine,
    background: pd.DataFrame,
    matrix: pd.DataFrame,
    parts: list[int],
) -> Explained:
    raise ValueError("`explainer` is 'none'; name 'additive', 'tree' or 'permutation'.")


def _additive(
    estimator: Any,
    log_odds: LogOdds,
    line: Affine,
    background: pd.DataFrame,
    matrix: pd.DataFrame,
    parts: list[int],
) -> Explained:
    """Move one input at a time from the first row of the background; exact for a sum."""
    places = np.asarray(parts)
    start = background.iloc[:1]
    origin = float(log_odds(start)[0])
    values = np.zeros((len(matrix), places.max(initial=-1) + 1))
    base = origin
    for place in range(values.shape[1]):
        mine = matrix.columns[places == place]
        alone = pd.DataFrame(np.repeat(start.to_numpy(), len(matrix), axis=0), matrix.index)
        alone.columns = matrix.columns
        alone[mine] = matrix[mine]
        usual = pd.DataFrame(np.repeat(start.to_numpy(), len(background), axis=0))
        usual.columns = matrix.columns
        usual[mine] = background[mine].to_numpy()
        mean = float((log_odds(usual) - origin).mean())
        values[:, place] = log_odds(alone) - origin - mean
        base += mean
    return Explained(values, base)


def _tree(
    estimator: Any,
    log_odds: LogOdds,
    line: Affine,
    background: pd.DataFrame,
    matrix: pd.DataFrame,
    parts: list[int],
) -> Explained:
    explainer = _shap().TreeExplainer(estimator)
    shares = np.asarray(explainer.shap_values(matrix, check_additivity=False))
    base = np.ravel(explainer.expected_value)
    shares = shares[..., -1] if shares.ndim == 3 else shares
    return Explained(
        line.slope * _per_input(shares, parts), line.slope * float(base[-1]) + line.intercept
    )


def _permutation(
    estimator: Any,
    log_odds: LogOdds,
    line: Affine,
    background: pd.DataFrame,
    matrix: pd.DataFrame,
    parts: list[int],
) -> Explained:
    shap = _shap()

    def asked(rows: Any) -> FloatArray:
        return log_odds(pd.DataFrame(np.asarray(rows, dtype=np.float64), columns=matrix.columns))

    masker = shap.maskers.Independent(background.to_numpy(), max_samples=len(background))
    explainer = shap.explainers.Permutation(asked, masker, seed=_SEED)
    found = explainer(matrix.to_numpy(), max_evals=2 * len(matrix.columns) + 1, silent=True)
    return Explained(_per_input(found.values, parts), float(np.ravel(found.base_values)[0]))


def _shap() -> Any:
    with warnings.catch_warnings():
        # What shap's colours ask of matplotlib in a way that is given up is not ours to show.
        warnings.simplefilter("ignore")
        import shap
    return shap


def _per_input(shares: FloatArray, parts: list[int]) -> FloatArray:
    """Add up the levels of each category."""
    total = np.zeros((len(shares), max(parts, default=-1) + 1))
    for column, place in enumerate(parts):
        total[:, place] += shares[:, column]
    return total


EXPLAINERS: Mapping[str, Callable[..., Explained]] = MappingProxyType(
    {"additive": _additive, "tree": _tree, "permutation": _permutation, "none": _nothing}
)
"""By name; each gives shares of the calibrated log-odds an input."""
