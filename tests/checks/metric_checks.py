"""The checks of every metric, with two that look into the engine."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.engine.point_in_time import Knowledge
from churngrid.features.metrics.metric import Metric
from churngrid.features.metrics.view import View
from churngrid.features.metrics.view_data import ViewData
from churngrid.features.schema.tableset import Tables
from churngrid.serving.api.check_metrics import CHECKS as PUBLIC
from churngrid.serving.api.check_metrics import Case, MetricCheck


def missing_column_is_not_collected(metric: Metric, case: Case) -> bool:
    return not any(
        Without(case.tables, Rows.of(case.pairs), select.view, column).collected(metric.measure)
        for select, columns in metric.measure.selects()
        for column in (select.columns() | columns) - {"known_at"}
    )


def only_declared_columns_are_read(metric: Metric, case: Case) -> bool:
    rows = Rows.of(case.pairs)
    whole = metric.measure.evaluate(Knowledge(case.tables, rows))
    declared: dict[str, set[str]] = {}
    for select, columns in metric.measure.selects():
        declared.setdefault(select.view, set()).update(select.columns() | columns)
    blind = Blinkered(case.tables, rows, declared)
    return np.array_equal(metric.measure.evaluate(blind), whole, equal_nan=True)


CHECKS = (
    *PUBLIC,
    MetricCheck("without a column it reads it is not collected", missing_column_is_not_collected),
    MetricCheck("no column is read but those it names", only_declared_columns_are_read),
)


class Without(Knowledge):
    """Knowledge in which one column of a view was never delivered."""

    def __init__(self, tables: Tables, rows: Rows, view: str, column: str) -> None:
        super().__init__(tables, rows, stored={})
        self.view, self.column = view, column

    def data(self, view: View) -> ViewData:
        found = Knowledge(self.tables, self.rows).stored(view.name).data
        gone = {self.column} if view.name == self.view else set()
        return replace(found, collected=found.collected - gone)


class Blinkered(Knowledge):
    """Knowledge in which all columns but keys, clocks and declared ones are empty."""

    def __init__(self, tables: Tables, rows: Rows, declared: dict[str, set[str]]) -> None:
        super().__init__(tables, rows, stored={})
        self.declared = declared

    def data(self, view: View) -> ViewData:
        found = Knowledge(self.tables, self.rows).stored(view.name).data
        if view.name == "accounts":
            return found
        kept = {*self.declared.get(view.name, ()), *view.entity, *view.version}
        kept |= {"account_id", "known_at", view.happened_at, found.table.column_names[0]}
        if found.beside is not None:
            kept.add(found.beside.by)
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
