"""The verbs of the scorecard: hold it against the company's own churn, and learn its weights."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ...features.errors import SchemaError
from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings
from ...features.scores.health_score import score_health
from ...features.scores.portfolio_review import MaturityReview
from ...features.scores.scorecard import Scorecard
from ...features.scores.scorecard_file import reweighed
from ...features.short_view import ShortView
from ...features.whole_file import write_whole
from ...training.dataset.dataset import Dataset
from ...training.scorecard.success_criteria import (
    Judged,
    book_of,
    judge,
    surprises_of,
    without_person,
)
from ...training.scorecard.weight_trial import Trial, try_weights
from ..company.load_company import Company, company_of
from .score import History, scored_of
from .train import dataset_of

__all__ = ["ScorecardFit", "ScorecardValidation", "fit_scorecard", "validate_scorecard"]


@dataclass(frozen=True, slots=True, repr=False)
class ScorecardValidation(ShortView):
    """A scorecard held against what the accounts did.

    Parameters
    ----------
    judged : dict of str to tuple of Judged
        The criteria, for the scorecard ``as_it_is`` and, where it has caps that a person sets,
        ``without_person``.
    surprises : DataFrame
        ``account_id``, ``as_of``, ``chs``, ``arr``, ``decided_at`` of the churned accounts that
        were green shortly before; the largest ARR first.
    first, last : Timestamp
        First and last closed as-of date.
    rows, accounts, churned : int
        Readings, parent accounts, and those of them that churned.
    maturity : MaturityReview
        How far the other axis of the grid can be trusted, on the newest day of the data.
    notes : tuple of str
        What a reader should know.
    """

    judged: dict[str, tuple[Judged, ...]]
    surprises: pd.DataFrame
    first: pd.Timestamp
    last: pd.Timestamp
    rows: int
    accounts: int
    churned: int
    maturity: MaturityReview
    notes: tuple[str, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """The criteria that the scorecard as it is does not meet."""
        return tuple(one.criterion for one in self.judged["as_it_is"] if one.verdict == "fail")

    def _line(self) -> str:
        judged = len(self.judged["as_it_is"])
        return (
            f"{judged - len(self.failed)} of {judged} criteria not failed, {self.rows:,} readings "
            f"of {self.accounts:,} accounts, {self.churned:,} of them churned"
        )

    def _table(self) -> pd.DataFrame:
        return self.surprises


@dataclass(frozen=True, slots=True, repr=False)
class ScorecardFit(ShortView):
    """Learned weights, and where they were written.

    Parameters
    ----------
    trial : Trial
        The learned weights beside the hand-set ones, both measured on later dates.
    path : Path or None
        The scorecard with the learned weights.
    notes : tuple of str
        What a reader should know.
    """

    trial: Trial
    path: Path | None
    notes: tuple[str, ...]

    def _line(self) -> str:
        where = "not written" if self.path is None else str(self.path)
        return f"{len(self.trial.weights)} weights, {where}"

    def _table(self) -> pd.DataFrame:
        return self.trial.weights


def validate_scorecard(
    data: Data, settings_path: GivenSettings | None = None, *, progress: Progress | None = None
) -> ScorecardValidation:
    """Hold the scorecard against the company's own churn.

    Parameters
    ----------
    data : path, URL or dict of DataFrame
        Folder of Parquet or CSV files, DuckDB file, ``postgresql://`` URL, or frames by name.
    settings_path : str, Path or Settings, optional
        A settings file, or the object; without one the ``churngrid.yaml`` in or beside the data
        or in the working folder.
    progress : callable, optional
        Called with stage, steps done and steps in all.

    Returns
    -------
    ScorecardValidation

    Raises
    ------
    SchemaError
        If the history is too short.
    LeakageError
        If a metric looks ahead.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> sorted(validate_scorecard(build_company(60, months=24).tables).judged)
    ['as_it_is', 'without_person']
    """
    company, notes = _monthly(company_of(data, settings_path, progress))
    dataset, card = dataset_of(company, progress), company.config.scorecard
    cards = {"as_it_is": card}
    if any(cap.by_person for cap in card.caps):
        cards["without_person"] = without_person(card)
    books = {name: book_of(dataset, _scores(dataset, one)) for name, one in cards.items()}
    book = books["as_it_is"]
    return ScorecardValidation(
        judged={
            name: judge(one, bands=card.bands, success=card.success) for name, one in books.items()
        },
        surprises=surprises_of(book, bands=card.bands, success=card.success),
        first=book["as_of"].min(),
        last=book["as_of"].max(),
        rows=len(book),
        accounts=book["parent"].nunique(),
        churned=book.loc[book["churned"] == 1, "parent"].nunique(),
        maturity=scored_of(company, "latest", None, "none", History(), progress).maturity,
        notes=(*notes, *_notes(book, company)),
    )


def fit_scorecard(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> ScorecardFit:
    """Learn the weights of the scorecard from the company's own churn.

    Parameters
    ----------
    data, settings_path, progress
        As in ``validate_scorecard``.
    out : str or Path, optional
        File for the scorecard with the learned weights, everything else as it was; nothing is
        written without it.

    Returns
    -------
    ScorecardFit

    Raises
    ------
    SchemaError
        If ``out`` is already there or has no folder, or the history is too short.
    ValueError
        If there is too little to learn from or to measure on.
    LeakageError
        If a metric looks ahead.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> fit_scorecard(build_company(60, months=24).tables)
    Traceback (most recent call last):
    ...
    ValueError: The weights cannot be learned: ... Keep the hand-set weights.
    """
    place = None if out is None else Path(out)
    _check_place(place)
    company, notes = _monthly(company_of(data, settings_path, progress))
    trial = try_weights(dataset_of(company, progress), company.config.scorecard)
    if place is not None:
        text = reweighed(company.settings.scorecard, trial.learned)
        write_whole(place, text.encode(), replace=False)
    return ScorecardFit(trial, place, (*notes, *_variant_notes(trial.hand_set)))


def _check_place(out: Path | None) -> None:
    """Refuse a place before the long work begins."""
    if out is None:
        return
    if out.exists():
        raise SchemaError(f"{out} is already there; `--out` replaces nothing, give another name.")
    if not out.parent.is_dir():
        raise SchemaError(f"There is no folder {out.parent} for `--out`; make it first.")


def _monthly(company: Company) -> tuple[Company, list[str]]:
    """Read quarters as months: most decisions have no quarter's start shortly before them."""
    if company.settings.as_of_step != "quarter":
        return company, []
    settings = company.settings.model_copy(update={"as_of_step": "month"})
    config = replace(company.config, settings=settings)
    return replace(company, config=config), ["As-of dates are months here, not quarters."]


def _scores(dataset: Dataset, scorecard: Scorecard) -> pd.Series:
    return score_health(dataset.features, scorecard).scores["chs"]


def _notes(book: pd.DataFrame, company: Company) -> list[str]:
    """Return what limits what can be said."""
    told = ["Bands are those of each reading by itself, without hysteresis."]
    unknown = int(book["chs"].isna().sum())
    if unknown:
        told.append(f"{unknown:,} readings have too little known for a score and count nowhere.")
    if company.config.overrides:
        told.append("Overrides of CSMs are left out: they are no part of the score.")
    left = book[book["churned"] == 1]
    if len(left) and left["decided_at"].isna().all():
        told.append("No decision has a date here, so nothing can be said of warnings before it.")
    lead = company.settings.lead_days
    if lead >= company.config.scorecard.success.warned_days[0]:
        told.append(
            f"Decisions up to {lead} days ahead (`lead_days`) are no churn to be foreseen: "
            "`warned_days` has to lie beyond."
        )
    return told


def _variant_notes(scorecard: Scorecard) -> list[str]:
    names = [
        variant.name
        for variant in scorecard.variants
        if variant.components or any(c.weight is not None for c in variant.metrics.values())
    ]
    if not names:
        return []
    return [f"The weights of variants stay as they are: {', '.join(names)}."]
