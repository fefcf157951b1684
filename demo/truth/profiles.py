"""Who the accounts are: everything about them that does not change from month to month."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .days import Bools, Calendar, Floats, Ints, day_of

__all__ = ["PLANS", "SEGMENTS", "Profile", "draw_profile", "pick"]

SEGMENTS = np.array(["SMB", "mid_market", "enterprise"], dtype=object)
PLANS = np.array(["starter", "business", "enterprise"], dtype=object)
_SEATS = ((4, 11), (8, 26), (20, 56))
_PRICE = (28.0, 38.0, 46.0)
_NOTICE_DAYS = (30, 60, 90)
_TERM_MONTHS = ((1, 3, 12), (1, 3, 12, 24), (12, 24, 36))
_TERM_SHARES = ((0.30, 0.10, 0.60), (0.08, 0.07, 0.80, 0.05), (0.72, 0.16, 0.12))
_FAMILY_EVERY, _FAMILY_HEAD, _FAMILY_CHILDREN = 60, 7, 3


@dataclass(frozen=True, slots=True)
class Profile:
    """Fixed attributes, one entry per account in every array.

    Parameters
    ----------
    number : array of int
        Names the account: 17 is ``acc_00017``.
    parent : array of int
        Number of the parent account, -1 without one.
    segment, plan : array of int
        Places in ``SEGMENTS`` and ``PLANS``.
    start_month : array of int
        Column of the month the relation began; negative before the data.
    birthday : array of int
        Day of the month on which terms begin and end, 1 to 28.
    term_months, notice_days, billing_months : array of int
    auto_renew : array of bool
    seats : array of int
        Bought at the start.
    price : array of float
        US dollars per seat and month at the start.
    employees : array of int
    csm : array of int
    frailty : array of float
        What drives churn and is written nowhere, in log-odds.
    temper : array of float
        Lasting level of adoption, in standard deviations.
    late_onboarding, has_sponsor : array of bool
    foreign : array of bool
        Pays in a currency whose rate is restated once a year.
    maturity : array of shape (n_accounts, 4)
        True level of the four categories at the start, 1 to 5.
    """

    number: Ints
    parent: Ints
    segment: Ints
    plan: Ints
    start_month: Ints
    birthday: Ints
    term_months: Ints
    notice_days: Ints
    billing_months: Ints
    auto_renew: Bools
    seats: Ints
    price: Floats
    employees: Ints
    csm: Ints
    frailty: Floats
    temper: Floats
    late_onboarding: Bools
    has_sponsor: Bools
    foreign: Bools
    maturity: Floats

    @property
    def size(self) -> int:
        """Number of accounts."""
        return len(self.number)

    def start_day(self, calendar: Calendar) -> Ints:
        """Give the day number on which each relation began."""
        return day_of(self.start_month + calendar.first, self.birthday)


def pick(rng: np.random.Generator, options: Any, shares: Any, size: int) -> NDArray[Any]:
    """Draw from options by their shares.

    Parameters
    ----------
    rng : numpy.random.Generator
    options : sequence
    shares : sequence of float
        Need not add up to one.
    size : int

    Returns
    -------
    array
        Of the options' type; object for text.

    Examples
    --------
    >>> pick(np.random.default_rng(0), ["a", "b"], [1, 0], 2).tolist()
    ['a', 'a']
    """
    kind = object if isinstance(options[0], str) else None
    edges = np.cumsum(shares) / np.sum(shares)
    place = np.searchsorted(edges, rng.random(size), side="right")
    return np.asarray(options, dtype=kind)[np.minimum(place, len(edges) - 1)]


def draw_profile(
    numbers: Ints, calendar: Calendar, *, managers: int, rng: np.random.Generator
) -> Profile:
    """Draw the accounts.

    Parameters
    ----------
    numbers : array of int
    calendar : Calendar
    managers : int
        Customer success managers in the company.
    rng : numpy.random.Generator

    Returns
    -------
    Profile

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draw_profile(np.arange(1, 4), Calendar(12), managers=2, rng=rng).size
    3
    """
    size = len(numbers)
    segment = pick(rng, [0, 1, 2], [0.5, 0.35, 0.15], size)
    parent = _parents(numbers)
    temper = rng.normal(0.0, 0.75, size)
    term = _by_segment(rng, segment, _TERM_MONTHS, _TERM_SHARES)
    start = _start_months(calendar, size, rng)
    return Profile(
        number=numbers,
        parent=parent,
        segment=segment,
        plan=np.minimum(segment, 2) * (rng.random(size) < 0.7),
        start_month=start,
        birthday=rng.integers(1, 29, size),
        term_months=term,
        notice_days=np.where(term > 3, np.array(_NOTICE_DAYS)[segment], np.where(term > 1, 30, 0)),
        billing_months=np.where(
            term == 1, 1, np.where(term == 3, 3, pick(rng, [1, 3, 12], [3, 5, 2], size))
        ),
        auto_renew=(rng.random(size) < 0.75) | (term == 1),
        seats=_uniform_by_segment(rng, segment, _SEATS),
        price=np.array(_PRICE)[segment] * rng.uniform(0.8, 1.15, size),
        employees=_employees(segment, rng),
        csm=_managers(segment, managers, rng),
        frailty=_shared_in_family(rng.normal(0.0, 0.3, size), parent, numbers),
        temper=temper,
        late_onboarding=rng.random(size) < 0.28,
        has_sponsor=(rng.random(size) < 0.9) | (segment > 0),
        foreign=rng.random(size) < 0.15,
        maturity=_maturity(temper, rng),
    )


def _parents(numbers: Ints) -> Ints:
    place = numbers % _FAMILY_EVERY
    child = (place > _FAMILY_HEAD) & (place <= _FAMILY_HEAD + _FAMILY_CHILDREN)
    return np.where(child, numbers - place + _FAMILY_HEAD, -1)


def _shared_in_family(values: Floats, parent: Ints, numbers: Ints) -> Floats:
    head = np.clip(parent - numbers[0], 0, len(values) - 1)
    inside = (parent >= numbers[0]) & (numbers[head] == parent)
    return np.where(inside, (values + values[head]) / np.sqrt(2.0), values)


def _start_months(calendar: Calendar, size: int, rng: np.random.Generator) -> Ints:
    # Half the accounts were customers before the data begins, up to five years.
    earlier = -np.ceil(rng.random(size) ** 1.5 * 60).astype(np.int64)
    later = rng.integers(0, max(1, calendar.months - 2), size)
    return np.where(rng.random(size) < 0.5, earlier, later)


def _by_segment(rng: np.random.Generator, segment: Ints, options: Any, shares: Any) -> Ints:
    drawn = [pick(rng, options[s], shares[s], len(segment)) for s in range(len(options))]
    return np.choose(segment, drawn)


def _uniform_by_segment(rng: np.random.Generator, segment: Ints, ranges: Any) -> Ints:
    low, high = np.array(ranges).T
    return np.asarray(rng.integers(low[segment], high[segment]))


def _employees(segment: Ints, rng: np.random.Generator) -> Ints:
    typical = np.array([30, 220, 2500])[segment]
    return (typical * rng.lognormal(0.0, 0.6, len(segment))).astype(np.int64) + 5


def _managers(segment: Ints, managers: int, rng: np.random.Generator) -> Ints:
    # Large accounts sit with the first third of the managers, as in most companies.
    senior = max(1, managers // 3)
    few = rng.integers(0, senior, len(segment))
    many = rng.integers(0, managers, len(segment))
    return np.where(segment == 2, few, many)


def _maturity(temper: Floats, rng: np.random.Generator) -> Floats:
    # Barely tied to adoption: maturity is an axis of its own.
    core = 2.95 + 0.75 * (0.1 * temper + rng.normal(0.0, 1.0, len(temper)))
    spread = rng.normal(0.0, 0.45, (len(temper), 4))
    return np.clip(core[:, None] + spread, 1.0, 5.0)
