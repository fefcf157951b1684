"""What counts as growth or contraction: more or less paid of one's own accord, or more users."""

import numpy as np
import pandas as pd

from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import DAY, NEVER, IntArray, later
from ...features.arrays.row_ranges import distinct
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.contract_events import event_frame
from ...features.subscriptions.facts import subscriptions_of
from ...features.subscriptions.unnamed_changes import unnamed_changes
from ...features.subscriptions.visible_spans import FloatArray, Spans, spans_of

__all__ = ["USER_GROWTH_SHARE", "arr_growth", "own_changes", "user_growth"]


USER_GROWTH_SHARE = 0.25
"""Least growth in users that counts as expansion: small teams vary by a user anyway."""

_OWN_ACCORD = {
    **{"seat_up": "seats", "seat_down": "seats", "tier_up": "upsell", "tier_down": "upsell"},
    **{"cross_sell": "cross_sell", "cancel": "cross_sell"},
}
"""Changes that a customer makes of its own accord, by what they are about. Escalators, currency,
settlements of what was used and plain renewals are none of them."""


_CHANGE = ("account_id", "at_us", "change", "signed_us", "about")


def arr_growth(
    rows: Rows,
    tables: Tables,
    *,
    window: tuple[int, int],
    grace_days: int,
    about: str | None = None,
) -> FloatArray:
    """Add up by how much ARR changes in the label window of each row, of the account's own accord.

    Parameters
    ----------
    rows : Rows
    tables : Tables
    business : Business
    window : (int, int)
        Days from the as-of date to the window's open start and closed end.
    grace_days : int
        An item that resumes within so many days continues.
    about : {"seats", "upsell", "cross_sell"}, optional
        Only changes of this; all by default.

    Returns
    -------
    ndarray of float, shape (n_rows,)
        Per year; 0 where nothing changes. With items: seats, tiers and products more or less, not
        price, currency, settlements or renewals, and nothing that was contracted before the as-of
        date; where no row says what kind of change it is, by what stands on its two sides. With
        contracts alone: every change of the ACV. Without both: what renewals state.

    Examples
    --------
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> arr_growth(Rows.of(pairs), Tables({}), window=(0, 90), grace_days=30)
    array([0.])
    """
    changes = own_changes(tables, grace_days=grace_days)
    if about is not None:
        changes = changes[changes["about"] == about]
    at = changes["at_us"].to_numpy()
    after = later(at, -window[1]) - 1
    # Nobody predicts what is already signed.
    through = np.minimum(later(at, -window[0]) - 1, changes["signed_us"].to_numpy())
    spans = spans_of(rows, changes["account_id"], after=after, through=through)
    return spans.total(changes["change"].to_numpy(), len(rows))


def own_changes(tables: Tables, *, grace_days: int) -> pd.DataFrame:
    """List the changes of ARR that customers made of their own accord.

    Parameters
    ----------
    tables : Tables
    grace_days : int
        An item that resumes within so many days continues.

    Returns
    -------
    DataFrame
        ``account_id``; ``at_us`` (when it takes effect); ``change`` (per year, plus is more; at the
        newest rates); ``signed_us`` (when it was known); ``about``: ``seats``, ``upsell``,
        ``cross_sell``, or ``value`` where only the worth of the whole is known.

    Examples
    --------
    >>> len(own_changes(Tables({}), grace_days=30))
    0
    """
    paid = subscriptions_of(tables, grace_days=grace_days).settled()
    of_items = paid[paid["source"] == "item"]
    unnamed = len(of_items) > 0 and bool(of_items["change"].isna().all())
    items = (
        unnamed_changes(of_items, grace_days=grace_days)
        if unnamed
        else _item_changes(paid, grace_days)
    )
    contracts = _acv_changes(paid[paid["source"] == "contract"])
    renewed = event_frame(tables, ("renewed",))
    stated = renewed.assign(
        at_us=renewed["effective_us"],
        change=renewed["arr_after"] - renewed["arr_before"],
        signed_us=renewed["known_us"],
        about="value",
    )[list(_CHANGE)]
    # What renewals state is the only source where nothing else says what is paid.
    by_events = stated[stated["account_id"].isin(paid.loc[paid["source"] == "event", "account_id"])]
    parts = [part for part in (items, contracts, by_events) if len(part)] or [items]
    return pd.concat(parts, ignore_index=True)


def _item_changes(items: pd.DataFrame, grace_days: int) -> pd.DataFrame:
    before = items["before"].to_numpy()
    starts = items["starts_us"].to_numpy()
    continues = later(items["ends_us"].to_numpy(), grace_days)[before] >= starts
    previous = np.where((before >= 0) & continues, items["arr"].to_numpy()[before], 0.0)
    changes = items.assign(
        at_us=starts, change=items["arr"] - previous, signed_us=items["first_known_us"]
    )
    about = items["change"].map(_OWN_ACCORD)
    return changes.assign(about=about).loc[about.notna(), list(_CHANGE)]


def _acv_changes(contracts: pd.DataFrame) -> pd.DataFrame:
    paid = contracts[contracts["ends_us"] > contracts["starts_us"]]
    starts = pd.DataFrame({"account_id": paid["account_id"], "at_us": paid["starts_us"]})
    ends = pd.DataFrame({"account_id": paid["account_id"], "at_us": paid["ends_us"]})
    steps = [starts.assign(change=paid["arr"]), ends.assign(change=-paid["arr"])]
    # A renewal is signed before the old term ends, and only both together are the change.
    return pd.concat(steps, ignore_index=True).assign(signed_us=NEVER, about="value")


def user_growth(
    rows: Rows, events: pd.DataFrame, settings: Settings, *, lead_days: int
) -> tuple[IntArray, IntArray]:
    """Count the users of the trailing window and of the label window, both of the horizon's length.

    Parameters
    ----------
    rows : Rows
    events : DataFrame
        From ``value_events``.
    settings : Settings
        Horizon and label clock are used.
    lead_days : int

    Returns
    -------
    past, next : ndarray of int64, shape (n_rows,)
        Different users; those without an id do not count.

    Examples
    --------
    >>> from churngrid.features.cohorts.value_events import value_events
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> user_growth(Rows.of(pairs), value_events(Tables({})), Settings(), lead_days=0)
    (array([0]), array([0]))
    """
    events = events[events["user"] >= 0]
    clock = events[f"{settings.label_clock}_us"].to_numpy()
    known, ids = events["known_us"].to_numpy(), events["account_id"]
    ends = clock + settings.horizon_days * DAY
    past = spans_of(rows, ids, after=np.maximum(clock, known), through=ends)
    opens = clock - lead_days * DAY
    horizon = spans_of(rows, ids, after=opens - settings.horizon_days * DAY, through=opens)
    users = events["user"].to_numpy()
    return _users(past, users, len(rows)), _users(horizon, users, len(rows))


def _users(spans: Spans, users: IntArray, n_rows: int) -> IntArray:
    user = users[spans.kept]
    order = np.lexsort((spans.enter, user))
    return np.asarray(distinct(order, user, spans.enter, spans.leave, n_rows))
