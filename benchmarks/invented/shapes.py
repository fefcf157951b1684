"""What is particular to each invented company."""

from dataclasses import dataclass

__all__ = ["CAUSES", "COMPANIES", "Shape"]

CAUSES = ("use", "pain", "worth", "pay")


@dataclass(frozen=True)
class Shape:
    """What is particular to a company.

    Parameters
    ----------
    name : str
    weights : tuple of float
        Of ``CAUSES`` on the log-odds of leaving at a decision.
    base : float
        Log-odds of leaving where nothing is the matter.
    sponsor : float
        What a sponsor who is gone adds.
    notice_days : int
        Terms renew by themselves unless refused so long before; 0: they do not renew by themselves.
    overlapping : float
        Share of accounts with a second contract, whose refusal does not end the first.
    late : float
        Share of renewals that are written down 3 to 29 days after the term's end.
    usage_from : int or None
        Month with which the feed of usage begins; None without any.
    people : bool
        Whether people, activities and surveys are recorded.
    terms : tuple of int
        Months of a term; each account has one of them. One of a month is decided on every month.
    rise : float
        What a price raised at the term's begin adds.
    drift : float
        What a year adds for everybody, as markets do.
    season : float
        How much less is used in the middle of the year, on log-odds; it makes nobody leave.
    accounts, months, seed : int
    """

    name: str
    weights: tuple[float, ...] = (-0.9, 0.6, -0.5, 0.0)
    base: float = -2.1
    sponsor: float = 1.6
    notice_days: int = 90
    overlapping: float = 0.0
    late: float = 0.0
    usage_from: int | None = 0
    people: bool = True
    terms: tuple[int, ...] = (12,)
    rise: float = 0.0
    drift: float = 0.0
    season: float = 0.0
    accounts: int = 300
    months: int = 40
    seed: int = 1


COMPANIES = (
    Shape("annual seats, overlapping contracts", overlapping=0.2),
    Shape(
        *("contracts, invoices and tickets, few leave", (0.0, 0.9, 0.0, 0.9), -3.6, 0.0),
        **{"notice_days": 0, "late": 0.6, "usage_from": None, "people": False, "accounts": 450},
    ),
    Shape("usage from the second year on", (-1.1, 0.6, -0.4, 0.0), notice_days=30, usage_from=14),
    Shape("nothing makes them leave", (0.0,) * 4, -1.4, 0.0),
    Shape("pain with support, ever more leave", (0.0, 1.4, 0.0, 0.3), -2.6, 0.0, drift=0.5, seed=2),
    Shape(
        *("dearer terms and sponsors who go", (0.0, 0.0, -0.3, 0.0), -2.6, 1.9),
        **{"rise": 1.7, "notice_days": 30, "accounts": 400, "seed": 3},
    ),
    Shape(
        *("use with holidays, terms of one to three years", (-1.5, 0.0, 0.0, 0.0), -1.7, 0.0),
        **{"terms": (12, 24, 36), "season": 1.2, "people": False, "accounts": 400, "seed": 4},
    ),
    Shape(
        *("by the month, few accounts", (-0.9, 0.5, -0.3, 0.0), -4.2, 1.2),
        **{"terms": (1,), "notice_days": 0, "accounts": 160, "seed": 5},
    ),
)
