"""How much a sum of curves weighs beside the trees: as much as unseen accounts say."""

from dataclasses import dataclass, replace

import numpy as np

from ...features.arrays.array_types import FloatArray
from ..dataset.temporal_splits import grouped_folds
from .calibration import Affine, fit_affine
from .curve_fit import ColumnKinds, fit_curves
from .curves import Curves
from .row_order import TrainingRows

__all__ = ["Blend", "blended"]

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0)
"""Those that compete, the plainest curves first."""

SHARES = tuple(i / 10 for i in range(10))
"""Those of the curves that compete; the trees always have a say."""

# More rows do not bend the curves any better; whole accounts are left out.
MOST_ROWS = 50_000
_SEED = 1


@dataclass(frozen=True)
class Blend:
    """Trees and curves as one model.

    Parameters
    ----------
    line : Affine
        What the log-odds of the trees are multiplied by, and what is added to all.
    curves : Curves or None
        Already scaled, their base in the line; None where they have no share.
    log_odds : ndarray of float, shape (n_rows,)
        Calibrated, of the training rows, each from fits that did not see the row's group.
    """

    line: Affine
    curves: Curves | None
    log_odds: FloatArray


def blended(rows: TrainingRows, trees: FloatArray, kinds: ColumnKinds, n_folds: int) -> Blend:
    """Return trees and curves with the share and the penalty that unseen accounts favour.

    Parameters
    ----------
    rows : TrainingRows
    trees : ndarray of float, shape (n_rows,)
        Out-of-fold log-odds of the trees.
    kinds : ColumnKinds
    n_folds : int
        At least 2.

    Returns
    -------
    Blend
        Of penalties that cannot be told apart by more than a standard error the largest counts,
        for plain curves keep their worth when times change.
    """
    y = rows.y.astype(np.float64)
    raw = _out_of_fold(rows, kinds, n_folds)
    lines = [fit_affine(z, y, rows.weight) for z in raw]
    losses = [_losses(line.apply(z), y) for line, z in zip(lines, raw, strict=True)]
    best = _plainest(losses, rows)
    own = fit_affine(trees, y, rows.weight)
    sides = own.apply(trees), lines[best].apply(raw[best])
    share, line = _share(sides, rows)
    mixed = share * sides[1] + (1 - share) * sides[0]
    slope = line.slope * (1 - share) * own.slope
    added = line.slope * (1 - share) * own.intercept + line.intercept
    if share == 0.0:
        return Blend(Affine(slope, added), None, line.apply(mixed))
    fitted = fit_curves(_some(rows), kinds, [PENALTIES[best]])[0]
    curves = fitted.scaled(line.slope * share * lines[best].slope)
    added += curves.base + line.slope * share * lines[best].intercept
    return Blend(Affine(slope, added), replace(curves, base=0.0), line.apply(mixed))


def _out_of_fold(rows: TrainingRows, kinds: ColumnKinds, n_folds: int) -> list[FloatArray]:
    """Return the log-odds of each penalty, each row's from a fit that did not see its group."""
    raw = [np.empty(len(rows.y)) for _ in PENALTIES]
    for train, unseen in grouped_folds(rows.groups, rows.y, n_splits=n_folds, seed=_SEED):
        fits = fit_curves(_some(rows.at(train)), kinds, PENALTIES)
        for z, curves in zip(raw, fits, strict=True):
            z[unseen] = curves.log_odds(rows.matrix[unseen])
    return raw


def _some(rows: TrainingRows) -> TrainingRows:
    """Return all rows, or those of so many accounts as make up the limit."""
    parts = min(-(-len(rows.y) // MOST_ROWS), rows.units)
    if parts < 2:
        return rows
    some = rows.at(grouped_folds(rows.groups, rows.y, n_splits=parts, seed=_SEED)[0][1])
    return some if len(np.unique(some.y)) == 2 else rows


def _share(sides: tuple[FloatArray, FloatArray], rows: TrainingRows) -> tuple[float, Affine]:
    """Return the share of the curves of least log-loss, and the line that calibrates the mix."""
    y, found = rows.y.astype(np.float64), []
    for share in SHARES:
        mixed = share * sides[1] + (1 - share) * sides[0]
        line = fit_affine(mixed, y, rows.weight)
        loss = float(np.average(_losses(line.apply(mixed), y), weights=rows.weight))
        found.append((loss, share, line))
    _, share, line = min(found, key=lambda one: one[:2])
    return share, line


def _plainest(losses: list[FloatArray], rows: TrainingRows) -> int:
    """Return the first whose loss is not above the least by more than one standard error."""
    means = [float(np.average(loss, weights=rows.weight)) for loss in losses]
    least = losses[int(np.argmin(means))]
    return next(i for i, loss in enumerate(losses) if _not_worse(loss - least, rows))


def _not_worse(difference: FloatArray, rows: TrainingRows) -> bool:
    weighted = rows.weight * difference
    of_group = np.bincount(rows.groups, weights=weighted - weighted.mean())
    return bool(weighted.sum() <= np.sqrt(of_group @ of_group))


def _losses(log_odds: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds)
