"""Thirty counts that an analyst would write in an afternoon, known before each as-of date."""

from pathlib import Path

import duckdb
import pandas as pd

COUNTS = {
    "usage_daily": """
        count(distinct product_user_id) filter (date >= as_of - interval 28 day) as users_28d,
        count(distinct product_user_id) filter (date < as_of - interval 28 day) as users_before,
        sum(events) filter (date >= as_of - interval 28 day) as events_28d,
        sum(events) filter (date < as_of - interval 28 day) as events_before,
        count(distinct date) filter (date >= as_of - interval 28 day) as days_28d,
        count(distinct feature_id) filter (date >= as_of - interval 28 day) as features_28d,
        date_diff('day', max(date)::timestamp, any_value(as_of)) as idle_days
        where date >= as_of - interval 56 day and events > 0""",
    "tickets": """
        count(*) filter (created_at >= as_of - interval 30 day) as tickets_30d,
        count(*) as tickets_90d,
        count(*) filter (priority in ('urgent', 'critical', 'high')) as urgent_90d,
        count(*) filter (resolved_at is null or resolved_at >= as_of) as open_90d,
        count(*) filter (escalated_at < as_of) as escalated_90d,
        avg(csat_score) filter (csat_at < as_of) as csat_90d
        where created_at >= as_of - interval 90 day""",
    "people": """
        count(*) filter (roles like '%sponsor%' and gone is null) as sponsors,
        count(*) filter (roles like '%sponsor%' and gone >= as_of - interval 180 day)
            as sponsors_left_180d,
        count(*) filter (gone is null) as people
        from (select distinct on (row, person_id) *,
                     case when left_known_at < as_of then left_known_at end as gone
              from joined order by row, person_id, known_at desc) group by row""",
    "activities": """
        count(*) as talks_90d,
        count(*) filter (direction = 'inbound') as inbound_90d,
        count(*) filter (type in ('meeting', 'qbr', 'training') and attended) as meetings_90d
        where occurred_at >= as_of - interval 90 day and occurred_at < as_of""",
    "invoices": """
        count(*) filter (due_at < as_of and (paid_at is null or paid_at >= as_of)) as overdue,
        avg(date_diff('day', due_at::timestamp, paid_at::timestamp)) filter (paid_at < as_of)
            as days_late_180d
        where issued_at >= as_of - interval 180 day""",
    "survey_responses": """
        avg(score) as nps_180d, min(score) as lowest_nps_180d
        where survey_type = 'nps' and responded_at >= as_of - interval 180 day""",
    "goals": """
        count(*) filter (achieved_at < as_of and achieved_at >= as_of - interval 180 day)
            as achieved_180d,
        count(*) filter (due_at < as_of and (achieved_at is null or achieved_at >= as_of))
            as goals_late
        where true""",
    "account_events": """
        avg(value_num) as maturity_365d
        where kind = 'maturity_answer' and occurred_at >= as_of - interval 365 day""",
    "subscription_items": """
        sum(mrr) as mrr, sum(quantity) as seats
        where effective_from < as_of and (effective_to is null or effective_to > as_of)""",
    "contracts": """
        date_diff('day', any_value(as_of), max(term_end)::timestamp) as days_to_term_end,
        arg_max(term_months, term_end) as term_months
        where term_start < as_of""",
}
"""By table: what is counted over the rows of an account that were known before the date."""

ZERO = ("users", "events", "days", "features", "tickets", "urgent", "open", "escalated", "talks")
ZERO += ("inbound", "meetings", "sponsors", "people", "overdue", "achieved", "goals")
"""Counts that are 0 where there is no row."""


def thirty_counts(folder: Path, index: pd.MultiIndex) -> pd.DataFrame:
    """Return the counts of accounts on as-of dates.

    Parameters
    ----------
    folder : Path
        Canonical tables as Parquet: a file or a folder of part files a table.
    index : MultiIndex
        ``account_id`` and ``as_of``.

    Returns
    -------
    DataFrame, shape (n_rows, 30)
        The same index; NaN where nothing can be said.
    """
    pairs = index.to_frame(index=False)
    pairs["as_of"] = pairs["as_of"].dt.tz_localize(None)
    pairs["row"] = range(len(pairs))
    found = pd.DataFrame(index=pd.RangeIndex(len(pairs), name="row"))
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.register("pairs", pairs)
        for table, counts in COUNTS.items():
            found = found.join(
                database.execute(_query(folder, table, counts)).df().set_index("row")
            )
    zero = [name for name in found if name.startswith(ZERO)]
    found[zero] = found[zero].fillna(0)
    found["idle_days"] = found["idle_days"].fillna(56)
    found.index = index
    return found.astype(float)


def _query(folder: Path, table: str, counts: str) -> str:
    """Return SQL with one row a pair; a query that names its own source stays as it is."""
    files = folder / f"{table}.parquet"
    source = files if files.exists() else folder / table / "*.parquet"
    if "from (" not in counts:
        counts = counts.replace("where", "from joined where") + " group by row"
    return f"""
        with joined as (
            select pairs.row, pairs.as_of, facts.* from pairs
            join '{source}' as facts on facts.account_id = pairs.account_id
            and facts.known_at < pairs.as_of)
        select row, {counts}"""
