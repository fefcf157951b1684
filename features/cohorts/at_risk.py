"""Who is at risk on an as-of date, by what was known then: for training and scoring alike."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..arrays.as_of_rows import Rows
from ..arrays.moments import DAY, NEVER, IntArray, later, timestamps
from ..schema.settings import Settings
from ..schema.tableset import Tables
from ..subscriptions.business_kind import Business, lives_by_use
from ..subscriptions.facts import subscriptions_of
from ..subscriptions.visible_spans import BoolArray, spans_of
from .invoice_rhythm import rhythm_of
from .value_events import signs_of_life, value_events

__all__ = ["standing"]


_GONE, _GONE_DAYS = "no_longer_invoiced", 90
"""Who is billed and nothing else has left when the next invoice has been overdue for so long."""

_COLUMNS = (
    *("account_id", "as_of", "status", "reason", "custom", "arr", "term_start", "term_end"),
    *("notice_deadline", "month_to_month", "auto_renew"),
    *("decision_at", "decision_kind", "leaves_at", "past_deadline", "p_by_date"),
)


class _Rule(NamedTuple):
    """The first rule that holds gives status and reason."""

    holds: BoolArray
    status: str
    reason: str | None = None


_Rules = tuple[_Rule, ...]


def standing(
    tables: Tables, rows: pd.DataFrame, business: Business, settings: Settings
) -> pd.DataFrame:
    """Tell for each account and as-of date whether it can be scored, and its contract's state.

    Nothing that became known at or after ``as_of`` has any influence.

    Parameters
    ----------
    tables : Tables
    rows : DataFrame
        ``account_id`` and ``as_of``.
    business : Business
    settings : Settings
        Lead, horizon, grace, activity window and label clock are used.

    Returns
    -------
    DataFrame
        One row a pair, sorted by account and date (the order of ``Rows``): ``account_id``,
        ``as_of``; ``status`` (``"scored"``, ``"not_eligible"``, ``"notice_given"`` or
        ``"paused"``); ``reason`` (why not eligible: ``not_yet_customer``, ``trial``,
        ``in_grace``, ``no_arr``, ``never_active``, ``inactive``, ``never_invoiced``,
        ``no_longer_invoiced``, ``no_further_invoice`` or ``few_invoices``; null otherwise);
        ``arr`` (per year; NaN when unknown) and ``term_end``: in the grace what it paid, and when
        that ended; ``term_start``, ``notice_deadline`` (NaT without); ``month_to_month``;
        ``auto_renew`` (nullable); ``decision_at`` and ``decision_kind`` (the next point at which it
        can decide to leave, null without one); ``leaves_at`` (from when it is gone if it does);
        ``past_deadline`` (the running term can no longer be refused); ``p_by_date`` (up to when an
        estimate of leaving counts: the next decision, else the end of the horizon; NaT where
        nothing is estimated).

    Notes
    -----
    With contracts every account that pays is scored, however far its next decision is, unless it
    has given notice or is paused; month to month without subscription items only while a value
    event, an invoice or a statement falls into the trailing activity window, for who stops there
    often says nothing; without contracts, when a value event falls into the trailing activity
    window by the label clock; with invoices alone, when they tell a rhythm and the next one is not
    overdue by the account's own rhythm, and then up to when one after the lead has come or is
    overdue (at least the horizon); with nothing that tells, always. In the grace
    nothing is learned: the decision is being taken, and accounts that pay are no example of it; it
    is listed with what it paid until the grace is over, and a scoring carries its estimate on. Who
    can leave with every month, or has no decision before it, is estimated for the horizon.

    Examples
    --------
    >>> rows = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> standing(Tables({}), rows, Business.NON_CONTRACTUAL, Settings())["reason"].item()
    'never_active'
    """
    grid = Rows.of(rows)
    if business.contractual:
        return _contractual(tables, grid, business, settings)
    rules, by = _RULES_WITHOUT_CONTRACT[business](tables, grid, settings)
    nothing = subscriptions_of(Tables({})).facts(grid)
    arr = subscriptions_of(tables, grace_days=settings.grace_days).billed(grid)
    return _assembled(grid, rules, nothing.assign(arr=arr, custom=""), by)


def _contractual(
    tables: Tables, grid: Rows, business: Business, settings: Settings
) -> pd.DataFrame:
    facts = subscriptions_of(tables, grace_days=settings.grace_days).facts(grid)
    terms = _with_month_ends(facts, business)
    paused, custom = facts["paused"].to_numpy(), facts["custom"].to_numpy()
    rules = (
        _Rule((custom == "not_yet") & ~paused, "not_eligible", "not_yet_customer"),
        _Rule((custom == "trial") & ~paused, "not_eligible", "trial"),
        _Rule((custom == "grace") & ~paused, "not_eligible", "in_grace"),
        _Rule((custom != "paying") & ~paused, "not_eligible", "no_arr"),
        _Rule(facts["notice"].to_numpy(), "notice_given"),
        _Rule(paused, "paused"),
        _Rule(_fell_silent(tables, grid, business, settings), "not_eligible", "inactive"),
        _Rule(np.ones(len(grid), dtype=bool), "scored"),
    )
    anchored = facts["decision_kind"].notna() & (facts["decision_kind"] != "month_end")
    by = np.where(anchored, facts["decision_us"].to_numpy(), _horizon(grid, settings))
    return _assembled(grid, rules, _not_yet_renewed(terms), by)


def _fell_silent(tables: Tables, grid: Rows, business: Business, settings: Settings) -> BoolArray:
    """Tell who has left without a word, where nothing but use and bills shows a customer."""
    signs = signs_of_life(tables) if lives_by_use(tables, business) else pd.DataFrame()
    if signs.empty:
        return np.zeros(len(grid), bool)
    first = int(np.maximum(signs["happened_us"], signs["known_us"]).min())
    return (grid.as_of > first) & ~_lately(signs, grid, settings)


def _lately(events: pd.DataFrame, grid: Rows, settings: Settings) -> BoolArray:
    """Tell whose trailing activity window holds an event, by the label clock."""
    happened, known = events["happened_us"].to_numpy(), events["known_us"].to_numpy()
    fades = events[f"{settings.label_clock}_us"].to_numpy() + settings.activity_window_days * DAY
    seen = np.maximum(happened, known)
    return spans_of(grid, events["account_id"], after=seen, through=fades).count(len(grid)) > 0


def _not_yet_renewed(facts: pd.DataFrame) -> pd.DataFrame:
    """Show what is still to be had from an account whose renewal is overdue."""
    grace = facts["custom"].eq("grace").to_numpy()
    return facts.assign(
        arr=facts["arr"].mask(grace, facts["arr_until_then"]),
        term_end_us=facts["term_end_us"].mask(grace, facts["stopped_us"]),
    )


def _horizon(grid: Rows, settings: Settings) -> IntArray:
    return later(grid.as_of, settings.lead_days + settings.horizon_days)


def _with_month_ends(facts: pd.DataFrame, business: Business) -> pd.DataFrame:
    """Let an account of a business without contracts be bound by the month, or what it paid for."""
    if business is Business.MONTH_TO_MONTH:
        return facts.assign(bound=True, monthly=facts["monthly"] | ~facts["bound"])
    return facts


def _by_use(tables: Tables, grid: Rows, settings: Settings) -> tuple[_Rules, IntArray]:
    events = value_events(tables)
    happened, known = events["happened_us"].to_numpy(), events["known_us"].to_numpy()
    seen, forever = np.maximum(happened, known), np.full(len(events), NEVER)
    ids = events["account_id"]
    ever = spans_of(grid, ids, after=seen, through=forever).count(len(grid)) > 0
    recent = _lately(events, grid, settings)
    rules = (
        _Rule(~ever, "not_eligible", "never_active"),
        _Rule(recent, "scored"),
        _Rule(np.ones(len(grid), dtype=bool), "not_eligible", "inactive"),
    )
    return rules, _horizon(grid, settings)


def _by_invoice(tables: Tables, grid: Rows, settings: Settings) -> tuple[_Rules, IntArray]:
    rhythm = rhythm_of(value_events(tables), grid, settings)
    rules = (
        _Rule(~rhythm.ever, "not_eligible", "never_invoiced"),
        _Rule(rhythm.overdue_us < later(grid.as_of, -_GONE_DAYS), "not_eligible", _GONE),
        _Rule(~rhythm.current, "not_eligible", "no_further_invoice"),
        _Rule(rhythm.told, "scored"),
        _Rule(np.ones(len(grid), dtype=bool), "not_eligible", "few_invoices"),
    )
    return rules, rhythm.answered_us


def _everybody(_: Tables, grid: Rows, settings: Settings) -> tuple[_Rules, IntArray]:
    return (_Rule(np.ones(len(grid), dtype=bool), "scored"),), _horizon(grid, settings)


_RULES_WITHOUT_CONTRACT = {
    Business.NON_CONTRACTUAL: _by_use,
    Business.INVOICED: _by_invoice,
    Business.UNDECIDED: _everybody,
}


def _assembled(
    grid: Rows, rules: tuple[_Rule, ...], facts: pd.DataFrame, by: IntArray
) -> pd.DataFrame:
    first = np.argmax(np.stack([rule.holds for rule in rules]), axis=0)
    scored = np.array([rule.status == "scored" for rule in rules])[first]
    times = {
        name: timestamps(facts[f"{column}_us"].to_numpy())
        for name, column in (
            ("term_start", "term_start"),
            ("term_end", "term_end"),
            ("notice_deadline", "notice_deadline"),
            ("decision_at", "decision"),
            ("leaves_at", "leaves"),
        )
    }
    kinds = pa.array(facts["decision_kind"], pa.string(), from_pandas=True).to_pandas()
    frame = pd.DataFrame(
        {
            "account_id": _texts(grid.account_ids.tolist(), grid.account),
            "as_of": timestamps(grid.as_of),
            "status": _texts([rule.status for rule in rules], first),
            "reason": _texts([rule.reason for rule in rules], first),
            "custom": pa.array(facts["custom"], pa.string()).to_pandas(),
            "arr": facts["arr"].astype(float),
            "month_to_month": facts["monthly"].astype(bool),
            "auto_renew": facts["auto_renew"],
            "decision_kind": kinds,
            "past_deadline": facts["past_deadline"].astype(bool),
            "p_by_date": timestamps(np.where(scored, by, NEVER)),
            **times,
        }
    )
    return frame[list(_COLUMNS)]


def _texts(choices: Sequence[str | None], chosen: npt.NDArray[np.signedinteger]) -> pd.Series:
    texts: pd.Series = pa.array(choices, pa.string()).take(pa.array(chosen)).to_pandas()
    return texts
