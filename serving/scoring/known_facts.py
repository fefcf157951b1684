"""All that is known of the accounts on a date: what is read from the tables before it is judged."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray
from ...features.arrays.as_of_rows import Rows
from ...features.cohorts.at_risk import standing
from ...features.engine.compute import Features, compute_features, known_accounts
from ...features.engine.point_in_time import Knowledge
from ...features.metrics.catalogue.context import ACTIVE_LATELY, EVER_ACTIVE
from ...features.metrics.queries import Measure
from ...features.progress import Progress
from ...features.schema.tableset import Tables
from ...features.scores.health_trend import past_dates
from ...features.scores.maturity_index import score_maturity
from ...features.subscriptions.business_kind import Business, business_of
from ...training.dataset.temporal_splits import parents_of
from ...training.scorecard.departures import departed_since
from ..company.config import Config
from ..plays.interventions import Interventions, interventions_before
from .overdue_renewals import Overdue, overdue_among

__all__ = ["Known", "ended_before", "known_on", "prospects_among"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the accounts that a scoring lists.

    Parameters
    ----------
    tables : Tables
    as_of : Timestamp
    business : Business
    readings : Features
        On the date, and on the earlier ones that make its trend.
    features : Features
        On the date, of the listed accounts.
    status : DataFrame
        Same index: where each account stands.
    accounts : DataFrame
        Same index: who each account is.
    maturity : DataFrame
        Same index.
    begun : Interventions
        What became of plays.
    ended : int
        Accounts that are not listed, because they left before.
    prospects : int
        Accounts that are not listed, because nothing says that they ever bought or used anything.
    departed : DataFrame
        Who of all left or gave notice lately, as ``departed_since`` gives it.
    overdue : Overdue
        Whose renewal is overdue.
    """

    tables: Tables
    as_of: pd.Timestamp
    business: Business
    readings: Features
    features: Features
    status: pd.DataFrame
    accounts: pd.DataFrame
    maturity: pd.DataFrame
    begun: Interventions
    ended: int
    prospects: int
    departed: pd.DataFrame
    overdue: Overdue


_BOOKS = ("contracts", "subscription_items", "contract_events", "invoices")
_GONE, _BACK = {"churn_confirmed", "term_ended"}, {"reactivated", "renewed"}
_WHEN = ("effective_at", "known_at")


def known_on(
    tables: Tables, as_of: pd.Timestamp, config: Config, progress: Progress | None = None
) -> Known:
    """Gather what is known on a date.

    Parameters
    ----------
    tables : Tables
    as_of : Timestamp
        Only facts known before it count.
    config : Config
    progress : Progress, optional

    Returns
    -------
    Known
    """
    business = business_of(tables)
    readings = compute_features(
        tables,
        known_accounts(tables, [as_of, *past_dates(as_of)]),
        metrics=config.metrics,
        progress=progress,
        effort=config.settings.effort,
    )
    pairs = known_accounts(tables, [as_of])
    status = standing(tables, pairs, business, config.settings).set_index(["account_id", "as_of"])
    live = readings.live.loc[status.index]
    ended = ended_before(tables, live, status)
    prospects = prospects_among(tables, status)
    kept = status.index[~ended & ~prospects]
    departed = departed_since(tables, status.assign(ended=ended), business, config.settings)
    features, status = readings.at(kept), status.loc[kept]
    rows = kept.to_frame(index=False)
    return Known(
        tables=tables,
        as_of=as_of,
        business=business,
        readings=readings,
        features=features,
        status=status,
        accounts=_accounts(tables, features, status),
        maturity=score_maturity(tables, rows, config.rubric, features=features),
        begun=interventions_before(tables, as_of),
        ended=int(ended.sum()),
        prospects=int(prospects.sum()),
        departed=departed,
        overdue=overdue_among(tables, status, past_dates(as_of), business, config.settings),
    )


def ended_before(tables: Tables, live: pd.Series, status: pd.DataFrame) -> pd.Series:
    """Return which accounts were customers once and are no more: they are not listed.

    Parameters
    ----------
    tables : Tables
    live : Series of bool
        Index (account_id, as_of), as in ``Features``.
    status : DataFrame
        Same index: what ``standing`` gives.

    Returns
    -------
    Series of bool
    """
    known = Knowledge(tables, Rows.of(live.index.to_frame(index=False)))
    used, lately = (_above_zero(known, measure) for measure in (EVER_ACTIVE, ACTIVE_LATELY))
    outside = status["status"].eq("not_eligible")
    no_custom = ~status["custom"].isin(["trial", "paying", "unpaid", "grace", "left"])
    gone = no_custom & ((used & ~lately & ~live) | _said_to_have_left(tables, status))
    unbilled = status["reason"].eq("no_longer_invoiced")
    return outside & (status["custom"].eq("left") | gone | unbilled)


def prospects_among(tables: Tables, status: pd.DataFrame) -> pd.Series:
    """Return which accounts nothing calls a customer, as leads in a CRM: they are not listed.

    Parameters
    ----------
    tables : Tables
    status : DataFrame
        Index (account_id, as_of): what ``standing`` gives.

    Returns
    -------
    Series of bool
        False for who has signed what is yet to begin, of whom a contract, a bill or what happened
        to a contract was known, and for who has used the product.
    """
    unbought = status["reason"].eq("not_yet_customer") & status["term_start"].isna()
    if not unbought.any():
        return unbought
    known = Knowledge(tables, Rows.of(status.index.to_frame(index=False)))
    told = _above_zero(known, EVER_ACTIVE) | _in_the_books(tables, status.index)
    return unbought & ~pd.Series(told, index=status.index)


def _in_the_books(tables: Tables, pairs: pd.Index) -> BoolArray:
    """Tell of which accounts anything that is bought or billed was known before each date."""
    ids, as_of = pairs.get_level_values("account_id"), pairs.get_level_values("as_of")
    found = np.zeros(len(pairs), dtype=bool)
    for name in filter(tables.filled, _BOOKS):
        rows = tables[name].select(["account_id", "known_at"]).to_pandas()
        first = rows.groupby("account_id")["known_at"].min()
        found |= np.asarray(pd.DatetimeIndex(first.reindex(ids)) < as_of)
    return found


def _said_to_have_left(tables: Tables, status: pd.DataFrame) -> BoolArray:
    """Tell of whom an event says that they have left, and none since that they are back.

    It is all there is where nobody knows what they paid.
    """
    pairs = status.index
    if not tables.filled("contract_events"):
        return np.zeros(len(pairs), dtype=bool)
    events = tables["contract_events"].select(["account_id", "event_type", *_WHEN]).to_pandas()
    events = events[events["event_type"].isin(_GONE | _BACK)]
    if events.empty:
        return np.zeros(len(pairs), dtype=bool)
    told = pairs.to_frame(index=False).merge(events, on="account_id")
    seen = told[(told["known_at"] < told["as_of"]) & (told["effective_at"] <= told["as_of"])]
    newest = seen.sort_values("effective_at", kind="stable").drop_duplicates(
        ["account_id", "as_of"], keep="last"
    )
    left = newest[newest["event_type"].isin(_GONE)]
    return np.asarray(pairs.isin(pd.MultiIndex.from_frame(left[["account_id", "as_of"]])))


def _above_zero(known: Knowledge, measure: Measure) -> BoolArray:
    if not known.collected(measure):
        return np.zeros(len(known.rows), dtype=bool)
    return np.asarray(measure.evaluate(known) > 0)


def _accounts(tables: Tables, features: Features, status: pd.DataFrame) -> pd.DataFrame:
    """Return who each account is, as known on the date."""
    known = Knowledge(tables, Rows.of(features.frame.index.to_frame(index=False)))
    names = {"account_name": "name", "csm_id": "csm_id"}
    ids = features.frame.index.get_level_values("account_id")
    root = parents_of(tables)
    frame = pd.DataFrame(
        {column: known.account_text(source) for column, source in names.items()},
        index=features.frame.index,
    )
    frame["segment"] = features.segment
    frame["arr"] = status["arr"]
    columns = ["status", "reason", "term_start", "term_end", "notice_deadline", "auto_renew"]
    columns += ["decision_at", "decision_kind", "past_deadline", "p_by_date"]
    return frame.join(status[columns]).assign(
        tenure_days=features.frame["tenure_days"],
        unit=pd.Series(ids).map(root).fillna(pd.Series(ids)).to_numpy(),
    )
