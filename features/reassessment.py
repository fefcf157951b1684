"""Which accounts should be asked about their maturity again: old answers, or much has changed."""

import numpy as np
import numpy.typing as npt

from .arrays.array_types import FloatArray
from .facts import DAY_US, Select
from .filters import Is
from .knowledge import Knowledge
from .measures import Count
from .questions import LastMoment
from .rubric import Rubric

__all__ = ["reasons_to_ask_again"]


_IN_WORDS = {"m_and_a": "merger or acquisition"}


def reasons_to_ask_again(
    known: Knowledge, newest: FloatArray, rubric: Rubric
) -> npt.NDArray[np.object_]:
    """Return why each account should be asked again.

    Parameters
    ----------
    known : Knowledge
    newest : ndarray of float, shape (n_rows,)
        When the newest answer was given, in microseconds; NaN where there is none.
    rubric : Rubric
        ``reassess_after_days`` and ``reassess_on``.

    Returns
    -------
    ndarray of str, shape (n_rows,)
        Empty where there is no reason, and where nobody ever asked: that is another task.
    """
    age = (known.rows.as_of - newest) / DAY_US
    old = age > rubric.reassess_after_days
    asked = np.where(old, f"newest answer older than {rubric.reassess_after_days} days", "")
    reasons = [[text] if text else [] for text in asked.tolist()]
    for kind in rubric.reassess_on:
        text = f"{_IN_WORDS.get(kind, kind.replace('_', ' '))} since the newest answer"
        for row in np.flatnonzero(_last(known, kind) > newest):
            reasons[row].append(text)
    return np.array(["; ".join(parts) for parts in reasons], dtype=object)


def _last(known: Knowledge, kind: str) -> FloatArray:
    """Return when an event of a kind last took place, NaN where none is known."""
    select = Select("account_events", (Is("kind", (kind,)),))
    if not known.collected(Count(select)):
        return np.full(len(known.rows), np.nan)
    return known.answer(LastMoment(select))
