"""The views that measures read, as plain SQL over the tables of a company."""

from churngrid.features.schema.plans import PLANS as PLAN_ORDER
from churngrid.features.schema.tables import table_spec

DAYS = "/ 86400e6"
KEY = "['exec_sponsor', 'champion', 'decision_maker']"
PLANS = str([*PLAN_ORDER])
CLOSED = """('resolved', 'solved', 'closed', 'done', 'completed', 'merged', 'duplicate', 'spam',
    'deleted', 'cancelled', 'canceled', 'rejected', 'declined', 'invalid', 'archived')"""
HELD = """coalesce(attended, coalesce(type, '') = 'call' AND occurred_at IS NOT NULL)"""
CATALOGUE = """f.module, f.is_core, f.is_value_event, f.is_premium, f.released_at,
    f.is_integration, f.is_admin_setting"""

VIEWS = {
    "tickets": f"""
        SELECT *, CASE WHEN lower(trim(coalesce(status, ''))) IN {CLOSED}
                       THEN coalesce(resolved_at, known_at)
                       WHEN trim(coalesce(status, '')) = '' THEN resolved_at END AS closed_at,
               created_at + to_microseconds(CAST(sla_target_h * 3600e6 AS BIGINT)) AS sla_due_at,
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
