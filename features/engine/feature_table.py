"""Every account beside its peers: what the engine gives, and the step in which all accounts meet.

The numbers of one account follow from its own rows; only percentiles and medians need the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.as_of_rows import to_microseconds
from ..metrics.metric import Metric

__all__ = [
    "Features",
    "OwnFeatures",
    "Peers",
    "frame_columns",
    "peers_of",
    "percentiles",
    "ratios_to_own",
    "with_peers",
]


_FEWEST_PEERS = 2
"""With fewer values there is nobody to compare with."""
_COLUMNS_AT_A_TIME = 32


@dataclass(frozen=True, slots=True)
class Peers:
    """Rows by group.

    Parameters
    ----------
    group : ndarray of int64, shape (n_rows,)
        Date and segment of every row as a number from 0.
    live : ndarray of int64, shape (n_live,)
        The rows whose values others are compared with.
    """

    group: IntArray
    live: IntArray

    def medians(self, values: FloatArray) -> FloatArray:
        """Return the medians over each row's group.

        Parameters
        ----------
        values : ndarray of float, shape (n_rows, n_columns)

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns)
            Also for rows that are not live; NaN where fewer than two live rows have a value.
        """
        found = np.full((self.group.max(initial=-1) + 1, values.shape[1]), np.nan)
        groups = self.group[self.live]
        # Some columns at a time: a copy of all of them is what many accounts have no room for.
        for first in range(0, values.shape[1], _COLUMNS_AT_A_TIME):
            part = slice(first, first + _COLUMNS_AT_A_TIME)
            among = pd.DataFrame(values[self.live, part]).groupby(groups)
            middle = among.median().where(among.count() >= _FEWEST_PEERS)
            found[middle.index, part] = middle
        return found[self.group]

    def shares(self, values: FloatArray) -> FloatArray:
        """Return the mean rank of each live row in its group, as a share of the group.

        Parameters
        ----------
        values : ndarray of float, shape (n_rows,)

        Returns
        -------
        ndarray of float, shape (n_rows,)
            Above 0 and at most 1, equal values alike; NaN without a value, where not live, and
            where nobody else in the group has a value.

        Examples
        --------
        >>> segments, dates = np.array(["s", "s", "s"]), np.zeros(3, np.int64)
        >>> peers = peers_of(dates, segments, np.array([True, True, False]))
        >>> peers.shares(np.array([5.0, 7.0, 6.0])).tolist()
        [0.5, 1.0, nan]
        """
        found = np.full(len(values), np.nan)
        among = pd.Series(values[self.live]).groupby(self.group[self.live])
        found[self.live] = among.rank(pct=True).where(among.transform("count") >= _FEWEST_PEERS)
        return found


def peers_of(dates: IntArray, segments: npt.NDArray[np.object_], live: BoolArray) -> Peers:
    """Group rows by date and segment.

    Parameters
    ----------
    dates : ndarray of int64, shape (n_rows,)
    segments : ndarray of str, shape (n_rows,)
    live : ndarray of bool, shape (n_rows,)
        Whose values others are compared with.

    Returns
    -------
    Peers
    """
    date, _ = pd.factorize(dates)
    segment, names = pd.factorize(segments)
    pair = date.astype(np.int64) * max(len(names), 1) + segment
    group, _ = pd.factorize(pair)
    return Peers(group.astype(np.int64), np.flatnonzero(live))


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers of all rows, and why any is missing.

    Parameters
    ----------
    frame : DataFrame
        Index (account_id, as_of); one column a metric and one a derived variant.
    absence : DataFrame of int8
        Same index, one column a metric: the ``Absence`` state behind each value.
    baseline : DataFrame
        The account's own mean over the preceding windows, for metrics that have one.
    segment_median : DataFrame
        Median over the live accounts of the same segment and date.
    live : Series of bool
        Whether the row's account is a customer on that date.
    segment : Series of str
    metrics : tuple of Metric
    held : DataFrame or None
        What some metrics were when the account or its feed fell silent; NaN elsewhere.
    """

    frame: pd.DataFrame
    absence: pd.DataFrame
    baseline: pd.DataFrame
    segment_median: pd.DataFrame
    live: pd.Series
    segment: pd.Series
    metrics: tuple[Metric, ...] = field(repr=False)
    held: pd.DataFrame | None = field(default=None, repr=False)

    def at(self, index: pd.Index) -> "Features":
        """Return the features of some rows only.

        Parameters
        ----------
        index : Index
            Rows that are all there.

        Returns
        -------
        Features
        """
        return Features(
            self.frame.loc[index],
            self.absence.loc[index],
            self.baseline.loc[index],
            self.segment_median.loc[index],
            self.live.loc[index],
            self.segment.loc[index],
            self.metrics,
            None if self.held is None else self.held.loc[index],
        )


@dataclass(frozen=True, slots=True)
class OwnFeatures:
    """The numbers that follow from each account alone: all but what sets it beside its peers.

    Parameters
    ----------
    level : DataFrame
        Index (account_id, as_of); one column a metric.
    absence, baseline : DataFrame
    live, segment : Series
    metrics : tuple of Metric
    held : DataFrame or None
        All as in ``Features``.
    """

    level: pd.DataFrame
    absence: pd.DataFrame
    baseline: pd.DataFrame
    live: pd.Series
    segment: pd.Series
    metrics: tuple[Metric, ...] = field(repr=False)
    held: pd.DataFrame | None = field(default=None, repr=False)


def with_peers(own: OwnFeatures) -> Features:
    """Set every account beside the live accounts of its segment on the same date.

    Parameters
    ----------
    own : OwnFeatures
        Of all accounts that are to be compared.

    Returns
    -------
    Features
    """
    moments = to_microseconds(own.level.index.get_level_values("as_of"))
    peers = peers_of(moments, own.segment.to_numpy(), own.live.to_numpy())
    return Features(
        frame=_with_variants(own, peers),
        absence=own.absence,
        baseline=own.baseline,
        segment_median=_segment_medians(own.level, peers),
        live=own.live,
        segment=own.segment,
        metrics=own.metrics,
        held=own.held,
    )


def frame_columns(metrics: Sequence[Metric]) -> list[str]:
    """Return the columns of ``Features.frame``: the levels, then the variants of each metric.

    Parameters
    ----------
    metrics : sequence of Metric

    Returns
    -------
    list of str

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> frame_columns(METRICS[:1])
    ['active_users_28d', 'active_users_28d_vs_own', 'active_users_28d_in_segment']
    """
    columns = [metric.column for metric in metrics]
    for metric in metrics:
        columns += [metric.vs_own] if metric.has_baseline else []
        columns += [metric.percentile] if metric.in_segment else []
    return columns


def ratios_to_own(own: OwnFeatures) -> dict[str, FloatArray]:
    """Return the ratios of the levels to the account's own preceding windows.

    Parameters
    ----------
    own : OwnFeatures

    Returns
    -------
    dict of str to ndarray of float, shape (n_rows,)
        By column; NaN where there is no baseline above 0, but 0 where an account that had used
        the product does nothing any more, as in all those windows.
    """
    ratios = {}
    for metric in own.metrics:
        if metric.has_baseline:
            base, level = own.baseline[metric.column], own.level[metric.column]
            ratio = (level / base).where(base > 0)
            if metric.of_use:
                ratio = ratio.mask((base == 0) & (level == 0), 0.0)
            ratios[metric.vs_own] = ratio.to_numpy()
    return ratios


def percentiles(
    metrics: Sequence[Metric], level: pd.DataFrame, peers: Peers
) -> dict[str, FloatArray]:
    """Return where each account stands in its group.

    Parameters
    ----------
    metrics : sequence of Metric
    level : DataFrame
        The levels of all rows of ``peers``.
    peers : Peers

    Returns
    -------
    dict of str to ndarray of float, shape (n_rows,)
        By column, for the metrics that are compared inside the segment.
    """
    return {
        metric.percentile: peers.shares(level[metric.column].to_numpy(dtype=float))
        for metric in metrics
        if metric.in_segment
    }


def _with_variants(own: OwnFeatures, peers: Peers) -> pd.DataFrame:
    """Return the levels with the ratios to the own baseline and the percentiles beside them."""
    variants = ratios_to_own(own) | percentiles(own.metrics, own.level, peers)
    beside = pd.DataFrame(variants, index=own.level.index)
    return pd.concat([own.level, beside], axis=1)[frame_columns(own.metrics)]


def _segment_medians(level: pd.DataFrame, peers: Peers) -> pd.DataFrame:
    """Return the medians of the groups at every row of the group."""
    medians = peers.medians(level.to_numpy(dtype=float))
    return pd.DataFrame(medians, index=level.index, columns=level.columns)
