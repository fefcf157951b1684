"""How good each model is on a flat table: out of fold, and out of time where rows have dates."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from ...features.arrays.array_types import IntArray
from ...features.errors import SchemaError
from ..evaluation.choice import choose, competing, gate_of
from ..evaluation.scorers import SEED, score_table
from ..models.catalogue import Model, applicable, predict
from .table import FlatTable

__all__ = ["FlatTrial", "flat_trial"]

_FOLDS = 5
_BLOCKS = 3
"""Later blocks of dates that are predicted from what came before."""
_FIRST_SHARE = 0.4
"""At least this share of the rows is learned from before the first block."""
_FEWEST = 10
_RESAMPLES = 100

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FlatTrial:
    """What every competitor said of rows that it had not learned from.

    Parameters
    ----------
    predictions : DataFrame
        ``account_id``, ``as_of``, ``target``, ``fold``, ``model``, ``shipped``, ``label``, ``p``,
        ``scheme`` (``out_of_fold`` or ``out_of_time``).
    scorers : DataFrame
        ``model``, ``scheme``, ``scorer``, ``value``, ``low``, ``high``.
    scheme : str
        The one that decided: out of time where rows have dates.
    kind : str
        The model that ships.
    notice : str
        Why it is not the full model; empty if it is.
    """

    predictions: pd.DataFrame
    scorers: pd.DataFrame
    scheme: str
    kind: str
    notice: str


def flat_trial(
    table: FlatTable,
    *,
    kind: str | None = None,
    monotone: dict[str, int] | None = None,
    progress: Step | None = None,
) -> FlatTrial:
    """Let all competitors predict rows that they have not learned from.

    Parameters
    ----------
    table : FlatTable
    kind : str, optional
        Ship this model whatever comes out.
    monotone : dict of str to int, optional
        Inputs whose direction is declared: 1 raises the outcome, -1 lowers it.
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    FlatTrial

    Raises
    ------
    SchemaError
        If there are too few customers of one outcome to test anything.
    """
    _check_size(table)
    step, allowed = progress or (lambda _: None), gate_of(table.y, table.ids)
    competitors = competing(applicable({}), allowed, kind)
    parts = []
    for scheme, splits in _schemes(table).items():
        for fold, (train, test) in enumerate(splits, start=1):
            for model in competitors:
                step(f"{scheme.replace('_', ' ')}, part {fold}: {model.name}")
                p = _said(model, table, train, test, monotone or {})
                part = _rows(table, test, p)
                parts.append(part.assign(fold=fold, model=model.name, scheme=scheme))
    predictions = pd.concat(parts, ignore_index=True)
    scheme = str(predictions["scheme"].iloc[-1])
    # Each row is a decision of its own.
    deciding = predictions[predictions["scheme"] == scheme].assign(weight=1.0)
    choice = choose(deciding, competitors, allowed)
    shipped = kind or choice.kind
    return FlatTrial(
        predictions=predictions.assign(target="churn", shipped=predictions["model"] == shipped),
        scorers=_scored(predictions),
        scheme=scheme,
        kind=shipped,
        notice="" if kind else choice.notice,
    )


def _check_size(table: FlatTable) -> None:
    counts = [len(set(table.ids[table.y == outcome])) for outcome in (0, 1)]
    if min(counts) < _FEWEST:
        raise SchemaError(
            f"There are {counts[1]:,} customers with the outcome and {counts[0]:,} without; at "
            f"least {_FEWEST} of each are needed to learn from, and to test what was learned."
        )


Split = tuple[IntArray, IntArray]


def _schemes(table: FlatTable) -> dict[str, list[Split]]:
    """Return the ways of testing, the one that decides last."""
    schemes = {"out_of_fold": list(_by_fold(table))}
    later = list(_by_time(table)) if table.dates is not None else []
    return schemes | ({"out_of_time": later} if later else {})


def _by_fold(table: FlatTable) -> Iterator[Split]:
    folds = StratifiedGroupKFold(n_splits=_FOLDS, shuffle=True, random_state=SEED)
    for train, test in folds.split(table.X, table.y, groups=table.ids):
        if len(np.unique(table.y[train])) == 2:
            yield train, test


def _by_time(table: FlatTable) -> Iterator[Split]:
    """Cut the later rows into blocks at dates; each learns from what came before it."""
    times = np.asarray(table.dates, dtype="datetime64[us]")
    cuts = np.quantile(times.astype(np.int64), np.linspace(_FIRST_SHARE, 1, _BLOCKS + 1))
    edges = [*np.unique(cuts.astype(np.int64))[:-1], np.iinfo(np.int64).max]
    moments = times.astype(np.int64)
    for start, end in pairwise(edges):
        train, test = (
            np.flatnonzero(moments < start),
            np.flatnonzero((moments >= start) & (moments < end)),
        )
        if len(test) and len(np.unique(table.y[train])) == 2:
            yield train, test


def _said(
    model: Model, table: FlatTable, train: IntArray, test: IntArray, monotone: dict[str, int]
) -> np.ndarray:
    fitted = model.build().fit(
        table.X.iloc[train].reset_index(drop=True),
        table.y[train],
        groups=table.ids[train],
        monotone=monotone,
        roles={},
    )
    return predict(fitted, table.X.iloc[test])


def _rows(table: FlatTable, test: IntArray, p: np.ndarray) -> pd.DataFrame:
    as_of = pd.NaT if table.dates is None else table.dates.iloc[test].to_numpy()
    return pd.DataFrame(
        {"account_id": table.ids[test], "as_of": as_of, "label": table.y[test], "p": p}
    )


def _scored(predictions: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for (model, scheme), part in predictions.groupby(["model", "scheme"], sort=False):
        if part["label"].nunique() == 2:
            found = score_table(
                part["label"].to_numpy(),
                part["p"].to_numpy(),
                part["account_id"].to_numpy(dtype=object),
                blocks=part["fold"].to_numpy(),
                seed=SEED,
                n_boot=_RESAMPLES,
            )
            tables.append(found.assign(model=str(model), scheme=str(scheme)))
    return pd.concat(tables, ignore_index=True)[
        ["model", "scheme", "scorer", "value", "low", "high"]
    ]
