"""What happened after each as-of date: the labels, and why a row has none."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ...features.arrays.moments import DAY, from_timestamps, microseconds, timestamps
from ...features.cohorts.at_risk import standing
from ...features.schema.settings import Settings
from ...features.schema.tables import table_spec
from ...features.schema.tableset import Tables, empty_table
from ...features.subscriptions.business_kind import Business
from .contraction import revenue_labels
from .look_weights import look_weights
from .outcomes import Outcome, by_activity, by_decision

__all__ = ["REASONS", "LabelReport", "label", "own_labels", "summarise"]


REASONS = (
    *("not_eligible", "paused", "decided_before", "censored", "recorded_later", "involuntary"),
    *("decided_in_lead", "not_given", "not_known"),
)
"""Why a row has no churn label; the last two only where a company brings labels of its own."""


def label(
    tables: Tables, rows: pd.DataFrame, business: Business, settings: Settings
) -> pd.DataFrame:
    """Label accounts on as-of dates with what they did afterwards.

    Parameters
    ----------
    tables : Tables
        With all that is known by now. Where the company brings ``labels`` of its own, they are
        the only ones: what it left open stays open.
    rows : DataFrame
        ``account_id`` and ``as_of``.
    business : Business
    settings : Settings

    Returns
    -------
    DataFrame
        One row a pair, sorted by account and date: ``account_id``; ``as_of``; ``churned`` and
        ``expanded`` (nullable; null = no label); ``reason`` (why there is no churn label, one of
        ``REASONS``; null where there is one); ``asked_until`` (the question: whether it has left
        by its next decision on this day, or within the horizon that ends on it);
        ``decision_kind`` (of that decision; null where a horizon is asked about); ``weight`` (what
        the row counts in training, so that a decision counts once however often it was looked
        at); ``closes_at``, ``growth_closes_at`` (from when each label is certain);
        ``decided_at``, ``decision_known_at``, ``reason_code``, ``avoidability`` of the decision
        that ends the running episode, whenever that is; ``own`` (the company's own label);
        ``contracted`` and what expansion was about, see ``revenue_labels``.

    Raises
    ------
    SchemaError
        If no activity table has a row, so that nobody knows where the data ends.

    Notes
    -----
    With contracts ``churned`` means that the account left at its next decision: it gave notice in
    ``[as_of, decision]`` or was gone with the term that the decision belongs to, and the label is
    certain once the grace after that term is over, for all rows of the decision alike. Who has no
    decision ahead, or one with every month, is asked for a decision in the window
    ``(as_of + lead, as_of + lead + horizon]``; month to month without subscription items it has
    also left if nothing shows life in that window. Without contracts ``churned`` is no value event
    in ``[as_of + lead, as_of + lead + horizon)`` by the label clock; by the happened clock the
    label is certain once 99 of 100 events of the window have arrived. ``expanded`` is judged for
    the horizon; who decides to leave in it has not expanded.

    Examples
    --------
    >>> day = 86_400_000_000
    >>> seen = {"account_id": ["a", "b", "b", "b"], "product_user_id": ["u", "v", "v", "v"]}
    >>> seen |= {"feature_id": [None] * 4, "occurred_at": [0, 0, 100 * day, 200 * day]}
    >>> schema = empty_table(table_spec("usage_events")).schema
    >>> events = pa.table(seen | {"known_at": seen["occurred_at"]}, schema=schema)
    >>> rows = pd.DataFrame({"account_id": ["a", "b"], "as_of": timestamps(np.array([day] * 2))})
    >>> tables, settings = Tables({"usage_events": events}), Settings(horizon_days=100)
    >>> label(tables, rows, Business.NON_CONTRACTUAL, settings)["churned"].tolist()
    [True, False]
    """
    stands = standing(tables, rows, business, settings)
    judge = by_decision if business.contractual else by_activity
    outcome = judge(tables, stands, business, settings)
    labels = _only_own(_assembled(stands, outcome), own_labels(tables))
    arr = stands["arr"].to_numpy(dtype=np.float64)
    return labels.join(revenue_labels(tables, labels, arr, business, settings))


def _assembled(stands: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    nothing = np.ones(len(stands), dtype=bool)
    first = np.argmax(np.stack([*(drop.holds for drop in outcome.drops), nothing]), axis=0)
    reasons = pa.array([*(drop.reason for drop in outcome.drops), None], pa.string())
    decisions = outcome.decisions
    return pd.DataFrame(
        {
            "account_id": stands["account_id"],
            "as_of": stands["as_of"],
            "churned": _nullable(outcome.churned, first == len(outcome.drops)),
            "expanded": _nullable(outcome.expanded, outcome.growth_known),
            "reason": reasons.take(pa.array(first)).to_pandas(),
            "asked_until": stands["p_by_date"],
            "decision_kind": stands["decision_kind"],
            "weight": look_weights(stands),
            "closes_at": timestamps(outcome.closes_us),
            "growth_closes_at": timestamps(outcome.growth_closes_us),
            "decided_at": timestamps(decisions["decided_us"].to_numpy()),
            "decision_known_at": timestamps(decisions["decision_known_us"].to_numpy()),
            "reason_code": decisions["reason_code"],
            "avoidability": decisions["avoidability"],
        }
    )


def _nullable(
    values: npt.NDArray[np.bool_], valid: npt.NDArray[np.bool_]
) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(values, ~valid)


def own_labels(tables: Tables) -> pd.DataFrame:
    """List the labels that the company itself gave.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        ``account_id``, ``as_of`` (UTC), ``churned``, ``expanded`` (nullable); empty when there is
        no such table.

    Examples
    --------
    >>> len(own_labels(Tables({})))
    0
    """
    stored = tables["labels"] if "labels" in tables else empty_table(table_spec("labels"))
    return pd.DataFrame(
        {
            "account_id": stored["account_id"].to_pandas(),
            "as_of": timestamps(microseconds(stored, "as_of")),
            "churned": stored["churned"].to_pandas().astype("boolean"),
            "expanded": stored["expanded"].to_pandas().astype("boolean"),
        }
    )


def _only_own(labels: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    if own.empty:
        return labels.assign(own=False)
    own = own.drop_duplicates(["account_id", "as_of"], keep="last")
    given = labels[["account_id", "as_of"]].merge(own, on=["account_id", "as_of"], how="left")
    stated = given["churned"].notna()
    return labels.assign(
        churned=given["churned"],
        expanded=given["expanded"],
        # Two definitions of churn in one training set would be learned as one.
        reason=labels["reason"].mask(stated).where(stated, "not_given"),
        own=stated | given["expanded"].notna(),
        # Who labels rows of its own choice has chosen how often to look, and means a horizon.
        weight=1.0,
        decision_kind=pd.Series(None, index=labels.index, dtype=object),
        closes_at=labels["growth_closes_at"],
    )


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What became of the rows on the way to labels.

    Parameters
    ----------
    sentence : str
        What churn means here.
    rows, labelled, churned, expanded, own : int
        Rows in all, with a churn label, churned, expanded, labelled by the company itself.
    dropped : mapping of str to int
        Rows without a churn label by reason, in the order of ``REASONS``; always rows in all minus
        labelled. ``decided_in_lead`` are those missed by the lead, ``not_given`` those for which
        the company's own labels say nothing of churn, ``not_known`` those of accounts that nobody
        knew of on the as-of date.
    dates_dropped : tuple of Timestamp
        As-of dates of which no question is answered by the end of the data.
    logging_lag_days : float or None
        Median days from decision to record, over decisions that were recorded after an as-of date.
    """

    sentence: str
    rows: int
    labelled: int
    churned: int
    expanded: int
    own: int
    dropped: Mapping[str, int]
    dates_dropped: tuple[pd.Timestamp, ...]
    logging_lag_days: float | None

    def __str__(self) -> str:
        lines = [
            self.sentence,
            f"{self.rows:,} rows, {self.labelled:,} labelled: {self.churned:,} churned, "
            f"{self.expanded:,} expanded.",
        ]
        if self.own:
            lines.append("All labels are the company's own; what it left open has none.")
        left_out = [f"{reason} {count:,}" for reason, count in self.dropped.items() if count]
        if left_out:
            lines.append(f"Without label: {', '.join(left_out)}.")
        if self.dates_dropped:
            dates = ", ".join(f"{date:%Y-%m-%d}" for date in self.dates_dropped)
            lines.append(f"The data ends before anything asked on {dates} is answered.")
        if self.logging_lag_days is not None:
            lines.append(f"Decisions recorded late: median {self.logging_lag_days:.0f} days.")
        return "\n".join(lines)


def summarise(labels: pd.DataFrame, business: Business) -> LabelReport:
    """Count what became of the rows on the way to labels.

    Parameters
    ----------
    labels : DataFrame
        From ``label``; may be empty.
    business : Business

    Returns
    -------
    LabelReport

    Examples
    --------
    >>> columns = ["account_id", "as_of", "churned", "expanded", "reason", "own"]
    >>> times = ["closes_at", "decided_at", "decision_known_at"]
    >>> nothing = pd.DataFrame({name: [] for name in columns + times})
    >>> print(summarise(nothing, Business.MONTH_TO_MONTH))
    Month to month: churn is the decision to cancel, with any month or paid period; without...
    0 rows, 0 labelled: 0 churned, 0 expanded.
    """
    counts = labels["reason"].value_counts()
    late = labels[labels["reason"] == "recorded_later"].drop_duplicates(
        ["account_id", "decided_at"]
    )
    lags = from_timestamps(late["decision_known_at"]) - from_timestamps(late["decided_at"])
    censored = labels.loc[labels["reason"] == "censored", "as_of"]
    censored = censored[~censored.isin(labels.loc[labels["churned"].notna(), "as_of"])]
    return LabelReport(
        sentence=business.sentence,
        rows=len(labels),
        labelled=int(labels["churned"].notna().sum()),
        churned=int(labels["churned"].sum()),
        expanded=int(labels["expanded"].sum()),
        own=int(labels["own"].sum()),
        dropped={reason: int(counts.get(reason, 0)) for reason in REASONS},
        dates_dropped=tuple(censored.drop_duplicates().sort_values()),
        logging_lag_days=float(np.median(lags)) / DAY if len(lags) else None,
    )
