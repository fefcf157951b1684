"""What is answered about models: trained ones, and what came of predicting the past."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ....features.scores.portfolio_review import Independence
from ....training.evaluation.reliability import reliability_table
from ....training.evaluation.reliability_view import Reliability
from ....training.train import Trained
from ...report.page_words import in_words

__all__ = ["BacktestResult", "TrainResult"]


@dataclass(frozen=True, slots=True, repr=False)
class TrainResult:
    """One trained and registered model.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    kind : str
        The model that ships, by its name in ``MODELS``.
    version : str
        SHA-256 of everything that decides a prediction.
    alias : {"champion", "challenger"}
    reason : str
        Why it took over, or did not.
    scorers : DataFrame
        ``model``, ``target``, ``scorer``, ``value``, ``low``, ``high``: out of time, all
        competitors.
    rows, accounts, churned : int
        Labelled rows, independent accounts, and those of them with the outcome.
    base_rate : float
        0 to 1.
    warnings : tuple of str
        What a reader must know before using it.
    trained : Trained
        The model itself (``trained.model``), its backtest and its card.
    findings : tuple of str
        What was put aside of the data.
    """

    target: str
    kind: str
    version: str
    alias: str
    reason: str
    scorers: pd.DataFrame
    rows: int
    accounts: int
    churned: int
    base_rate: float
    warnings: tuple[str, ...]
    trained: Trained
    findings: tuple[str, ...] = ()

    @property
    def axes(self) -> Independence | None:
        """How far health and maturity go together on the newest date; None for expansion."""
        return self.trained.axes

    @property
    def shown_band(self) -> Mapping[str, Any]:
        """What the bands would have shown of past dates: see ``shown_band_card``; else empty."""
        found: Mapping[str, Any] = self.trained.model.card.get("shown_band") or {}
        return found

    def reliability(self) -> Reliability:
        """Return what the model that ships said out of time, beside what came.

        Returns
        -------
        Reliability
            ``table``; a picture in a notebook.
        """
        told = self.trained.backtest.predictions
        return _reliability(told[told["shipped"]], self.target, self.kind)

    def __repr__(self) -> str:
        return (
            f"<TrainResult of {self.target}: {self.kind}, {self.alias}, {self.rows:,} rows of "
            f"{self.accounts:,} accounts, base rate {self.base_rate:.1%}>"
        )

    def _repr_html_(self) -> str:
        why = html.escape(self.reason)
        return f"<p>{html.escape(repr(self))}</p><p>{why}</p>{_figures(self.scorers)}"


def _reliability(predictions: pd.DataFrame, target: str, model: str) -> Reliability:
    """Return the table of one model; growth has no decision to be far from."""
    table = reliability_table(predictions)
    kept = table if target == "churn" else table[table["stratum"] == "all"]
    return Reliability(f"{target}, {model.replace('_', ' ')}, out of time", kept)


def _figures(scorers: pd.DataFrame) -> str:
    """Return scorers as a table: a row a model, a column a scorer, with intervals."""
    told = [
        f"{value:.3f}" if low != low else f"{value:.3f} ({low:.3f} to {high:.3f})"
        for value, low, high in scorers[["value", "low", "high"]].to_numpy(dtype=float)
    ]
    placed = scorers.assign(told=told).set_index(["model", "scorer"])["told"]
    wide = placed.unstack()  # noqa: PD010  (one text a place, nothing to aggregate)
    order = list(dict.fromkeys(scorers["scorer"]))
    models = list(dict.fromkeys(scorers["model"]))
    wide = wide.reindex(index=models, columns=order).rename_axis(index=None, columns=None)
    plain = wide.rename(index=in_words, columns=in_words)
    return str(plain.to_html(escape=True, na_rep="", border=0))


@dataclass(frozen=True, slots=True, repr=False)
class BacktestResult:
    """What came of predicting the past with every competitor.

    Parameters
    ----------
    predictions, scorers, folds, importances : DataFrame
        As in ``Backtest``, of all targets together.
    notes : tuple of str
        Why targets are left out.
    """

    predictions: pd.DataFrame
    scorers: pd.DataFrame
    folds: pd.DataFrame
    notes: tuple[str, ...] = ()
    importances: pd.DataFrame = field(default_factory=pd.DataFrame)

    def reliability(self, target: str = "churn", model: str | None = None) -> Reliability:
        """Return what one model said out of time, beside what came.

        Parameters
        ----------
        target : str
            ``churn``, ``expansion``, or ``outcome`` for a target of one's own.
        model : str, optional
            Name of a competitor; the one that would ship by default.

        Returns
        -------
        Reliability
            ``table``; a picture in a notebook.

        Raises
        ------
        ValueError
            If no such model predicted the target.
        """
        mine = self.predictions[self.predictions["target"] == target]
        rows = mine[mine["shipped"]] if model is None else mine[mine["model"] == model]
        if rows.empty:
            raise ValueError(
                f"Nothing was predicted of {target!r} by {model!r}; there are the targets "
                f"{sorted(set(self.predictions['target']))!r} and the models "
                f"{sorted(set(mine['model']))!r}."
            )
        return _reliability(rows, target, str(rows["model"].iloc[0]))

    def __repr__(self) -> str:
        shipped = self.predictions[self.predictions["shipped"]]
        told = shipped.drop_duplicates("target")[["target", "model"]].to_numpy()
        best = ", ".join(f"{model} for {target}" for target, model in told)
        return (
            f"<BacktestResult: {self.predictions['model'].nunique()} models, "
            f"{len(self.folds)} test blocks; best allowed: {best}>"
        )

    def _repr_html_(self) -> str:
        whole = self.scorers[self.scorers["fold"] == "all"]
        parts = [
            f"<p>{html.escape(str(target))}</p>{_figures(part)}"
            for target, part in whole.groupby("target", sort=False)
        ]
        return f"<p>{html.escape(repr(self))}</p>{''.join(parts)}"
