"""Calibration along one column: where estimates are too high or too low at some of its values."""

from dataclasses import replace

import numpy as np

from ...features.arrays.array_types import FloatArray
from ..dataset.row_order import TrainingRows
from .blend import Blend
from .calibration import Prior, fit_logit, sigmoid
from .curves import Curve, Curves

__all__ = ["levelled"]

QUANTILES = (0.0, 0.05, 0.15, 0.35, 0.65, 1.0)
"""Of the training rows, between which the correction is straight: closer at the low end."""

STRENGTH = 20.0
"""Rows that no correction at a knot is worth."""

LEAST_KNOTS = 3


def levelled(blend: Blend, rows: TrainingRows, column: int) -> Blend:
    """Return a blend whose rows left out agree with the outcome at every value of one column.

    Parameters
    ----------
    blend : Blend
    rows : TrainingRows
    column : int
        Of the matrix, a number.

    Returns
    -------
    Blend
        With a curve of that column more, so that contributions add up as before; the blend itself
        where the column has too few values.

    Notes
    -----
    Few rows lie at the rare values that matter most, such as the last days before a decision, and
    trees that stop early leave them near the mean of their neighbours. A correction that is
    straight between a few knots, drawn to none, is fitted to the log-odds of rows left out.
    """
    values = rows.matrix[:, column]
    known = ~np.isnan(values)
    knots = np.unique(np.quantile(values[known], QUANTILES)) if known.any() else np.empty(0)
    if len(knots) < LEAST_KNOTS:
        return blend
    y = rows.y.astype(np.float64)
    design = np.column_stack([_hats(values, knots), ~known])
    p = sigmoid(blend.log_odds)
    information = float(np.average(p * (1 - p), weights=rows.weight))
    prior = Prior(np.zeros(design.shape[1]), np.full(design.shape[1], STRENGTH * information))
    found = fit_logit(design, y, prior=prior, weight=rows.weight, offset=blend.log_odds)
    moved = design @ found
    centre = float(np.average(moved, weights=rows.weight))
    curve = Curve(
        tuple(map(float, knots)), tuple(map(float, found[:-1] - centre)), float(found[-1] - centre)
    )
    return Blend(
        replace(blend.line, intercept=blend.line.intercept + centre),
        _with_curve(blend.curves, curve, column, rows.matrix.shape[1]),
        blend.log_odds + moved,
    )


def _hats(values: FloatArray, knots: FloatArray) -> FloatArray:
    """Return how near each value is to each knot; the shares of a row add up to 1, 0 if missing."""
    shares = [np.interp(values, knots, one) for one in np.eye(len(knots))]
    return np.nan_to_num(np.column_stack(shares), nan=0.0)


def _with_curve(curves: Curves | None, curve: Curve, column: int, n_columns: int) -> Curves:
    nothing = Curve((), (), 0.0)
    columns = list(curves.columns if curves else (nothing,) * n_columns)
    columns[column] = _sum(columns[column], curve)
    return Curves(curves.base if curves else 0.0, tuple(columns))


def _sum(one: Curve, other: Curve) -> Curve:
    knots = np.unique([*one.knots, *other.knots])
    heights = one.at(knots) + other.at(knots)
    missing = (one.missing if one.knots else 0.0) + other.missing
    return Curve(tuple(map(float, knots)), tuple(map(float, heights)), missing)
