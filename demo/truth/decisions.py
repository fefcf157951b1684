"""Who leaves, who renews and when: the market played month by month on top of the causes."""

import numpy as np

from .book import ADD_ON, MAIN, Book, change
from .days import FAR, Bools, Calendar, Floats, Ints
from .fate import Fate, Notices
from .growth import Growth
from .latent import CAUSES, Causes
from .profiles import Profile

__all__ = ["Decisions", "play_market"]

_TERM_BASE, _QUARTERLY_BASE, _MONTHLY_BASE = -5.75, -6.65, -7.45
_DRIFT_PER_YEAR, _LEVEL_MONTH = 0.15, (2024 - 1970) * 12 + 6
_WITHDRAWN, _LAPSES, _LATE, _PAUSES = 0.07, 0.35, 0.15, 0.003
_INVOLUNTARY, _SHUT_DOWN = 0.03, 0.7
_CHANCE_LEAVE = 0.017
_CLEAR_CAUSE = 0.6


def play_market(
    profile: Profile,
    causes: Causes,
    calendar: Calendar,
    *,
    causal: bool,
    rng: np.random.Generator,
) -> Fate:
    """Decide month by month who leaves, renews, grows or shrinks.

    Parameters
    ----------
    profile : Profile
    causes : Causes
    calendar : Calendar
    causal : bool
        Without it the same decisions are drawn at fixed rates that depend on nothing at all.
    rng : numpy.random.Generator

    Returns
    -------
    Fate

    Examples
    --------
    >>> from .latent import simulate_causes
    >>> from .profiles import draw_profile
    >>> rng, calendar = np.random.default_rng(0), Calendar(12)
    >>> profile = draw_profile(np.arange(1, 9), calendar, managers=1, rng=rng)
    >>> causes = simulate_causes(profile, calendar, rng)
    >>> play_market(profile, causes, calendar, causal=True, rng=rng).seats.shape
    (8, 12)
    """
    book = Book(profile, causes, calendar, rng)
    growth = Growth(book, causal=causal)
    decisions = (Decisions if causal else _BlindDecisions)(book, growth)
    for month in range(calendar.months):
        decisions.step(month)
        book.close_month(month)
    return book.fate(*decisions.notices())


class Decisions:
    """What customers decide about their contracts, moved by the causes.

    Parameters
    ----------
    book : Book
    growth : Growth
    """

    def __init__(self, book: Book, growth: Growth) -> None:
        self.book, self.growth, self.rng = book, growth, book.rng
        self.profile, self.causes = book.profile, book.causes
        self._withdrawn: list[Ints] = []
        self._pauses: list[Ints] = []

    def step(self, month: int) -> None:
        """Play one month: leave, grow, renew and pause."""
        self.leave(month)
        self.growth.begin(month, self.open(month))
        self._renew(month)
        self.growth.finish(month, self.open(month))
        self._pause(month)

    def open(self, month: int) -> Bools:
        """Whether each account has begun before this month and not decided to leave."""
        return np.asarray((self.profile.start_month < month) & (self.book.decided == FAR))

    def notices(self) -> tuple[Notices, Notices]:
        """Give the notices taken back and the pauses."""
        return _notices(self._withdrawn), _notices(self._pauses)

    def leave(self, month: int) -> None:
        """Let accounts leave in every way there is."""
        self._fail_to_pay(month)
        self._shut_down(month)
        self._decide(month)

    def give_notice(self, gone: Ints, day: Ints, end: Ints) -> None:
        """Write down a notice and the end it leads to."""
        book = self.book
        book.decided[gone], book.notice[gone], book.end[gone] = day, day, end
        book.route[gone] = "notice"

    def take_back(self, leaves: Bools, day: Ints) -> Bools:
        """Let a few of those who give notice withdraw it; return the others."""
        regrets = leaves & (self.rng.random(len(leaves)) < _WITHDRAWN)
        account = np.flatnonzero(regrets)
        until = day[account] + self.rng.integers(6, 25, len(account))
        self.growth.settled[account] = until
        self._withdrawn.append(np.array([account, day[account], until]))
        return np.asarray(leaves & ~regrets)

    def day_in(self, month: int) -> Ints:
        """Draw a day of the month for every account."""
        drawn = self.rng.integers(0, 28, self.profile.size)
        return np.asarray(self.book.starts[month] + drawn)

    def _fail_to_pay(self, month: int) -> None:
        book = self.book
        trouble = self.causes.payment[:, max(0, month - 2) : month + 1].all(axis=1) & (month >= 2)
        luck = self.rng.random(self.profile.size) < _INVOLUNTARY
        gone = np.flatnonzero(self.open(month) & trouble & luck)
        # The vendor ends it, so the end is the decision and there is no notice.
        end = book.starts[month] + self.rng.integers(14, 45, len(gone))
        book.decided[gone], book.end[gone] = end, end
        book.route[gone], book.cause[gone] = "payment_failure", "payment"
        book.p_leave[gone] = _INVOLUNTARY

    def _shut_down(self, month: int) -> None:
        book = self.book
        insolvent = book.calendar.column(self.causes.insolvent_day) == month - 1
        insolvent &= (self.causes.insolvent_day < FAR) & self.open(month)
        gone = np.flatnonzero(insolvent & (self.rng.random(self.profile.size) < _SHUT_DOWN))
        notice = self.causes.insolvent_day[gone] + self.rng.integers(30, 60, len(gone))
        end = notice + self.rng.integers(20, 60, len(gone))
        self.give_notice(gone, notice, self._not_past_term(gone, notice, end))
        book.route[gone], book.cause[gone], book.p_leave[gone] = "shutdown", "shutdown", _SHUT_DOWN

    def _not_past_term(self, gone: Ints, notice: Ints, end: Ints) -> Ints:
        """Nobody who has given notice renews: the end of the term comes first."""
        term_end = np.where(
            self.book.rolling[gone], FAR, self.book.day(self.book.term_end[gone], gone)
        )
        return np.where(term_end > notice, np.minimum(end, term_end), end)

    def _decide(self, month: int) -> None:
        book, rng, size = self.book, self.rng, self.profile.size
        day = np.where(book.rolling, self.day_in(month), book.decision)
        asked = self.open(month) & (day >= book.starts[month]) & (day < book.starts[month + 1])
        p = self.p_of_leaving(month)
        leaves = asked & (day > self.growth.settled) & (rng.random(size) < p)
        leaves = self.take_back(leaves, day)
        silent = leaves & ~self.profile.auto_renew & (rng.random(size) < _LAPSES)
        gone = np.flatnonzero(leaves)
        last_month = np.where(book.rolling[gone], month + 1, book.term_end[gone])
        self.give_notice(gone, day[gone], book.day(last_month, gone))
        self._lapse(np.flatnonzero(silent & ~book.rolling))
        self._name_cause(gone, month)
        book.p_leave[gone] = p[gone]

    def p_of_leaving(self, month: int) -> Floats:
        """Give the probability of leaving, were each account asked in this month."""
        term = self.profile.term_months
        base = np.where(term == 1, _MONTHLY_BASE, np.where(term == 3, _QUARTERLY_BASE, _TERM_BASE))
        # The market gets harder: the same causes weigh a little more every year.
        base = base + _DRIFT_PER_YEAR * (month + self.book.calendar.first - _LEVEL_MONTH) / 12.0
        pull = self.causes.pull[:, month].sum(axis=1)
        return np.asarray(1.0 / (1.0 + np.exp(-base - pull - self.profile.frailty)))

    def _lapse(self, gone: Ints) -> None:
        """Leave without a word: the term ends and nobody signs the next one."""
        book = self.book
        book.decided[gone], book.notice[gone], book.route[gone] = book.end[gone], FAR, "lapse"

    def _name_cause(self, gone: Ints, month: int) -> None:
        pull = self.causes.pull[gone, month]
        names = np.array(CAUSES, dtype=object)[pull.argmax(axis=1)]
        self.book.cause[gone] = np.where(pull.max(axis=1) >= _CLEAR_CAUSE, names, "chance")
        acquired = (self.book.cause[gone] == "acquired") & (self.book.route[gone] == "notice")
        self.book.route[gone[acquired]] = "mna"

    def _renew(self, month: int) -> None:
        book = self.book
        due = np.flatnonzero((book.term_end == month) & ~book.rolling)
        due = due[book.end[due] > book.day(book.term_end[due], due)]
        undecided, auto = book.decided[due] == FAR, self.profile.auto_renew[due]
        late = undecided & ~auto & (self.rng.random(len(due)) < _LATE)
        gap = np.where(late, self.rng.integers(3, 26, len(due)), 0)
        start = book.day(book.term_end[due], due) + gap
        ahead = np.where(auto, 1, self.rng.integers(5, 45, len(due)))
        book.term_start[due] = book.term_end[due]
        book.term_end[due] += self.profile.term_months[due]
        book.sequence[due] += 1
        book.open_terms(due, start, start - np.where(late, 0, ahead))
        kind = np.full(len(due), change("renewal"))
        kind[undecided] = self.growth.new_conditions(due[undecided], month)
        book.write(due, start, kind, item=MAIN, gap=gap)
        more = book.add_on_seats[due] > 0
        book.write(due[more], start[more], change("renewal"), item=ADD_ON, gap=gap[more])
        self.growth.settled[due] = np.maximum(start, self.growth.settled[due])

    def _pause(self, month: int) -> None:
        free = (
            self.open(month) & self.book.rolling & (self.growth.settled < self.book.starts[month])
        )
        pauses = np.flatnonzero(free & (self.rng.random(len(free)) < _PAUSES))
        day = self.book.starts[month] + self.rng.integers(0, 28, len(pauses))
        until = day + self.rng.integers(30, 90, len(pauses))
        self.growth.settled[pauses] = until
        self._pauses.append(np.array([pauses, day, until]))


class _BlindDecisions(Decisions):
    """The same market in which nothing that happens inside an account moves a decision."""

    def leave(self, month: int) -> None:
        """Let everybody leave at the same rate, at any time of the year."""
        book = self.book
        day = self.day_in(month)
        leaves = self.open(month) & (self.rng.random(len(day)) < _CHANCE_LEAVE)
        gone = np.flatnonzero(self.take_back(leaves & (day > self.growth.settled), day))
        # Not even the calendar may tell who leaves, so a notice does not wait for a deadline.
        end = day[gone] + np.maximum(self.profile.notice_days[gone], 10)
        end = np.where(book.rolling[gone], book.day(np.full(len(gone), month + 1), gone), end)
        self.give_notice(gone, day[gone], self._not_past_term(gone, day[gone], end))
        book.cause[gone], book.p_leave[gone] = "chance", _CHANCE_LEAVE


def _notices(parts: list[Ints]) -> Notices:
    return Notices(*np.concatenate(parts, axis=1))
