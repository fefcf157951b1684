"""The effect of each play: the figures of both groups, their difference, and what it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..results.effects_schema import PLAY_EFFECTS, UNJUDGED
from .compare import Difference, Group, kept_difference, rate_difference, smallest_visible
from .words import effect_sentence

__all__ = ["LEAST_GROUP", "LEAST_LEFT", "effects_of", "judged_draws"]


LEAST_GROUP, LEAST_LEFT = 20, 5
"""Below so many accounts in a group, or leavers in both, nothing is said of a play."""

_COLUMNS = tuple(column.name for column in PLAY_EFFECTS)


@dataclass(frozen=True, slots=True)
class _Groups:
    """The accounts whose outcome is certain, by what the lot decided."""

    offered: pd.DataFrame
    withheld: pd.DataFrame

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "_Groups":
        return cls(rows[~rows["withheld"]], rows[rows["withheld"]])

    def weighed(self) -> tuple[Group, Group]:
        """Return both groups with the weight of each account."""
        chance = 1 - self.offered["share"], self.withheld["share"]
        return Group.of(self.offered, chance[0]), Group.of(self.withheld, chance[1])


def judged_draws(draws: pd.DataFrame) -> pd.DataFrame:
    """Return the draws that a comparison can use.

    Parameters
    ----------
    draws : DataFrame
        From ``outcomes_of``.

    Returns
    -------
    DataFrame
        Those of customers, closed, in an experiment that has both groups.
    """
    both = draws["share"].between(0, 1, inclusive="neither")
    return draws[draws["customer"] & draws["closed"] & both]


def effects_of(draws: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """Compare, play by play, who was to get it with those from whom it was withheld.

    Parameters
    ----------
    draws : DataFrame
        From ``outcomes_of``.
    days : int
        That the outcome takes.

    Returns
    -------
    DataFrame
        ``PLAY_EFFECTS``: one row a play, those that keep most customers first, those of which
        nothing can be said last. Without rows for no draws.

    Notes
    -----
    By intention to treat: who was to get a play counts so even if nobody began it, and who got it
    although it was withheld counts as withheld. Otherwise those who were easy to reach would be
    compared with all others.
    """
    rows = [_effect(str(play), own, days) for play, own in draws.groupby("play", sort=True)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    silent = frame["on_leaving"].isin(UNJUDGED)
    order = np.lexsort((frame["effect_on_leaving"].to_numpy(dtype=float), silent))
    return frame.iloc[order].reset_index(drop=True)


def _effect(play: str, draws: pd.DataFrame, days: int) -> dict[str, Any]:
    groups = _Groups.of(judged_draws(draws))
    row = {
        **dict.fromkeys(_COLUMNS, np.nan),
        "play": play,
        "experiments": ", ".join(sorted({name for name in draws["experiment"] if name})),
        "days": days,
        "first_draw": draws["drawn_at"].min(),
        "last_draw": draws["drawn_at"].max(),
        "offered": len(groups.offered),
        "withheld": len(groups.withheld),
        "waiting_for_outcome": int((draws["customer"] & ~draws["closed"]).sum()),
        "first_outcome": draws["closed_at"].min(),
        "begun_offered": _begun(groups.offered, days),
        "begun_withheld": _begun(groups.withheld, days),
        **dict(_compared(groups)),
    }
    row |= {"on_leaving": _on_leaving(draws, groups, row), "on_arr": _on_arr(row)}
    return row | {"sentence": effect_sentence(row)}


def _begun(rows: pd.DataFrame, days: int) -> float:
    """Return for which part of the accounts the play was begun before the outcome."""
    soon = rows["begun_at"] - rows["drawn_at"] <= pd.Timedelta(days=days)
    return float(soon.mean()) if len(rows) else np.nan


def _compared(groups: _Groups) -> Iterator[tuple[str, float]]:
    """Yield the figures of the groups; none unless both have two units."""
    if not len(groups.offered) or not len(groups.withheld):
        return
    one, other = groups.weighed()
    if min(one.units, other.units) < 2:
        return
    left = [rows["left"].to_numpy(dtype=bool) for rows in (groups.offered, groups.withheld)]
    found = rate_difference(one, left[0], other, left[1])
    yield from _figures("left", "on_leaving", found)
    rate = float(np.concatenate(left).mean())
    yield "smallest_visible", smallest_visible(rate, one.worth(), other.worth())
    yield from _money(groups)


def _figures(what: str, effect: str, found: Difference) -> Iterator[tuple[str, float]]:
    yield f"{what}_offered", found.first
    yield f"{what}_withheld", found.second
    yield f"effect_{effect}", found.value
    yield f"effect_{effect}_low", found.low
    yield f"effect_{effect}_high", found.high


def _money(groups: _Groups) -> Iterator[tuple[str, float]]:
    """Yield what became of the ARR, over accounts whose ARR is known."""
    known = _Groups.of(
        pd.concat([groups.offered, groups.withheld]).dropna(subset=["arr_before", "arr_after"])
    )
    if min(len(known.offered), len(known.withheld)) < LEAST_GROUP:
        return
    one, other = known.weighed()
    money = [
        (rows["arr_before"].to_numpy(dtype=float), rows["arr_after"].to_numpy(dtype=float))
        for rows in (known.offered, known.withheld)
    ]
    if min(before.sum() for before, _ in money) <= 0:
        return
    found = kept_difference(one, money[0], other, money[1])
    yield from _figures("arr_kept", "on_arr", found)
    yield "arr_gained", found.value * float(money[0][0].sum())


def _on_leaving(draws: pd.DataFrame, groups: _Groups, row: dict[str, Any]) -> str:
    if not draws["withheld"].any() or draws["withheld"].all():
        return "no controls"
    if not draws["closed"].any():
        return "not yet"
    leavers = int(groups.offered["left"].sum() + groups.withheld["left"].sum())
    if min(row["offered"], row["withheld"]) < LEAST_GROUP or leavers < LEAST_LEFT:
        return "too few"
    return _sign(row, "on_leaving", "fewer leave", "more leave")


def _on_arr(row: dict[str, Any]) -> str:
    if np.isnan(row["effect_on_arr"]):
        return "unknown"
    return _sign(row, "on_arr", "less is kept", "more is kept")


def _sign(row: dict[str, Any], effect: str, below: str, above: str) -> str:
    if row[f"effect_{effect}_high"] < 0:
        return below
    return above if row[f"effect_{effect}_low"] > 0 else "no difference seen"
