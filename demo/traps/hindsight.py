"""Leakage traps of what is written over or found out afterwards.

Each function plants the traps of ``traps`` that its first line names.
"""

from typing import Any

import numpy as np
import pandas as pd

from ..truth.days import DAY, END, NAT, Bools, Ints, times
from ..truth.world import World

__all__ = [
    "edited_answers",
    "events_found_in_hindsight",
    "former_customers",
    "plant_in_contracts",
    "plant_in_people",
    "plant_in_seats",
    "reranked_priority",
    "rescored_after_notice",
    "written_off_later",
]

_HOUR = DAY // 24


def former_customers(world: World, described: dict[str, Any], account: Ints) -> dict[str, Any]:
    """Trap 5: who left is written over as a former customer in the churn queue.

    Parameters
    ----------
    world : World
    described : dict of str to array
        Rows of the accounts table, in order of account and time.
    account : array of int, shape (n,)
        Place of the account of each row.

    Returns
    -------
    dict of str to array
        One later version of the newest row of each account that left; it keeps ``valid_from``,
        as an overwritten field does.
    """
    rng = world.rng("trap 5")
    newest = np.append(account[1:] != account[:-1], True)
    end = world.fate.end_day[account]
    rows = np.flatnonzero(newest & (end < END))
    late = {name: values[rows] for name, values in described.items()}
    late["segment"] = np.full(len(rows), "Former customer", dtype=object)
    late["csm_id"] = np.full(len(rows), "churn queue", dtype=object)
    late["lifecycle_stage"] = np.full(len(rows), "churned", dtype=object)
    late["employee_count"] = np.where(rng.random(len(rows)) < 0.3, 0, late["employee_count"])
    late["known_at"] = (end[rows] + rng.integers(1, 20, len(rows))) * DAY
    return late


def plant_in_contracts(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Traps 6 and 22: ends written over afterwards, and automatic renewal off before a notice.

    Parameters
    ----------
    world : World
    table : pandas.DataFrame
        The contracts.

    Returns
    -------
    pandas.DataFrame
        With the later versions at the end.
    """
    off = _renewal_switched_off(world, table)
    joined = pd.concat([table, _rewritten_ends(world, table), off], ignore_index=True)
    switched = off.set_index("contract_id")["known_at"].reindex(joined["contract_id"])
    joined["auto_renew"] &= ~(joined["known_at"].to_numpy() >= switched.to_numpy())
    return joined


def _last_terms(world: World, table: pd.DataFrame, trap: str, share: float) -> pd.DataFrame:
    """Newest contract row of a share of those who left, with their dates beside it."""
    fate = world.fate
    chosen = world.rng(trap).random(world.profile.size) < share
    gone = np.flatnonzero((fate.end_day < END) & (fate.notice_day < END) & chosen)
    dates = pd.DataFrame(
        {
            "account_id": world.account_ids[gone],
            "notice": times(fate.notice_day[gone] * DAY),
            "end": times(fate.end_day[gone] * DAY),
        }
    )
    newest = table.sort_values(["term_start", "known_at"]).groupby("account_id").tail(1)
    return newest.merge(dates, on="account_id")


def _rewritten_ends(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Trap 6: the end of the term is shortened to the day of the notice, after the end."""
    rows = _last_terms(world, table, "trap 6", 0.35)
    rows["term_end"] = rows["notice"].dt.normalize()
    later = world.rng("trap 6 later").integers(3, 45, len(rows))
    rows["known_at"] = rows["end"] + pd.to_timedelta(later, unit="D")
    return _known_rows(rows, table)


def _renewal_switched_off(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Trap 22: automatic renewal is switched off days before the notice is written down."""
    rows = _last_terms(world, table, "trap 22", 0.5)
    before = world.rng("trap 22 before").integers(2, 15, len(rows))
    rows["known_at"] = rows["notice"] - pd.to_timedelta(before, unit="D")
    rolls = rows["auto_renew"] & (rows["known_at"] > rows["term_start"])
    rows["auto_renew"] = False
    # The switch comes before the row that names the end, so it must not name it.
    rows.loc[rows["term_months"] == 1, ["term_end", "notice_deadline"]] = pd.NaT
    return _known_rows(rows[rolls], table)


def plant_in_seats(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Trap 7: a script takes all licences away on the last day.

    Parameters
    ----------
    world : World
    table : pandas.DataFrame
        The licences.

    Returns
    -------
    pandas.DataFrame
        With the rows of the script at the end.
    """
    gone = np.flatnonzero(world.fate.end_day < END)
    last = pd.DataFrame(
        {
            "account_id": world.account_ids[gone],
            "last": times(world.fate.end_day[gone] * DAY - _HOUR),
        }
    )
    newest = table.sort_values("known_at").groupby(["account_id", "product_user_id"]).tail(1)
    rows = newest.merge(last, on="account_id")
    rows = rows[(rows["status"] != "deactivated") & (rows["known_at"] < rows["last"])]
    rows = rows.assign(status="deactivated", deactivated_at=rows["last"], known_at=rows["last"])
    return pd.concat([table, _known_rows(rows, table)], ignore_index=True)


def plant_in_people(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Trap 14: a contact turns out to have left years ago.

    Parameters
    ----------
    world : World
    table : pandas.DataFrame
        The contacts.

    Returns
    -------
    pandas.DataFrame
        With the discoveries at the end, most of them at accounts that left.
    """
    rng = world.rng("trap 14")
    gone = world.account_ids[world.fate.end_day < END]
    newest = table.sort_values("known_at").groupby("person_id").tail(1)
    likely = np.where(newest["account_id"].isin(gone), 0.12, 0.01)
    minor = newest["roles"].isin(["user", "billing"]) & newest["left_account_at"].isna()
    rows = newest[minor & (rng.random(len(newest)) < likely)]
    left = rows["valid_from"] + pd.to_timedelta(rng.integers(20, 200, len(rows)), unit="D")
    found = left + pd.to_timedelta(rng.integers(250, 900, len(rows)), unit="D")
    rows = rows.assign(left_account_at=left, left_known_at=found, valid_from=found, known_at=found)
    return pd.concat([table, _known_rows(rows, table)], ignore_index=True)


def _known_rows(rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Rows the company learned of within the data, in the columns and types of their table."""
    known: pd.DataFrame = rows[rows["known_at"] < times(np.array([END * DAY]))[0]]
    return known[table.columns].astype(table.dtypes.to_dict())


def reranked_priority(
    priority: Ints, critical: Bools, rng: np.random.Generator
) -> tuple[Bools, Ints]:
    """Trap 9: the priority of some tickets is changed later; today's value is not the first.

    Parameters
    ----------
    priority : array of int, shape (n,)
        0 low to 3 urgent.
    critical : array of bool, shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    tuple of two arrays, shape (n,)
        Which tickets change, and the new priority of all.
    """
    size = len(priority)
    change = rng.random(size) < np.where(critical, 0.3, 0.1)
    step = np.where(critical, 1, rng.choice([-1, 1], size))
    changed = np.clip(priority + np.where(change, step, 0), 0, 3)
    return changed != priority, changed


def written_off_later(
    world: World, account: Ints, failed: dict[str, Any], unpaid: Bools
) -> dict[str, Any]:
    """Trap 8: bad debt of those who left is written off months later (payments come late too).

    Parameters
    ----------
    world : World
    account : array of int, shape (n,)
    failed : dict of str to array
        Invoices as they stood after the last failed attempt.
    unpaid : array of bool, shape (n,)

    Returns
    -------
    dict of str to array
        The last versions of the unpaid invoices.
    """
    rng = world.rng("trap 8")
    lost = np.flatnonzero(unpaid)
    rows = {name: values[lost] for name, values in failed.items()}
    end = world.fate.end_day[account[lost]]
    rows["status"] = np.full(len(lost), "written_off", dtype=object)
    rows["known_at"] = (end + rng.integers(40, 130, len(lost))) * DAY
    return rows


def edited_answers(answered: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Trap 10: some survey answers are edited weeks or months later.

    Parameters
    ----------
    answered : dict of str to array
        Survey answers as first given; ``responded_at`` is ``NAT`` without one.
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to array
        The new versions.
    """
    size = len(answered["score"])
    edits = np.flatnonzero((answered["responded_at"] != NAT) & (rng.random(size) < 0.06))
    rows = {name: values[edits] for name, values in answered.items()}
    later = rng.integers(10, 160, len(edits))
    shift = rng.choice([-3, -2, 2], len(edits))
    rows["known_at"] = rows["responded_at"] + later * DAY
    top = np.where(rows["survey_type"] == "nps", 10, 5)
    rows["score"] = np.clip(rows["score"] + shift, 1, top)
    return rows


def rescored_after_notice(world: World, answers: dict[str, Any]) -> dict[str, Any]:
    """Trap 17: maturity is scored down by the manager after the notice, in hindsight.

    Parameters
    ----------
    world : World
    answers : dict of str to array
        Honest maturity answers.

    Returns
    -------
    dict of str to array
        New answers two levels lower for half of those who left.
    """
    rng = world.rng("trap 17")
    blamed = (rng.random(world.profile.size) < 0.5) & (world.fate.notice_day < END)
    rows = np.flatnonzero(blamed[answers["account"]] & (answers["evidence_type"] == "c"))
    late = {name: values[rows] for name, values in answers.items()}
    late["value_num"] = np.clip(late["value_num"] - 2.0, 1.0, 5.0)
    notice = world.fate.notice_day[late["account"]]
    late["occurred_at"] = (notice + rng.integers(2, 30, len(rows))) * DAY + 12 * _HOUR
    late["known_at"] = late["occurred_at"] + _HOUR
    return late


def events_found_in_hindsight(world: World) -> dict[str, Any]:
    """Trap 18: after the loss someone looks for reasons and enters old news.

    Parameters
    ----------
    world : World

    Returns
    -------
    dict of str to array
        Statements that happened before the decision and were known after the end.
    """
    rng = world.rng("trap 18")
    gone = np.flatnonzero(world.fate.end_day < END)
    gone = gone[rng.random(len(gone)) < 0.35]
    happened = world.fate.decided_day[gone] - rng.integers(30, 200, len(gone))
    known = world.fate.end_day[gone] + rng.integers(3, 40, len(gone))
    kinds = np.array(["leadership_change", "layoff", "competitor"], dtype=object)
    return {
        "account": gone,
        "kind": kinds[rng.integers(0, len(kinds), len(gone))],
        "occurred_at": happened * DAY + 12 * _HOUR,
        "known_at": known * DAY + 12 * _HOUR,
        "source": np.full(len(gone), "post_mortem", dtype=object),
    }
