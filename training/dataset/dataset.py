"""The dataset: metrics as they were known, beside what happened afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.arrays.as_of_rows import Rows
from ...features.cohorts.as_of_dates import as_of_dates, newest_closed_day
from ...features.engine.compute import Features, compute_features, known_accounts
from ...features.engine.point_in_time import Knowledge
from ...features.errors import SchemaError
from ...features.metrics.catalogue import METRICS, by_column
from ...features.metrics.measures import Count
from ...features.metrics.metric import Metric
from ...features.metrics.row_selection import Select
from ...features.metrics.views import view_named
from ...features.progress import Progress
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.scores.health_score import score_health
from ...features.scores.maturity_index import score_maturity
from ...features.scores.rubric import Rubric
from ...features.scores.scorecard import Scorecard
from ...features.short_view import ShortView
from ...features.subscriptions.business_kind import Business, business_of
from .labels import LabelReport, label, own_labels, summarise
from .look_ahead_proof import Proof, prove
from .past_decisions import Past, past_of
from .targets import TARGETS, known_target
from .temporal_splits import parents_of

__all__ = [
    "MATURITY_INPUTS",
    "ROLES",
    "Dataset",
    "build_dataset",
    "maturity_inputs",
    "model_columns",
]


ROLES = {
    "recency": "days_since_value_event",
    "scorecard": "chs",
    "growth": "arr_trend_12m",
    "saturation": "licence_utilisation",
    "distance": "days_to_decision",
}
"""Columns the baselines read, and the one along which estimates have to agree with what came."""

_LABELS = [target.label for target in TARGETS.values()]

MATURITY_INPUTS = ("cmi", "cmi_coverage")
"""What a model may know of maturity."""


@dataclass(frozen=True, slots=True, repr=False)
class Dataset(ShortView):
    """Rows of accounts on as-of dates.

    Parameters
    ----------
    X : DataFrame
        Index (account_id, as_of); the inputs of the models, ``chs`` for the scorecard baseline and
        the maturity columns.
    labels : DataFrame
        Same index: ``churned``, ``expanded`` (nullable), ``reason`` and more, see ``label``.
    parent : Series of str
        Parent account of each row; groups of folds never split one.
    delivered : DataFrame of bool
        Same index, one column a table: whether it had any row of the account by the as-of date.
    features : Features
    business : Business
    report : LabelReport
    proof : Proof
    refused : tuple of str
        Columns left out because their source shows only today's value.
    past : Past
        What became of all decisions that are over, whether or not they give rows.
    waiting : mapping of str to tuple of str
        By such a source (``tickets.priority``), the metrics that would be read if today's value
        were known to be that of then.
    """

    X: pd.DataFrame
    labels: pd.DataFrame
    parent: pd.Series
    delivered: pd.DataFrame
    features: Features
    business: Business
    report: LabelReport
    proof: Proof
    refused: tuple[str, ...]
    past: Past
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def labelled(self, target: str) -> npt.NDArray[np.bool_]:
        """Return which rows have a label for a target, shape (n_rows,).

        Parameters
        ----------
        target : {"churn", "expansion", "contraction"}

        Returns
        -------
        ndarray of bool
        """
        return np.asarray(self.outcome(target).notna())

    def outcome(self, target: str) -> pd.Series:
        """Return what became of each row, shape (n_rows,).

        Parameters
        ----------
        target : {"churn", "expansion", "contraction"}
            Or a column of ``labels``.

        Returns
        -------
        Series of boolean
            Missing where the row has no label.
        """
        known = known_target(target)
        found: pd.Series = self.labels[known.label if known else target]
        return found

    def weight(self, target: str) -> FloatArray:
        """Return what each row counts for a target, shape (n_rows,).

        Parameters
        ----------
        target : {"churn", "expansion", "contraction"}

        Returns
        -------
        ndarray of float
            For churn a decision counts once; growth can happen on every day of its horizon, so
            that rows count alike.
        """
        known = known_target(target)
        if known and known.once_a_decision:
            return self.labels["weight"].to_numpy(dtype=np.float64)
        return np.ones(len(self.labels))

    def closes(self, target: str) -> pd.Series:
        """Return from when each row's label of a target is certain, shape (n_rows,).

        Parameters
        ----------
        target : {"churn", "expansion", "contraction"}

        Returns
        -------
        Series of Timestamp
        """
        known = known_target(target)
        found: pd.Series = self.labels[known.closes if known else "growth_closes_at"]
        return found

    def columns(self, target: str) -> list[str]:
        """Return the inputs of a target's model: all but the scorecard, a model of its own.

        Maturity is among them. What it adds to the estimate of churn is taken off again for the
        health axis of the grid, so that the two axes stay apart.

        Parameters
        ----------
        target : {"churn", "expansion", "contraction"}

        Returns
        -------
        list of str
        """
        if target not in (*TARGETS, *self.labels.columns):
            raise ValueError(f"`target` must be one of {sorted(TARGETS)!r}, got {target!r}.")
        return [column for column in self.X.columns if column != ROLES["scorecard"]]

    def _line(self) -> str:
        accounts = self.X.index.get_level_values("account_id").nunique()
        return f"{len(self.X):,} rows of {accounts:,} accounts, {self.X.shape[1]} columns"


def build_dataset(
    tables: Tables,
    settings: Settings,
    *,
    scorecard: Scorecard,
    rubric: Rubric,
    metrics: Sequence[Metric] = METRICS,
    as_of: Sequence[pd.Timestamp] | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Compute metrics and labels for all accounts on a calendar of as-of dates.

    Where the company brings labels of its own, the rows are exactly the pairs of account and date
    that it labelled. All accounts known on those dates still count as peers of each other.

    Parameters
    ----------
    tables : Tables
    settings : Settings
    scorecard : Scorecard
    rubric : Rubric
    metrics : sequence of Metric
        Those that ship, and those of the company.
    as_of : sequence of Timestamp, optional
        The starts of weeks, months or quarters by default; the dates of the company's own labels
        where it brings any. Dates that it did not label give no rows then.
    progress : Progress, optional

    Returns
    -------
    Dataset
        With only those rows that have a label for some target; a null label is no row of that
        target.

    Raises
    ------
    SchemaError
        If the data is too short for a single as-of date, or no row gets a label.
    """
    business = business_of(tables)
    if business is Business.UNDECIDED and not tables.filled("labels"):
        raise SchemaError(f"There is nothing to learn from. {business.sentence}")
    dates = _dates(tables, settings) if as_of is None else list(as_of)
    if not len(dates):
        raise SchemaError(
            "The data is too short to learn from: no as-of date has 90 days of history before it. "
            "Score with the scorecard (`churngrid score`), which needs no history."
        )
    pairs = known_accounts(tables, dates)
    labels = _labels(tables, pairs, business, settings)
    report = summarise(labels.reset_index(), business)
    kept = labels.index[labels[_LABELS].notna().any(axis=1)]
    if not len(kept):
        raise SchemaError(f"No account gets a label on any as-of date: {report}")
    features = compute_features(
        tables, pairs, metrics=metrics, progress=progress, effort=settings.effort
    )
    # A term that still runs is no renewal yet.
    over = newest_closed_day(tables).value // 1000 + 1
    past = past_of(tables, features.segment, business, settings).before(over)
    features, labels = features.at(kept), labels.loc[kept]
    waiting = _waiting(tables, settings, metrics)
    declared, waits = by_column(metrics), {name for names in waiting.values() for name in names}
    refused = {name for name, metric in declared.items() if metric.column in waits}
    columns = [name for name in model_columns(metrics) if name not in refused]
    X = features.frame[columns].copy()
    X["chs"] = score_health(features, scorecard).scores["chs"]
    X = X.join(maturity_inputs(tables, features, rubric))
    return Dataset(
        X=X,
        labels=labels,
        parent=_parents(tables, kept),
        delivered=_delivered(tables, kept, metrics),
        features=features,
        business=business,
        report=report,
        proof=prove(tables, features, metrics, settings.effort),
        refused=tuple(sorted(refused)),
        past=past,
        waiting=waiting,
    )


def model_columns(metrics: Sequence[Metric]) -> list[str]:
    """Return the columns models may read: health and context, not what people wrote afterwards.

    Maturity comes in by its index (``MATURITY_INPUTS``), not by each thing that stands for it.

    Parameters
    ----------
    metrics : sequence of Metric

    Returns
    -------
    list of str

    Examples
    --------
    >>> "csm_sentiment_90d" in model_columns(METRICS)
    False
    """
    columns = []
    for metric in metrics:
        if not metric.in_model or metric.axis == "maturity":
            continue
        columns.append(metric.column)
        if metric.own_baseline and metric.window_days:
            columns.append(metric.vs_own)
        if metric.in_segment:
            columns.append(metric.percentile)
    return columns


def maturity_inputs(tables: Tables, features: Features, rubric: Rubric) -> pd.DataFrame:
    """Return what a model may know of maturity.

    Parameters
    ----------
    tables : Tables
    features : Features
        Its rows are those that are scored.
    rubric : Rubric

    Returns
    -------
    DataFrame
        ``cmi`` (NaN when insufficient) and ``cmi_coverage``.
    """
    pairs = features.frame.index.to_frame(index=False)
    scored = score_maturity(tables, pairs, rubric, features=features)
    return scored[list(MATURITY_INPUTS)]


def _dates(tables: Tables, settings: Settings) -> list[pd.Timestamp]:
    own = own_labels(tables)
    if len(own):
        return sorted(own["as_of"].unique())
    return list(as_of_dates(tables, settings.as_of_step))


def _labels(
    tables: Tables, pairs: pd.DataFrame, business: Business, settings: Settings
) -> pd.DataFrame:
    """Return the labels of all pairs, or of those that the company itself labelled."""
    own = own_labels(tables)
    given = own[own["as_of"].isin(pairs["as_of"])]
    keys = ["account_id", "as_of"]
    rows = pairs if own.empty else given[keys].drop_duplicates()
    labels = label(tables, rows, business, settings).set_index(keys)
    unknown = ~labels.index.isin(pd.MultiIndex.from_frame(pairs))
    # Scoring could not have seen them either.
    return labels.assign(
        **{column: labels[column].mask(unknown) for column in _LABELS},
        reason=labels["reason"].mask(unknown, "not_known"),
    )


def _parents(tables: Tables, index: pd.Index) -> pd.Series:
    accounts = index.get_level_values("account_id")
    root = parents_of(tables).to_dict()
    return pd.Series([root.get(account, account) for account in accounts], index=index)


def _delivered(tables: Tables, index: pd.Index, metrics: Sequence[Metric]) -> pd.DataFrame:
    known = Knowledge(tables, Rows.of(index.to_frame(index=False)))
    read = {
        source
        for metric in metrics
        for select, _ in metric.measure.selects()
        for source in view_named(select.view).sources
    } - {"accounts", "features", "contract_events"}
    # That an account left is what its contract events say.
    columns = {name: Count(Select(name)).evaluate(known) > 0 for name in tables if name in read}
    return pd.DataFrame(columns, index=known.rows.index)


def _waiting(
    tables: Tables, settings: Settings, metrics: Sequence[Metric]
) -> dict[str, tuple[str, ...]]:
    """Return the metrics that read what a source shows only as of today, by that source."""
    if settings.assume_snapshots is not None:
        return {}
    found: dict[str, list[str]] = {}
    for metric in metrics:
        for source in sorted(_only_today(tables, metric)):
            found.setdefault(source, []).append(metric.column)
    return {source: tuple(names) for source, names in found.items()}


def _only_today(tables: Tables, metric: Metric) -> set[str]:
    return {
        f"{source}.{column}"
        for select, columns in metric.measure.selects()
        for source in view_named(select.view).sources
        for column in (select.columns() | columns) & tables.snapshot_only.get(source, frozenset())
    }
