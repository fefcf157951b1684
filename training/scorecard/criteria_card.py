"""The criteria of the scorecard as the model card keeps them: plain values that stay."""

import hashlib
import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from ...features.scores.scorecard import Scorecard
from .success_criteria import judge, surprises_of

__all__ = ["criteria_card", "scorecard_digest", "shown_band_card"]


def criteria_card(book: pd.DataFrame, scorecard: Scorecard) -> dict[str, Any]:
    """Hold the scorecard against what the accounts did.

    Parameters
    ----------
    book : DataFrame
        ``book_of`` its score.
    scorecard : Scorecard

    Returns
    -------
    dict
        ``scorecard`` (its digest), ``through`` (newest reading, ISO 8601; empty without rows) and
        ``criteria``: one dict of plain values each, as in ``Judged``; None stands for NaN.
    """
    return {
        "scorecard": scorecard_digest(scorecard),
        "through": book["as_of"].max().isoformat() if len(book) else "",
        "criteria": _criteria(book, scorecard),
    }


def shown_band_card(book: pd.DataFrame, scorecard: Scorecard) -> dict[str, Any]:
    """Hold the bands that the estimate would have shown against what the accounts did.

    Parameters
    ----------
    book : DataFrame
        ``book_of`` the health that the estimate gives, out of time and limited by the caps; NaN
        where nothing was estimated.
    scorecard : Scorecard
        Its bands and what it calls success.

    Returns
    -------
    dict
        ``criteria`` as in ``criteria_card``; ``surprises`` and ``surprise_arr``: the accounts that
        left and were green shortly before, and what they paid (None where that is not known).
    """
    green = surprises_of(book, bands=scorecard.bands, success=scorecard.success)
    return {
        "criteria": _criteria(book, scorecard),
        "surprises": len(green),
        "surprise_arr": _plain(float(green["arr"].sum(min_count=min(len(green), 1)))),
    }


def _criteria(book: pd.DataFrame, scorecard: Scorecard) -> list[dict[str, Any]]:
    judged = judge(book, bands=scorecard.bands, success=scorecard.success)
    return [{name: _plain(value) for name, value in asdict(one).items()} for one in judged]


def scorecard_digest(scorecard: Scorecard) -> str:
    """Return a hash that changes with anything that a scorecard says.

    Parameters
    ----------
    scorecard : Scorecard

    Returns
    -------
    str
        12 hexadecimal digits.

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> from churngrid.features.scores.scorecard_file import read_scorecard
    >>> len(scorecard_digest(read_scorecard(None, METRICS)))
    12
    """
    return hashlib.sha256(scorecard.model_dump_json().encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
