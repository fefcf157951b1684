"""The criteria of the scorecard as the model card keeps them: plain values that stay."""

import hashlib
import math
from dataclasses import asdict
from typing import Any

from ...features.scores.health_score import score_health
from ...features.scores.scorecard import Scorecard
from ..dataset.dataset import Dataset
from .success_criteria import book_of, judge

__all__ = ["criteria_card", "scorecard_digest"]


def criteria_card(dataset: Dataset, scorecard: Scorecard) -> dict[str, Any]:
    """Hold the scorecard against what the accounts of a dataset did.

    Parameters
    ----------
    dataset : Dataset
    scorecard : Scorecard
        One that looks at metrics of the dataset only.

    Returns
    -------
    dict
        ``scorecard`` (its digest), ``through`` (newest reading, ISO 8601; empty without rows) and
        ``criteria``: one dict of plain values each, as in ``Judged``; None stands for NaN.
    """
    book = book_of(dataset, score_health(dataset.features, scorecard).scores["chs"])
    judged = judge(book, bands=scorecard.bands, success=scorecard.success)
    return {
        "scorecard": scorecard_digest(scorecard),
        "through": book["as_of"].max().isoformat() if len(book) else "",
        "criteria": [
            {name: _plain(value) for name, value in asdict(one).items()} for one in judged
        ],
    }


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
