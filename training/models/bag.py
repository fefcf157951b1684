"""The bag inside ChurnClassifier: rows in an order of their own, grouped folds, small boosters."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from ...features.arrays.array_types import FloatArray, IntArray
from ..dataset.row_order import TrainingRows
from ..dataset.temporal_splits import grouped_folds
from .bag_members import Members, at_once
from .calibration import fit_affine, log_loss_of

__all__ = [
    "MIN_UNITS_PER_FOLD",
    "MIN_UNITS_TO_FOLD",
    "SHAPES",
    "Bag",
    "BagSettings",
    "TreeShape",
    "fit_bag",
]


# With fewer independent units of a class, a fold left out is too small to stop on or to calibrate
# with; one strongly regularised booster of fixed length is then the steadier choice.
MIN_UNITS_TO_FOLD = 20
MIN_UNITS_PER_FOLD = 5
TINY_ROUNDS = 50


@dataclass(frozen=True)
class TreeShape:
    """What the trees of a repeat look like.

    Parameters
    ----------
    num_leaves : int
        At least 2.
    min_rows : int
        Rows in a leaf, at least; lowered to a twentieth of the rows on small tables.
    column_share : float in (0, 1]
        Share of the columns that a tree may look at.
    ridge : float
        Penalty of leaf values, at least 0.
    small_tables_only : bool
        Whether it takes part only where rows and columns are few.
    """

    num_leaves: int
    min_rows: int
    column_share: float
    ridge: float
    small_tables_only: bool = False

    def parameters(self, n_rows: int) -> dict[str, Any]:
        """Return LightGBM's parameters for a table of so many rows."""
        return {
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": min(self.min_rows, max(1, n_rows // 20)),
            "feature_fraction": self.column_share,
            "lambda_l2": self.ridge,
            # Trees that look at some columns only need not pass over the others; same numbers.
            "force_col_wise": self.column_share < 1,
            "force_row_wise": self.column_share == 1,
        }


# Bags of trees of different size beat each of them on the project's churn tables. The first shape
# suits many columns that say nearly the same, the second few columns that each say something; the
# others find combinations in small tables, where every row and every column is needed.
SHAPES = (
    TreeShape(num_leaves=7, min_rows=30, column_share=0.5, ridge=5.0),
    TreeShape(num_leaves=4, min_rows=5, column_share=1.0, ridge=1.0),
    TreeShape(num_leaves=8, min_rows=5, column_share=1.0, ridge=1.0, small_tables_only=True),
    TreeShape(num_leaves=31, min_rows=5, column_share=0.8, ridge=3.0, small_tables_only=True),
)
SMALL_ROWS, SMALL_COLUMNS = 20_000, 40


@dataclass(frozen=True)
class BagSettings:
    """How a bag is fitted.

    Parameters
    ----------
    parameters : dict
        LightGBM's, common to all members.
    shapes : tuple of TreeShape
        Those that compete; which of them stay is for the rows left out to say.
    categorical : list of int
        Positions of the columns that are categories.
    n_folds, n_repeats : int
        Members per shape and repeat at most, and repeats.
    max_rounds, patience : int
        Most trees of a member, and rounds without gain before it stops.
    seed : int or None
    n_jobs : int
        Members fitted at the same time.
    """

    parameters: dict[str, Any]
    shapes: tuple[TreeShape, ...]
    categorical: list[int]
    n_folds: int
    n_repeats: int
    max_rounds: int
    patience: int
    seed: int | None
    n_jobs: int


@dataclass(frozen=True)
class Bag:
    """Fitted members and the log-odds they give to the rows they did not see.

    Parameters
    ----------
    boosters : Members
    raw : ndarray of float, shape (n_rows,)
        Uncalibrated log-odds, in the order of the training rows.
    n_folds : int
        0 with too few units to fold: one member, and ``raw`` is what it says of its own rows.
    """

    boosters: Members
    raw: FloatArray
    n_folds: int

    @property
    def out_of_fold(self) -> bool:
        """Whether each row's log-odds come from members that did not see it."""
        return self.n_folds > 0


def fit_bag(rows: TrainingRows, settings: BagSettings) -> Bag:
    """Return the members, each stopped on the fold it was not shown.

    Parameters
    ----------
    rows : TrainingRows
        Both classes present.
    settings : BagSettings

    Returns
    -------
    Bag
        One member only where a class has fewer than ``MIN_UNITS_TO_FOLD`` groups.
    """
    n_folds = min(settings.n_folds, rows.units // MIN_UNITS_PER_FOLD)
    if rows.units < MIN_UNITS_TO_FOLD or n_folds < 2:
        return _single(rows, settings)
    data = _dataset(rows, settings, settings.parameters)
    rng = np.random.default_rng(settings.seed)
    shapes = _shapes_for(rows, settings.shapes)
    tasks = [
        task
        for _ in range(settings.n_repeats)
        for shape in range(len(shapes))
        for task in _tasks(rows, data, settings, n_folds=n_folds, shape=(shape, shapes), rng=rng)
    ]
    boosters = list(at_once(lambda task: _member(task, settings), tasks, settings.n_jobs))
    raw = np.zeros((len(shapes), len(rows.y)))
    for task, booster in zip(tasks, boosters, strict=True):
        unseen = rows.matrix[task.unseen]
        raw[task.shape, task.unseen] += booster.predict(unseen, raw_score=True, num_threads=1)
    raw /= settings.n_repeats
    kept = _best_together(raw, rows)
    members = [booster for task, booster in zip(tasks, boosters, strict=True) if task.shape in kept]
    return Bag(Members(members), raw[kept].mean(axis=0), n_folds)


def _shapes_for(rows: TrainingRows, shapes: tuple[TreeShape, ...]) -> tuple[TreeShape, ...]:
    """Return the shapes that take part in a table of such a size; all if none would be left."""
    if len(rows.y) <= SMALL_ROWS and rows.matrix.shape[1] <= SMALL_COLUMNS:
        return shapes
    return tuple(shape for shape in shapes if not shape.small_tables_only) or shapes


def _best_together(raw: FloatArray, rows: TrainingRows) -> list[int]:
    """Return which shapes' mean has the least loss on rows left out, found one by one."""
    y, kept, least = rows.y.astype(np.float64), list[int](), np.inf
    while len(kept) < len(raw):
        losses = {
            shape: _calibrated_loss(raw[[*kept, shape]].mean(axis=0), y, rows.weight)
            for shape in range(len(raw))
            if shape not in kept
        }
        best = min(losses, key=losses.__getitem__)
        if losses[best] >= least:
            break
        kept, least = sorted([*kept, best]), losses[best]
    return kept


def _calibrated_loss(log_odds: FloatArray, y: FloatArray, weight: FloatArray) -> float:
    return log_loss_of(fit_affine(log_odds, y, weight).apply(log_odds), y, weight)


@dataclass(frozen=True)
class _Task:
    """One member to be trained."""

    shape: int
    unseen: IntArray
    train: lgb.Dataset
    valid: lgb.Dataset
    parameters: dict[str, Any]


def _tasks(
    rows: TrainingRows,
    data: lgb.Dataset,
    settings: BagSettings,
    *,
    n_folds: int,
    shape: tuple[int, tuple[TreeShape, ...]],
    rng: np.random.Generator,
) -> Iterator[_Task]:
    parameters = settings.parameters | shape[1][shape[0]].parameters(len(rows.y))
    seed = int(rng.integers(2**31))
    for train, unseen in grouped_folds(rows.groups, rows.y, n_splits=n_folds, seed=seed):
        yield _Task(
            shape=shape[0],
            unseen=unseen,
            train=data.subset(train).construct(),
            valid=data.subset(unseen).construct(),
            parameters=parameters | {"seed": int(rng.integers(2**31))},
        )


def _dataset(rows: TrainingRows, settings: BagSettings, parameters: dict[str, Any]) -> lgb.Dataset:
    return lgb.Dataset(
        rows.matrix,
        rows.y,
        weight=rows.weight,
        # LightGBM refuses commas, brackets and the like in names, so columns go by position.
        feature_name=[f"c{i}" for i in range(rows.matrix.shape[1])],
        categorical_feature=settings.categorical,
        params=parameters,
        free_raw_data=False,
    ).construct()


def _member(task: _Task, settings: BagSettings) -> lgb.Booster:
    booster = lgb.train(
        task.parameters,
        task.train,
        settings.max_rounds,
        valid_sets=[task.valid],
        callbacks=[lgb.early_stopping(settings.patience, verbose=False)],
    )
    return _text_only(booster, booster.best_iteration)


def _single(rows: TrainingRows, settings: BagSettings) -> Bag:
    """One booster on all rows; leaves are bounded by information, so weights act as repeats do."""
    shape = settings.shapes[0]
    least = min(shape.min_rows, max(1.0, rows.weight.sum() / 20))
    parameters = settings.parameters | {
        "num_leaves": shape.num_leaves,
        "lambda_l2": shape.ridge,
        "force_row_wise": True,
        "min_data_in_leaf": 0,
        "min_data_in_bin": 1,
        "min_sum_hessian_in_leaf": 0.25 * least,
        "feature_fraction": 1.0,
        "bagging_fraction": 1.0,
        "bagging_freq": 0,
        "seed": 0,
    }
    rounds = min(TINY_ROUNDS, settings.max_rounds)
    data = _dataset(rows, settings, parameters)
    booster = _text_only(lgb.train(parameters, data, rounds), rounds)
    return Bag(Members([booster]), booster.predict(rows.matrix, raw_score=True), n_folds=0)


def _text_only(booster: lgb.Booster, rounds: int) -> lgb.Booster:
    """Return the first trees as they will be read back, without the training data."""
    return lgb.Booster(model_str=booster.model_to_string(num_iteration=rounds))
