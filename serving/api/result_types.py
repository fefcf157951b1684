"""What the verbs answer with."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...features.ingest.propose.proposal import Proposal
from ...features.schema.tableset import Tables
from ...features.scores.portfolio_review import Independence
from ...training.train import Trained
from ..company.coverage import Coverage
from ..scoring.batch_score import Scored

__all__ = [
    "BacktestResult",
    "CheckResult",
    "DemoResult",
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
    """Out-of-time predictions and scorers of all models and targets; why targets are left out."""

    predictions: pd.DataFrame
    scorers: pd.DataFrame
    folds: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
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
    """

    scored: Scored
    out: str
    report_path: Path | None
    unwritten: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The whole job on the invented company."""

    out: Path
    train: list[TrainResult]
    score: ScoreResult
    seconds: float
