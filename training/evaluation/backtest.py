"""The backtest: every competing model, trained as it would have been and tested on what came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.errors import SchemaError
from ..dataset.clock_detector import Clock
from ..dataset.dataset import MATURITY_INPUTS, Dataset
from ..dataset.temporal_splits import Fold, check_honesty, out_of_time
from ..models.calibration import sigmoid
from ..models.catalogue import Model, ProbabilityModel, applicable, model_named, predict
from .candidates import fit_candidate, labelled_rows, lesson_of, roles_of
from .choice import Choice, choose, competing, gate_of
from .own_competitor import Competitor
from .own_scorers import OwnScorers, check_scorers, own_scores
from .renewal_marks import MARKS, at_marks
from .scorers import SEED, Difference, paired_difference, score_table
from .tuned import tuned_before, tuned_model

__all__ = ["Backtest", "Brought", "backtest_dataset"]

_DRAWN = {"all": 100, **dict.fromkeys(MARKS, 100)}
"""Resamples of accounts, by the part of the predictions whose figures have an interval."""

_EXPLAINED = 200
"""Rows of the newest test block that importances are taken from."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a company brings to the backtest beside what ships with churngrid.

    Parameters
    ----------
    competitors : tuple of Competitor
        They compete, and never ship.
    scorers : mapping of str to callable
        See ``own_scores``.
    tuned : mapping or None
        Parameters of the boosted model, see ``tuned_model``. Where a search chose them, only test
        blocks that it never saw say anything.
    """

    competitors: tuple[Competitor, ...] = ()
    scorers: OwnScorers = field(default_factory=lambda: MappingProxyType({}))
    tuned: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        names = [competitor.name for competitor in self.competitors]
        if len(set(names)) < len(names):
            raise ValueError(f"`competitors` must have names of their own, got {names!r}.")
        check_scorers(self.scorers)

    def competing(self, roles: Mapping[str, str], target: str) -> tuple[Model, ...]:
        """Return all that compete: ours, the boosted one with its parameters, and the guests."""
        ours = tuple(self.named(model.name) for model in applicable(roles, target))
        return ours + self.guests

    def named(self, kind: str) -> Model:
        """Return one of ours, with its own parameters where it is the one that was tuned."""
        if kind == "boosted" and self.tuned is not None:
            return tuned_model(self.tuned)
        return model_named(kind)

    @property
    def guests(self) -> tuple[Model, ...]:
        """The declarations of own competitors."""
        return tuple(competitor.model for competitor in self.competitors)

    def telling(self, folds: list[Fold]) -> list[Fold]:
        """Return the folds whose test block no search has seen; SchemaError if there is none."""
        since = None if self.tuned is None else tuned_before(self.tuned)
        kept = [fold for fold in folds if since is None or fold.test_from >= since]
        if not kept:
            raise SchemaError(
                f"No test block begins at {since:%Y-%m-%d} or later, before which `tuned` was "
                "chosen: nothing here can judge it. Tune on this data, or bring newer data."
            )
        return kept


@dataclass(frozen=True, slots=True)
class Backtest:
    """Out-of-time predictions of every competitor, and how good they were.

    Parameters
    ----------
    predictions : DataFrame
        ``account_id``, ``as_of``, ``asked_until``, ``decision_kind``, ``weight``, ``target``,
        ``fold``, ``model``, ``shipped``, ``label``, ``p``, ``unseen`` (whether no account of the
        parent was trained on).
    scorers : DataFrame
        ``model``, ``target``, ``fold`` (number, ``all``, ``unseen``, or one of ``MARKS``: each
        decision once, so long before its deadline), ``scorer``, ``value``, ``low``, ``high`` (95 %
        interval over ``all`` and the marks, accounts resampled).
    folds : DataFrame
        ``target``, ``fold``, ``train_through``, ``test_from``, ``test_through``, ``train_rows``,
        ``test_rows``.
    kind : str
        The model that ships.
    notice : str
        Why a smaller model ships; empty for the full one.
    clocks : tuple of Clock
        Inputs that learned models left out, for they tell the date.
    without_clocks : Difference or None
        By how much the model that ships is better for it on the largest test block of those in
        which some were found; None if there are none.
    importances : DataFrame
        ``model``, ``target``, ``input``, ``importance``: mean absolute share of the log-odds over
        rows of the newest test block, of own competitors whose explainer is named and of the model
        that ships beside them; without rows where nobody competes.
    health : DataFrame
        Index (account_id, as_of): ``p``, the out-of-time estimate of what ships without what it
        takes from maturity, and ``base_rate`` of what it had learned from: by these two health is
        shown. Without rows where the target is not churn.
    """

    predictions: pd.DataFrame
    scorers: pd.DataFrame
    folds: pd.DataFrame
    kind: str
    notice: str
    clocks: tuple[Clock, ...] = ()
    without_clocks: Difference | None = None
    importances: pd.DataFrame = field(default_factory=lambda: _important([], ""))
    health: pd.DataFrame = field(default_factory=lambda: _health([]))


def backtest_dataset(
    dataset: Dataset,
    target: str,
    *,
    kind: str | None = None,
    n_folds: int = 3,
    brought: Brought | None = None,
    progress: Callable[[str], None] | None = None,
) -> Backtest:
    """Train and test all competitors on consecutive later blocks of dates.

    Parameters
    ----------
    dataset : Dataset
    target : {"churn", "expansion", "contraction"}
    kind : str, optional
        Ship this model whatever the size gates and the backtest say.
    n_folds : int
    brought : Brought, optional
        Own competitors and scorers.
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
    brought = brought or Brought()
    labelled = labelled_rows(dataset, target)
    rows, y, parents = labelled.rows, labelled.y, labelled.parents
    folds = out_of_time(rows, parents, n_folds=n_folds)
    check_honesty(folds, rows, parents)
    folds = brought.telling(folds)
    usable = [fold for fold in folds if len(np.unique(y[fold.train])) == 2]
    if not usable:
        raise SchemaError(
            f"No training block has both outcomes of {target!r}: there is nothing to learn yet. "
            "Score with the scorecard."
        )
    trial = _Trial(dataset, target, rows, folds, progress or (lambda step: None))
    allowed = gate_of(y, parents)
    competitors = competing(brought.competing(roles_of(dataset), target), allowed, kind)
    predictions = pd.concat([trial.of(model) for model in competitors], ignore_index=True)
    choice = Choice(kind, "") if kind else choose(predictions, competitors, allowed)
    predictions["target"] = target
    predictions["shipped"] = predictions["model"] == choice.kind
    return Backtest(
        predictions=predictions,
        scorers=_scored(
            predictions, dict(zip(rows["account_id"], parents, strict=True)), brought.scorers
        ),
        folds=_described(folds, target),
        kind=choice.kind,
        notice=choice.notice,
        clocks=trial.clocks,
        without_clocks=_worth(trial, brought.named(choice.kind), predictions),
        importances=_important(trial.shares_of(brought.guests, choice.kind), target),
        health=_health(trial.health_of(choice.kind) if target == "churn" else []),
    )


class _Trial:
    """The folds of one target, each with what can be learned before it."""

    def __init__(
        self,
        dataset: Dataset,
        target: str,
        rows: pd.DataFrame,
        folds: list[Fold],
        report: Callable[[str], None],
    ) -> None:
        self.rows, self.target, self.report = rows, target, report
        self.fitted: dict[tuple[int, str], ProbabilityModel] = {}
        self.X = dataset.X[dataset.labelled(target)]
        self.y = dataset.outcome(target)[dataset.labelled(target)].to_numpy(dtype=np.int64)
        self.folds = {
            number: (fold, lesson_of(dataset, target, fold.train))
            for number, fold in enumerate(folds, start=1)
            if len(np.unique(self.y[fold.train])) == 2
        }

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The clocks of the newest fold, which learned from most."""
        return self.folds[max(self.folds)][1].clocks

    def of(self, model: Model) -> pd.DataFrame:
        """Return what a model says of every test block, having learned what was certain before."""
        parts = [self.in_fold(number, model) for number in self.folds]
        return pd.concat(parts, ignore_index=True)

    def in_fold(self, number: int, model: Model, *, with_clocks: bool = False) -> pd.DataFrame:
        """Return what a model says of one test block."""
        fold, lesson = self.folds[number]
        self.report(f"backtest {self.target}, fold {number}: {model.name}")
        fitted = fit_candidate(model, lesson, with_clocks=with_clocks)
        if not with_clocks:
            self.fitted[number, model.name] = fitted
        p = predict(fitted, self.X.iloc[fold.test])
        return _predicted(self.rows, self.y, fold, p).assign(fold=number, model=model.name)

    def shares_of(
        self, guests: tuple[Model, ...], shipped: str
    ) -> list[tuple[str, ProbabilityModel, pd.DataFrame]]:
        """Return guests that can be explained and what ships, with rows of the newest block."""
        named = [guest.name for guest in guests if guest.explainer != "none"]
        newest = max(self.folds)
        test = self.folds[newest][0].test
        rows = self.X.iloc[test[:: -(-len(test) // _EXPLAINED)]]
        return [(name, self.fitted[newest, name], rows) for name in (*named, shipped) if named]

    def health_of(self, name: str) -> list[pd.DataFrame]:
        """Return what a model says of each test block without what it takes from maturity."""
        parts = []
        for number, (fold, lesson) in self.folds.items():
            model, rows = self.fitted[number, name], self.X.iloc[fold.test]
            apart = [column not in MATURITY_INPUTS for column in model.encoding.names]
            log_odds = model.contributions(rows)[:, [*apart, True]].sum(axis=1)
            columns = {"p": sigmoid(log_odds), "base_rate": lesson.rate}
            parts.append(pd.DataFrame(columns, index=rows.index))
        return parts


def _health(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the estimates of all test blocks together."""
    return pd.concat(parts) if parts else pd.DataFrame(columns=["p", "base_rate"], dtype=float)


def _important(
    explained: list[tuple[str, ProbabilityModel, pd.DataFrame]], target: str
) -> pd.DataFrame:
    """Return the mean size of each input's share, the largest first."""
    parts = [
        pd.DataFrame(
            {
                "model": name,
                "target": target,
                "input": list(model.encoding.names),
                "importance": np.abs(model.contributions(rows)[:, :-1]).mean(axis=0),
            }
        ).sort_values("importance", ascending=False, kind="stable")
        for name, model, rows in explained
    ]
    columns = ["model", "target", "input", "importance"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _worth(trial: _Trial, model: Model, predictions: pd.DataFrame) -> Difference | None:
    """Return by how much the shipped model is better for leaving clocks out; None without any.

    One test block, the largest of those in which there are some, for each costs one more training.
    """
    blocks = {
        number: len(fold.test) for number, (fold, lesson) in trial.folds.items() if lesson.clocks
    }
    if model.is_baseline or not blocks:
        return None
    number = max(blocks, key=blocks.__getitem__)
    shipped = predictions[predictions["shipped"] & (predictions["fold"] == number)]
    other = trial.in_fold(number, model, with_clocks=True)
    return paired_difference(
        shipped["label"].to_numpy(),
        shipped["p"].to_numpy(),
        other["p"].to_numpy(),
        groups=shipped["account_id"].to_numpy(dtype=object),
        weight=shipped["weight"].to_numpy(),
        seed=SEED,
    )


def _predicted(
    rows: pd.DataFrame, y: npt.NDArray[np.int64], fold: Fold, p: npt.NDArray[np.float64]
) -> pd.DataFrame:
    told = ["account_id", "as_of", "asked_until", "decision_kind", "weight"]
    keys = rows.iloc[fold.test][told].reset_index(drop=True)
    return keys.assign(label=y[fold.test], p=p, unseen=fold.unseen)


def _scored(predictions: pd.DataFrame, parents: dict[str, str], own: OwnScorers) -> pd.DataFrame:
    tables = []
    for (name, target), part in predictions.groupby(["model", "target"], sort=False):
        pieces = {"all": part, "unseen": part[part["unseen"]]}
        pieces |= {str(fold): rows for fold, rows in part.groupby("fold")}
        pieces |= at_marks(part) if target == "churn" else {}
        for fold, rows in pieces.items():
            if rows["label"].nunique() < 2:
                continue
            groups = rows["account_id"].map(parents).to_numpy(dtype=object)
            y, p = rows["label"].to_numpy(), rows["p"].to_numpy()
            weight, draws = rows["weight"].to_numpy(), _DRAWN.get(fold, 0)
            table = score_table(
                *(y, p, groups),
                blocks=rows["fold"].to_numpy(),
                weight=weight,
                seed=SEED,
                n_boot=draws,
            )
            mine = own_scores(y, p, groups, weight, scorers=own, seed=SEED, n_boot=draws)
            table = pd.concat([table, mine], ignore_index=True) if own else table
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
