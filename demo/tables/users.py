"""The users of the product and their licences."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..truth.days import DAY, FAR, NAT, Floats, Ints, at
from ..truth.growth import active_share
from ..truth.world import World, frame, numbered

__all__ = ["Users", "active_users", "draw_users", "seats"]


@dataclass(frozen=True, slots=True)
class Users:
    """All users of all accounts, ordered by account and rank.

    Parameters
    ----------
    account, rank : array of int
        Rank 0 is the last one an account would lose.
    first : array of int
        Place of each account's first user.
    invited_day, activated_day, deactivated_day : array of int
        ``FAR`` for what did not happen.
    zeal : array of float
        Days of use per month when all is well.
    ids : array of str
    """

    account: Ints
    rank: Ints
    first: Ints
    invited_day: Ints
    activated_day: Ints
    deactivated_day: Ints
    zeal: Floats
    ids: NDArray[Any]


def active_users(world: World) -> Floats:
    """Give how many people use each account's product in each month, as the cause has it.

    Parameters
    ----------
    world : World

    Returns
    -------
    array of shape (n_accounts, months)
        At most the seats bought.

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> active_users(world).shape
    (3, 12)
    """
    wanted = world.causes.need * active_share(world.causes.adoption)
    return np.minimum(wanted, world.fate.seats)


def draw_users(world: World) -> Users:
    """Draw the users each account ever invites.

    Parameters
    ----------
    world : World

    Returns
    -------
    Users

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> draw_users(world).ids[0]
    'usr_00001_1'
    """
    rng = world.rng("users")
    starts, start_day = world.calendar.starts(), world.start_day
    began = np.arange(world.calendar.months)[None, :] >= world.profile.start_month[:, None]
    open_ = starts[None, :-1] < world.last_day[:, None]
    assigned = np.where(began & open_, np.minimum(np.ceil(world.causes.need), world.fate.seats), 0)
    count = np.maximum(assigned.max(axis=1), 1).astype(np.int64)
    account = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    rank = np.arange(len(account)) - first[account]
    month = (assigned[account] > rank[:, None]).argmax(axis=1)
    veteran = (month == 0) & (world.profile.start_month[account] < 0)
    came = np.where(veteran, start_day[account], np.maximum(starts[month], start_day[account]))
    invited = came + rng.integers(0, 20, len(account))
    ignored = (rank > 2) & (rng.random(len(account)) < 0.06)
    return Users(
        account=account,
        rank=rank,
        first=first,
        invited_day=invited,
        activated_day=np.where(ignored, FAR, invited + rng.integers(0, 9, len(account))),
        deactivated_day=_seats_taken_away(world, account, rank, month),
        zeal=4.4 * rng.lognormal(-0.15, 0.55, len(account)) * (1.0 + np.exp(-rank / 2.0)),
        ids=numbered("usr", world.profile.number[account], rank + 1),
    )


def _seats_taken_away(world: World, account: Ints, rank: Ints, month: Ints) -> Ints:
    """Day on which a licence went because fewer seats were bought."""
    columns = np.arange(world.calendar.months)[None, :]
    short = (world.fate.seats[account] <= rank[:, None]) & (columns > month[:, None])
    return np.where(short.any(axis=1), world.calendar.starts()[short.argmax(axis=1) + 1] - 1, FAR)


def seats(world: World, users: Users) -> pd.DataFrame:
    """Write the licences: a row when invited, when activated and when taken away.

    Parameters
    ----------
    world : World
    users : Users

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> seats(world, draw_users(world))["status"].iloc[0]
    'invited'
    """
    rng = world.rng("seats")
    invited, activated = at(users.invited_day, rng), at(users.activated_day, rng)
    activated = np.where(activated == NAT, NAT, np.maximum(activated, invited + DAY // 24))
    gone = at(np.where(users.activated_day < FAR, users.deactivated_day, FAR), rng)
    gone = np.where(gone > activated, gone, NAT)
    base: dict[str, Any] = {
        "account_id": world.account_ids[users.account],
        "product_user_id": users.ids,
        "role": np.where(users.rank == 0, "admin", np.where(users.rank < 4, "editor", "member")),
        "is_admin": (users.rank == 0)
        | ((users.rank == 1) & (world.profile.segment > 0)[users.account]),
        "sso": (world.profile.maturity[:, 3] > 3.2)[users.account],
        "app_version": np.full(len(users.rank), "web", dtype=object),
    }
    nothing = np.full(len(users.rank), NAT)
    versions = (
        ("invited", invited, nothing, nothing, invited),
        ("active", invited, activated, nothing, activated),
        ("deactivated", invited, activated, gone, gone),
    )
    parts = [
        {
            **base,
            "status": np.full(len(users.rank), status, dtype=object),
            "invited_at": came,
            "activated_at": active,
            "deactivated_at": ended,
            "known_at": known,
        }
        for status, came, active, ended, known in versions
    ]
    clocks = ("invited_at", "activated_at", "deactivated_at", "known_at")
    return pd.concat([frame(part, clocks) for part in parts], ignore_index=True)
