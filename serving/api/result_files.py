"""The files for people that stand beside the stored results: the pages, lists and exports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ...training.scorecard.criteria_card import scorecard_digest
from ..company.config import Config
from ..company.load_company import Company
from ..company.put_aside import put_aside
from ..exports.files import export_files
from ..plays.interventions import interventions_before
from ..profile.facts import account_facts, no_facts
from ..report.beside import Beside
from ..report.csm_pages import report_pages
from ..report.grid_chart import Cuts
from ..results.result_column import empty_result
from ..results.schema import CRITERIA, DEPARTURES
from ..scoring.scored import Scored

__all__ = [
    "criteria_of",
    "cuts_of",
    "departures_of",
    "facts_of",
    "files_of",
    "history_of",
    "stored_files",
]


def facts_of(company: Company, scored: Scored) -> pd.DataFrame:
    """Return what is known of the scored accounts beside their scores.

    Parameters
    ----------
    company : Company
    scored : Scored

    Returns
    -------
    DataFrame
        ``FACTS``; empty without accounts.
    """
    if scored.scores.empty:
        return no_facts()
    as_of, listed = scored.scores["as_of"].iloc[0], scored.scores["account_id"]
    return account_facts(company.tables, as_of, listed)


def departures_of(scored: Scored) -> pd.DataFrame:
    """Return who left or gave notice lately, as it is stored.

    Parameters
    ----------
    scored : Scored

    Returns
    -------
    DataFrame
        ``DEPARTURES``; empty without accounts.
    """
    if scored.scores.empty or scored.departed.empty:
        return empty_result(DEPARTURES)
    told = scored.departed.assign(as_of=scored.scores["as_of"].iloc[0])
    return told[[column.name for column in DEPARTURES]]


def criteria_of(scored: Scored) -> pd.DataFrame:
    """Return what the scorecard achieved when the model was trained, as it is stored.

    Parameters
    ----------
    scored : Scored

    Returns
    -------
    DataFrame
        ``CRITERIA``; empty without accounts, without a model, and where nobody judged.
    """
    model = scored.basis.models.churn
    card = model.card.get("scorecard", {}) if model else {}
    if scored.scores.empty or not card.get("criteria"):
        return empty_result(CRITERIA)
    told = pd.DataFrame(card["criteria"]).rename(columns={"n_parents": "accounts"})
    told = told.astype({"value": float, "low": float, "high": float, "threshold": float}).assign(
        as_of=scored.scores["as_of"].iloc[0],
        judged_through=pd.Timestamp(card["through"]),
        same_scorecard=card["scorecard"] == scorecard_digest(scored.basis.config.scorecard),
    )
    return told[[column.name for column in CRITERIA]]


def files_of(
    company: Company,
    scored: Scored,
    results: Mapping[str, pd.DataFrame],
    earlier: pd.DataFrame | None = None,
) -> dict[str, bytes | str]:
    """Return what people read of a scoring.

    Parameters
    ----------
    company : Company
    scored : Scored
    results : mapping of str to DataFrame
        What is stored of it.
    earlier : DataFrame, optional
        Stored scores of earlier dates.

    Returns
    -------
    dict of str to bytes or str
        By file name: the report, the page of each CSM, lists, CRM files and digests.
    """
    return stored_files(
        (scored.scores, scored.drivers, scored.plays),
        company.config,
        company.tables.currency,
        findings=scored.findings,
        notes=scored.notes[len(scored.findings) :],
        scope=scored.scope,
        beside=replace(
            Beside.stored(results, history_of(scored.scores, earlier), company.config.overrides),
            raters=scored.maturity.raters,
            outcomes=_outcomes(company, scored),
            aside=put_aside(company.tables),
        ),
    )


def _outcomes(company: Company, scored: Scored) -> pd.DataFrame | None:
    if scored.scores.empty:
        return None
    return interventions_before(company.tables, scored.scores["as_of"].iloc[0]).plays


def history_of(scores: pd.DataFrame, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Return scores of one date after those of the dates before it.

    Parameters
    ----------
    scores : DataFrame
        Of one date; may be empty.
    earlier : DataFrame or None
        Stored scores; rows of this date or later do not count.

    Returns
    -------
    DataFrame
    """
    if earlier is None or earlier.empty or scores.empty:
        return scores
    before = earlier[earlier["as_of"] < scores["as_of"].iloc[0]]
    return pd.concat([before, scores], ignore_index=True) if len(before) else scores


def stored_files(
    tables: Sequence[pd.DataFrame], config: Config, currency: str, **told: Any
) -> dict[str, bytes | str]:
    """Return what people read of stored results.

    Parameters
    ----------
    tables : sequence of DataFrame
        Scores, drivers and plays of one date.
    config : Config
        For playbook and cuts.
    currency : str
    **told : object
        What else ``render_report`` takes.

    Returns
    -------
    dict of str to bytes or str
        As in ``files_of``.
    """
    playbook = config.playbook
    pages = report_pages(
        *tables, playbook=playbook, currency=currency, cuts=cuts_of(config), **told
    )
    return {**pages, **export_files(*tables, playbook=playbook, currency=currency)}


def cuts_of(config: Config) -> Cuts:
    """Return where the bands begin, for the picture of the grid."""
    health, maturity = config.scorecard.bands, config.rubric.bands
    return Cuts((health.medium, health.high), (maturity.medium, maturity.high))
