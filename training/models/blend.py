"""How much a sum of curves weighs beside the trees: as much as unseen accounts say."""

from dataclasses import dataclass, replace

import numpy as np

from ...features.arrays.array_types import FloatArray
from ..dataset.row_order import TrainingRows
from ..dataset.temporal_splits import grouped_folds
from .calibration import Affine, fit_affine
from .curve_fit import ColumnKinds, fit_curves
from .curves import Curves

__all__ = ["Blend", "blended"]

PENALTIES = ((1000.0, 300.0, 100.0), (30.0, 10.0, 3.0))
"""Those that compete, the plainest curves first; the second three where the first three have not
yet seen the loss rise again."""

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
    plain = _plain_curves(rows, kinds, n_folds)
    own = fit_affine(trees, rows.y.astype(np.float64), rows.weight)
    sides = own.apply(trees), plain.line.apply(plain.raw)
    share, line = _share(sides, rows)
    mixed = share * sides[1] + (1 - share) * sides[0]
    slope = line.slope * (1 - share) * own.slope
    added = line.slope * (1 - share) * own.intercept + line.intercept
    if share == 0.0:
        return Blend(Affine(slope, added), None, line.apply(mixed))
    fitted = fit_curves(_some(rows), kinds, [plain.penalty])[0]
    curves = fitted.scaled(line.slope * share * plain.line.slope)
    added += curves.base + line.slope * share * plain.line.intercept
    return Blend(Affine(slope, added), replace(curves, base=0.0), line.apply(mixed))


@dataclass(frozen=True)
class _Tried:
    """Curves of one penalty on rows left out.

    Parameters
    ----------
    penalty : float
    raw : ndarray of float, shape (n_rows,)
        Log-odds, each row's from a fit that did not see its group.
    line : Affine
        Their calibration.
    losses : ndarray of float, shape (n_rows,)
        Of each row, calibrated.
    """

    penalty: float
    raw: FloatArray
    line: Affine
    losses: FloatArray


def _plain_curves(rows: TrainingRows, kinds: ColumnKinds, n_folds: int) -> _Tried:
    """Return the plainest of the curves that cannot be told apart from the best."""
    found: list[_Tried] = []
    for penalties in PENALTIES:
        found += _tried(rows, kinds, n_folds, penalties)
        if _least(found, rows) < len(found) - 1:
            break
    return found[_plainest(found, rows)]


def _tried(
    rows: TrainingRows, kinds: ColumnKinds, n_folds: int, penalties: tuple[float, ...]
) -> list[_Tried]:
    y, raw = rows.y.astype(np.float64), [np.empty(len(rows.y)) for _ in penalties]
    for train, unseen in grouped_folds(rows.groups, rows.y, n_splits=n_folds, seed=_SEED):
        fits = fit_curves(_some(rows.at(train)), kinds, penalties)
        for z, curves in zip(raw, fits, strict=True):
            z[unseen] = curves.log_odds(rows.matrix[unseen])
    lines = [fit_affine(z, y, rows.weight) for z in raw]
    return [
        _Tried(penalty, z, line, _losses(line.apply(z), y))
        for penalty, z, line in zip(penalties, raw, lines, strict=True)
    ]


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


def _least(found: list[_Tried], rows: TrainingRows) -> int:
    """Return the place of the least mean loss."""
    return int(np.argmin([np.average(one.losses, weights=rows.weight) for one in found]))


def _plainest(found: list[_Tried], rows: TrainingRows) -> int:
    """Return the first whose loss is not above the least by more than one standard error."""
    least = found[_least(found, rows)].losses
    return next(i for i, one in enumerate(found) if _not_worse(one.losses - least, rows))


def _not_worse(difference: FloatArray, rows: TrainingRows) -> bool:
    weighted = rows.weight * difference
    of_group = np.bincount(rows.groups, weights=weighted - weighted.mean())
    return bool(weighted.sum() <= np.sqrt(of_group @ of_group))


def _losses(log_odds: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds)
