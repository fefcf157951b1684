"""What the flags for review say, in words."""

import re

from .page_words import in_words

__all__ = ["FLAG_WORDS", "flag_in_words", "without_flag_names"]

FLAG_WORDS = {
    "health_falling": "Its health is falling",
    "model_and_scorecard_disagree": "Model and scorecard are two bands apart",
    "let_churn_guarded": "It would be let go, but something speaks against that",
    "let_churn_needs_approval": "Letting it go needs approval, because of its ARR",
    "maturity_evidence_conflicts": "Documents and people disagree on its maturity",
    "maturity_due": "Its maturity should be asked again",
    "merged_with_competitor_in_sight": "It has merged, and a competitor is in sight",
    "health_score_insufficient": "Too little is known for a health score",
}
"""By the name of the flag in the scores."""


def flag_in_words(flag: str) -> str:
    """Return what a flag says.

    Parameters
    ----------
    flag : str

    Returns
    -------
    str
        Its name as words where nothing better is declared.

    Examples
    --------
    >>> flag_in_words("maturity_due"), flag_in_words("own_flag")
    ('Its maturity should be asked again', 'Own flag')
    """
    return FLAG_WORDS.get(flag) or in_words(flag)


def without_flag_names(note: str) -> str:
    """Return a note that points to a flag, pointing to what the flag says.

    Parameters
    ----------
    note : str

    Returns
    -------
    str

    Examples
    --------
    >>> without_flag_names("Two accounts: flag `maturity_due`.")
    'Two accounts: look for "Its maturity should be asked again".'
    """
    return re.sub(r"flag `(\w+)`", lambda found: f'look for "{flag_in_words(found[1])}"', note)
