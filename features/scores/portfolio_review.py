"""Can the index be trusted across a portfolio: who grades generously, do the axes collapse."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from ..arrays.as_of_rows import Rows
from ..engine.point_in_time import Knowledge
from ..schema.tableset import Tables
from .rubric import Rubric

__all__ = ["Independence", "MaturityReview", "axis_independence", "rater_means", "review_maturity"]


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


_LONGEST_NAME = 60
_MOST_RATERS = 5
_NEVER_ASKED = (
    "Maturity was never assessed, so accounts stand on the axis of health alone; a questionnaire "
    "takes 15 minutes an account."
)
_COLLAPSE = "they go together too much for a grid; look for one signal in both, or a halo"


@dataclass(frozen=True, slots=True)
class MaturityReview:
    """How far the maturity of one scoring can be trusted.

    Parameters
    ----------
    raters : DataFrame
        As ``rater_means`` gives it.
    independence : Independence
        Of maturity and the scorecard.
    portfolio_mean : float
        Mean index of the accounts that have one; NaN where none has.
    due : int
        Accounts that should be asked again.
    conflicts : int
        Accounts whose documents and people differ by two levels on a characteristic.
    asked : bool
        Whether any account of the company has ever been assessed.
    """

    raters: pd.DataFrame
    independence: Independence
    portfolio_mean: float
    due: int
    conflicts: int = 0
    asked: bool = True

    def notes(self) -> list[str]:
        """Return it in sentences, at most five assessors; nothing where nothing is known."""
        notes = [] if self.asked else [_NEVER_ASKED]
        axes = self.independence
        if not np.isnan(axes.spearman):
            told = f": {_COLLAPSE}" if axes.collapsing else ""
            notes.append(
                f"Maturity and health score: rank correlation {axes.spearman:.2f} over "
                f"{axes.accounts:,} accounts{told}."
            )
        apart = self.raters[self.raters["far"]]
        notes += [self._said_of(rater) for _, rater in apart.head(_MOST_RATERS).iterrows()]
        if len(apart) > _MOST_RATERS:
            notes.append(f"{len(apart) - _MOST_RATERS:,} more assessors grade apart.")
        if self.conflicts:
            notes.append(
                "Documents and people differ by two levels or more on the maturity of "
                f"{self.conflicts:,} accounts: flag `maturity_evidence_conflicts`."
            )
        if self.due:
            notes.append(f"Maturity should be asked again: {self.due:,} accounts.")
        return notes

    def _said_of(self, rater: pd.Series) -> str:
        return (
            f"Assessor {str(rater['author'])[:_LONGEST_NAME]!r}: mean maturity "
            f"{rater['mean_cmi']:.1f} over {rater['accounts']:,} accounts, portfolio "
            f"{self.portfolio_mean:.1f}; compare how they grade."
        )

    def summary(self) -> dict[str, Any]:
        """Return it as plain values: numbers not known are None."""
        mean, spearman = self.portfolio_mean, self.independence.spearman
        return {
            "portfolio_mean": None if np.isnan(mean) else round(float(mean), 9),
            "correlation_with_health": None if np.isnan(spearman) else spearman,
            "accounts_compared": self.independence.accounts,
            "axes_collapse": self.independence.collapsing,
            "due": self.due,
            "conflicts": self.conflicts,
            "raters": [
                {
                    "author": str(rater["author"]),
                    "accounts": int(rater["accounts"]),
                    "mean_cmi": float(rater["mean_cmi"]),
                    "difference": float(rater["difference"]),
                    "far": bool(rater["far"]),
                }
                for rater in self.raters.to_dict("records")
            ],
        }


def review_maturity(tables: Tables, accounts: pd.DataFrame, rubric: Rubric) -> MaturityReview:
    """Look at the maturity of all accounts of one date.

    Parameters
    ----------
    tables : Tables
    accounts : DataFrame
        Index (account_id, as_of) of one date, with ``cmi``, ``chs``, ``maturity_due`` and
        ``maturity_conflict``.
    rubric : Rubric

    Returns
    -------
    MaturityReview
    """
    return MaturityReview(
        raters=rater_means(tables, accounts["cmi"], rubric),
        independence=axis_independence(accounts["cmi"], accounts["chs"]),
        portfolio_mean=float(accounts["cmi"].mean()),
        due=int(accounts["maturity_due"].ne("").sum()),
        conflicts=int(accounts["maturity_conflict"].ne("").sum()),
        asked=bool(accounts["maturity_asked"].ne(0).any()) or accounts.empty,
    )
