"""What of the contract is delivered, what is not, and what each further source would unlock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...features.arrays.as_of_rows import Rows
from ...features.engine.point_in_time import Knowledge
from ...features.metrics.metric import Metric
from ...features.schema.table_declaration import TableSpec
from ...features.schema.tables import TABLES, table_spec
from ...features.schema.tableset import Tables, empty_table
from ...features.scores.scorecard import Scorecard
from .config import Config

__all__ = ["Coverage", "Gap", "coverage_of", "coverage_page"]


_STAND_IN = {"usage_events": "usage_daily", "usage_daily": "usage_events"}
"""Either of these is enough."""
_NOT_A_SOURCE = frozenset({"labels"})
_BESIDES = {
    "contracts": "churn as a decision on a date",
    "subscription_items": "ARR, and so the money at risk",
    "contract_events": "notices, and who has left",
    "usage_daily": "silence as an early sign",
}
"""What a table is good for besides its metrics."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A table, or columns of one, that is not delivered.

    Parameters
    ----------
    table : str
    columns : tuple of str
        Empty when the whole table is missing.
    metrics : tuple of str
        Labels of the metrics that it would unlock by itself.
    share : float
        Share of the scorecard's weight that those metrics have, 0-1.
    """

    table: str
    columns: tuple[str, ...]
    metrics: tuple[str, ...]
    share: float

    @property
    def name(self) -> str:
        """The table, with the columns in question."""
        named = ", ".join(f"`{column}`" for column in self.columns)
        return f"`{self.table}`" + (f": {named}" if named else "")

    @property
    def worth(self) -> str:
        """What it would unlock, in words."""
        besides = "" if self.columns else _BESIDES.get(self.table, "")
        counted = f"{len(self.metrics)} metrics: {', '.join(self.metrics)}"
        return f"{besides}; {counted}" if besides else counted


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of a company, measured by what could be.

    Parameters
    ----------
    rows : mapping of str to int
        Rows used of each delivered table.
    metrics : tuple of int
        Metrics that can be computed, and all that are declared.
    share : float
        Share of the scorecard's weight that can be computed, 0-1.
    gaps : tuple of Gap
        What is missing, the most worth first.
    """

    rows: Mapping[str, int]
    metrics: tuple[int, int]
    share: float
    gaps: tuple[Gap, ...]


def coverage_of(tables: Tables, config: Config) -> Coverage:
    """Measure what is delivered by what could be.

    Parameters
    ----------
    tables : Tables
    config : Config

    Returns
    -------
    Coverage
        Tables that would unlock nothing by themselves are left out of its gaps.
    """
    had = {name: tables.collected.get(name, _all_columns(name)) for name in tables}
    metrics, weights = config.metrics, _weights(config.scorecard)
    now = _computable(had, metrics)
    gaps = [
        gap
        for name, more in _possible(had)
        if (gap := _gap(name, more, had, metrics, weights, now)).metrics
    ]
    return Coverage(
        rows={name: tables[name].num_rows for name in tables},
        metrics=(len(now), len(metrics)),
        share=sum(weights.get(column, 0.0) for column in now),
        gaps=tuple(sorted(gaps, key=lambda gap: (-gap.share, -len(gap.metrics)))),
    )


def coverage_page(coverage: Coverage, unread: Iterable[str] = ()) -> str:
    """Write what is read, what is not, and what is missing, as a Markdown page.

    Parameters
    ----------
    coverage : Coverage
    unread : iterable of str
        What of the source is not read, in sentences.

    Returns
    -------
    str
    """
    can, all_ = coverage.metrics
    lines = [
        *("# Coverage", ""),
        f"{can} of {all_} metrics can be computed; they carry {coverage.share:.0%} of the "
        "scorecard's weight.",
        *("", "## Read", "", "| table | rows |", "|---|---|"),
        *(f"| `{name}` | {rows:,} |" for name, rows in coverage.rows.items()),
    ]
    lines += ["", "## Missing, and what it would unlock", ""]
    if coverage.gaps:
        lines += ["| missing | scorecard | unlocks |", "|---|---|---|"]
    lines += [f"| {gap.name} | {gap.share:.0%} | {gap.worth} |" for gap in coverage.gaps]
    lines += [] if coverage.gaps else ["Nothing."]
    told = list(unread)
    if told:
        lines += ["", "## Not read", "", *(f"- {sentence}" for sentence in told)]
    return "\n".join(lines) + "\n"


def _possible(had: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each table with the columns that could still be delivered."""
    for spec in TABLES:
        stands_in = _STAND_IN.get(spec.name)
        if spec.name in _NOT_A_SOURCE or (stands_in in had and spec.name not in had):
            continue
        if spec.name == "usage_events" and spec.name not in had:
            continue
        yield spec.name, _all_columns(spec.name) - had.get(spec.name, frozenset())


def _gap(
    name: str,
    more: frozenset[str],
    had: Mapping[str, frozenset[str]],
    metrics: Sequence[Metric],
    weights: Mapping[str, float],
    now: Mapping[str, Metric],
) -> Gap:
    then = _computable({**had, name: _all_columns(name)}, metrics)
    unlocked = [metric for column, metric in then.items() if column not in now]
    columns: tuple[str, ...] = ()
    if name in had:
        asked = {column for metric in unlocked for column in _asked(metric)}
        columns = tuple(c.name for c in table_spec(name).columns if c.name in more & asked)
    return Gap(
        name,
        columns,
        tuple(dict.fromkeys(metric.label for metric in unlocked)),
        sum(weights.get(metric.column, 0.0) for metric in unlocked),
    )


def _asked(metric: Metric) -> Iterator[str]:
    for select, columns in metric.measure.selects():
        yield from select.columns() | columns


def _computable(had: Mapping[str, frozenset[str]], metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Return the metrics that these tables and columns suffice for, by column."""
    empty = {name: empty_table(table_spec(name)) for name in had}
    nobody = Rows.of(pd.DataFrame({"account_id": [], "as_of": pd.DatetimeIndex([])}))
    known = Knowledge(Tables(empty, dict(had)), nobody)
    return {metric.column: metric for metric in metrics if known.collected(metric.measure)}


def _weights(scorecard: Scorecard) -> dict[str, float]:
    """Return the share of the whole weight that each metric of a scorecard has."""
    total = sum(component.weight for component in scorecard.components.values())
    shares: dict[str, float] = {}
    for component in scorecard.components.values():
        inside = sum(part.weight for part in component.metrics)
        for part in component.metrics:
            share = component.weight / total * part.weight / inside
            shares[part.metric] = shares.get(part.metric, 0.0) + share
    return shares


def _all_columns(name: str) -> frozenset[str]:
    spec: TableSpec = table_spec(name)
    return frozenset(column.name for column in spec.columns)
