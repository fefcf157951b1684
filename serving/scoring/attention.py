"""Who needs someone first: blocks by what is due, and inside them money, chance and nearness."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.schema.conditions import Condition

__all__ = ["BLOCK_RULES", "BlockRule", "attention_of"]


@dataclass(frozen=True, slots=True)
class BlockRule:
    """The block an account stands in while a condition holds, and the chance that counts there."""

    block: str
    when: Condition
    chance: str = "chance_to_leave"


def _rule(**fields: object) -> Condition:
    return Condition.model_validate(fields)


_SOON_DAYS = 31.0
_HALVES_DAYS = 90.0
"""Days to the decision after which an account needs someone half as much."""
_FALLING = 1.6
"""So that a falling 75 needs someone as much as a stable 60: 0.25 * 1.6 = 0.40."""

BLOCK_RULES: tuple[BlockRule, ...] = (
    BlockRule("notice_given", _rule(field="status", **{"is": ["notice_given"]}), "certain"),
    BlockRule("quiet", _rule(field="status", **{"is": ["paused"]})),
    BlockRule(
        "decides_this_month",
        _rule(
            any=[
                {"field": "days_to_decision", "at_most": _SOON_DAYS},
                {"field": "past_unrenewed", "at_least": 1},
            ]
        ),
    ),
    BlockRule(
        "at_risk",
        _rule(
            any=[
                {"field": "health_band", "is": ["low"]},
                {"field": "health_index", "below": 50},
                {"field": "cap", "at_most": 59},
            ]
        ),
    ),
    BlockRule(
        "growth",
        _rule(
            all=[
                {"field": "cell", "is": ["expand_and_leverage", "grow_selectively"]},
                {"not": {"field": "support_needs", "at_least": 1}},
            ]
        ),
        "chance_to_grow",
    ),
    BlockRule("support_need", _rule(field="support_needs", at_least=1)),
    BlockRule("quiet", _rule(otherwise=True)),
)
"""In order: the first whose condition holds. ``BLOCKS`` has the order of the list."""

_SUPPORT = (
    *("open_critical_tickets", "open_blockers", "escalations_90d", "training_requests_180d"),
    "onboarding_days_late",
)


def attention_of(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the block of each account, and how much it needs someone inside of it.

    Parameters
    ----------
    accounts : DataFrame
        ``status``, ``reason``, ``arr``, ``p_churn``, ``p_expand``, ``health_value``,
        ``health_index``, ``health_band``, ``health_trend``, ``cap``, ``cell``, ``as_of``,
        ``decision_at``, ``decision_kind`` and ``term_end``; where they are there,
        ``notice_deadline`` and ``auto_renew``, and metrics that tell of support needs.

    Returns
    -------
    DataFrame
        Same index: ``block``, ``support_needs`` (how many kinds of help it needs) and
        ``attention`` (at least 0, more needs someone sooner): ARR times
        the chance to leave at the next decision times the nearness of that decision, which halves
        every 90 days; in the block of growth the chance to grow. Where no money is known every
        account counts alike. Nothing else goes in, so that no account needs someone less for being
        surer to be lost.

    Notes
    -----
    The chance is the estimate; without one it is what is missing of the health score, more where
    that falls; without either the mean of the others. The decision is ``decision_at``, the next
    point at which it can decide to leave; where notice is given or a renewal is overdue, the end of
    its term. Who can leave with every month is always near.
    """
    facts = _facts(accounts)
    held = [rule.when.holds(facts) for rule in BLOCK_RULES]
    names = [rule.block for rule in BLOCK_RULES]
    chance = np.select(held, [facts[rule.chance].to_numpy(float) for rule in BLOCK_RULES])
    days = facts["days_to_decision"].to_numpy(dtype=float)
    nearness = np.where(np.isnan(days), 1.0, 0.5 ** (np.maximum(days, 0.0) / _HALVES_DAYS))
    block = np.select(held, names, "").astype(object)
    need = _money(accounts) * np.nan_to_num(chance) * nearness
    told = {"block": pd.Series(block, accounts.index, dtype=object), "attention": need}
    told["support_needs"] = facts["support_needs"]
    return pd.DataFrame(told, index=accounts.index)


def _facts(accounts: pd.DataFrame) -> pd.DataFrame:
    return accounts[["status", "health_band", "health_index", "cap", "cell"]].assign(
        days_to_decision=_days_to_decision(accounts),
        past_unrenewed=_past_unrenewed(accounts),
        support_needs=_support_needs(accounts),
        certain=1.0,
        chance_to_leave=_chance_to_leave(accounts),
        chance_to_grow=_chance_to_grow(accounts),
    )


def _days_to_decision(accounts: pd.DataFrame) -> FloatArray:
    """Return the days to the next decision; NaN where there is none, or one with every month."""
    ends = accounts["status"].eq("notice_given") | accounts["reason"].eq("in_grace")
    leaves = accounts["term_end"].where(ends)
    decides = accounts["decision_at"].where(accounts["decision_kind"].ne("month_end"))
    days = (decides.fillna(leaves) - accounts["as_of"]).dt.total_seconds() / 86_400
    return np.asarray(days, dtype=float)


def _past_unrenewed(accounts: pd.DataFrame) -> FloatArray:
    """Say whose deadline has passed although nothing renews by itself: they are deciding now."""
    if not {"notice_deadline", "auto_renew"} <= set(accounts):
        return np.zeros(len(accounts))
    passed = accounts["notice_deadline"] < accounts["as_of"]
    ahead = accounts["decision_kind"].eq("term_end") & (
        accounts["decision_at"] >= accounts["as_of"]
    )
    signed = accounts["auto_renew"].eq(False).fillna(False).to_numpy(dtype=bool)
    return np.asarray(passed & ahead & signed, dtype=float)


def _chance_to_leave(accounts: pd.DataFrame) -> pd.Series:
    falling = accounts["health_trend"].eq("down").map({True: _FALLING, False: 1.0})
    illness = ((1.0 - accounts["health_value"] / 100.0) * falling).clip(upper=1.0)
    chance: pd.Series = accounts["p_churn"].fillna(illness)
    # Of whom nothing is known is taken as the mean of the others: neither first nor forgotten.
    known = chance.mean()
    return chance.fillna(1.0 if np.isnan(known) else known)


def _chance_to_grow(accounts: pd.DataFrame) -> pd.Series:
    """Return the estimate of growth; without a model every account counts alike."""
    known = accounts["p_expand"]
    chance: pd.Series = known.fillna(0.0 if known.notna().any() else 1.0)
    return chance


def _support_needs(accounts: pd.DataFrame) -> FloatArray:
    there = [name for name in _SUPPORT if name in accounts]
    needs = accounts[there].ge(1).sum(axis=1)
    return np.asarray(needs, dtype=float)


def _money(accounts: pd.DataFrame) -> FloatArray:
    money = accounts["arr"].fillna(0.0).to_numpy(dtype=float)
    return money if (money > 0).any() else np.ones(len(accounts))
