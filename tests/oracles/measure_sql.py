"""Measures as plain SQL: every asked row joined with every fact it may see, nothing clever.

Written from what the declarations say, and with none of the engine's code: each measure becomes a
query with the columns ``account_id``, ``as_of`` and ``value``.
"""

from dataclasses import replace
from functools import singledispatchmethod

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from churngrid.features.metrics.bounded_measures import (
    Capped,
    Flag,
    Highest,
    LowestOver,
    Outstanding,
    Smallest,
    Sum,
    Unless,
)
from churngrid.features.metrics.combined_measures import (
    Change,
    Continuity,
    Difference,
    Growth,
    Ratio,
    Scaled,
    Slope,
)
from churngrid.features.metrics.group_measures import AgedTotal, Busiest, Shared, SilenceInGaps
from churngrid.features.metrics.measures import (
    Catalogue,
    Commercial,
    Count,
    DaysSince,
    DaysUntil,
    Distinct,
    Latest,
    Median,
    Oldest,
    Tenure,
    Total,
)
from churngrid.features.metrics.row_selection import (
    Window,
)
from churngrid.features.metrics.silence import Silence
from tests.oracles.commercial_facts import NEVER, Oracle
from tests.oracles.selection_sql import ago, all_of, covered, newest_of, visible
from tests.oracles.view_sql import (
    DAYS,
    ENTITIES,
    IDENTITY,
    LAUNCHES,
    PLANS,
    USAGE,
    VIEWS,
    happened_of,
)


class MeasureSql:
    """A database with the tables of a company and the asked rows, and measures as queries on it."""

    def __init__(self, tables, pairs):
        self._known = {}
        self._connection = duckdb.connect(config={"threads": 1})
        for name in tables:
            self._load(f"raw_{name}", tables[name])
        asked = pairs.assign(as_of=pairs["as_of"].dt.tz_localize(None).astype("datetime64[us]"))
        self._load("asked", pa.Table.from_pandas(asked, preserve_index=False))
        self._run("CREATE TABLE dates AS SELECT DISTINCT as_of FROM asked")
        for name in tables:
            view = "usage" if name in USAGE else name
            body = USAGE.get(name) or VIEWS.get(name) or f"SELECT * FROM raw_{name}"
            self._run(f"CREATE TABLE {view} AS {body}")
        for name in ("touches", "maturity_answers", "headcounts"):
            self._run(f"CREATE TABLE {name} AS {VIEWS[name]}")
        self._run(f"CREATE TABLE launches AS {LAUNCHES}")
        for view, entity in ENTITIES.items():
            self._run(f"CREATE TABLE state_of_{view} AS {newest_of(view, entity)}")

        self._load("commercial", _commercial(tables, asked))

    def values(self, measure, shift=0):
        """The numbers of a measure, by account and date; each is asked for once."""
        if (measure, shift) not in self._known:
            self._known[measure, shift] = self._asked(measure, shift)
        return self._known[measure, shift]

    def _asked(self, measure, shift):
        query = f"SELECT value FROM ({self.query(measure, shift)}) ORDER BY account_id, as_of"
        found = self._run(query).fetchnumpy()["value"]
        return np.ma.filled(np.ma.masked_invalid(found.astype(float)), np.nan)

    @singledispatchmethod
    def query(self, measure, shift):
        raise TypeError(measure)

    @query.register
    def _(self, measure: Count, shift):
        return self._folded("count(*)", measure.select, shift, empty=0)

    @query.register
    def _(self, measure: Total, shift):
        millionths = f"sum(CAST(round(v.{measure.column} * 1e6) AS BIGINT)) / 1e6"
        return self._folded(millionths, measure.select, shift, empty=0)

    @query.register
    def _(self, measure: Distinct, shift):
        values = ", ".join(f"'{column}': v.{column}" for column in measure.columns)
        said = " AND ".join(f"v.{column} IS NOT NULL" for column in measure.columns)
        counted = f"count(DISTINCT {{{values}}}) FILTER ({said})"
        return self._folded(counted, measure.select, shift, empty=0)

    @query.register
    def _(self, measure: Latest, shift):
        return self._newest(measure.select, shift, f"v.{measure.column}")

    @query.register
    def _(self, measure: Commercial, shift):
        return f"SELECT account_id, as_of, {measure.fact} AS value FROM commercial"

    @query.register
    def _(self, measure: DaysUntil, shift):
        return self._newest(
            measure.select, 0, f"(epoch_us(v.{measure.column}) - epoch_us(as_of)) {DAYS}"
        )

    @query.register
    def _(self, measure: DaysSince, shift):
        clock = measure.select.at or happened_of(measure.select.view)
        days = f"(epoch_us(as_of) - epoch_us(max(v.{clock}))) {DAYS}"
        found = self._folded(days, measure.select, 0, empty="NULL")
        if not measure.or_tenure:
            return found
        return f"""
            SELECT f.account_id, f.as_of,
                   coalesce(f.value, CASE WHEN t.value IS NOT NULL
                                          THEN least(t.value, c.value) END) AS value
            FROM ({found}) f JOIN ({self.query(Tenure(), 0)}) t USING (account_id, as_of)
            LEFT JOIN ({covered(measure.select)}) c USING (as_of)"""

    @query.register
    def _(self, measure: Silence, shift):
        since = self.query(DaysSince(measure.select, or_tenure=True), 0)
        window = replace(measure.select, window=Window(measure.looks_back_days))
        return f"""
            SELECT account_id, as_of,
                   s.value / greatest({measure.days}, coalesce({measure.gaps} * 7 / 5 * g.gap, 0))
                   AS value
            FROM ({since}) s LEFT JOIN (
                SELECT account_id, as_of, median(gap) AS gap FROM (
                    SELECT account_id, as_of, workday - lag(workday) OVER (
                        PARTITION BY account_id, as_of ORDER BY workday) AS gap
                    FROM (SELECT DISTINCT v.account_id, v.as_of, {_workday("v.date")} AS workday
                          FROM ({visible(window, 0)}) v))
                GROUP BY ALL) g USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Oldest, shift):
        clock = measure.select.at or happened_of(measure.select.view)
        days = f"(epoch_us(as_of) - epoch_us(min(v.{clock}))) {DAYS}"
        return self._folded(days, measure.select, shift, empty=0)

    @query.register
    def _(self, measure: Median, shift):
        value = f"v.{measure.column}"
        if measure.hours_since:
            value = f"(epoch_us({value}) - epoch_us(v.{measure.hours_since})) / 3600e6"
        return self._folded(f"median({value})", measure.select, shift, empty="NULL")

    @query.register
    def _(self, measure: Tenure, shift):
        return f"""
            SELECT a.account_id, a.as_of,
                   (epoch_us(a.as_of) - epoch_us(coalesce(customer_since, valid_from))) {DAYS}
                   AS value
            FROM asked a LEFT JOIN state_of_accounts s USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Catalogue, shift):
        released = "coalesce(f.released_at, TIMESTAMP '1970-01-01')"
        held = [all_of(measure.where, "f"), f"{released} < as_of"]
        if measure.window:
            ends = measure.window.ends_days_ago
            held.append(f"{released} < {ago(ends)}")
            held.append(f"{released} >= {ago(ends + measure.window.days)}")
        held.append("(f.retired_at IS NULL OR f.retired_at >= as_of)")
        needed, plan = (
            f"nullif(list_position({PLANS}, lower(trim({name}))), 0)"
            for name in ("f.min_plan", "s.plan_tier")
        )
        held.append(f"coalesce({needed} <= {plan}, true)")
        counted = f"count(DISTINCT f.{measure.of})" if measure.of else "count(*)"
        return f"""
            SELECT a.account_id, a.as_of,
                   (SELECT {counted} FROM raw_features f WHERE {" AND ".join(held)}) AS value
            FROM asked a LEFT JOIN state_of_accounts s USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Scaled, shift):
        query = self.query(measure.measure, shift)
        return f"SELECT account_id, as_of, {measure.factor!r} * value AS value FROM ({query})"

    @query.register
    def _(self, measure: Ratio, shift):
        upper, lower = self.query(measure.upper, shift), self.query(measure.lower, shift)
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN l.value > 0 AND l.value >= {measure.at_least!r}
                        THEN {measure.factor!r} * u.value / l.value END AS value
            FROM ({upper}) u JOIN ({lower}) l USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Difference, shift):
        first, second = self.query(measure.first, shift), self.query(measure.second, shift)
        return f"""
            SELECT account_id, as_of, f.value - s.value AS value
            FROM ({first}) f JOIN ({second}) s USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Change, shift):
        now = self.query(measure.measure, shift)
        before = self.query(measure.measure, shift + measure.days)
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN b.value > 0 THEN (n.value - b.value) / b.value END AS value
            FROM ({now}) n JOIN ({before}) b USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Growth, shift):
        now, before = self.query(measure.now, shift), self.query(measure.before, shift)
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN b.value > 0 THEN (n.value - b.value) / b.value END AS value
            FROM ({now}) n JOIN ({before}) b USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Outstanding, shift):
        due, done = self.query(measure.due, shift), self.query(measure.done, shift)
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN done.value <= due.value THEN 0 ELSE due.value END AS value
            FROM ({due}) due JOIN ({done}) done USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Slope, shift):
        weeks = " UNION ALL ".join(
            f"SELECT *, {week} AS week FROM ({self.query(measure.measure, shift + 7 * week)})"
            for week in range(measure.weeks)
        )
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN any_value(t.value) >= {7 * measure.weeks} AND sum(w.value) > 0
                        THEN regr_slope(ln(1 + w.value), -week) END AS value
            FROM ({weeks}) w JOIN ({self.query(Tenure(), 0)}) t USING (account_id, as_of)
            GROUP BY ALL"""

    @query.register
    def _(self, measure: Continuity, shift):
        moments = " UNION ALL ".join(
            f"SELECT * FROM ({self.query(measure.measure, shift + measure.days * place)})"
            for place in range(measure.moments)
        )
        age = measure.days * (measure.moments - 1)
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN any_value(t.value) >= {age}
                        THEN avg(CASE WHEN m.value > 0 THEN 1 ELSE 0 END) END AS value
            FROM ({moments}) m JOIN ({self.query(Tenure(), 0)}) t USING (account_id, as_of)
            GROUP BY ALL"""

    @query.register
    def _(self, measure: Capped, shift):
        return self._each(
            f"CASE WHEN value IS NOT NULL THEN least(value, {measure.at_most!r}) END",
            measure.measure,
            shift,
        )

    @query.register
    def _(self, measure: Flag, shift):
        low, high = (f"'{bound}'::DOUBLE" for bound in (measure.at_least, measure.at_most))
        held = f"CASE WHEN value IS NOT NULL THEN (value BETWEEN {low} AND {high})::DOUBLE END"
        return self._each(held, measure.measure, shift)

    @query.register
    def _(self, measure: Sum, shift):
        return self._together(
            "CASE WHEN count(value) = count(*) THEN sum(value) END", measure, shift
        )

    @query.register
    def _(self, measure: Smallest, shift):
        return self._together(
            "CASE WHEN count(value) = count(*) THEN min(value) END", measure, shift
        )

    @query.register
    def _(self, measure: Highest, shift):
        return self._together("max(value)", measure, shift)

    @query.register
    def _(self, measure: LowestOver, shift):
        queries = [
            self.query(measure.measure, shift + measure.days * place)
            for place in range(measure.moments)
        ]
        return _united("CASE WHEN count(value) = count(*) THEN min(value) END", queries)

    @query.register
    def _(self, measure: Unless, shift):
        first, other = self.query(measure.measure, shift), self.query(measure.other, shift)
        return f"""
            SELECT account_id, as_of,
                   CASE WHEN o.value > {measure.above!r} THEN 0 ELSE f.value END AS value
            FROM ({first}) f JOIN ({other}) o USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Busiest, shift):
        parts = ", ".join(f"v.{column}" for column in measure.columns)
        return f"""
            SELECT account_id, as_of, coalesce(value, 0) AS value
            FROM asked LEFT JOIN (
                SELECT account_id, as_of, greatest(max(total), 0) AS value FROM (
                    SELECT v.account_id, v.as_of, {parts},
                           sum(CAST(round(v.{measure.column} * 1e6) AS BIGINT)) / 1e6 AS total
                    FROM ({visible(measure.select, shift)}) v GROUP BY ALL)
                GROUP BY account_id, as_of)
            USING (account_id, as_of)"""

    @query.register
    def _(self, measure: Shared, shift):
        return f"""
            SELECT account_id, as_of, coalesce(value, 0) AS value
            FROM asked LEFT JOIN (
                SELECT account_id, as_of, count(*) FILTER (others >= {measure.at_least}) AS value
                FROM (
                    SELECT v.account_id, v.as_of, v.{measure.column},
                           count(DISTINCT v.{measure.by}) AS others
                    FROM ({visible(measure.select, shift)}) v
                    WHERE v.{measure.column} IS NOT NULL GROUP BY ALL)
                GROUP BY account_id, as_of)
            USING (account_id, as_of)"""

    @query.register
    def _(self, measure: SilenceInGaps, shift):
        clock = measure.select.at or happened_of(measure.select.view)
        days = f"""
            SELECT DISTINCT v.account_id, v.as_of, {_workday(f"v.{clock}")} AS workday
            FROM ({visible(measure.select, 0)}) v"""
        gaps = f"""
            SELECT account_id, as_of, median(gap) AS gap FROM (
                SELECT *, workday - lag(workday) OVER (
                    PARTITION BY account_id, as_of ORDER BY workday) AS gap FROM ({days}))
            GROUP BY ALL"""
        ever = replace(measure.select, window=None)
        last = self._folded(f"epoch_us(max(v.{clock}))", ever, 0, empty="NULL")
        return f"""
            SELECT account_id, as_of,
                   ({_workday("as_of")} - coalesce(
                        {_workday("make_timestamp(l.value::BIGINT)")},
                        {_workday("as_of - to_microseconds((t.value * 86400e6)::BIGINT)")}))
                   / coalesce(gap, 5) AS value
            FROM ({last}) l JOIN ({self.query(Tenure(), 0)}) t USING (account_id, as_of)
            LEFT JOIN ({gaps}) g USING (account_id, as_of)"""

    @query.register
    def _(self, measure: AgedTotal, shift):
        clock = measure.select.at or happened_of(measure.select.view)
        days = f"(epoch_us(as_of) - epoch_us(v.{clock})) {DAYS}"
        summed = f"sum(CAST(round(coalesce(v.{measure.column}, 0) * {days} * 1e3) AS BIGINT)) / 1e3"
        return self._folded(summed, measure.select, 0, empty=0)

    def _each(self, value, measure, shift):
        return f"SELECT account_id, as_of, {value} AS value FROM ({self.query(measure, shift)})"

    def _together(self, value, measure, shift):
        return _united(value, [self.query(part, shift) for part in measure.parts])

    def _folded(self, aggregate, select, shift, *, empty):
        return f"""
            SELECT account_id, as_of, coalesce(value, {empty}) AS value
            FROM asked LEFT JOIN (
                SELECT v.account_id, v.as_of, {aggregate} AS value
                FROM ({visible(select, shift)}) v GROUP BY v.account_id, v.as_of)
            USING (account_id, as_of)"""

    def _newest(self, select, shift, value):
        clock = select.at or happened_of(select.view)
        identity = IDENTITY.get(select.view) or ENTITIES.get(select.view, ("event_id",))[0]
        return f"""
            SELECT account_id, as_of, value
            FROM asked LEFT JOIN (
                SELECT v.account_id, v.as_of, {value} AS value
                FROM ({visible(select, shift)}) v
                QUALIFY row_number() OVER (
                    PARTITION BY v.account_id, v.as_of
                    ORDER BY v.{clock} DESC NULLS LAST, v.known_at DESC, v.{identity} DESC) = 1)
            USING (account_id, as_of)"""

    def _load(self, name, table):
        columns = []
        for column in table.columns:
            if pa.types.is_dictionary(column.type):
                column = column.cast(pa.string())
            if pa.types.is_timestamp(column.type):
                column = column.cast(pa.timestamp("us"))
            columns.append(column)
        given = pa.table(columns, names=table.column_names)
        self._connection.register("given", given)
        self._run(f"CREATE TABLE {name} AS SELECT row_number() OVER () AS _row, * FROM given")
        self._connection.unregister("given")

    def _run(self, statement):
        return self._connection.execute(statement)


def _commercial(tables, asked):
    """The facts of the contracts, each date asked on its own."""
    oracle = Oracle(tables)
    rows = []
    for account, moment in zip(asked["account_id"], asked["as_of"], strict=True):
        t = moment.tz_localize("UTC")
        facts = oracle.facts(account, t)
        days = {
            f"days_to_{name}": None if end == NEVER else (end - t) / pd.Timedelta(days=1)
            for name, end in (
                ("term_end", facts.term_end),
                ("notice_deadline", facts.notice_deadline),
            )
        }
        monthly = facts.decision_kind == "month_end" or facts.decision_at == NEVER
        days["days_to_decision"] = (
            None if monthly else (facts.decision_at - t) / pd.Timedelta(days=1)
        )
        kind = facts.decision_kind
        days["silence_renews"] = None if kind is None else float(kind != "term_end")
        rows.append(
            {"account_id": account, "as_of": moment, "pays": float(facts.pays), "arr": facts.arr}
            | {"arr_growth_12m": facts.growth, "seats": facts.seats}
            | {"price_level": facts.price_level}
            | {"dearer_12m": facts.dearer, "less_discount_12m": facts.less_discount}
            | days
        )
    return pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False)


def _united(value, queries):
    """One number for each row out of those of several queries."""
    together = " UNION ALL ".join(f"SELECT * FROM ({query})" for query in queries)
    return f"SELECT account_id, as_of, {value} AS value FROM ({together}) GROUP BY ALL"


def _workday(moment):
    """The number of a day among Mondays to Fridays; a weekend is part of its Friday."""
    monday = f"date_diff('day', DATE '1969-12-29', ({moment})::DATE)"
    return f"(5 * ({monday} // 7) + least({monday} % 7, 4))"
