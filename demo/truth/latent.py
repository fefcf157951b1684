"""What really happens inside the accounts: the causes, month by month, whoever may see them."""

from dataclasses import dataclass

import numpy as np

from .days import FAR, Bools, Calendar, Floats, Ints
from .profiles import Profile

__all__ = ["CAUSES", "Causes", "Departures", "simulate_causes"]

CAUSES = ("adoption", "sponsor_left", "incidents", "payment", "value_gap", "onboarding", "acquired")
"""What drives churn, in the order of the last axis of ``Causes.pull``."""

_PULL = (1.5, 3.7, 3.3, 2.2, 3.0, 2.2, 1.8)
_ONBOARDING_MONTHS = 13
# What a decision weighs: mostly what was the case two to seven months before it.
_LAGS = (0.04, 0.09, 0.14, 0.17, 0.17, 0.15, 0.13, 0.11)


@dataclass(frozen=True, slots=True)
class Departures:
    """Sponsors and champions who left, one entry per departure.

    Parameters
    ----------
    account : array of int
        Place of the account in the profile.
    is_champion : array of bool
    day : array of int
    engaged_day : array of int
        Day from which a successor talks with us; ``FAR`` when none does within the data.
    """

    account: Ints
    is_champion: Bools
    day: Ints
    engaged_day: Ints


@dataclass(frozen=True, slots=True)
class Causes:
    """The hidden state of every account in every month, as (n_accounts, months) arrays.

    Parameters
    ----------
    adoption : array of float
        In standard deviations; 0 is typical, higher is healthier.
    declining, sponsor_gap, incident, payment, value_gap, demand : array of bool
        Whether the account is in such an episode.
    need : array of float
        People who would use the product, whatever was bought.
    pull : array of shape (n_accounts, months, n_causes)
        Push towards leaving in log-odds as it weighs on a decision in that month.
    departures : Departures
    acquired_day, insolvent_day : array of int
        One per account, ``FAR`` when it never happens.
    """

    adoption: Floats
    declining: Bools
    sponsor_gap: Bools
    incident: Bools
    payment: Bools
    value_gap: Bools
    demand: Bools
    need: Floats
    pull: Floats
    departures: Departures
    acquired_day: Ints
    insolvent_day: Ints


def simulate_causes(profile: Profile, calendar: Calendar, rng: np.random.Generator) -> Causes:
    """Let the causes come and go, without regard to any decision.

    Parameters
    ----------
    profile : Profile
    calendar : Calendar
    rng : numpy.random.Generator

    Returns
    -------
    Causes

    Examples
    --------
    >>> from .profiles import draw_profile
    >>> rng = np.random.default_rng(0)
    >>> profile = draw_profile(np.arange(1, 9), Calendar(12), managers=1, rng=rng)
    >>> simulate_causes(profile, Calendar(12), rng).pull.shape
    (8, 12, 7)
    """
    run = _Episodes(profile, calendar, rng)
    declining = run.draw(0.012, 0.035)
    adoption = _adoption(profile, declining, rng)
    gap = run.draw(0.011, 0.055)
    incident, payment = run.draw(0.03, 0.28), run.draw(0.010, 0.13)
    value_gap, demand = run.draw(0.013, 0.05), run.draw(0.028, 0.11)
    acquired, insolvent = run.single_day(0.0022), run.single_day(0.0006)
    onboarding = _late_onboarding(profile, calendar)
    acquired_now = run.since(acquired)
    raw = (-adoption, gap, _worn(incident), payment, value_gap, onboarding, acquired_now)
    pull = np.stack(
        [w * _lagged(np.asarray(x, dtype=np.float64)) for w, x in zip(_PULL, raw, strict=True)],
        axis=2,
    )
    return Causes(
        adoption=adoption,
        declining=declining,
        sponsor_gap=gap,
        incident=incident,
        payment=payment,
        value_gap=value_gap,
        demand=demand,
        need=_need(profile, demand, rng),
        pull=pull,
        departures=_departures(gap, run),
        acquired_day=acquired,
        insolvent_day=insolvent,
    )


class _Episodes:
    """Draws on-off histories and dates that respect when an account began."""

    def __init__(self, profile: Profile, calendar: Calendar, rng: np.random.Generator) -> None:
        self.profile, self.calendar, self.rng = profile, calendar, rng

    def draw(self, onset: float, recovery: float) -> Bools:
        """Two-state chain per account, off until the month after its start."""
        size, months = self.profile.size, self.calendar.months
        on = self.rng.random(size) < onset / (onset + recovery)
        history = np.empty((size, months), dtype=np.bool_)
        for month in range(months):
            luck = self.rng.random(size)
            on = np.where(on, luck >= recovery, luck < onset)
            on &= month > self.profile.start_month
            history[:, month] = on
        return history

    def single_day(self, hazard: float) -> Ints:
        """Day of something that happens at most once, with a monthly hazard."""
        month = self.rng.geometric(hazard, self.profile.size) - 1
        happens = (month < self.calendar.months) & (month > self.profile.start_month)
        starts = self.calendar.starts()
        day = starts[np.minimum(month, self.calendar.months - 1)]
        return np.where(happens, day + self.rng.integers(0, 28, len(day)), FAR)

    def since(self, day: Ints) -> Bools:
        """Whether a day lies up to twelve months back."""
        age = self.calendar.starts()[None, 1:] - day[:, None]
        return (age > 0) & (age <= 400)


def _adoption(profile: Profile, declining: Bools, rng: np.random.Generator) -> Floats:
    size, months = declining.shape
    depth = np.zeros(size)
    wander = rng.normal(0.0, 0.45, size)
    out = np.empty((size, months))
    for month in range(months):
        depth += (declining[:, month] - depth) * 0.16
        wander = 0.9 * wander + rng.normal(0.0, 0.2, size)
        out[:, month] = profile.temper + wander - 2.3 * depth
    return out


def _late_onboarding(profile: Profile, calendar: Calendar) -> Bools:
    age = np.arange(calendar.months)[None, :] - profile.start_month[:, None]
    young = (age >= 1) & (age <= _ONBOARDING_MONTHS)
    return young & profile.late_onboarding[:, None]


def _worn(incident: Bools) -> Floats:
    """Trust lost through incidents: quick to go, slow to come back."""
    worn = np.zeros(len(incident))
    out = np.empty(incident.shape)
    for month in range(incident.shape[1]):
        worn = np.where(incident[:, month], worn + 0.6 * (1.0 - worn), worn * 0.88)
        out[:, month] = worn
    return out


def _lagged(state: Floats) -> Floats:
    """Weighted mean of the months before each month; the first month stands in for earlier."""
    padded = np.pad(state, ((0, 0), (len(_LAGS), 0)), mode="edge")
    months = state.shape[1]
    shifted = (
        weight * padded[:, len(_LAGS) - lag : len(_LAGS) - lag + months]
        for lag, weight in enumerate(_LAGS, start=1)
    )
    return np.asarray(np.sum(list(shifted), axis=0))


def _need(profile: Profile, demand: Bools, rng: np.random.Generator) -> Floats:
    growth = np.where(demand, 0.05, -0.004) + rng.normal(0.0, 0.008, demand.shape)
    age = np.arange(demand.shape[1])[None, :] - profile.start_month[:, None]
    # New customers roll out over their first months, later when onboarding is late.
    pace = np.where(profile.late_onboarding, 0.13, 0.35)[:, None]
    rollout = 1.0 - np.exp(-pace * np.maximum(age + 1, 0))
    level = profile.seats * rng.uniform(0.7, 1.0, profile.size)
    size = np.clip(np.exp(np.cumsum(growth, axis=1)), 0.4, 3.0)
    return np.asarray(level[:, None] * size * rollout)


def _departures(gap: Bools, run: _Episodes) -> Departures:
    rng, starts = run.rng, run.calendar.starts()
    before = np.concatenate([np.zeros((len(gap), 1), dtype=np.bool_), gap[:, :-1]], axis=1)
    account, month = np.nonzero(gap & ~before)
    left = starts[month] + rng.integers(0, 28, len(account))
    # Gaps that were open when the data begins go back up to ten months.
    left = np.where((month == 0), starts[0] - rng.integers(5, 300, len(account)), left)
    engaged = _gap_ends(gap, account, month, starts) + rng.integers(0, 28, len(account))
    smooth = _smooth_handovers(gap, run)
    started = run.profile.start_day(run.calendar)
    champion = rng.random(len(account)) < np.where(run.profile.has_sponsor[account], 0.35, 1.0)
    return Departures(
        account=np.concatenate([account, smooth.account]),
        is_champion=np.concatenate([champion, smooth.is_champion]),
        day=np.maximum(
            np.concatenate([left, smooth.day]),
            started[np.concatenate([account, smooth.account])] + 10,
        ),
        engaged_day=np.concatenate(
            [np.where(engaged > starts[-1], FAR, engaged), smooth.engaged_day]
        ),
    )


def _gap_ends(gap: Bools, account: Ints, month: Ints, starts: Ints) -> Ints:
    """First day of the month in which a gap is closed again; past the data when never."""
    months = gap.shape[1]
    ahead = ~gap[account] & (np.arange(months)[None, :] > month[:, None])
    closed = np.where(ahead.any(axis=1), ahead.argmax(axis=1), months)
    return np.where(closed < months, starts[closed], FAR)


def _smooth_handovers(gap: Bools, run: _Episodes) -> Departures:
    """Departures whose successor is introduced within weeks: a change without a gap."""
    rng, months = run.rng, gap.shape[1]
    happens = (rng.random(gap.shape) < 0.006) & ~gap
    happens &= np.arange(months)[None, :] > run.profile.start_month[:, None] + 2
    account, month = np.nonzero(happens)
    day = run.calendar.starts()[month] + rng.integers(0, 28, len(account))
    return Departures(
        account=account,
        is_champion=rng.random(len(account)) < 0.5,
        day=day,
        engaged_day=day + rng.integers(5, 30, len(account)),
    )
