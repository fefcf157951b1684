"""Who is at risk on an as-of date, by what was known then: for training and scoring alike."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..arrays.as_of_rows import Rows
from ..arrays.moments import DAY, NEVER, later, timestamps
from ..schema.settings import Settings
from ..schema.tableset import Tables
from ..subscriptions.business_kind import Business, lead_of
from ..subscriptions.notices import leaving_notices, pause_states
from ..subscriptions.paid_states import paid_states, paying
from ..subscriptions.terms import binding_terms, decision_point_within
from ..subscriptions.visible_spans import BoolArray, FloatArray, spans_of, visible_spans
from .invoice_rhythm import rhythm_of
from .value_events import value_events

__all__ = ["standing"]


_COLUMNS = (
    *("account_id", "as_of", "status", "reason", "arr", "term_start", "term_end"),
    *("notice_deadline", "month_to_month", "auto_renew"),
)


class _Rule(NamedTuple):
    """The first rule that holds gives status and reason."""

    holds: BoolArray
    status: str
    reason: str | None = None


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
        ``"paused"``); ``reason`` (why not eligible: ``not_yet_customer``, ``no_arr``,
        ``no_contract``, ``no_decision_point``, ``never_active``, ``inactive``, ``never_invoiced``,
        ``no_further_invoice`` or ``invoiced_rarely``; null otherwise);
        ``arr`` (per year; NaN when unknown); ``term_start``, ``term_end``, ``notice_deadline``
        (NaT without); ``month_to_month``; ``auto_renew`` (nullable).

    Notes
    -----
    With contracts an account is scored when a decision point lies in
    ``(as_of + lead, as_of + lead + horizon]``; without, when a value event falls into the trailing
    activity window by the label clock; with invoices alone, when the next one is not overdue by
    the account's own rhythm and falls into a horizon; with nothing that tells, always. A term that
    renews by itself counts with its running period.

    Examples
    --------
    >>> rows = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> standing(Tables({}), rows, Business.NON_CONTRACTUAL, Settings())["reason"].item()
    'never_active'
    """
    grid = Rows.of(rows)
    if business.contractual:
        return _contractual(tables, grid, business, settings)
    rules = _RULES_WITHOUT_CONTRACT[business](tables, grid, settings)
    return _assembled(grid, rules, binding_terms(grid, Tables({})), np.full(len(grid), np.nan))


def _contractual(
    tables: Tables, grid: Rows, business: Business, settings: Settings
) -> pd.DataFrame:
    arr, pays, ever = paying(grid, paid_states(tables, business))
    paused = _paused(grid, tables)
    terms = _terms(grid, tables, business)
    opens = later(grid.as_of, lead_of(settings, business))
    closes = later(opens, settings.horizon_days)
    rules = (
        _Rule(~ever & ~paused, "not_eligible", "not_yet_customer"),
        _Rule(~pays & ~paused, "not_eligible", "no_arr"),
        _Rule(_notice_pending(grid, tables, settings), "notice_given"),
        _Rule(paused, "paused"),
        _Rule(decision_point_within(terms, after=opens, through=closes), "scored"),
        _Rule(~terms["bound"].to_numpy(), "not_eligible", "no_contract"),
        _Rule(np.ones(len(grid), dtype=bool), "not_eligible", "no_decision_point"),
    )
    return _assembled(grid, rules, terms, arr)


def _terms(grid: Rows, tables: Tables, business: Business) -> pd.DataFrame:
    terms = binding_terms(grid, tables)
    if business is Business.MONTH_TO_MONTH:
        return terms.assign(bound=True, monthly=True)
    return terms


def _paused(grid: Rows, tables: Tables) -> BoolArray:
    states = pause_states(tables)
    spans = visible_spans(grid, states)
    return np.asarray(spans.total(states["paused"].to_numpy(dtype=np.float64), len(grid)) > 0)


def _notice_pending(grid: Rows, tables: Tables, settings: Settings) -> BoolArray:
    notices = leaving_notices(tables, settings)
    through = np.minimum(notices["void_known_us"].to_numpy(), notices["lapses_us"].to_numpy())
    known = notices["known_us"].to_numpy()
    spans = spans_of(grid, notices["account_id"], after=known, through=through)
    return np.asarray(spans.count(len(grid)) > 0)


def _by_use(tables: Tables, grid: Rows, settings: Settings) -> tuple[_Rule, ...]:
    events = value_events(tables)
    happened, known = events["happened_us"].to_numpy(), events["known_us"].to_numpy()
    clock = events[f"{settings.label_clock}_us"].to_numpy()
    seen, forever = np.maximum(happened, known), np.full(len(events), NEVER)
    ids = events["account_id"]
    ever = spans_of(grid, ids, after=seen, through=forever).count(len(grid)) > 0
    fades = clock + settings.activity_window_days * DAY
    recent = spans_of(grid, ids, after=seen, through=fades).count(len(grid)) > 0
    return (
        _Rule(~ever, "not_eligible", "never_active"),
        _Rule(recent, "scored"),
        _Rule(np.ones(len(grid), dtype=bool), "not_eligible", "inactive"),
    )


def _by_invoice(tables: Tables, grid: Rows, settings: Settings) -> tuple[_Rule, ...]:
    rhythm = rhythm_of(value_events(tables), grid, settings)
    return (
        _Rule(~rhythm.ever, "not_eligible", "never_invoiced"),
        _Rule(~rhythm.current, "not_eligible", "no_further_invoice"),
        _Rule(rhythm.often, "scored"),
        _Rule(np.ones(len(grid), dtype=bool), "not_eligible", "invoiced_rarely"),
    )


def _everybody(_: Tables, grid: Rows, __: Settings) -> tuple[_Rule, ...]:
    return (_Rule(np.ones(len(grid), dtype=bool), "scored"),)


_RULES_WITHOUT_CONTRACT = {
    Business.NON_CONTRACTUAL: _by_use,
    Business.INVOICED: _by_invoice,
    Business.UNDECIDED: _everybody,
}


def _assembled(
    grid: Rows, rules: tuple[_Rule, ...], terms: pd.DataFrame, arr: FloatArray
) -> pd.DataFrame:
    first = np.argmax(np.stack([rule.holds for rule in rules]), axis=0)
    times = {
        name: timestamps(terms[f"{name}_us"].to_numpy())
        for name in ("term_start", "term_end", "notice_deadline")
    }
    frame = pd.DataFrame(
        {
            "account_id": _texts(grid.account_ids.tolist(), grid.account),
            "as_of": timestamps(grid.as_of),
            "status": _texts([rule.status for rule in rules], first),
            "reason": _texts([rule.reason for rule in rules], first),
            "arr": arr,
            "month_to_month": terms["monthly"],
            "auto_renew": terms["auto_renew"],
            **times,
        }
    )
    return frame[list(_COLUMNS)]


def _texts(choices: Sequence[str | None], chosen: npt.NDArray[np.signedinteger]) -> pd.Series:
    texts: pd.Series = pa.array(choices, pa.string()).take(pa.array(chosen)).to_pandas()
    return texts
