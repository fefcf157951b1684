"""The backtest: every competing model, trained as it would have been and tested on what came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.errors import SchemaError
from ...features.metrics.catalogue import METRICS
from ...features.metrics.metric import Metric
from ..dataset.dataset import ROLES, Dataset
from ..dataset.temporal_splits import Fold, check_honesty, out_of_time
from ..models.catalogue import (
    Model,
    ProbabilityModel,
    SizeGate,
    applicable,
    gate,
    predict,
    refresh_intercept,
)
from .scorers import score_table

__all__ = [
    "Backtest",
    "backtest_dataset",
    "direction_of_inputs",
    "fit_candidate",
    "gate_of",
    "shipped_kind",
]


_SEED = 20_170_611
_RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class Backtest:
    """Out-of-time predictions of every competitor, and how good they were.

    Parameters
    ----------
    predictions : DataFrame
        ``account_id``, ``as_of``, ``target``, ``fold``, ``model``, ``shipped``, ``label``, ``p``,
        ``unseen`` (whether no account of the parent was trained on).
    scorers : DataFrame
        ``model``, ``target``, ``fold`` (number, ``all`` or ``unseen``), ``scorer``, ``value``,
        ``low``, ``high`` (95 % interval over ``all``, accounts resampled).
    folds : DataFrame
        ``target``, ``fold``, ``train_through``, ``test_from``, ``test_through``, ``train_rows``,
        ``test_rows``.
    kind : str
        The model that ships.
    notice : str
        Why a smaller model ships; empty for the full one.
    """

    predictions: pd.DataFrame
    scorers: pd.DataFrame
    folds: pd.DataFrame
    kind: str
    notice: str


def backtest_dataset(
    dataset: Dataset,
    target: str,
    *,
    kind: str | None = None,
    n_folds: int = 3,
    progress: Callable[[str], None] | None = None,
) -> Backtest:
    """Train and test all competitors on consecutive later blocks of dates.

    Parameters
    ----------
    dataset : Dataset
    target : {"churned", "expanded"}
    kind : str, optional
        Ship this model whatever the size gates say.
    n_folds : int
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    Backtest

    Raises
    ------
    ValueError
        If no date lies after a certain label.
    SchemaError
        If every training block has one class only.
    LeakageError
        If a finished split breaks the rule of time.
    """
    kept = dataset.labelled(target)
    rows = dataset.labels[kept].reset_index()
    X = dataset.X[kept]
    y = dataset.labels[target][kept].to_numpy(dtype=np.int64)
    parents = dataset.parent[kept].to_numpy(dtype=object)
    allowed = gate_of(y, parents)
    shipped = kind or shipped_kind(allowed, dataset)
    folds = out_of_time(rows, parents, n_folds=n_folds)
    check_honesty(folds, rows, parents)
    report = progress or (lambda step: None)
    parts = []
    for number, fold in enumerate(folds, start=1):
        if len(np.unique(y[fold.train])) < 2:
            continue
        for model in _competitors(dataset, shipped):
            report(f"backtest {target}, fold {number} of {len(folds)}: {model.name}")
            fitted = fit_candidate(model, dataset, target, X.iloc[fold.train], y, rows, fold.train)
            p = predict(fitted, X.iloc[fold.test])
            parts.append(_predicted(rows, y, fold, p).assign(fold=number, model=model.name))
    if not parts:
        raise SchemaError(
            f"No training block has both outcomes of {target!r}: there is nothing to learn yet. "
            "Score with the scorecard."
        )
    predictions = pd.concat(parts, ignore_index=True)
    predictions["target"] = target
    predictions["shipped"] = predictions["model"] == shipped
    return Backtest(
        predictions=predictions,
        scorers=_scored(predictions, dict(zip(rows["account_id"], parents, strict=True))),
        folds=_described(folds, target),
        kind=shipped,
        notice="" if kind else allowed.notice,
    )


def fit_candidate(
    model: Model,
    dataset: Dataset,
    target: str,
    X: pd.DataFrame,
    y: npt.NDArray[np.int64],
    rows: pd.DataFrame,
    place: npt.NDArray[np.int64],
) -> ProbabilityModel:
    """Fit one competitor and move its base towards the newest closed dates.

    Parameters
    ----------
    model : Model
    dataset : Dataset
    target : {"churned", "expanded"}
    X : DataFrame
        The training rows.
    y, rows : ndarray, DataFrame
        Labels and keys of all labelled rows.
    place : ndarray of int64
        Positions of the training rows among them.

    Returns
    -------
    ProbabilityModel
    """
    parents = dataset.parent[dataset.labelled(target)].to_numpy(dtype=object)[place]
    # Maturity stays out of the churn model; the scorecard is there for its baseline only.
    inputs = X[[*dataset.columns(target), ROLES["scorecard"]]]
    fitted = model.build().fit(
        inputs,
        y[place],
        groups=parents,
        monotone=direction_of_inputs(target, dataset.features.metrics),
        roles=_roles(dataset),
    )
    return refresh_intercept(fitted, y[place], parents, newest=_newest(rows.iloc[place]))


def direction_of_inputs(target: str, metrics: Sequence[Metric] = METRICS) -> dict[str, int]:
    """Return the declared direction of each level towards the target.

    Parameters
    ----------
    target : {"churned", "expanded"}
    metrics : sequence of Metric

    Returns
    -------
    dict of str to int
        For churn: -1 where higher is healthier, 1 where lower is. For expansion only what declares
        an expansion direction.

    Examples
    --------
    >>> direction_of_inputs("churned")["active_users_28d"]
    -1
    """
    if target == "churned":
        signs = {"+": -1, "-": 1}
        return {
            metric.column: signs[metric.direction]
            for metric in metrics
            if metric.direction in signs and metric.axis == "health"
        }
    signs = {"+": 1, "-": -1}
    return {
        metric.column: signs[metric.expansion_direction]
        for metric in metrics
        if metric.expansion_direction
    }


def gate_of(y: npt.NDArray[np.int64], parents: npt.NDArray[np.object_]) -> SizeGate:
    """Return what so many independent outcomes allow to ship.

    An account that stayed on one date and left on a later one has given evidence of both.

    Parameters
    ----------
    y : ndarray of int, shape (n_rows,)
    parents : ndarray of str, shape (n_rows,)

    Returns
    -------
    SizeGate
    """
    return gate(len(set(parents[y == 1])), len(set(parents[y == 0])))


def shipped_kind(allowed: SizeGate, dataset: Dataset) -> str:
    """Return the model that ships by default.

    Parameters
    ----------
    allowed : SizeGate
    dataset : Dataset

    Returns
    -------
    str
        With too little history the scorecard, or the base rate where there is no score.
    """
    if allowed.kind != "rule":
        return allowed.kind
    return "scorecard" if dataset.X["chs"].notna().any() else "base_rate"


def _competitors(dataset: Dataset, shipped: str) -> tuple[Model, ...]:
    return tuple(
        model
        for model in applicable(_roles(dataset))
        if model.is_baseline or model.name in {"logistic", "boosted", shipped}
    )


def _roles(dataset: Dataset) -> dict[str, str]:
    return {
        role: column
        for role, column in ROLES.items()
        if column in dataset.X and dataset.X[column].notna().any()
    }


def _newest(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the rows of the newest fifth of the dates, at least the last one."""
    dates = np.sort(rows["as_of"].unique())
    return np.asarray(rows["as_of"] >= dates[-max(1, len(dates) // 5)], dtype=bool)


def _predicted(
    rows: pd.DataFrame, y: npt.NDArray[np.int64], fold: Fold, p: npt.NDArray[np.float64]
) -> pd.DataFrame:
    keys = rows.iloc[fold.test][["account_id", "as_of"]].reset_index(drop=True)
    return keys.assign(label=y[fold.test], p=p, unseen=fold.unseen)


def _scored(predictions: pd.DataFrame, parents: dict[str, str]) -> pd.DataFrame:
    tables = []
    for (name, target), part in predictions.groupby(["model", "target"], sort=False):
        pieces = {"all": part, "unseen": part[part["unseen"]]}
        pieces |= {str(fold): rows for fold, rows in part.groupby("fold")}
        for fold, rows in pieces.items():
            if rows["label"].nunique() < 2:
                continue
            groups = rows["account_id"].map(parents).to_numpy(dtype=object)
            table = score_table(
                rows["label"].to_numpy(),
                rows["p"].to_numpy(),
                groups,
                seed=_SEED,
                n_boot=_RESAMPLES if fold == "all" else 0,
            )
            tables.append(table.assign(model=str(name), target=str(target), fold=fold))
    columns = ["model", "target", "fold", "scorer", "value", "low", "high"]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]


def _described(folds: list[Fold], target: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "target": target,
            "fold": range(1, len(folds) + 1),
            "train_through": [fold.train_through for fold in folds],
            "test_from": [fold.test_from for fold in folds],
            "test_through": [fold.test_through for fold in folds],
            "train_rows": [len(fold.train) for fold in folds],
            "test_rows": [len(fold.test) for fold in folds],
        }
    )
