"""The point-in-time engine: all metrics for all (account, as_of) rows, without look-ahead.

A fact counts from the moment it is known and falls into a window by when it happened. Training and
scoring call the same function, so their rows are the same numbers.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.array_types import BoolArray
from ..arrays.as_of_rows import Rows, to_microseconds
from ..metrics.catalogue.context import ACTIVE_LATELY, PAYS
from ..metrics.metric import Metric
from ..metrics.queries import Measure
from ..progress import Progress
from ..schema.effort import DEFAULT_EFFORT, Effort
from ..schema.tableset import Tables
from .evaluation import evaluated, prepared_for
from .feature_table import Features, OwnFeatures, with_peers
from .own_past import own_baselines, preceding
from .point_in_time import Knowledge

__all__ = ["Features", "compute_features", "compute_own", "known_accounts", "live_accounts"]


_LIVE = (PAYS, ACTIVE_LATELY)


def compute_features(
    tables: Tables,
    pairs: pd.DataFrame,
    *,
    metrics: Sequence[Metric],
    progress: Progress | None = None,
    effort: Effort = DEFAULT_EFFORT,
) -> Features:
    """Compute metrics for pairs of account and as-of date.

    Parameters
    ----------
    tables : Tables
    pairs : DataFrame
        With ``account_id`` and ``as_of``; may be empty. Percentiles and medians compare the live
        accounts among these pairs that share a date and a segment, so give all accounts of a date.
    metrics : sequence of Metric
    progress : callable, optional
        Called with the name of each view, its facts read so far and those there are.
    effort : Effort
        Threads and memory to use; the result does not depend on it.

    Returns
    -------
    Features
        Rows sorted by account and date.
    """
    return with_peers(compute_own(tables, pairs, metrics=metrics, progress=progress, effort=effort))


def compute_own(
    tables: Tables,
    pairs: pd.DataFrame,
    *,
    metrics: Sequence[Metric],
    progress: Progress | None = None,
    effort: Effort = DEFAULT_EFFORT,
) -> OwnFeatures:
    """Compute what follows from each account alone.

    Parameters
    ----------
    tables : Tables
        Of all accounts, or of some with ``whole`` to tell when the feeds of all last delivered.
    pairs, metrics, progress, effort
        As in ``compute_features``.

    Returns
    -------
    OwnFeatures
        Rows sorted by account and date; those of one account do not depend on the other pairs.
    """
    known = Knowledge(tables, Rows.of(pairs), effort)
    known.prepare([*_LIVE, *_measures_of(metrics, known)], progress)
    found = evaluated(metrics, known)
    index = known.rows.index
    live = pd.Series(live_accounts(known), index=index, name="live")
    segment = pd.Series(_segments(known), index=index, name="segment")
    return OwnFeatures(
        level=pd.DataFrame(found.numbers, index=index),
        absence=pd.DataFrame(found.states, index=index).astype(np.int8),
        baseline=own_baselines(metrics, known),
        live=live,
        segment=segment,
        metrics=tuple(metrics),
        held=pd.DataFrame(found.held, index=index, dtype=float),
    )


def live_accounts(known: Knowledge) -> BoolArray:
    """Return which rows' accounts are customers: they pay, or where nobody pays they were active.

    Parameters
    ----------
    known : Knowledge

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    for measure in _LIVE:
        if known.collected(measure):
            return np.nan_to_num(measure.evaluate(known)) > 0
    return np.ones(len(known.rows), dtype=bool)


def _measures_of(metrics: Sequence[Metric], known: Knowledge) -> Iterator[Measure]:
    """Yield everything that will be evaluated, each own baseline with its windows."""
    for metric in metrics:
        if known.collected(metric.measure):
            yield metric.measure
            yield from preceding(metric)
            yield from () if metric.untold is None else (metric.untold,)
    yield from prepared_for(metrics, known)


def _segments(known: Knowledge) -> npt.NDArray[np.object_]:
    found = known.account_text("segment")
    return np.where(found == None, "all", found)  # noqa: E711 - elementwise


def known_accounts(tables: Tables, as_of: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return all pairs of an as-of date and an account known before it.

    Parameters
    ----------
    tables : Tables
    as_of : sequence of Timestamp
        May be empty.

    Returns
    -------
    DataFrame
        ``account_id`` and ``as_of`` (UTC), every pair once.

    Examples
    --------
    >>> known_accounts(Tables({}), []).columns.tolist()
    ['account_id', 'as_of']
    """
    dates = pd.DatetimeIndex(list(as_of), tz="UTC")
    if "accounts" not in tables:
        return pd.DataFrame({"account_id": pd.Series(dtype=str), "as_of": dates[:0]})
    accounts = tables["accounts"].select(["account_id", "known_at"]).to_pandas()
    first = accounts.groupby("account_id")["known_at"].min()
    seen, moments = to_microseconds(first), to_microseconds(dates)
    account, date = np.nonzero(seen[:, None] < moments[None, :])
    return pd.DataFrame({"account_id": first.index.to_numpy()[account], "as_of": dates[date]})
