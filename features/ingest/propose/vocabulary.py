"""Words that stand as values in columns, and what they mean, declared once."""

from collections.abc import Iterable, Mapping

__all__ = [
    "DESK_ROLES",
    "ENDED",
    "INTERVAL_MONTHS",
    "LOST",
    "MOVEMENTS",
    "NEVER_BEGAN",
    "OWN_STAFF",
    "PAYABLE",
    "PROSPECTS",
    "RENEWED",
    "SURVEYS",
    "TYPES",
    "WON",
    "admitted",
]

INTERVAL_MONTHS: Mapping[str, float] = {
    **dict.fromkeys(("day", "daily", "d", "days"), 12 / 365.25),
    **dict.fromkeys(("week", "weekly", "w", "weeks"), 12 * 7 / 365.25),
    **dict.fromkeys(("month", "monthly", "m", "months", "mo", "per month", "p/m"), 1),
    **dict.fromkeys(("quarter", "quarterly", "q", "quarters", "3 months", "per quarter"), 3),
    **dict.fromkeys(("every quarter", "quarter to quarter", "trimestral", "vierteljährlich"), 3),
    **dict.fromkeys(("semiannual", "semi-annual", "half-yearly", "6 months", "biannual"), 6),
    **dict.fromkeys(("semi annual", "semi-annually", "semi annually", "half yearly"), 6),
    **dict.fromkeys(("semiannually", "biannually", "halbjährlich", "half year"), 6),
    **dict.fromkeys(("year", "yearly", "annual", "annually", "y", "years", "12 months"), 12),
    **dict.fromkeys(("per year", "every year", "p.a.", "per annum", "jährlich", "annuel"), 12),
    **dict.fromkeys(("every month", "month to month", "month-to-month", "monatlich", "mensuel"), 1),
    **dict.fromkeys(("biennial", "2 years", "24 months", "two years", "every 2 years"), 24),
    **dict.fromkeys(("triennial", "3 years", "36 months", "three years", "every 3 years"), 36),
    **{f"every {count} months": count for count in range(2, 13)},
    **{f"every {count} month": count for count in range(2, 13)},
    **{f"{count} months": count for count in range(1, 61)},
    **{f"{count}-month": count for count in range(1, 61)},
    **{f"{count} month": count for count in range(1, 61)},
    **dict.fromkeys(("1 year", "one year", "1-year", "12-months"), 12),
    **{f"every {count} weeks": count * 12 * 7 / 365.25 for count in range(1, 9)},
}
"""Months of a billing interval by the word for it."""

ENDED = (
    *("canceled", "cancelled", "ended", "expired", "churned", "terminated", "inactive", "closed"),
    *("churn", "lost", "deleted", "former", "former customer", "gekündigt", "résilié", "baja"),
)
"""States of a subscription that is over."""

MOVEMENTS = (
    *("new business", "new", "new_biz", "new biz", "expansion", "contraction", "churn", "upgrade"),
    *("downgrade", "reactivation", "churned", "new_business", "upsell", "cancellation"),
)
"""Kinds of movements of what is paid a month."""

NEVER_BEGAN = (
    "trialing",
    "trial",
    "in_trial",
    "in trial",
    "incomplete",
    "incomplete_expired",
    "future",
    "draft",
    "pending",
)
"""States of a subscription that nobody pays for, or not yet."""

PROSPECTS = (
    *("lead", "new lead", "working lead", "qualified lead", "unqualified lead", "prospect", "mql"),
    *("marketingqualifiedlead", "salesqualifiedlead", "sql", "opportunity", "suspect"),
    *("interessent", "target"),
)
"""Stages and states of those who are no customers yet."""

WON = ("closed won", "closedwon", "won", "closed-won", "closed_won", "signed")
"""Stages of a deal that became a contract."""

PAYABLE = (
    *("accpay", "accpaycredit", "appayment", "apprepayment", "vendbill", "vendorbill"),
    *("vendor bill", "vendpymt", "vendcred", "purchase invoice", "purchase order"),
    *("purchase bill", "bill payment", "supplier invoice", "supplier bill", "expense"),
    *("expense report", "exprept", "eingangsrechnung", "billpayment", "billcredit"),
    *("bill credit", "vendorcredit", "vendor credit", "purchord"),
)
"""Kinds of documents of what the company itself has to pay."""

RENEWED = ("renewed", "won", "closed won", "kept", "retained", "expanded", "renewed flat")
"""Outcomes of a renewal after which the customer stayed."""

LOST = ("closed lost", "closedlost", "lost", "closed-lost", "closed_lost", "churned")
"""Stages of a deal that came to nothing."""

OWN_STAFF = ("agent", "admin", "light agent", "staff", "employee", "owner", "teammate", "bot")
"""Roles of people who work for the company itself, where customers are in the same table."""

DESK_ROLES = (
    *("agent", "light agent", "end-user", "end user", "end_user", "requester"),
    *("customer", "client", "contact"),
)
"""Roles of a help desk; without one of them, an admin or owner is one at the customer's."""

SURVEYS: Mapping[str, str] = {"nps": "nps", "csat": "csat", "ces": "ces"}
"""Kind of survey by the word for it."""

TYPES: Mapping[str, str] = {
    "meeting": "meeting",
    "call": "call",
    "email": "email",
    "mail": "email",
    "task": "meeting",
    "event": "meeting",
    "training": "training",
    "qbr": "qbr",
    "appointment": "meeting",
    "phonecall": "call",
}
"""Type of an activity by the noun of its table."""


def admitted(values: Iterable[str], words: Iterable[str]) -> tuple[str, ...]:
    """Return those of some values that are among the words, in any case.

    Parameters
    ----------
    values, words : iterable of str

    Returns
    -------
    tuple of str
        Sorted.

    Examples
    --------
    >>> admitted(["Closed Won", "Lost"], WON)
    ('Closed Won',)
    """
    known = set(words)
    return tuple(sorted(value for value in values if value.strip().lower() in known))
