"""What the verbs answer with."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ...features.ingest.propose.proposal import Proposal
from ...features.schema.tableset import Tables
from ...features.scores.portfolio_review import Independence
from ...training.forecast.outlook import SURVIVAL_DAYS
from ...training.forecast.survival import Clock
from ...training.train import Trained
from ..change.account_change import Change, Improvements
from ..change.changes import change_of
from ..change.stored_inputs import Earlier
from ..change.what_would_help import what_would_help
from ..company.coverage import Coverage
from ..report.account_story import AccountStory, account_id, told_story
from ..results.shap_view import Scale
from ..scoring.scored import Scored

__all__ = [
    "BacktestResult",
    "CheckResult",
    "DemoResult",
    "ForecastResult",
    "InitResult",
    "ScoreResult",
    "TrainResult",
]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the contract found.

    Parameters
    ----------
    tables : Tables
    business : str
        What churn means with these tables.
    quarantine_path : Path or None
        Where the rows that were put aside are.
    coverage : Coverage
        What is delivered, and what each further source would unlock.
    """

    tables: Tables
    business: str
    quarantine_path: Path | None
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class InitResult:
    """What was written, what was found in the data, and what comes next.

    Parameters
    ----------
    written : tuple of Path
    proposal : Proposal or None
        How the data is read; None without data.
    check : CheckResult or None
        What the contract found with these settings; None where it could not be held against it.
    problem : str
        Why it could not; mostly empty.
    next : str
        The next command.
    """

    written: tuple[Path, ...]
    proposal: Proposal | None = None
    check: CheckResult | None = None
    problem: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """One trained and registered model."""

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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True, repr=False)
class ScoreResult:
    """One scoring and where it was written.

    Parameters
    ----------
    scored : Scored
    out : str
        Where the tables are, without credentials.
    report_path : Path or None
    unwritten : tuple of str
        Files the place could not take.
    earlier : Earlier or None
        The stored scoring that changes are told against.
    """

    scored: Scored
    out: str
    report_path: Path | None
    unwritten: tuple[str, ...]
    earlier: Earlier | None = None

    @property
    def scores(self) -> pd.DataFrame:
        """One row an account, those that need someone most first."""
        return self.scored.scores

    @property
    def drivers(self) -> pd.DataFrame:
        """Why: several rows an account and target."""
        return self.scored.drivers

    @property
    def plays(self) -> pd.DataFrame:
        """What to do: a few rows an account."""
        return self.scored.plays

    def account(self, account: str) -> AccountStory:
        """Return one account's story: where it stands, why, what changed, what to do.

        Parameters
        ----------
        account : str
            Its id, or its exact name.

        Returns
        -------
        AccountStory
            Text in a terminal, HTML in a notebook, ``as_dict()`` for programs.

        Raises
        ------
        SchemaError
            If there is no such account.
        """
        return told_story(self.scored, account, self.earlier)

    def change(self, account: str) -> Change:
        """Return why one account moved since the last stored scoring.

        Parameters
        ----------
        account : str
            Its id, or its exact name.

        Returns
        -------
        Change
            ``rows`` as in the result ``changes``; the parts of each measure add up to its move.

        Raises
        ------
        SchemaError
            If there is no such account.
        """
        return change_of(self.scored, account_id(self.scored, account), self.earlier)

    def what_would_help(self, account: str) -> Improvements:
        """Return the smallest realistic improvements that would change an account's band.

        Parameters
        ----------
        account : str
            Its id, or its exact name.

        Returns
        -------
        Improvements
            What model and scorecard would say of such an account; no promise.

        Raises
        ------
        SchemaError
            If there is no such account.
        """
        key = account_id(self.scored, account)
        return Improvements(key, what_would_help(self.scored, [key]))

    def explanation(self, target: str = "churn", *, scale: Scale = "log_odds") -> Any:
        """Return a ``shap.Explanation`` of all accounts; see ``Scored.explanation``."""
        return self.scored.explanation(target, scale=scale)

    def survival(
        self, days: Sequence[int] = SURVIVAL_DAYS, *, clock: Clock = "decided"
    ) -> pd.DataFrame:
        """Return the chance to be a customer after some days; see ``Scored.survival``."""
        return self.scored.survival(days, clock=clock)

    def __repr__(self) -> str:
        as_of = self.scores["as_of"]
        date = f" as of {as_of.iloc[0]:%Y-%m-%d}" if len(as_of) else ""
        return f"<ScoreResult: {len(self.scores):,} accounts{date}, {self.out}>"

    def _repr_html_(self) -> str:
        shown = [name for name in _SHOWN if name in self.scores]
        table = self.scores[shown].head(_MOST_SHOWN).to_html(index=False, escape=True)
        return f"<p>{html.escape(repr(self))}</p>{table}"


_MOST_SHOWN = 20
_SHOWN = ("account_id", "account_name", "arr", "p_churn", "health_band", "maturity_band", "cell")


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """What is due, stays and is paid.

    Parameters
    ----------
    table : DataFrame
        One row a period and group, as the result ``forecast`` is declared; without rows where
        nobody pays.
    as_of : Timestamp or None
        None for a company without accounts.
    unit : {"quarter", "month"}
    currency : str
        Of all money in it.
    has_model : bool
        Whether anything is estimated at all.
    findings : tuple of str
        What is broken or missing in the data.
    """

    table: pd.DataFrame
    as_of: pd.Timestamp | None
    unit: str
    currency: str
    has_model: bool
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The whole job on the invented company."""

    out: Path
    train: list[TrainResult]
    score: ScoreResult
    seconds: float
