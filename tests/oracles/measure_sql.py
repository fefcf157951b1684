"""Measures as plain SQL: every asked row joined with every fact it may see, nothing clever.

Written from what the declarations say, and with none of the engine's code: each measure becomes a
query with the columns ``account_id``, ``as_of`` and ``value``.
"""

from functools import singledispatchmethod

import duckdb
import numpy as np
import pyarrow as pa

from churngrid.features.metrics.combined_measures import (
    Change,
    Continuity,
    Difference,
    Ratio,
    Scaled,
    Slope,
)
from churngrid.features.metrics.measures import (
    Catalogue,
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
from churngrid.features.metrics.select import (
    Above,
    Below,
    Filled,
    HasPart,
    Is,
    IsNot,
    IsTrue,
    Weekday,
)
from churngrid.features.schema.tables import table_spec

DAYS = "/ 86400e6"
CATALOGUE = """f.module, f.is_core, f.is_value_event, f.is_premium, f.released_at,
    f.is_integration, f.is_admin_setting"""

VIEWS = {
    "tickets": """
        SELECT *, created_at + to_microseconds(CAST(sla_target_h * 3600e6 AS BIGINT)) AS sla_due_at
        FROM raw_tickets
        WHERE coalesce(lower(category) NOT IN
                       ('cancellation', 'data_export', 'billing_cancel', 'offboarding'), true)""",
    "invoices": f"""
        SELECT *, CASE WHEN paid_at IS NULL OR due_at IS NULL THEN NULL
                       ELSE greatest(0, (epoch_us(paid_at) - epoch_us(due_at)) {DAYS})
                  END AS days_late
        FROM raw_invoices""",
    "contracts": """
        SELECT * REPLACE (coalesce(notice_deadline,
                          term_end - to_days(coalesce(notice_period_days, 0)::INTEGER))
                          AS notice_deadline)
        FROM raw_contracts""",
    "account_events": """
        SELECT * REPLACE (coalesce(value_num, CASE lower(value_text)
                          WHEN 'red' THEN -1 WHEN 'yellow' THEN 0 WHEN 'green' THEN 1 END)
                          AS value_num)
        FROM raw_account_events""",
    "maturity_answers": """
        SELECT e.* FROM raw_account_events e
        WHERE kind = 'maturity_answer' AND coalesce((
            SELECT arg_max(event_type, c.known_at) NOT IN
                   ('notice_received', 'cancel_requested', 'cancelled')
            FROM raw_contract_events c
            WHERE c.account_id = e.account_id AND c.known_at <= e.known_at AND event_type IN
                  ('notice_received', 'cancel_requested', 'cancelled', 'cancel_withdrawn',
                   'renewed', 'reactivated')), true)""",
    "touches": """
        WITH taking_part AS (
            SELECT *, CASE WHEN person_ids IS NULL THEN NULL ELSE one END AS person_id
            FROM raw_activities, unnest(string_split(coalesce(person_ids, ''), '|')) AS t(one)),
        departures AS (
            SELECT person_id, min(greatest(left_known_at, known_at)) AS person_left_at
            FROM raw_people WHERE left_known_at IS NOT NULL GROUP BY person_id)
        SELECT t._row, activity_id, t.account_id, type, direction, occurred_at, t.person_id,
               coalesce(type IN ('meeting', 'call', 'qbr', 'training') AND attended, false)
               OR coalesce(direction = 'inbound', false) AS two_way,
               (SELECT roles FROM raw_people p
                WHERE p.person_id = t.person_id AND greatest(p.valid_from, p.known_at) <= t.known_at
                ORDER BY p.valid_from DESC, p.known_at DESC LIMIT 1) AS person_roles,
               person_left_at, t.known_at
        FROM taking_part t LEFT JOIN departures USING (person_id)""",
}
USAGE = {
    "usage_daily": f"""
        SELECT u.*, {CATALOGUE} FROM raw_usage_daily u LEFT JOIN raw_features f USING (feature_id)
        """,
    "usage_events": f"""
        SELECT u.*, date_trunc('day', occurred_at)::TIMESTAMP AS date, 1.0 AS events, {CATALOGUE}
        FROM raw_usage_events u LEFT JOIN raw_features f USING (feature_id)""",
}
HAPPENED = {"usage": "date", "touches": "occurred_at", "maturity_answers": "occurred_at"}
ENTITIES = {
    "accounts": ("account_id",),
    "people": ("person_id",),
    "contracts": ("contract_id",),
    "subscription_items": ("item_id", "effective_from"),
    "invoices": ("invoice_id",),
    "seats": ("account_id", "product_user_id"),
    "tickets": ("ticket_id",),
    "survey_responses": ("survey_id", "person_id", "sent_at"),
    "activities": ("activity_id",),
    "goals": ("goal_id",),
}
DATED = {
    "accounts": "valid_from",
    "people": "valid_from",
    "tickets": "changed_at",
    "goals": "changed_at",
}
"""Views whose versions hold from a time of their own on; the others' from when they were known."""


def happened_of(view):
    return HAPPENED.get(view) or table_spec(view).happened_at


class MeasureSql:
    """A database with the tables of a company and the asked rows, and measures as queries on it."""

    def __init__(self, tables, pairs):
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
        for name in ("touches", "maturity_answers"):
            self._run(f"CREATE TABLE {name} AS {VIEWS[name]}")
        for view, entity in ENTITIES.items():
            self._run(f"CREATE TABLE state_of_{view} AS {_state(view, entity)}")

    def values(self, measure, shift=0):
        """The numbers of a measure, by account and date."""
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
            SELECT f.account_id, f.as_of, coalesce(f.value, t.value) AS value
            FROM ({found}) f JOIN ({self.query(Tenure(), 0)}) t USING (account_id, as_of)"""

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
        opens = "true" if measure.days is None else f"{released} >= {_ago(measure.days)}"
        return f"""
            SELECT account_id, as_of,
                   (SELECT count(*) FROM raw_features f WHERE {_all(measure.where, "f")}
                    AND {released} < as_of AND {opens}) AS value
            FROM asked"""

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

    def _folded(self, aggregate, select, shift, *, empty):
        return f"""
            SELECT account_id, as_of, coalesce(value, {empty}) AS value
            FROM asked LEFT JOIN (
                SELECT v.account_id, v.as_of, {aggregate} AS value
                FROM ({_visible(select, shift)}) v GROUP BY v.account_id, v.as_of)
            USING (account_id, as_of)"""

    def _newest(self, select, shift, value):
        clock = select.at or happened_of(select.view)
        identity = ENTITIES.get(select.view, ("event_id",))[0]
        return f"""
            SELECT account_id, as_of, value
            FROM asked LEFT JOIN (
                SELECT v.account_id, v.as_of, {value} AS value
                FROM ({_visible(select, shift)}) v
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


def _state(view, entity):
    """Per date and thing, the newest version that was known before and had begun."""
    dated = DATED.get(view)
    begun = f"AND {dated} < as_of" if dated else ""
    newest = f"{dated} DESC, known_at DESC" if dated else "known_at DESC"
    return f"""
        SELECT * FROM {view} JOIN dates ON known_at < as_of {begun}
        QUALIFY row_number() OVER (PARTITION BY as_of, {", ".join(entity)} ORDER BY {newest}) = 1"""


def _visible(select, shift):
    """The facts of a selection beside each row that sees them."""
    held = [_all(select.where, "f")]
    lag = select.lag_days + (0 if select.window else shift)
    held += [f"f.{column} < {_ago(lag)}" for column in select.after]
    if select.until:
        held.append(f"(f.{select.until} IS NULL OR f.{select.until} >= {_ago(lag)})")
    clock = f"f.{select.at or happened_of(select.view)}"
    if select.window:
        ends = select.window.ends_days_ago + shift
        opens = ends + select.window.days
        held.append(f"{clock} >= {_ago(opens)} AND {clock} < {_ago(ends)}")
    if select.view in ENTITIES:
        if select.at:
            held.append(f"{clock} < as_of")
        source = f"asked JOIN state_of_{select.view} f USING (account_id, as_of)"
    else:
        held.append(f"{clock} < as_of AND f.known_at < as_of")
        source = f"asked JOIN {select.view} f USING (account_id)"
    return f"SELECT * FROM {source} WHERE {' AND '.join(held)}"


def _ago(days):
    return f"as_of - INTERVAL {days} DAY"


def _all(conditions, table):
    return " AND ".join(["true", *(_held(condition, table) for condition in conditions)])


def _held(condition, table):
    """One condition; what is empty does not hold."""
    column = f"{table}.{condition.column}"
    match condition:
        case Is():
            held = f"lower({column}) IN {_listed(condition.values)}"
        case IsNot():
            return f"(coalesce(lower({column}), '') NOT IN {_listed(condition.values)})"
        case IsTrue():
            held = column
        case Above():
            held = f"{column} > {condition.bound!r}"
        case Below():
            held = f"{column} < {condition.bound!r}"
        case Filled():
            held = f"{column} IS NOT NULL"
        case HasPart():
            parts = "[" + ", ".join(f"'{value}'" for value in condition.values) + "]"
            held = f"list_has_any(string_split({column}, '|'), {parts})"
        case Weekday():
            held = f"isodow({column}) <= 5"
    return f"coalesce({held}, false)"


def _listed(values):
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"
