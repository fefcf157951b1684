"""What is answered about accounts: scorings, what is due, and the whole job."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ....training.forecast.outlook import SURVIVAL_DAYS
from ....training.forecast.survival import Clock
from ...change.account_change import Change, Improvements
from ...change.changes import change_of
from ...change.stored_inputs import Earlier
from ...change.what_would_help import what_would_help
from ...report.account_story import AccountStory, account_id, told_story
from ...report.page_words import in_words
from ...results.shap_view import Scale
from ...scoring.scored import Scored
from .learning import TrainResult

__all__ = ["DemoResult", "ForecastResult", "ScoreResult"]


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


@dataclass(frozen=True, slots=True, repr=False)
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
        Of all money in it; empty where nothing names one.
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

    def __repr__(self) -> str:
        date = f" as of {self.as_of:%Y-%m-%d}" if self.as_of is not None else ""
        told = "" if self.has_model else ", without estimates"
        money = f", {self.currency}" if self.currency else ""
        return f"<ForecastResult: {len(self.table)} rows by {self.unit}{date}{money}{told}>"

    def _repr_html_(self) -> str:
        shown = self.table.head(_MOST_SHOWN).drop(columns=["as_of"], errors="ignore")
        plain = shown.rename(columns=in_words)
        table = plain.to_html(index=False, escape=True, border=0, float_format="{:,.2f}".format)
        return f"<p>{html.escape(repr(self))}</p>{table}"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The whole job on the invented company."""

    out: Path
    train: list[TrainResult]
    score: ScoreResult
    seconds: float
