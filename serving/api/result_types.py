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
from ...training.evaluation.reliability import reliability_table
from ...training.evaluation.reliability_view import Reliability
from ...training.forecast.outlook import SURVIVAL_DAYS
from ...training.forecast.survival import Clock
from ...training.train import Trained
from ..change.account_change import Change, Improvements
from ..change.changes import change_of
from ..change.stored_inputs import Earlier
from ..change.what_would_help import what_would_help
from ..company.coverage import Coverage
from ..report.account_story import AccountStory, account_id, told_story
from ..report.page_words import in_words
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


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        rows = sum(self.tables[name].num_rows for name in self.tables)
        found = len(self.tables.findings)
        return (
            f"<CheckResult: {rows:,} rows in {len(list(self.tables))} tables, {found} findings. "
            f"{self.business}>"
        )

    def _repr_html_(self) -> str:
        names = ("table", "column", "rule", "count", "quarantined")
        told = [[getattr(one, name) for name in names] for one in self.tables.findings]
        table = pd.DataFrame(told, columns=names).to_html(index=False, escape=True, border=0)
        return f"<p>{html.escape(repr(self))}</p>{table if told else ''}"


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


@dataclass(frozen=True, slots=True, repr=False)
class TrainResult:
    """One trained and registered model.

    Parameters
    ----------
    target : {"churn", "expansion"}
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

    def __repr__(self) -> str:
        date = f" as of {self.as_of:%Y-%m-%d}" if self.as_of is not None else ""
        told = "" if self.has_model else ", without estimates"
        return (
            f"<ForecastResult: {len(self.table)} rows by {self.unit}{date}, {self.currency}{told}>"
        )

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
