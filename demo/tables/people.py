"""The people at the accounts: sponsors, champions, admins, and who left."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..truth.days import DAY, FAR, NAT, Bools, Ints, at
from ..truth.profiles import pick
from ..truth.world import World, frame, numbered, or_none, repeated
from .users import Users

__all__ = ["ROLES", "People", "draw_people", "people"]

ROLES = np.array(
    ["exec_sponsor", "champion", "admin", "billing", "decision_maker", "user"], dtype=object
)
SPONSOR, CHAMPION, ADMIN, BILLING, DECIDER, USER = range(6)
_TITLES = ("VP Operations", "Head of Planning", "Systems Manager", "Controller", "COO", "Planner")
_LEVELS = ("vp", "director", "manager", "manager", "c_level", "staff")
_DEPARTMENTS = ("operations", "planning", "it", "finance", "operations", "planning")
_REASONS = ("new_employer", "moved_internally", "retired", "laid_off")
_SCALE = 10**7
_NO_USER = -1


@dataclass(frozen=True, slots=True)
class People:
    """Contacts of all accounts, ordered by account.

    Parameters
    ----------
    account, role : array of int
    entered_day : array of int
        Day the contact was written down.
    engaged_day : array of int
        Day from which the contact talks with us; ``FAR`` when never.
    left_day, left_known_day : array of int
        ``FAR`` for those who stay.
    rank : array of int
        Rank of the person among the account's users, -1 for those without a login.
    ids : array of str
    """

    account: Ints
    role: Ints
    entered_day: Ints
    engaged_day: Ints
    left_day: Ints
    left_known_day: Ints
    rank: Ints
    ids: NDArray[Any]

    def partner(self, role: Ints, account: Ints, day: Ints) -> Ints:
        """Find who in a role talks with us on a day.

        Parameters
        ----------
        role, account, day : array of int, shape (n,)

        Returns
        -------
        array of int, shape (n,)
            Place of the person, -1 when there is nobody.
        """
        engaged = np.minimum(self.engaged_day, FAR)
        key = (self.account * len(ROLES) + self.role) * _SCALE + engaged
        order = np.argsort(key, kind="stable")
        owner = account * len(ROLES) + role
        found = np.searchsorted(key[order], owner * _SCALE + day, side="right") - 1
        person = order[np.maximum(found, 0)]
        there = (found >= 0) & (key[person] // _SCALE == owner) & (day < self.left_day[person])
        return np.where(there, person, -1)


def draw_people(world: World) -> People:
    """Draw the contacts and let sponsors and champions leave as the causes say.

    Parameters
    ----------
    world : World

    Returns
    -------
    People

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> draw_people(world).ids[0]
    'per_00001_1'
    """
    rng = world.rng("people")
    account, role = _first_cast(world, rng)
    entered = world.start_day[account] + rng.integers(-20, 15, len(account))
    first = _chain(world, account, role, entered, rng)
    order = np.lexsort((first["entered_day"], first["role"], first["account"]))
    cast = {name: values[order] for name, values in first.items()}
    place = repeated(cast["account"]) + 1
    ids = numbered("per", world.profile.number[cast["account"]], place)
    return People(**cast, rank=_ranks(cast["role"], place), ids=ids)


def _first_cast(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    size, large = world.profile.size, world.profile.segment > 0
    everyone = np.ones(size, dtype=np.bool_)
    casts: list[tuple[int, Bools]] = [
        (SPONSOR, world.profile.has_sponsor),
        (CHAMPION, everyone),
        (ADMIN, everyone),
        (ADMIN, large & (rng.random(size) < 0.5)),
        (BILLING, everyone),
        (DECIDER, world.profile.segment == 2),
        (USER, everyone),
        (USER, large),
    ]
    account = np.concatenate([np.flatnonzero(present) for _, present in casts])
    role = np.repeat([role for role, _ in casts], [present.sum() for _, present in casts])
    return account, role


def _chain(
    world: World, account: Ints, role: Ints, entered: Ints, rng: np.random.Generator
) -> dict[str, Ints]:
    """First holders of each role and their successors, each with the day they left."""
    gone = world.causes.departures
    order = np.lexsort((gone.day, gone.is_champion, gone.account))
    who, day, engaged = gone.account[order], gone.day[order], gone.engaged_day[order]
    post = np.where(gone.is_champion[order], CHAMPION, SPONSOR)
    arrives = np.where(engaged < FAR, engaged - rng.integers(1, 20, len(who)), FAR)
    # A successor may be on the books who has never talked with us.
    named = (engaged >= FAR) & (rng.random(len(who)) < 0.4)
    arrives = np.where(named, day + rng.integers(30, 90, len(who)), arrives)
    everyone = {
        "account": np.concatenate([account, who]),
        "role": np.concatenate([role, post]),
        "entered_day": np.concatenate([entered, np.maximum(arrives, day + 1)]),
        "engaged_day": np.concatenate([entered, np.maximum(engaged, day + 2)]),
    }
    everyone["left_day"] = _left_days(everyone, who, post, day)
    lag = rng.geometric(0.06, len(everyone["account"])) + 1
    left = everyone["left_day"]
    everyone["left_known_day"] = np.where(left < FAR, left + lag, FAR)
    present = everyone["entered_day"] < np.minimum(FAR, world.last_day[everyone["account"]])
    return {name: values[present] for name, values in everyone.items()}


def _left_days(everyone: dict[str, Ints], who: Ints, post: Ints, day: Ints) -> Ints:
    """End the time of the newest holder of the post who is there already."""
    left = np.full(len(everyone["account"]), FAR)
    first_cast = len(left) - len(who)
    owner = everyone["account"] * len(ROLES) + everyone["role"]
    place = {int(key): k for k, key in reversed(list(enumerate(owner[:first_cast])))}
    for k, (key, when) in enumerate(zip(who * len(ROLES) + post, day, strict=True)):
        holder = place.get(int(key))
        if holder is not None and everyone["entered_day"][holder] < when:
            left[holder] = when
        place[int(key)] = first_cast + k
    return left


def _ranks(role: Ints, place: Ints) -> Ints:
    fixed = {CHAMPION: 1, ADMIN: 0, USER: 2}
    ranks = np.array([fixed.get(each, _NO_USER) for each in range(len(ROLES))])
    return np.where(role == USER, 1 + place % 3, ranks[role])


def people(world: World, cast: People, users: Users) -> pd.DataFrame:
    """Write the contacts: a row when entered, one more when the departure became known.

    Parameters
    ----------
    world : World
    cast : People
    users : Users

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from .users import draw_users
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> people(world, draw_people(world), draw_users(world))["roles"].iloc[0]
    'exec_sponsor'
    """
    rng = world.rng("people rows")
    size = len(cast.account)
    place = users.first[cast.account] + cast.rank
    exists = (cast.rank >= 0) & (cast.rank < np.bincount(users.account)[cast.account])
    entered = at(cast.entered_day, rng)
    nothing = np.full(size, NAT)
    base: dict[str, Any] = {
        "person_id": cast.ids,
        "account_id": world.account_ids[cast.account],
        "crm_contact_id": np.char.replace(cast.ids.astype(str), "per", "crm").astype(object),
        "product_user_id": or_none(exists, users.ids[np.where(exists, place, 0)]),
        "email_hash": np.char.replace(cast.ids.astype(str), "per", "mail").astype(object),
        "title": np.array(_TITLES, dtype=object)[cast.role],
        "seniority": np.array(_LEVELS, dtype=object)[cast.role],
        "department": np.array(_DEPARTMENTS, dtype=object)[cast.role],
        "roles": ROLES[cast.role],
        "left_account_at": nothing,
        "left_known_at": nothing,
        "left_reason": np.full(size, None, dtype=object),
        "certified_at": _certificates(world, cast, entered, rng),
        "valid_from": entered,
        "known_at": entered,
    }
    clocks = ("left_account_at", "left_known_at", "certified_at", "valid_from", "known_at")
    rows = [_uncertified(base), _certified(base), _left(base, cast, rng)]
    return pd.concat([frame(each, clocks) for each in rows], ignore_index=True)


def _certificates(world: World, cast: People, entered: Ints, rng: np.random.Generator) -> Ints:
    """When people were certified: more of them where the organisation is mature."""
    size = len(cast.account)
    certified = np.isin(cast.role, [ADMIN, CHAMPION, USER])
    certified &= rng.random(size) < 0.12 * world.profile.maturity[cast.account, 1]
    day = entered + rng.integers(40, 300, size) * DAY
    return np.where(certified & (day < cast.left_day * DAY), day, NAT)


def _uncertified(base: dict[str, Any]) -> dict[str, Any]:
    return {**base, "certified_at": np.full(len(base["known_at"]), NAT)}


def _certified(base: dict[str, Any]) -> dict[str, Any]:
    return {**base, "valid_from": base["certified_at"], "known_at": base["certified_at"]}


def _left(base: dict[str, Any], cast: People, rng: np.random.Generator) -> dict[str, Any]:
    size = len(cast.account)
    left = np.where(cast.left_day < FAR, cast.left_day * DAY, NAT)
    known = at(cast.left_known_day, rng)
    certified = np.where(base["certified_at"] < known, base["certified_at"], NAT)
    return {
        **base,
        "left_account_at": left,
        "left_known_at": known,
        "left_reason": pick(rng, _REASONS, [6, 2, 1, 1], size),
        "certified_at": certified,
        "valid_from": np.where(left == NAT, NAT, known),
        "known_at": known,
    }
