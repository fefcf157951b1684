"""The one reading of the commercial facts: everything else asks here.

What an account pays, what binds it until when, at which points it can decide to leave, what it has
said, and whether it is a customer, all as known at a moment.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import DAY, NEVER, later, months_back
from ..schema.tableset import Tables
from .amounts import Paid, begun, converted_total, escalated, has_paid, paid_on, stopped_paying
from .billed import Bills, bills_of
from .binding import binding_terms, next_decisions
from .contract_states import contract_states
from .currencies import Rates, rates_of
from .item_terms import item_terms
from .notices import (
    leaving_notices,
    pause_states,
    read_statements,
)
from .paid_states import paid_states, settle
from .succession import successions
from .terms import contract_versions
from .visible_spans import spans_of, visible_spans

__all__ = ["Subscriptions", "commercial_numbers", "subscriptions_of"]


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What the tables of a company say of its contracts, ready to be asked on any rows.

    Parameters
    ----------
    contracts : DataFrame
        From ``contract_states``.
    periods : DataFrame
        From ``item_terms``: what binds where no contract does.
    paid : DataFrame
        From ``paid_states``.
    notices : DataFrame
        From ``leaving_notices``.
    pauses : DataFrame
        From ``pause_states``.
    rates : Rates
    bills : Bills
        What stands in where nothing carries a price.
    grace_days : int
        For so long a customer whose term has ended can still renew.
    """

    contracts: pd.DataFrame
    periods: pd.DataFrame
    paid: pd.DataFrame
    notices: pd.DataFrame
    pauses: pd.DataFrame
    rates: Rates
    bills: Bills
    grace_days: int

    def facts(self, rows: Rows) -> pd.DataFrame:
        """Read the commercial facts on some rows, as known before each as-of date.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        DataFrame
            One row each, in the order of ``rows``; times are microseconds, ``NEVER`` without:

            - ``arr`` (per year in the company's currency; what is billed where nothing carries a
              price; NaN when unknown), ``seats``, ``pays``, ``in_force`` (something is in force, be
              it for nothing), ``ever`` (pays or has paid), ``price_level`` (value of the contracts
              in force over their list value);
            - ``custom``: ``not_yet`` (nothing has begun), ``trial`` (in force for nothing, never
              paid), ``paying``, ``unpaid`` (in force, for nothing or less in all), ``grace`` (has
              ended so lately that it can still renew), ``left``;
            - ``paused``; ``notice`` (a notice is pending), ``notice_us`` (when it was given);
            - ``stopped_us`` and ``arr_until_then``: in the grace, when the last thing it paid for
              ended, and what it paid;
            - everything of ``binding_terms`` and ``next_decisions``.
        """
        paid = self._paid(rows)
        billed = self.bills.ever(rows) & begun(rows, self.paid)
        ever, paused = has_paid(rows, self.paid) | billed, self._paused(rows)
        notice = self._notice_since(rows)
        terms = binding_terms(rows, self.contracts, self.periods)
        decisions = next_decisions(rows, terms, paid.pays)
        told = notice < NEVER
        stopped = stopped_paying(rows, self.paid)
        grace = ~paid.pays & ever & ~told & (self._grace_ends(stopped) > rows.as_of)
        return terms.assign(
            arr=paid.arr,
            seats=paid.seats,
            pays=paid.pays,
            in_force=paid.in_force,
            ever=ever,
            price_level=self._price_level(rows),
            paused=paused,
            notice=told,
            notice_us=notice,
            stopped_us=np.where(grace, stopped, NEVER),
            arr_until_then=self._arr_at(rows, stopped, grace),
            custom=np.select(
                [paid.pays, grace, paid.in_force & ~ever, paid.in_force, ever],
                ["paying", "grace", "trial", "unpaid", "left"],
                "not_yet",
            ),
            **{
                "decision_us": decisions["decision_us"].where(~told, NEVER),
                "decision_kind": decisions["decision_kind"].where(~told, None),
                "leaves_us": decisions["leaves_us"].where(~told, NEVER),
                "past_deadline": decisions["past_deadline"],
                "decision_months": decisions["months"],
            },
        )

    def arr(self, rows: Rows, *, months_ago: int = 0) -> FloatArray:
        """Return what each account pays a year, or paid some calendar months before.

        Parameters
        ----------
        rows : Rows
        months_ago : int
            What was paid then, as it is known on the as-of date and at the rates of that date.

        Returns
        -------
        ndarray of float, shape (n_rows,)
        """
        return self._paid(rows, months_ago=months_ago).arr

    def billed(self, rows: Rows) -> FloatArray:
        """Return what each account is billed a year: the only ARR there is without contracts.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        ndarray of float, shape (n_rows,)
            NaN where nobody is billed at all.
        """
        if self.bills.yearly.empty:
            return np.full(len(rows), np.nan)
        return self.bills.per_year(rows, self.rates)

    def _paid(self, rows: Rows, *, months_ago: int = 0) -> Paid:
        """Return what is paid, by the bills where nothing that is in force carries a price."""
        paid = paid_on(rows, self.paid, self.rates, months_ago=months_ago)
        free = paid.in_force & ~paid.pays & ~has_paid(rows, self.paid)
        asked = self.paid.empty or bool((paid.unpriced | free).any())
        if self.bills.yearly.empty or not asked:
            return paid
        billed = self.bills.per_year(rows, self.rates, months_ago=months_ago)
        stands_in = (paid.unpriced & (billed > 0)) | (free & (billed != 0)) | self.paid.empty
        arr = np.where(stands_in, billed, paid.arr)
        return replace(paid, arr=arr, pays=paid.pays | (free & stands_in))

    def changes(self, rows: Rows, now: pd.DataFrame, *, months: int) -> dict[str, FloatArray]:
        """Return how what is paid has changed over some months.

        Parameters
        ----------
        rows : Rows
        now : DataFrame
            What ``facts`` gives for these rows.
        months : int
            Calendar months to look back.

        Returns
        -------
        dict of str to ndarray of float, shape (n_rows,)
            - ``growth``: by which share ARR has moved, in constant currency and without escalators.
              NaN where nothing, or an unknown amount, was paid then. What a price rise adds that
              was agreed on before is no growth.
            - ``dearer``: by which share a seat costs more, in constant currency. NaN where there
              were no seats or no price then, or are none now.
            - ``less_discount``: by how much more of the list price is paid, in shares of the list
              value; NaN where either is unknown.
        """
        then = self._paid(rows, months_ago=months)
        arr, seats, level = (now[name].to_numpy() for name in ("arr", "seats", "price_level"))
        agreed = escalated(rows, self.paid, self.rates, months=months)
        grown = (arr - agreed) / np.where(then.arr > 0, then.arr, 1.0) - 1.0
        priced = (seats > 0) & (then.seats > 0) & (arr > 0) & (then.arr > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            dearer = (arr / seats) / (then.arr / then.seats) - 1.0
        return {
            "growth": np.where(then.arr > 0, grown, np.nan),
            "dearer": np.where(priced, dearer, np.nan),
            "less_discount": level - self._price_level_before(rows, months),
        }

    def _price_level_before(self, rows: Rows, months: int) -> FloatArray:
        earlier = rows.with_as_of(months_back(rows.as_of, months))
        then = Rows.of(earlier)
        place = then.index.get_indexer(pd.MultiIndex.from_frame(earlier))
        return np.asarray(self._price_level(then)[place], dtype=np.float64)

    def settled(self) -> pd.DataFrame:
        """List what was paid when, judged with all data.

        Returns
        -------
        DataFrame
            As ``settle`` gives it, with ``arr`` at the newest rates; NaN where it is unknown, or
            read from the bills of an account of which nothing carries a price.
        """
        states = settle(self.paid)
        newest = np.array([NEVER])
        rate = {
            str(code): self.rates.on(str(code), newest)[0] for code in states["currency"].unique()
        }
        arr = states["arr"] * states["currency"].map(rate).astype(float)
        arr = arr.mask(states["arr"] <= 0, states["arr"])
        return states.assign(arr=arr.mask(self._by_bills(states)))

    def _by_bills(self, states: pd.DataFrame) -> pd.Series:
        """Mark what is in force for nothing, in accounts that have no price and have bills."""
        priced = states.loc[~(states["arr"] <= 0), "account_id"]
        free = states["arr"].eq(0) & ~states["account_id"].isin(priced)
        ended = states["change"].eq("cancel") | states["source"].eq("event")
        return free & ~ended & states["account_id"].isin(self.bills.yearly["account_id"])

    def _paused(self, rows: Rows) -> BoolArray:
        spans = visible_spans(rows, self.pauses)
        marked = self.pauses["paused"].to_numpy(dtype=np.float64)
        return np.asarray(spans.total(marked, len(rows)) > 0)

    def _notice_since(self, rows: Rows) -> IntArray:
        """Return when the pending notice was given; ``NEVER`` where none is pending."""
        notices = self.notices
        through = np.minimum(notices["void_known_us"].to_numpy(), notices["lapses_us"].to_numpy())
        known = notices["known_us"].to_numpy()
        spans = spans_of(rows, notices["account_id"], after=known, through=through)
        fact, row = spans.pairs()
        since = np.full(len(rows), NEVER)
        np.minimum.at(since, row, notices["at_us"].to_numpy()[fact])
        return since

    def _grace_ends(self, stopped: IntArray) -> IntArray:
        return np.where(stopped < 0, -1, later(stopped, self.grace_days)).astype(np.int64)

    def _arr_at(self, rows: Rows, moments: IntArray, asked: BoolArray) -> FloatArray:
        """Return what asked rows paid at a moment of each; NaN elsewhere."""
        found = np.full(len(rows), np.nan)
        if asked.any():
            pairs = rows.with_as_of(np.where(asked, moments, 0))[asked]
            earlier = Rows.of(pairs)
            place = earlier.index.get_indexer(pd.MultiIndex.from_frame(pairs))
            found[asked] = self.arr(earlier)[place]
        return found

    def _price_level(self, rows: Rows) -> FloatArray:
        contracts = self.contracts
        in_force = contracts.assign(ends_us=contracts["final_us"], rank_us=0)
        spans = visible_spans(rows, in_force)
        acv, full = contracts["acv"].to_numpy(), contracts["list_acv"].to_numpy()
        both = ~np.isnan(acv) & ~np.isnan(full)
        paid, listed = (
            converted_total(rows, spans, contracts, np.where(both, value, 0.0), self.rates)
            for value in (acv, full)
        )
        return np.where(listed > 0, paid / np.where(listed > 0, listed, 1.0), np.nan)


def subscriptions_of(tables: Tables, *, grace_days: int | None = None) -> Subscriptions:
    """Read what a company's tables say of its contracts, once for all who ask.

    Parameters
    ----------
    tables : Tables
    grace_days : int, optional
        The company's own by default.

    Returns
    -------
    Subscriptions

    Examples
    --------
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> subscriptions_of(Tables({})).facts(Rows.of(pairs))["custom"].tolist()
    ['not_yet']
    """
    grace = tables.grace_days if grace_days is None else grace_days
    key = f"subscriptions, grace {grace}"
    if key not in tables.prepared:
        tables.prepared[key] = _read(tables, grace)
    found: Subscriptions = tables.prepared[key]
    return found


def _read(tables: Tables, grace_days: int) -> Subscriptions:
    versions = contract_versions(tables)
    replaced = successions(versions)
    said = read_statements(tables, versions, replaced, grace_days=grace_days)
    contracts = contract_states(versions, replaced, said)
    return Subscriptions(
        contracts=contracts,
        periods=item_terms(tables),
        paid=paid_states(tables, contracts),
        notices=leaving_notices(said),
        pauses=pause_states(tables),
        rates=rates_of(tables),
        bills=bills_of(tables),
        grace_days=grace_days,
    )


def commercial_numbers(known: Subscriptions, rows: Rows) -> dict[str, FloatArray]:
    """Return the commercial facts that metrics ask for.

    Parameters
    ----------
    known : Subscriptions
    rows : Rows

    Returns
    -------
    dict of str to ndarray of float, shape (n_rows,)
        ``pays`` (1 or 0), ``arr``, ``arr_growth_12m``, ``seats``, ``price_level``,
        ``dearer_12m`` and ``less_discount_12m`` (price of a seat, share of the list price),
        ``days_to_term_end`` and ``days_to_notice_deadline`` (of the running term; negative once it
        can no longer be refused), ``days_to_decision`` (to the next one; none where every month
        is one) and ``silence_renews`` (1 or 0: what happens there if nothing is said); NaN where
        there is none or it is unknown.

    Examples
    --------
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> commercial_numbers(subscriptions_of(Tables({})), Rows.of(pairs))["arr"].tolist()
    [0.0]
    """
    facts = known.facts(rows)
    kind = facts["decision_kind"]
    by_month = kind.eq("month_end").to_numpy()
    moved = known.changes(rows, facts, months=12)
    return {
        **{name: facts[name].to_numpy(dtype=float) for name in ("arr", "seats", "price_level")},
        "pays": facts["pays"].to_numpy(dtype=float),
        "arr_growth_12m": moved["growth"],
        "dearer_12m": moved["dearer"],
        "less_discount_12m": moved["less_discount"],
        "days_to_term_end": _days_until(facts["term_end_us"], rows),
        "days_to_notice_deadline": _days_until(facts["notice_deadline_us"], rows),
        "days_to_decision": np.where(by_month, np.nan, _days_until(facts["decision_us"], rows)),
        "silence_renews": np.where(kind.isna(), np.nan, kind.ne("term_end")),
    }


def _days_until(moments: pd.Series, rows: Rows) -> FloatArray:
    stated = moments.to_numpy(dtype=np.int64)
    days = (stated - rows.as_of) / DAY
    return np.where(stated == NEVER, np.nan, days)
