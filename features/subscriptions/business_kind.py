"""Which business is it: what churn means follows from the tables that were delivered."""

from enum import Enum

from ..schema.tables import USAGE_TABLES
from ..schema.tableset import Tables

__all__ = ["Business", "business_of", "lives_by_use"]


class Business(Enum):
    """The kinds of business, by what the data can say, and what churn is in each.

    Examples
    --------
    >>> Business.NON_CONTRACTUAL.contractual
    False
    """

    CONTRACTUAL_ITEMS = "contractual_items"
    CONTRACTUAL_ACV = "contractual_acv"
    MONTH_TO_MONTH = "month_to_month"
    NON_CONTRACTUAL = "non_contractual"
    INVOICED = "invoiced"
    UNDECIDED = "undecided"

    @property
    def contractual(self) -> bool:
        """Whether churn is a decision that somebody takes on a date."""
        return self in _CONTRACTUAL

    @property
    def sentence(self) -> str:
        """What churn means here, as it is printed with every result."""
        return _SENTENCES[self]

    def sentence_with(self, days: int) -> str:
        """Return what churn means here, with the days of silence that are one.

        Parameters
        ----------
        days : int
            The setting `horizon_days`.

        Returns
        -------
        str

        Examples
        --------
        >>> Business.NON_CONTRACTUAL.sentence_with(30)[:57]
        'Non-contractual: churn is 30 days without any value event'
        """
        return self.sentence.replace("a horizon without any", f"{days} days without any")


_CONTRACTUAL = frozenset(
    {Business.CONTRACTUAL_ITEMS, Business.CONTRACTUAL_ACV, Business.MONTH_TO_MONTH}
)
_SENTENCES = {
    Business.CONTRACTUAL_ITEMS: (
        "Contractual: churn is the decision not to renew, ARR comes from the subscription items."
    ),
    Business.CONTRACTUAL_ACV: (
        "Contractual without items: churn is the decision not to renew, ARR is the contracts' ACV."
    ),
    Business.MONTH_TO_MONTH: (
        "Month to month: churn is the decision to cancel, with any month or paid period; without "
        "subscription items also a horizon without use, invoice or statement."
    ),
    Business.NON_CONTRACTUAL: (
        "Non-contractual: churn is a horizon without any value event, ARR is what was billed in "
        "twelve months, unknown without invoices."
    ),
    Business.INVOICED: (
        "Invoices alone: churn is that the next invoice of the account's own rhythm does not come, "
        "nor another one within a horizon; ARR is what was billed in twelve months."
    ),
    Business.UNDECIDED: (
        "Nothing here says who leaves, so no account is called churned: accounts are ranked by "
        "health. Contracts, subscriptions, invoices or usage would tell."
    ),
}


def lives_by_use(tables: Tables, business: "Business") -> bool:
    """Tell whether only use and bills show that an account is still a customer.

    Parameters
    ----------
    tables : Tables
    business : Business

    Returns
    -------
    bool
        Month to month without subscription items: who stops without a word never cancels.

    Examples
    --------
    >>> lives_by_use(Tables({}), Business.MONTH_TO_MONTH)
    True
    """
    return business is Business.MONTH_TO_MONTH and not tables.filled("subscription_items")


def business_of(tables: Tables) -> Business:
    """Tell from the delivered tables which business it is.

    Parameters
    ----------
    tables : Tables
        A table without rows counts as not delivered.

    Returns
    -------
    Business
        Items or contract events without any contract are month to month: nothing binds for longer.
        Silence is churn only of what is used: who asks nothing and answers nothing has not left.

    Examples
    --------
    >>> business_of(Tables({})).value
    'undecided'
    """
    if tables.filled("contracts"):
        return (
            Business.CONTRACTUAL_ITEMS
            if tables.filled("subscription_items")
            else Business.CONTRACTUAL_ACV
        )
    if tables.filled("subscription_items") or tables.filled("contract_events"):
        return Business.MONTH_TO_MONTH
    if any(tables.filled(name) for name in USAGE_TABLES):
        return Business.NON_CONTRACTUAL
    return Business.INVOICED if tables.filled("invoices") else Business.UNDECIDED
