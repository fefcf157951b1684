"""Can the index be trusted across a portfolio: who grades generously, do the axes collapse."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from .knowledge import Knowledge
from .rows import Rows
from .rubric import Rubric
from .tableset import Tables

__all__ = ["Independence", "axis_independence", "rater_means"]

_FAR = 0.7
_ENOUGH_ACCOUNTS = 10
_COLLAPSING = 0.6


@dataclass(frozen=True, slots=True)
class Independence:
    """How far maturity and health go together.

    Parameters
    ----------
    spearman : float
        Rank correlation, -1 to 1; NaN where it cannot be told.
    accounts : int
        Accounts with both scores.
    """

    spearman: float
    accounts: int

    @property
    def collapsing(self) -> bool:
        """Whether the two axes are about to say the same: a correlation above 0.6."""
        return self.spearman > _COLLAPSING


def axis_independence(cmi: pd.Series, chs: pd.Series) -> Independence:
    """Return the rank correlation of maturity and health over a portfolio.

    Parameters
    ----------
    cmi, chs : Series of float
        Same index, one row an account; NaN where a score is not known.

    Returns
    -------
    Independence
        Without a correlation below ten accounts with both scores, or if one never varies.

    Examples
    --------
    >>> cmi = pd.Series(np.linspace(1, 5, 10))
    >>> axis_independence(cmi, cmi**2).spearman
    1.0
    """
    both = pd.DataFrame({"cmi": cmi, "chs": chs}).dropna()
    varies = bool((both.max() > both.min()).all())
    if len(both) < _ENOUGH_ACCOUNTS or not varies:
        return Independence(np.nan, len(both))
    ranks = both.rank()
    # Equal readings must give the same digits whatever the order of the accounts.
    found = round(float(np.corrcoef(ranks["cmi"], ranks["chs"])[0, 1]), 9)
    return Independence(found, len(both))


def rater_means(tables: Tables, cmi: pd.Series, rubric: Rubric) -> pd.DataFrame:
    """Return how each assessor's accounts stand against the portfolio.

    Parameters
    ----------
    tables : Tables
    cmi : Series of float
        Index (account_id, as_of) of one date; NaN where it is not known.
    rubric : Rubric

    Returns
    -------
    DataFrame
        One row an author of answers that count on that date: ``author``, ``accounts`` (with an
        index), ``mean_cmi``, ``difference`` from the mean of the portfolio, and ``far``: more than
        0.7 away with at least ten accounts. The largest difference first; empty without authors.
    """
    known = cmi.dropna()
    pairs = _assessed(tables, known.index, rubric)
    found = pairs.join(known.droplevel("as_of").rename("cmi"), on="account_id", how="inner")
    groups = found.groupby("author", sort=True)["cmi"]
    raters = groups.agg(accounts="size", mean_cmi="mean").reset_index()
    raters["mean_cmi"] = raters["mean_cmi"].round(9)
    raters["difference"] = (raters["mean_cmi"] - known.mean()).round(9)
    enough = raters["accounts"] >= _ENOUGH_ACCOUNTS
    raters["far"] = enough & (raters["difference"].abs() > _FAR)
    order = raters["difference"].abs().sort_values(ascending=False, kind="stable").index
    return raters.loc[order].reset_index(drop=True)


def _assessed(tables: Tables, index: pd.Index, rubric: Rubric) -> pd.DataFrame:
    """Return who stated something about which account that still counts, each pair once."""
    nobody = pd.DataFrame({"author": pd.Series(dtype=str), "account_id": pd.Series(dtype=str)})
    if not len(index) or "account_events" not in tables:
        return nobody
    as_of = pd.Timestamp(index.get_level_values("as_of")[0])
    answers = Knowledge(tables, Rows.of(index.to_frame(index=False))).whole("maturity_answers")
    answers = answers.select(["author", "account_id", "occurred_at", "known_at", "value_num"])
    frame = answers.filter(pc.is_valid(answers["value_num"])).to_pandas()
    oldest = as_of - pd.Timedelta(days=rubric.expired_after_days)
    counts = (frame["known_at"] < as_of) & frame["occurred_at"].between(oldest, as_of)
    columns = ["author", "account_id"]
    named: pd.DataFrame = frame.loc[counts & frame["author"].notna(), columns]
    return named.drop_duplicates().astype(str)
