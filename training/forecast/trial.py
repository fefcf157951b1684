"""The forecast tried on the past: made on earlier dates, held against what came."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.arrays.as_of_rows import Rows, to_microseconds
from ...features.arrays.moments import DAY, add_months, timestamps
from ...features.cohorts.as_of_dates import newest_closed_day
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ..dataset.book import Book, book_of
from ..dataset.dataset import Dataset
from ..dataset.expansion import own_changes
from ..dataset.past_decisions import custom_ends
from ..dataset.targets import TARGETS
from .book_rates import BookRates, learn_rates
from .model_error import model_error
from .outlook import Outlook
from .realised import realised

__all__ = ["AHEAD", "coverage", "forecast_trial"]

AHEAD = (1, 2, 3)
"""Quarters ahead at which forecasts are tried."""

_POINTS = 13
_DRAWS = 500
_COLUMNS = ("as_of", "ahead", "accounts", "arr", "measure", "expected", "low", "high", "actual")


def forecast_trial(
    tables: Tables,
    dataset: Dataset,
    churn: pd.DataFrame,
    settings: Settings,
    *,
    expansion: pd.DataFrame | None = None,
    contraction: pd.DataFrame | None = None,
    with_error: bool = True,
) -> pd.DataFrame:
    """Forecast one, two and three quarters ahead from past dates, and see what came.

    Parameters
    ----------
    tables : Tables
        With all that is known by now.
    dataset : Dataset
        Its ``past`` gives the rates, of each date those that were certain then.
    churn : DataFrame
        Out-of-time predictions of one model: ``account_id``, ``as_of``, ``fold``, ``p``, ``label``.
    settings : Settings
    expansion, contraction : DataFrame, optional
        The same for growth and for cuts; without them everybody grows and cuts back at the usual
        rates.
    with_error : bool
        Whether the ranges carry the error of the models, or chance alone: to see what it is worth.

    Returns
    -------
    DataFrame
        One row a date, quarters ahead and measure (``grr`` and ``nrr``): ``expected``, the bounds
        ``low`` and ``high`` of its 80 % range, and ``actual``. Without rows where nobody pays by
        contract, or no forecast is over yet.

    Notes
    -----
    Accounts whose decision the backtest could not label (it lies beyond the end of the data, or was
    no decision of theirs) are given the rate of their group: a forecast may not know that.
    """
    if not dataset.business.contractual or churn.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    given = {"churn": churn, "expansion": expansion, "contraction": contraction}
    told = {target: p for target, p in given.items() if p is not None}
    dates = pd.DatetimeIndex(sorted(churn["as_of"].unique()))
    rows = Rows.of(_paired(dataset, dates))
    book = book_of(tables, rows, grace_days=settings.grace_days, count=_POINTS)
    ended = custom_ends(tables, rows, dataset.business, settings)["ended_us"].to_numpy()
    changes = own_changes(tables, grace_days=settings.grace_days)
    # Whether an end was one is known when its grace is over.
    over = newest_closed_day(tables).value // 1000 - settings.grace_days * DAY
    closes = settings.horizon_days + settings.lead_days
    found: list[dict[str, object]] = []
    for date in dates:
        moment = int(to_microseconds(pd.DatetimeIndex([date]))[0])
        moments = _quarters_after(moment, over)
        here = np.flatnonzero(book.accounts["as_of_us"].to_numpy() == moment)
        if not len(moments) or not len(here):
            continue
        rates = learn_rates(dataset.past.before(moment))
        if with_error:
            rates = rates.with_errors({name: _error_on(p, date) for name, p in told.items()})
        outlook = _outlook(book.take(here), dataset, told, rates, moment + closes * DAY)
        found += _held_against(outlook, ended[here], changes, moments)
    return pd.DataFrame(found, columns=list(_COLUMNS))


def _quarters_after(moment: int, over: int) -> IntArray:
    """Return the ends of the quarters ahead that are over."""
    moments = add_months(np.full(len(AHEAD), moment), 3 * np.array(AHEAD))
    return moments[moments <= over]


def _paired(dataset: Dataset, dates: pd.DatetimeIndex) -> pd.DataFrame:
    pairs = dataset.past.months[["account_id", "as_of_us"]]
    listed = pairs.assign(as_of=timestamps(pairs["as_of_us"].to_numpy()))
    return listed.loc[listed["as_of"].isin(dates), ["account_id", "as_of"]]


def _error_on(predictions: pd.DataFrame, date: pd.Timestamp) -> float:
    """Return how far a model was off as a whole in the folds that were over on a date."""
    fold = predictions.loc[predictions["as_of"] == date, "fold"]
    earlier = predictions[predictions["fold"] < (fold.iloc[0] if len(fold) else 0)]
    return model_error(
        earlier["p"].to_numpy(dtype=np.float64),
        earlier["label"].to_numpy(dtype=np.float64),
        earlier["fold"].to_numpy(dtype=np.int64),
        earlier["account_id"].to_numpy(dtype=object),
    )


def _outlook(
    book: Book,
    dataset: Dataset,
    told: Mapping[str, pd.DataFrame],
    rates: BookRates,
    closes: int,
) -> Outlook:
    accounts = book.accounts
    keys = pd.MultiIndex.from_arrays(
        [accounts["account_id"], timestamps(accounts["as_of_us"].to_numpy())],
        names=["account_id", "as_of"],
    )
    segment = dataset.features.segment.reindex(keys).fillna("").to_numpy(dtype=object)
    first = book.points[book.points["number"] == 1].set_index("row")["at_us"]
    at = first.reindex(np.arange(len(accounts))).fillna(closes).to_numpy(dtype=np.int64)
    monthly = accounts["monthly"].to_numpy(dtype=bool)
    until = np.where(monthly, closes, at)
    usual = rates.leave_rates(monthly, accounts["renewed"].to_numpy(dtype=bool), segment)
    covered = np.bincount(
        book.points["row"], book.points["at_us"] <= until[book.points["row"]], len(accounts)
    )
    usual = -np.expm1(np.log1p(-usual) * np.maximum(covered, 1))
    said = {target: _told(told.get(target), keys) for target in TARGETS}
    estimates = pd.DataFrame(
        {
            "p_churn": np.where(np.isnan(said["churn"]), usual, said["churn"]),
            "p_by_us": until,
            "p_called": np.nan,
            "p_expand": said["expansion"],
            "p_contract": said["contraction"],
            "moves_by_us": closes,
            "segment": segment,
            "csm_id": None,
        }
    )
    estimates["p_churn"] = estimates["p_churn"].mask(accounts["paused"].to_numpy(dtype=bool))
    return Outlook.of(book, estimates, rates)


def _told(predictions: pd.DataFrame | None, keys: pd.MultiIndex) -> FloatArray:
    if predictions is None:
        return np.full(len(keys), np.nan)
    listed = predictions.set_index(["account_id", "as_of"])["p"]
    return listed.reindex(keys).to_numpy(dtype=np.float64)


def _held_against(
    outlook: Outlook, ended: IntArray, changes: pd.DataFrame, moments: IntArray
) -> Iterator[dict[str, object]]:
    cohort = outlook.cohort()
    accounts = outlook.book.accounts[cohort].reset_index(drop=True)
    now = float(accounts["arr"].sum())
    if not now:
        return
    told = outlook.retention(moments, draws=_DRAWS)
    kept, paid = realised(accounts, ended[cohort], changes, moments)
    for place in range(len(moments)):
        row = told.iloc[place]
        for measure, came in (("grr", kept), ("nrr", paid)):
            yield {
                "as_of": timestamps(np.array([outlook.as_of]))[0],
                "ahead": place + 1,
                "accounts": len(accounts),
                "arr": now,
                "measure": measure,
                "expected": float(row[measure]),
                "low": float(row[f"{measure}_low"]),
                "high": float(row[f"{measure}_high"]),
                "actual": float(came[:, place].sum() / now),
            }


def coverage(trial: pd.DataFrame) -> pd.DataFrame:
    """Sum a trial up: how often what came lay in the range, and how far off the middle was.

    Parameters
    ----------
    trial : DataFrame
        From ``forecast_trial``, or several below each other.

    Returns
    -------
    DataFrame
        One row a measure and quarters ahead, and one over all (``ahead`` 0): ``forecasts``,
        ``inside`` (share in the 80 % range), ``bias`` (mean of expected less actual, in points),
        ``off`` (mean distance, in points), ``width`` (mean width of the range, in points).

    Examples
    --------
    >>> tried = {"measure": ["grr"], "ahead": [1], "low": [0.8], "high": [0.9]}
    >>> tried |= {"expected": [0.86], "actual": [0.85]}
    >>> found = coverage(pd.DataFrame(tried)).iloc[0]
    >>> found["inside"].item(), round(found["bias"].item(), 6)
    (1.0, 1.0)
    """
    both = [trial, trial.assign(ahead=0)] if len(trial["ahead"].unique()) > 1 else [trial]
    frame = pd.concat(both, ignore_index=True)
    off = 100 * (frame["expected"] - frame["actual"]).astype(float)
    frame = frame.assign(
        inside=frame["actual"].between(frame["low"], frame["high"]).astype(float),
        bias=off,
        off=off.abs(),
        width=100 * (frame["high"] - frame["low"]).astype(float),
        forecasts=1,
    )
    means = dict.fromkeys(("inside", "bias", "off", "width"), "mean")
    return frame.groupby(["measure", "ahead"], as_index=False).agg({"forecasts": "sum", **means})
