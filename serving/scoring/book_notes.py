"""What a scoring says of the whole book: what churn means, which models, how many accounts."""

import pandas as pd

from ...features.subscriptions.business_kind import Business
from .scored import Models

__all__ = ["book_notes", "override_notes"]


def book_notes(
    stated: str, models: Models, status: pd.DataFrame, ended: int, prospects: int
) -> tuple[str, ...]:
    """Return what churn means here, which models are there, and of how many accounts the list is.

    Parameters
    ----------
    stated : str
        What churn means here.
    models : Models
    status : DataFrame
        Column ``status``, one row an account.
    ended : int
        Accounts that left before and are not listed.
    prospects : int
        Accounts that never bought and are not listed.

    Returns
    -------
    tuple of str
    """
    notes = [stated]
    if models.churn is None:
        more = "" if stated == Business.UNDECIDED.sentence else " Run `churngrid train` for one."
        notes.append(f"No churn model: the health axis is the scorecard.{more}")
    if models.expansion is None:
        notes.append("No expansion model: p_expand is empty.")
    counts = status["status"].value_counts()
    told = [f"{count:,} {str(name).replace('_', ' ')}" for name, count in counts.items()]
    leads = f", nor are {prospects:,} of whom nothing bought is known" if prospects else ""
    notes.append(f"Accounts: {', '.join(told)}; {ended:,} left before and are not listed{leads}.")
    return tuple(notes)


def override_notes(active: pd.DataFrame, accounts: pd.DataFrame) -> list[str]:
    """Return what to say of overrides that name accounts which are not listed.

    Parameters
    ----------
    active : DataFrame
        Overrides that hold, by account.
    accounts : DataFrame
        Column ``account_id``.

    Returns
    -------
    list of str
        Empty where all are listed.
    """
    strange = sorted(set(active.index) - set(accounts["account_id"]))
    if not strange:
        return []
    named = ", ".join(repr(name[:80]) for name in strange[:3])
    return [f"Overrides of accounts that are not listed: {len(strange):,}, such as {named}."]
