"""Who buys more or less, and what the same costs from now on."""

import numpy as np

from .book import ADD_ON, MAIN, Book, change
from .days import Bools, Floats, Ints, day_of

__all__ = ["Growth", "active_share"]

_BASE = -4.65
_CHANCE_GROW, _CHANCE_SHRINK, _CHANCE_SHRINK_ROLLING = 0.02, 0.08, 0.006
_CALM_MONTHS, _NEVER = 5, -99
_MARCH_2025, _MARCH_DAY = (2025 - 1970) * 12 + 2, 29
_YEAR_END_DAY, _TRUE_UP_DAY = 30, 30


def active_share(adoption: Floats) -> Floats:
    """Give the share of the people with a need who really use the product.

    Parameters
    ----------
    adoption : array of float
        In standard deviations.

    Returns
    -------
    array of float
        In 0 to 1; higher adoption gives a higher share.

    Examples
    --------
    >>> float(active_share(np.array([-1.3 / 0.8]))[0])
    0.5
    """
    return _sigmoid(1.3 + 0.8 * adoption)


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


class Growth:
    """Changes of what is bought, inside terms and at renewals.

    Parameters
    ----------
    book : Book
    causal : bool
        Without it everybody grows and shrinks at the same rates.
    """

    def __init__(self, book: Book, *, causal: bool) -> None:
        self.book, self.causal, self.rng = book, causal, book.rng
        size = book.profile.size
        self.settled = np.zeros(size, dtype=np.int64)
        self.grown = np.full(size, _NEVER)
        self.changed = np.full(size, _NEVER)

    def begin(self, month: int, free: Bools) -> None:
        """Draw who grows in the month, and let those grow who do so before a term ends."""
        luck = self.rng.random(len(free))
        grows = np.flatnonzero(free & (luck < self.p_of_growing(month)))
        day = self._off_birthday(grows, month)
        birthday = self.book.day(np.full(len(grows), month), grows)
        early = day < birthday
        self._waiting = grows[~early], day[~early]
        self._grow(grows[early], day[early], month)

    def finish(self, month: int, free: Bools) -> None:
        """Let the others grow, and apply everything else that changes in the month."""
        self._grow(*self._waiting, month)
        self._shrink_rolling(month, free)
        self._change_for_all(month, free)

    def p_of_growing(self, month: int) -> Floats:
        """Give the probability of an expansion in the month."""
        book, causes = self.book, self.book.causes
        if not self.causal:
            return np.full(book.profile.size, _CHANCE_GROW)
        saturation = causes.need[:, month] * active_share(causes.adoption[:, month]) / book.seats
        logit = (
            _BASE
            + 2.6 * np.clip((saturation - 0.75) / 0.2, -1.0, 1.2)
            + 0.6 * np.clip(causes.adoption[:, max(0, month - 2)], -2.0, 2.0)
            + 0.7 * (book.profile.maturity.mean(axis=1) - 3.0)
            + 1.1 * causes.demand[:, max(0, month - 1)]
            - 1.5 * causes.incident[:, month]
        )
        calm = month - self.grown > _CALM_MONTHS
        return _sigmoid(logit) * np.where(calm, 1.0, 0.3)

    def new_conditions(self, due: Ints, month: int) -> Ints:
        """Lower the seats or raise the price at a renewal, and name the change."""
        book, size = self.book, len(due)
        shrinks = self.rng.random(size) < self._p_shrink(due, month)
        fewer = np.floor(book.seats[due] * self.rng.uniform(0.65, 0.9, size)).astype(np.int64)
        shrinks &= (fewer >= 1) & (fewer < book.seats[due])
        book.seats[due] = np.where(shrinks, fewer, book.seats[due])
        long = book.profile.term_months[due] >= 12
        dearer = ~shrinks & (self.rng.random(size) < np.where(long, 0.5, 0.12))
        book.price[due] *= np.where(dearer, self.rng.uniform(1.03, 1.07, size), 1.0)
        self.changed[due] = month
        kept = np.where(dearer, change("price_uplift"), change("renewal"))
        return np.where(shrinks, change("seat_down"), kept)

    def _p_shrink(self, due: Ints, month: int) -> Floats:
        if not self.causal:
            return np.full(len(due), _CHANCE_SHRINK)
        room = self.book.causes.need[due, month] / self.book.seats[due]
        adoption_pull = self.book.causes.pull[due, month, 0]
        return _sigmoid(-3.2 + 1.1 * adoption_pull - 2.5 * (room - 0.8))

    def _off_birthday(self, account: Ints, month: int) -> Ints:
        """Random day of the month on which no term begins or ends."""
        shift = self.rng.integers(1, 28, len(account))
        other = (self.book.profile.birthday[account] - 1 + shift) % 28 + 1
        return day_of(np.full(len(account), month + self.book.calendar.first), other)

    def _grow(self, grows: Ints, day: Ints, month: int) -> None:
        book = self.book
        free = day > self.settled[grows]
        grows, day = grows[free], day[free]
        kind = self._kind_of_growth(grows)
        more = np.ceil(book.seats[grows] * self.rng.uniform(0.12, 0.32, len(grows)))
        book.seats[grows] += np.where(kind == change("seat_up"), more, 0).astype(np.int64)
        higher = kind == change("tier_up")
        book.plan[grows] += higher
        book.price[grows] *= np.where(higher, 1.28, 1.0)
        main = kind != change("cross_sell")
        crossed = grows[~main]
        book.add_on_seats[crossed] = book.seats[crossed]
        book.add_on_price[crossed] = 0.3 * book.price[crossed]
        book.write(grows[main], day[main], kind[main], item=MAIN)
        book.write(crossed, day[~main], change("cross_sell"), item=ADD_ON)
        self.grown[grows] = self.changed[grows] = month

    def _kind_of_growth(self, grows: Ints) -> Ints:
        wish = self.rng.random(len(grows))
        tier = (wish < 0.2) & (self.book.plan[grows] < 2)
        cross = (wish >= 0.2) & (wish < 0.4) & (self.book.add_on_seats[grows] == 0)
        rest = np.where(cross, change("cross_sell"), change("seat_up"))
        return np.where(tier, change("tier_up"), rest)

    def _shrink_rolling(self, month: int, free: Bools) -> None:
        book = self.book
        falling = np.where(book.causes.declining[:, month], 0.03, 0.004)
        p = falling if self.causal else np.full(len(free), _CHANCE_SHRINK_ROLLING)
        less = free & (self.changed != month) & book.rolling & (book.seats > 3)
        account = np.flatnonzero(less & (self.rng.random(len(free)) < p))
        book.seats[account] -= np.maximum(1, book.seats[account] // 5)
        day = self._off_birthday(account, month)
        book.write(account, day, change("seat_down"), item=MAIN)
        self.changed[account] = month

    def _change_for_all(self, month: int, free: Bools) -> None:
        """Raise list prices, restate currencies and count seats, each on its day of the year."""
        book, absolute = self.book, month + self.book.calendar.first
        alive = free & (self.changed != month) & (self.settled < book.starts[month])
        if absolute == _MARCH_2025:
            self._reprice(alive & book.rolling, "price_uplift", absolute, 1.04)
        if absolute % 12 == 0:
            rate = 1.0 + 0.03 * (-1.0) ** (absolute // 12)
            self._reprice(alive & book.profile.foreign, "fx", absolute, rate)
        if absolute % 12 == 6:
            counted = alive & (book.profile.segment == 2)
            over = np.flatnonzero(counted & (self.rng.random(len(alive)) < 0.2))
            book.seats[over] += np.maximum(1, book.seats[over] // 33)
            day = np.repeat(day_of(np.array([absolute]), _TRUE_UP_DAY), len(over))
            book.write(over, day, change("true_up"), item=MAIN)

    def _reprice(self, who: Bools, kind: str, absolute: int, factor: float) -> None:
        account = np.flatnonzero(who)
        self.book.price[account] *= factor
        day = _MARCH_DAY if kind == "price_uplift" else _YEAR_END_DAY
        days = np.repeat(day_of(np.array([absolute]), day), len(account))
        self.book.write(account, days, change(kind), item=MAIN)
