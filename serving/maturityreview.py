"""What to know about the maturity of a portfolio: who grades apart, and do the axes collapse."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..features.raters import Independence, axis_independence, rater_means
from ..features.rubric import Rubric
from ..features.tableset import Tables

__all__ = ["MaturityReview", "review_maturity"]

_LONGEST_NAME = 60
_MOST_RATERS = 5
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
    """

    raters: pd.DataFrame
    independence: Independence
    portfolio_mean: float
    due: int
    conflicts: int = 0

    def notes(self) -> list[str]:
        """Return it in sentences, at most five assessors; nothing where nothing is known."""
        notes = []
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
    )
