"""The report as files: one page of the whole, and one of each CSM with their accounts alone."""

from typing import Any

import pandas as pd

from ..results.places import REPORT
from .page_names import page_names
from .render import render_report

__all__ = ["FOLDER", "pages_by_csm", "report_pages"]

FOLDER = "report"
"""Where the pages of the CSMs lie, beside the page of the whole."""


def report_pages(
    scores: pd.DataFrame, drivers: pd.DataFrame, plays: pd.DataFrame, **options: Any
) -> dict[str, str]:
    """Write the report of one scoring, and the page of each CSM.

    Parameters
    ----------
    scores, drivers, plays : DataFrame
        As in ``render_report``.
    **options : object
        As in ``render_report``.

    Returns
    -------
    dict of str to str
        Pages by file name. Nobody sees a part of their book: the page of a CSM has all of their
        accounts; accounts that nobody looks after have a page too. Where no account has a CSM
        there is one page only.
    """
    names = pages_by_csm(scores)
    pages = {REPORT: render_report(scores, drivers, plays, pages=names, **options)}
    whose = _csm_of(scores)
    for csm, name in names.items():
        mine = scores[whose == csm]
        ids = set(mine["account_id"])
        own = [_of_accounts(table, ids) for table in (drivers, plays)]
        pages[name] = render_report(mine, *own, reader=csm or "nobody", **options)
    return pages


def pages_by_csm(scores: pd.DataFrame) -> dict[str, str]:
    """Return the file of each CSM's page.

    Parameters
    ----------
    scores : DataFrame
        Scores of one date.

    Returns
    -------
    dict of str to str
        By CSM, in their order; accounts of nobody come last, as the empty name.

    Examples
    --------
    >>> pages_by_csm(pd.DataFrame({"csm_id": ["csm_1", None]}))
    {'csm_1': 'report/csm_1.html', '': 'report/without-csm.html'}
    """
    found = sorted(set(_csm_of(scores)), key=lambda csm: (not csm, csm))
    if not any(found):
        return {}
    return {csm: f"{FOLDER}/{name}.html" for csm, name in page_names(found).items()}


def _csm_of(scores: pd.DataFrame) -> "pd.Series[str]":
    if "csm_id" not in scores:
        return pd.Series([], dtype=object)
    return scores["csm_id"].astype(object).where(scores["csm_id"].notna(), "")


def _of_accounts(table: pd.DataFrame, ids: set[str]) -> pd.DataFrame:
    return table[table["account_id"].isin(ids)] if len(table) else table
