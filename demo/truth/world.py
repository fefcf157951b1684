"""One invented world: accounts, hidden causes and decisions, before anything is written down."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .days import DAY, END, NAT, Bools, Calendar, Floats, Ints, times
from .decisions import play_market
from .fate import Fate
from .latent import Causes, simulate_causes
from .profiles import Profile, draw_profile
from .programme import Programme, draw_programme, with_programme

__all__ = ["World", "draw_world", "frame", "managers_for", "numbered", "or_none", "repeated"]

_ACCOUNTS_PER_MANAGER = 45


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is true, from which the tables are written.

    Parameters
    ----------
    calendar : Calendar
    profile : Profile
    causes : Causes
    fate : Fate
    seed : tuple of int
        Seed of the world and number of its first account.
    programme : Programme or None
        Plays that were really tried.
    """

    calendar: Calendar
    profile: Profile
    causes: Causes
    fate: Fate
    seed: tuple[int, int]
    programme: Programme | None = None

    def rng(self, name: str) -> np.random.Generator:
        """Give a stream of random numbers of its own, so that tables do not disturb each other.

        Parameters
        ----------
        name : str

        Returns
        -------
        numpy.random.Generator
        """
        return np.random.default_rng([*self.seed, zlib.crc32(name.encode())])

    @property
    def account_ids(self) -> NDArray[Any]:
        """Ids of the accounts, such as ``acc_00017``."""
        return numbered("acc", self.profile.number)

    @property
    def start_day(self) -> Ints:
        """Day on which each relation began."""
        return self.profile.start_day(self.calendar)

    @property
    def last_day(self) -> Ints:
        """Day after the last one each account is alive, at most the end of the data."""
        return np.minimum(self.fate.end_day, END)

    def manager_ids(self, account: Ints) -> NDArray[Any]:
        """Give the id of the manager each account began with, such as ``csm_04``.

        Parameters
        ----------
        account : array of int, shape (n,)

        Returns
        -------
        array of object, shape (n,)
        """
        return np.array([f"csm_{each:02d}" for each in self.profile.csm[account]], dtype=object)

    def maturity(self, day: Ints, account: Ints) -> Floats:
        """Give the true maturity of accounts on a day, which rises slowly.

        Parameters
        ----------
        day, account : array of int, shape (n,)

        Returns
        -------
        array of shape (n, 4)
            One column per category, 1 to 5.
        """
        years = (day - self.calendar.begin) / 365.0
        drift = 0.15 * np.cos(self.profile.number[account] * 1.7) + 0.03
        level = self.profile.maturity[account] + (years * drift)[:, None]
        return np.asarray(np.clip(level, 1.0, 5.0))

    def state(self, history: Any, account: Ints, day: Ints) -> Any:
        """Look up a monthly history on the days given.

        Parameters
        ----------
        history : array of shape (n_accounts, months)
        account, day : array of int, shape (n,)

        Returns
        -------
        array of shape (n,)
        """
        return history[account, self.calendar.column(day)]


def draw_world(
    numbers: Ints,
    *,
    months: int,
    seed: int,
    causal: bool = True,
    interventions: bool = False,
    managers: int | None = None,
) -> World:
    """Draw accounts, causes and decisions.

    Parameters
    ----------
    numbers : array of int
        Numbers of the accounts, ascending.
    months : int
    seed : int
    causal : bool
    interventions : bool
        Whether plays are tried that change what customers decide.
    managers : int or None
        Customer success managers in the company; by default one per 45 accounts.

    Returns
    -------
    World

    Examples
    --------
    >>> draw_world(np.arange(1, 4), months=12, seed=7).account_ids.tolist()
    ['acc_00001', 'acc_00002', 'acc_00003']
    """
    calendar = Calendar(months)
    stream = (seed, int(numbers[0]))
    rng = np.random.default_rng(stream)
    crew = managers or managers_for(len(numbers))
    profile = draw_profile(numbers, calendar, managers=crew, rng=rng)
    causes, programme = simulate_causes(profile, calendar, rng), None
    if interventions:
        own = np.random.default_rng([*stream, zlib.crc32(b"programme")])
        programme = draw_programme(profile, causes, calendar, own)
        causes = with_programme(causes, programme, profile, calendar)
    fate = play_market(profile, causes, calendar, causal=causal, rng=rng)
    return World(calendar, profile, causes, fate, stream, programme)


def managers_for(accounts: int) -> int:
    """Give the number of customer success managers a company of this size has.

    Examples
    --------
    >>> managers_for(900)
    20
    """
    return max(4, accounts // _ACCOUNTS_PER_MANAGER)


def numbered(prefix: str, number: Ints, part: Ints | None = None) -> NDArray[Any]:
    """Write ids such as ``con_00017_2``.

    Parameters
    ----------
    prefix : str
    number : array of int, shape (n,)
        Account numbers.
    part : array of int, shape (n,), optional
        Number within the account.

    Returns
    -------
    array of object, shape (n,)

    Examples
    --------
    >>> numbered("con", np.array([17]), np.array([2])).tolist()
    ['con_00017_2']
    """
    heads = np.asarray(number).tolist()
    if part is None:
        return np.array([f"{prefix}_{each:05d}" for each in heads], dtype=object)
    parts = np.asarray(part).tolist()
    ids = [f"{prefix}_{each:05d}_{k}" for each, k in zip(heads, parts, strict=True)]
    return np.array(ids, dtype=object)


def frame(columns: dict[str, Any], clocks: tuple[str, ...]) -> pd.DataFrame:
    """Make a table out of columns, reading the named ones as microseconds since 1970.

    Rows that the company learns of after the end of the data are left out.

    Parameters
    ----------
    columns : dict of str to array
    clocks : tuple of str

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> frame({"known_at": np.array([0])}, ("known_at",))["known_at"].iloc[0].year
    1970
    """
    ready = {n: times(values) if n in clocks else values for n, values in columns.items()}
    table = pd.DataFrame(ready)
    if "known_at" not in columns:
        return table
    known = np.asarray(columns["known_at"])
    learned = (known < END * DAY) & (known != NAT)
    if learned.all():
        return table
    seen: pd.DataFrame = table[learned]
    return seen.reset_index(drop=True)


def or_none(keep: Bools, values: Any) -> NDArray[Any]:
    """Give the values where they are wanted, and None elsewhere.

    Parameters
    ----------
    keep : array of bool, shape (n,)
    values : array of shape (n,)

    Returns
    -------
    array of object, shape (n,)

    Examples
    --------
    >>> or_none(np.array([True, False]), np.array(["a", "b"])).tolist()
    ['a', None]
    """
    chosen = np.full(len(keep), None, dtype=object)
    chosen[keep] = np.asarray(values, dtype=object)[keep]
    return chosen


def repeated(account: Ints) -> Ints:
    """Count the rows of each account from 0 on, in the order given.

    Parameters
    ----------
    account : array of int

    Returns
    -------
    array of int

    Examples
    --------
    >>> repeated(np.array([4, 4, 2, 4])).tolist()
    [0, 1, 0, 2]
    """
    order = np.argsort(account, kind="stable")
    ranked = account[order]
    first = np.searchsorted(ranked, ranked, side="left")
    count = np.empty(len(account), dtype=np.int64)
    count[order] = np.arange(len(account)) - first
    return count
