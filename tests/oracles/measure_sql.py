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
    Above,
    Below,
    EveryRow,
    Filled,
    HasPart,
    Is,
    IsNot,
    IsTrue,
    Weekday,
    Window,
)
from churngrid.features.metrics.silence import Silence
from churngrid.features.schema.plans import PLANS as PLAN_ORDER
from churngrid.features.schema.tables import table_spec
from tests.oracles.commercial_facts import NEVER, Oracle

DAYS = "/ 86400e6"
KEY = "['exec_sponsor', 'champion', 'decision_maker']"
PLANS = str([*PLAN_ORDER])
HELD = """coalesce(attended, coalesce(type, '') = 'call' AND occurred_at IS NOT NULL)"""
CATALOGUE = """f.module, f.is_core, f.is_value_event, f.is_premium, f.released_at,
    f.is_integration, f.is_admin_setting"""

VIEWS = {
    "tickets": """
        SELECT *, created_at + to_microseconds(CAST(sla_target_h * 3600e6 AS BIGINT)) AS sla_due_at,
               CASE WHEN sla_target_h > 0
                    THEN (epoch_us(resolved_at) - epoch_us(created_at)) / (sla_target_h * 3600e6)
                    END AS resolution_to_sla
        FROM raw_tickets
        WHERE coalesce(lower(category) NOT IN
                       ('cancellation', 'data_export', 'billing_cancel', 'offboarding'), true)""",
    "invoices": f"""
        WITH said AS (
            SELECT *, coalesce(lower(trim(status)), '') AS said, coalesce(amount_paid, 0) AS paid,
                   coalesce(amount_due <= 0, false) OR said IN ('void', 'draft') AS nobody,
                   greatest(amount_due - paid, 0) AS rest,
                   coalesce(rest > 0.005 * amount_due, false) AS short,
                   said = 'paid' AS says_paid, paid > 0 AND short AND NOT says_paid AS part
            FROM raw_invoices)
        SELECT *,
               CASE WHEN nobody THEN issued_at WHEN part THEN NULL
                    WHEN paid_at IS NOT NULL THEN paid_at
                    WHEN says_paid OR (paid > 0 AND NOT short) THEN coalesce(due_at, issued_at)
               END AS settled_at,
               CASE WHEN nobody THEN 0 WHEN paid_at IS NOT NULL AND NOT part THEN amount_due
                    ELSE amount_due - least(paid, amount_due) END AS owed,
               CASE WHEN nobody THEN 0 ELSE amount_due END AS billed,
               CASE WHEN paid_at IS NULL OR due_at IS NULL THEN NULL
                      ELSE greatest(0, (epoch_us(paid_at) - epoch_us(due_at)) {DAYS})
                 END AS days_late, days_late * billed AS late_amount
        FROM said""",
    "activities": f"""SELECT *, {HELD} AS took_place FROM raw_activities""",
    "goals": f"""
        SELECT *, (epoch_us(achieved_at) - epoch_us(due_at)) {DAYS} AS days_late FROM raw_goals""",
    "account_events": """
        SELECT * REPLACE (coalesce(value_num, CASE lower(value_text)
                          WHEN 'red' THEN -1 WHEN 'yellow' THEN 0 WHEN 'green' THEN 1 END)
                          AS value_num)
        FROM raw_account_events""",
    "people": f"""
        WITH said AS (
            SELECT *, greatest(coalesce(valid_from, known_at), known_at) AS seen,
                   list_has_any(string_split(coalesce(roles, ''), '|'), {KEY}) AS is_key
            FROM raw_people),
        keyed AS (
            SELECT p.* EXCLUDE (seen, is_key),
                   (SELECT min(coalesce(q.valid_from, q.known_at)) FROM said q
                    WHERE q.person_id = p.person_id AND q.account_id = p.account_id
                    AND q.is_key AND q.seen <= p.seen) AS key_since
            FROM said p)
        SELECT * REPLACE (coalesce(left_account_at, left_known_at) AS left_account_at),
               key_since + INTERVAL 365 DAY AS key_a_year_at
        FROM keyed""",
    "survey_responses": """
        WITH answers AS (
            SELECT *, greatest(responded_at, known_at) AS seen,
                   (SELECT roles FROM raw_people p
                    WHERE p.person_id = s.person_id
                    AND greatest(p.valid_from, p.known_at) <= s.known_at
                    ORDER BY p.valid_from DESC, p.known_at DESC LIMIT 1) AS person_roles
            FROM raw_survey_responses s),
        said AS (SELECT * FROM answers WHERE score IS NOT NULL AND responded_at IS NOT NULL
                                         AND person_id IS NOT NULL),
        weighed AS (
            SELECT *, string_split(coalesce(person_roles, ''), '|') AS held,
                   CASE WHEN list_has_any(held, ['exec_sponsor', 'decision_maker']) THEN 3.0
                        WHEN list_contains(held, 'admin') THEN 2.0 ELSE 1.0 END AS role_weight,
                   score IS NOT NULL AND responded_at IS NOT NULL AS answered
            FROM answers)
        SELECT w.* EXCLUDE (held, seen, answered), role_weight * score AS weighted_score,
               CASE WHEN answered THEN
                   (SELECT min(q.seen) FROM said q WHERE q.person_id = w.person_id
                    AND q.account_id = w.account_id AND q.survey_type = w.survey_type
                    AND q.responded_at > w.responded_at) END AS superseded_at,
               CASE WHEN answered THEN
                   (SELECT CASE WHEN q.seen <= w.seen THEN w.score - q.score END FROM said q
                    WHERE q.person_id = w.person_id
                    AND q.account_id = w.account_id AND q.survey_type = w.survey_type
                    AND q.responded_at < w.responded_at
                    ORDER BY q.responded_at DESC, q.known_at DESC, q.survey_id DESC LIMIT 1)
                   END AS score_change
        FROM weighed w""",
    "headcounts": """
        SELECT _row, account_id, employee_count, coalesce(valid_from, known_at) AS stated_at,
               known_at
        FROM raw_accounts WHERE employee_count IS NOT NULL""",
    "maturity_answers": """
        SELECT e.* FROM raw_account_events e
        WHERE kind = 'maturity_answer' AND coalesce((
            SELECT arg_max(event_type, c.known_at) NOT IN
                   ('notice_received', 'cancel_requested', 'cancelled')
            FROM raw_contract_events c
            WHERE c.account_id = e.account_id AND c.known_at <= e.known_at AND event_type IN
                  ('notice_received', 'cancel_requested', 'cancelled', 'cancel_withdrawn',
                   'renewed', 'reactivated')), true)""",
    "touches": f"""
        WITH taking_part AS (
            SELECT *, CASE WHEN person_ids IS NULL THEN NULL ELSE one END AS person_id
            FROM raw_activities, unnest(string_split(coalesce(person_ids, ''), '|')) AS t(one)),
        departures AS (
            SELECT person_id, min(greatest(left_known_at, known_at)) AS person_left_at
            FROM raw_people WHERE left_known_at IS NOT NULL GROUP BY person_id)
        SELECT t._row, activity_id, t.account_id, type, direction, occurred_at, t.person_id,
               coalesce(attended, false) AS attended,
               coalesce(type IN ('meeting', 'call', 'qbr', 'training') AND {HELD}, false)
               OR coalesce(direction = 'inbound', false) AS two_way,
               NOT two_way AND coalesce(type, 'email') = 'email' AND direction IS NULL
               OR two_way AND t.person_id IS NULL AS untold,
               (SELECT roles FROM raw_people p
                WHERE p.person_id = t.person_id AND greatest(p.valid_from, p.known_at) <= t.known_at
                ORDER BY p.valid_from DESC, p.known_at DESC LIMIT 1) AS person_roles,
               person_left_at, t.known_at
        FROM taking_part t LEFT JOIN departures USING (person_id)""",
}
BESIDE = f"""
    (SELECT CASE WHEN greatest(coalesce(valid_from, p.known_at), p.known_at) <= u.known_at
                 THEN department END
     FROM raw_people p
     WHERE p.account_id = u.account_id AND p.product_user_id = u.product_user_id
     AND department IS NOT NULL
     ORDER BY greatest(coalesce(valid_from, p.known_at), p.known_at), valid_from, person_id,
              department
     LIMIT 1) AS department,
    coalesce(nullif(list_position({PLANS}, lower(trim(f.min_plan))), 0) >
     (SELECT nullif(list_position({PLANS}, lower(trim(plan_tier))), 0) FROM raw_accounts a
      WHERE a.account_id = u.account_id AND greatest(a.valid_from, a.known_at) <= u.known_at
      ORDER BY a.valid_from DESC, a.known_at DESC LIMIT 1), false) AS above_plan"""
USAGE = {
    "usage_daily": f"""
        SELECT u.*, {CATALOGUE}, {BESIDE},
               coalesce(coalesce(events, minutes) > 0,
                        NOT coalesce(automated_events > 0, false)) AS is_use
        FROM raw_usage_daily u LEFT JOIN raw_features f USING (feature_id)""",
    "usage_events": f"""
        SELECT u.*, date_trunc('day', occurred_at)::TIMESTAMP AS date, 1.0 AS events, {CATALOGUE},
               {BESIDE}, true AS is_use
        FROM raw_usage_events u LEFT JOIN raw_features f USING (feature_id)""",
}
LAUNCHES = """
    WITH uses AS (
        SELECT account_id, feature_id, product_user_id, released_at, events,
               date_trunc('day', date)::TIMESTAMP AS day,
               greatest(known_at, date_trunc('day', date)::TIMESTAMP) AS known_at
        FROM usage
        WHERE events > 0 AND date_diff('day', released_at::DATE, date::DATE) BETWEEN 0 AND 59),
    moments AS (SELECT DISTINCT account_id, feature_id, released_at, known_at FROM uses),
    reached AS (
        SELECT m.account_id, m.feature_id, m.released_at, m.known_at
        FROM moments m JOIN uses u ON u.account_id = m.account_id
             AND u.feature_id = m.feature_id AND u.known_at <= m.known_at
        GROUP BY ALL HAVING sum(events) >= 3 AND count(DISTINCT product_user_id) >= 2)
    SELECT account_id, feature_id, released_at, min(known_at) AS known_at,
           min(known_at) AS adopted_at
    FROM reached GROUP BY ALL"""
HAPPENED = {
    "usage": "date",
    "headcounts": "stated_at",
    "launches": "adopted_at",
    "touches": "occurred_at",
    "maturity_answers": "occurred_at",
}
ENTITIES = {
    "accounts": ("account_id",),
    "people": ("person_id",),
    "contracts": ("contract_id",),
    "subscription_items": ("item_id", "effective_from"),
    "invoices": ("invoice_id",),
    "seats": ("account_id", "product_user_id"),
    "tickets": ("ticket_id",),
    "survey_responses": ("survey_type", "survey_id", "person_id", "sent_at"),
    "activities": ("activity_id",),
    "goals": ("goal_id",),
}
IDENTITY = {"headcounts": "account_id", "survey_responses": "survey_id"}
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
            self._run(f"CREATE TABLE state_of_{view} AS {_state(view, entity)}")

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
            LEFT JOIN ({_covered(measure.select)}) c USING (as_of)"""

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
                          FROM ({_visible(window, 0)}) v))
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
        held = [_all(measure.where, "f"), f"{released} < as_of"]
        if measure.window:
            ends = measure.window.ends_days_ago
            held.append(f"{released} < {_ago(ends)}")
            held.append(f"{released} >= {_ago(ends + measure.window.days)}")
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
                    FROM ({_visible(measure.select, shift)}) v GROUP BY ALL)
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
                    FROM ({_visible(measure.select, shift)}) v
                    WHERE v.{measure.column} IS NOT NULL GROUP BY ALL)
                GROUP BY account_id, as_of)
            USING (account_id, as_of)"""

    @query.register
    def _(self, measure: SilenceInGaps, shift):
        clock = measure.select.at or happened_of(measure.select.view)
        days = f"""
            SELECT DISTINCT v.account_id, v.as_of, {_workday(f"v.{clock}")} AS workday
            FROM ({_visible(measure.select, 0)}) v"""
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
                FROM ({_visible(select, shift)}) v GROUP BY v.account_id, v.as_of)
            USING (account_id, as_of)"""

    def _newest(self, select, shift, value):
        clock = select.at or happened_of(select.view)
        identity = IDENTITY.get(select.view) or ENTITIES.get(select.view, ("event_id",))[0]
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


def _state(view, entity):
    """Per date and thing, the newest version that was known before and had begun."""
    dated = DATED.get(view)
    begun = f"AND {dated} < as_of" if dated else ""
    newest = f"{dated} DESC, known_at DESC" if dated else "known_at DESC"
    return f"""
        SELECT * FROM {view} JOIN dates ON known_at < as_of {begun}
        QUALIFY row_number() OVER (PARTITION BY as_of, {", ".join(entity)} ORDER BY {newest}) = 1"""


def _covered(select):
    """Per date, the days since the first day of any row of the view, known and past by then."""
    clocks = {happened_of(select.view), select.at or happened_of(select.view)}
    days = " UNION ALL ".join(
        f"SELECT as_of, {clock} AS moment FROM dates JOIN {select.view} v "
        f"ON v.known_at < as_of AND v.{clock} < as_of"
        for clock in sorted(clocks)
    )
    return f"""
        SELECT as_of, (epoch_us(as_of) - epoch_us(date_trunc('day', min(moment))::TIMESTAMP)) {DAYS}
               AS value
        FROM ({days}) GROUP BY as_of"""


def _visible(select, shift):
    """The facts of a selection beside each row that sees them."""
    held = [_all(select.where, "f")]
    if select.view == "usage" and not any(isinstance(one, EveryRow) for one in select.where):
        held.append("f.is_use")
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


def _united(value, queries):
    """One number for each row out of those of several queries."""
    together = " UNION ALL ".join(f"SELECT * FROM ({query})" for query in queries)
    return f"SELECT account_id, as_of, {value} AS value FROM ({together}) GROUP BY ALL"


def _workday(moment):
    """The number of a day among Mondays to Fridays; a weekend is part of its Friday."""
    monday = f"date_diff('day', DATE '1969-12-29', ({moment})::DATE)"
    return f"(5 * ({monday} // 7) + least({monday} % 7, 4))"


def _ago(days):
    return f"as_of - INTERVAL {days} DAY"


def _all(conditions, table):
    return " AND ".join(["true", *(_held(condition, table) for condition in conditions)])


def _held(condition, table):
    """One condition; what is empty does not hold."""
    column = f"{table}.{condition.column}"
    match condition:
        case EveryRow():
            held = "true"
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
            quoted = [f"'{value}'" for value in condition.values]  # noqa: PD011 - no pandas
            parts = f"[{', '.join(quoted)}]"
            held = f"list_has_any(string_split({column}, '|'), {parts})"
        case Weekday():
            held = f"isodow({column}) <= 5"
    return f"coalesce({held}, false)"


def _listed(values):
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"
