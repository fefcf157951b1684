"""The verb that tells one account's story, with the readings that came before it."""

from pathlib import Path

import pandas as pd

from ...features.cohorts.as_of_dates import resolve_as_of
from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings
from ..company.find_input import settings_for
from ..company.load_company import Company, company_of
from ..report.account_story import AccountStory, told_story
from ..results.stores import open_store, results_beside
from .score import History, earlier_of, scored_of

__all__ = ["explain"]


_READINGS = 2
"""A band follows the second of two readings that agree, so that many before it decide."""

_MADE_BY = ("model_version", "settings_hash")
"""Columns of scores that say what made them."""

_APART = pd.DateOffset(months=1)
"""How far apart readings are taken that nobody stored: training has a step of its own."""


def explain(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    account: str,
    as_of: str = "latest",
    tracking: str | None = None,
    model: str | None = None,
    results: str | Path | None = None,
    since: str | None = None,
    progress: Progress | None = None,
) -> AccountStory:
    """Tell where one account stands, why, what changed, and what to do.

    Parameters
    ----------
    data, settings_path, as_of, tracking, model, progress
        As in ``score``; all accounts are scored, because what is usual depends on them.
    account : str
        Its id, or its exact name.
    results : str or Path, optional
        Where ``score`` stored its results: bands that hold for a second reading and the reasons of
        open plays come from there, so that this tells what the list says. By default the folder
        ``churngrid-results`` or ``results`` in the working folder, beside the settings or the data.
        Where that holds no earlier date, nor a list of the same date by the same models and
        settings, the two readings before are computed again from the data, a month apart, and the
        story says so.
    since : str, optional
        A date: changes are told against the newest stored scoring on or before it; by default
        against the last one.

    Returns
    -------
    AccountStory

    Raises
    ------
    SchemaError
        If there is no such account, or ``since`` names no stored scoring.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> tables = build_company(12, months=12).tables
    >>> print(explain(tables, account="acc_00003", model="none").text().splitlines()[0])
    Arbour Robotics (acc_00003), as of 2025-12-31
    """
    company = company_of(data, settings_path, progress)
    used = settings_path if settings_path is not None else settings_for(data)
    place = results if results is not None else results_beside(data, used)
    store = None if place is None else open_store(place)
    history = History.of(store)
    day = resolve_as_of(company.tables, as_of)
    earlier, listed = earlier_of(store, day, since), history.on(day)
    if history.reaches_before(day) or len(listed):
        scored = scored_of(company, as_of, tracking, model, history, progress)
        if history.reaches_before(day) or _made_alike(scored.scores, listed):
            return told_story(scored, account, earlier, history_note="")
    history, note = _computed_again(company, day, tracking, model, history)
    scored = scored_of(company, as_of, tracking, model, history, progress)
    return told_story(scored, account, earlier, history_note=note)


def _made_alike(scores: pd.DataFrame, listed: pd.DataFrame) -> bool:
    """Tell whether a stored list was made by the same models and settings."""
    return all(set(scores[name].dropna()) == set(listed[name].dropna()) for name in _MADE_BY)


def _computed_again(
    company: Company,
    day: pd.Timestamp,
    tracking: str | None,
    model: str | None,
    stored: History,
) -> tuple[History, str]:
    """Return the readings before a date as the data gives them, and what to say of them."""
    history, told = History(feeds=stored.feeds), []
    for date in (day - _APART * back for back in range(_READINGS, 0, -1)):
        if _has_data(company, date):
            scored = scored_of(company, date.isoformat(), tracking, model, history, None)
            history = history.and_then(scored)
            told.append(f"{date:%Y-%m-%d}")
    return history, _note(told)


def _has_data(company: Company, date: pd.Timestamp) -> bool:
    try:
        resolve_as_of(company.tables, date.isoformat())
    except ValueError:
        return False
    return True


def _note(dates: list[str]) -> str:
    if not dates:
        return (
            "No earlier results are known here and the data begins too late to compute any: the "
            "band is that of this reading alone. Name the place of the results to see what the "
            "list says."
        )
    return (
        "No earlier results are known here, so the readings of "
        f"{' and '.join(dates)} were computed again: the band follows from them, but an open play "
        "does not say why it was begun. Name the place of the results to see what the list says."
    )
