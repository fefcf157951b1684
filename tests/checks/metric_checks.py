"""What every declared metric must do, whoever declared it."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from churngrid.features.absence import Absence
from churngrid.features.engine import Features, compute_features
from churngrid.features.knowledge import Knowledge
from churngrid.features.measures import DaysSince, Tenure
from churngrid.features.metric import Metric
from churngrid.features.population import known_accounts
from churngrid.features.rows import Rows
from churngrid.features.stored import ViewData
from churngrid.features.tableset import Tables
from churngrid.features.views import View, view_named
from tests.checks.small_company import shuffled, with_tables


@dataclass(frozen=True)
class Case:
    """A company with every table, and the metrics that are checked on it."""

    tables: Tables
    metrics: tuple[Metric, ...]
    dates: tuple[pd.Timestamp, ...]

    @property
    def pairs(self) -> pd.DataFrame:
        return known_accounts(self.tables, self.dates)

    def features(self, tables: Tables | None = None, metric: Metric | None = None) -> Features:
        chosen = self.metrics if metric is None else (metric,)
        return compute_features(tables or self.tables, self.pairs, metrics=chosen)


def sources_of(metric: Metric) -> set[str]:
    return {name for s, _ in metric.measure.selects() for name in view_named(s.view).sources}


def is_fed(metric: Metric) -> bool:
    """Whether silence of a whole table means a broken feed."""
    views = [view_named(select.view) for select, _ in metric.measure.selects()]
    return any(view.stale_after_days is not None for view in views)


def check_columns_are_its_own(metric: Metric, case: Case) -> None:
    every = Counter(c for m in case.metrics for c in (m.column, m.vs_own, m.percentile))
    assert every[metric.column] == every[metric.vs_own] == every[metric.percentile] == 1


def check_thresholds_agree_with_direction(metric: Metric, case: Case) -> None:
    if metric.direction in ("u", "c"):
        assert metric.poor is None
    elif metric.poor is not None and metric.healthy is not None:
        assert (metric.healthy > metric.poor) == (metric.direction == "+")
        assert metric.healthy != metric.poor


def check_context_is_neither_good_nor_bad(metric: Metric, case: Case) -> None:
    assert (metric.axis == "context") == (metric.direction == "c")


def check_words_are_there(metric: Metric, case: Case) -> None:
    assert metric.unit.strip()
    assert metric.source.strip()
    assert metric.label.strip()
    assert not metric.label.endswith(".")
    assert metric.label[0].islower() or metric.label.split()[0].isupper()
    assert metric.meaning.endswith(".")
    assert not metric.meaning[0].islower()


def check_every_value_is_finite_or_has_a_reason(metric: Metric, case: Case) -> None:
    found = case.features(metric=metric)
    values, states = found.frame[metric.column], found.absence[metric.column]
    assert not np.isinf(found.frame).any(axis=None)
    assert states.isin([state.value for state in Absence]).all()
    assert (states[values.isna()] != Absence.PRESENT).all()
    assert values[states == Absence.PRESENT].notna().all()


def check_order_of_rows_does_not_matter(metric: Metric, case: Case) -> None:
    mixed = case.features(shuffled(case.tables, seed=11), metric)
    straight = case.features(metric=metric)
    pd.testing.assert_frame_equal(mixed.frame, straight.frame)
    pd.testing.assert_frame_equal(mixed.absence, straight.absence)


def check_order_and_index_of_pairs_do_not_matter(metric: Metric, case: Case) -> None:
    pairs = case.pairs.sample(frac=1.0, random_state=3)
    found = compute_features(
        case.tables, pairs.set_axis(range(7, 7 + len(pairs))), metrics=[metric]
    )
    pd.testing.assert_frame_equal(found.frame, case.features(metric=metric).frame)


def check_no_facts_mean_what_is_declared(metric: Metric, case: Case) -> None:
    if isinstance(metric.measure, Tenure):
        return
    empty = {name: case.tables[name][:0] for name in sources_of(metric) if name in case.tables}
    tables = with_tables(case.tables, **empty)
    found = case.features(tables, metric)
    values, states = found.frame[metric.column], found.absence[metric.column]
    tenure = Knowledge(tables, Rows.of(case.pairs)).tenure_days()
    settled = tenure >= 30
    values, states, tenure = values[settled], states[settled], tenure[settled]
    assert len(values)
    if is_fed(metric):
        assert values.isna().all()
        assert (states == Absence.NOT_COLLECTED).all()
    elif isinstance(metric.measure, DaysSince) and metric.measure.or_tenure:
        np.testing.assert_array_equal(values, tenure)
    elif isinstance(metric.when_absent, Absence):
        assert values.isna().all()
        assert (states == metric.when_absent).all()
    else:
        assert (values == metric.when_absent).all()
        assert (states == Absence.PRESENT).all()


def check_missing_table_is_not_collected(metric: Metric, case: Case) -> None:
    views = {select.view for select, _ in metric.measure.selects()} - {"accounts"}
    for view in views:
        gone = view_named(view).sources
        left = {name: table for name, table in case.tables.by_name.items() if name not in gone}
        found = case.features(Tables(left, case.tables.collected), metric)
        assert found.frame[metric.column].isna().all()
        assert (found.absence[metric.column] == Absence.NOT_COLLECTED).all()


def check_missing_column_is_not_collected(metric: Metric, case: Case) -> None:
    for select, columns in metric.measure.selects():
        for column in (select.columns() | columns) - {"known_at"}:
            known = Without(case.tables, Rows.of(case.pairs), select.view, column)
            assert not known.collected(metric.measure)


def check_only_declared_columns_are_read(metric: Metric, case: Case) -> None:
    rows = Rows.of(case.pairs)
    whole = metric.measure.evaluate(Knowledge(case.tables, rows))
    declared: dict[str, set[str]] = {}
    for select, columns in metric.measure.selects():
        declared.setdefault(select.view, set()).update(select.columns() | columns)
    blind = Blinkered(case.tables, rows, declared)
    np.testing.assert_array_equal(metric.measure.evaluate(blind), whole)


CHECKS = (
    check_columns_are_its_own,
    check_thresholds_agree_with_direction,
    check_context_is_neither_good_nor_bad,
    check_words_are_there,
    check_every_value_is_finite_or_has_a_reason,
    check_order_of_rows_does_not_matter,
    check_order_and_index_of_pairs_do_not_matter,
    check_no_facts_mean_what_is_declared,
    check_missing_table_is_not_collected,
    check_missing_column_is_not_collected,
    check_only_declared_columns_are_read,
)


class Without(Knowledge):
    """Knowledge in which one column of a view was never delivered."""

    def __init__(self, tables: Tables, rows: Rows, view: str, column: str) -> None:
        super().__init__(tables, rows)
        self.view, self.column = view, column

    def data(self, view: View) -> ViewData:
        found = super().data(view)
        gone = {self.column} if view.name == self.view else set()
        return replace(found, collected=found.collected - gone)


class Blinkered(Knowledge):
    """Knowledge in which all columns but keys, clocks and declared ones are empty."""

    def __init__(self, tables: Tables, rows: Rows, declared: dict[str, set[str]]) -> None:
        super().__init__(tables, rows)
        self.declared = declared

    def data(self, view: View) -> ViewData:
        found = super().data(view)
        if view.name == "accounts":
            return found
        kept = {*self.declared.get(view.name, ()), *view.entity, *view.version}
        kept |= {"account_id", "known_at", view.happened_at, found.table.column_names[0]}
        attributes = found.attributes
        if attributes is not None:
            kept.add(attributes.by)
            attributes = replace(attributes, table=_emptied(attributes.table, kept))
        return replace(found, table=_emptied(found.table, kept), attributes=attributes)


def _emptied(table: pa.Table, kept: set[str]) -> pa.Table:
    for place, field in enumerate(table.schema):
        if field.name not in kept:
            table = table.set_column(place, field.name, pa.nulls(table.num_rows, field.type))
    return table
