"""The result of one scoring, and what it was worked out from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ...features.engine.compute import Features
from ...features.scores.portfolio_review import MaturityReview
from ...features.short_view import ShortView
from ...training.dataset.targets import TARGETS, target_of
from ...training.forecast.late_renewals import LateRenewals
from ...training.forecast.outlook import SURVIVAL_DAYS, Outlook
from ...training.forecast.survival import Clock
from ...training.registry.artifact import FittedModel
from ..company.config import Config
from ..results.shap_view import Scale, explanation_of

__all__ = ["Basis", "Models", "Scored"]


_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Models:
    """The trained models to score with; any may be missing."""

    churn: FittedModel | None = None
    expansion: FittedModel | None = None
    contraction: FittedModel | None = None

    @property
    def version(self) -> str:
        """The versions of all, as they are stored with every score."""
        return "+".join(model.version[:_DIGITS] for model in self.by_target.values())

    @property
    def learned(self) -> frozenset[str]:
        """The metrics that had numbers when some model was trained."""
        return frozenset(name for model in self.by_target.values() for name in model.collected)

    @property
    def late_renewals(self) -> LateRenewals:
        """How late renewals came, as the churn model learned it."""
        rates = self.churn.rates if self.churn else None
        return rates.late if rates is not None else LateRenewals()

    @property
    def by_target(self) -> dict[str, FittedModel]:
        """Those that are there, by what they estimate."""
        named = {target: getattr(self, target) for target in TARGETS}
        return {target: model for target, model in named.items() if model}


@dataclass(frozen=True, slots=True)
class Basis:
    """What a scoring was worked out from, beside its features.

    Parameters
    ----------
    inputs : DataFrame
        Index (account_id, as_of): what the models read.
    losses : DataFrame
        Same index: points that each metric takes from 100.
    models : Models
        Those that gave the estimates.
    config : Config
    """

    inputs: pd.DataFrame
    losses: pd.DataFrame
    models: Models
    config: Config

    @property
    def measured(self) -> pd.Series:
        """The health score before anything limits it; 100 less all that is taken."""
        return 100.0 - self.losses.sum(axis=1)


@dataclass(frozen=True, slots=True, repr=False)
class Scored(ShortView):
    """The result of one scoring.

    Parameters
    ----------
    scores : DataFrame
        One row an account, those that need someone most first.
    drivers : DataFrame
        Why: several rows an account and target.
    plays : DataFrame
        What to do: up to three rows an account.
    features : Features
        The numbers behind it, in the order of ``scores``.
    contributions : dict of str to DataFrame
        Per target the SHAP values on log-odds, one column an input and ``base``; for leaving also
        ``renewal_overdue_days`` where a renewal is overdue.
    scope : float
        Share of the scorecard's weight that the company collects at all.
    findings : tuple of str
        What is broken or missing, so that it says less than it should: to be read first.
    feeds : DataFrame
        How every feed stands, see ``FEED_COLUMNS``.
    notes : tuple of str
        What a reader should know about this run, the findings first.
    maturity : MaturityReview
        Who grades apart, and how far maturity goes together with health.
    basis : Basis
        What it was worked out from.
    forecast : DataFrame
        What is due, stays and is paid by quarter, segment and CSM; see the result ``forecast``.
    outlook : Outlook
        The chances laid on the coming decisions: survival curves, and forecasts by month.
    drift : dict of str to DataFrame
        Per target how far each input lies from training, as ``drift_of`` gives it.
    departed : DataFrame
        Who left or gave notice lately, and what the health score had said of them.
    """

    scores: pd.DataFrame
    drivers: pd.DataFrame
    plays: pd.DataFrame
    features: Features
    contributions: dict[str, pd.DataFrame]
    scope: float
    findings: tuple[str, ...]
    feeds: pd.DataFrame
    notes: tuple[str, ...]
    maturity: MaturityReview
    basis: Basis
    forecast: pd.DataFrame
    outlook: Outlook
    drift: dict[str, pd.DataFrame] = field(default_factory=dict)
    departed: pd.DataFrame = field(default_factory=pd.DataFrame)

    def stored_drift(self) -> pd.DataFrame:
        """Return the drift of all inputs as it is stored: one row a target and input."""
        as_of = self.features.frame.index.get_level_values("as_of")
        parts = [found.assign(target=target) for target, found in self.drift.items()]
        columns = ["as_of", "target", "input", "moved", "missing_then", "missing_now"]
        if not parts or not len(as_of):
            return pd.DataFrame(columns=columns)
        told = pd.concat(parts, ignore_index=True).rename(columns={"column": "input"})
        return told.assign(as_of=as_of[0])[columns]

    def survival(
        self, days: Sequence[int] = SURVIVAL_DAYS, *, clock: Clock = "decided"
    ) -> pd.DataFrame:
        """Return the chance to be a customer after some days, as lifelines lays it out.

        Parameters
        ----------
        days : sequence of int
        clock : {"decided", "paying"}
            Whether an account is gone when it decides to leave, or when it stops to pay.

        Returns
        -------
        DataFrame
            Index ``days``, one column an account; NaN without an estimate. Never rises.
        """
        return self.outlook.survival(tuple(days), clock=clock)

    def explanation(self, target: str = "churn", *, scale: Scale = "log_odds") -> Any:
        """Return a ``shap.Explanation`` of all accounts, in the order of ``scores``.

        Parameters
        ----------
        target : {"churn", "expansion", "contraction"}
        scale : {"log_odds", "probability"}
            As probability each account's values are scaled so that they add up to it.

        Returns
        -------
        shap.Explanation
            Beeswarm, bar, scatter and waterfall of shap take it as it is; see ``explanation_of``.

        Raises
        ------
        ValueError
            If there is no such target or scale, or the scoring used no model of it.
        """
        shares = self.contributions.get(target_of(target))
        if shares is None:
            raise ValueError(
                f"This scoring used no model of {target!r}; train one, or see `scored.notes`."
            )
        ids = shares.index.get_level_values("account_id")
        ordered = shares.set_axis(ids, axis=0).loc[self.scores["account_id"].to_numpy()]
        metrics = self.features.frame.reset_index(drop=True)
        scores = self.scores.drop(columns=metrics.columns, errors="ignore").reset_index(drop=True)
        known = pd.concat([metrics, scores], axis=1)
        return explanation_of(ordered, known, self.features.metrics, scale=scale)

    def _line(self) -> str:
        targets = " and ".join(self.contributions) or "the scorecard alone"
        return (
            f"{len(self.scores):,} accounts by {targets}, {len(self.plays):,} plays, "
            f"{len(self.findings)} findings"
        )

    def _table(self) -> pd.DataFrame:
        return self.scores
