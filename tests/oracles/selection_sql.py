"""What a selection of a view sees on each asked row, as plain SQL."""

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
)
from tests.oracles.view_sql import DATED, DAYS, ENTITIES, happened_of


def newest_of(view, entity):
    """Per date and thing, the newest version that was known before and had begun."""
    dated = DATED.get(view)
    begun = f"AND {dated} < as_of" if dated else ""
    newest = f"{dated} DESC, known_at DESC" if dated else "known_at DESC"
    return f"""
        SELECT * FROM {view} JOIN dates ON known_at < as_of {begun}
        QUALIFY row_number() OVER (PARTITION BY as_of, {", ".join(entity)} ORDER BY {newest}) = 1"""


def covered(select):
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


def visible(select, shift):
    """The facts of a selection beside each row that sees them."""
    held = [all_of(select.where, "f")]
    if select.view == "usage" and not any(isinstance(one, EveryRow) for one in select.where):
        held.append("f.is_use")
    lag = select.lag_days + (0 if select.window else shift)
    held += [f"f.{column} < {ago(lag)}" for column in select.after]
    if select.until:
        held.append(f"(f.{select.until} IS NULL OR f.{select.until} >= {ago(lag)})")
    clock = f"f.{select.at or happened_of(select.view)}"
    if select.window:
        ends = select.window.ends_days_ago + shift
        opens = ends + select.window.days
        held.append(f"{clock} >= {ago(opens)} AND {clock} < {ago(ends)}")
    if select.view in ENTITIES:
        if select.at:
            held.append(f"{clock} < as_of")
        source = f"asked JOIN state_of_{select.view} f USING (account_id, as_of)"
    else:
        held.append(f"{clock} < as_of AND f.known_at < as_of")
        source = f"asked JOIN {select.view} f USING (account_id)"
    return f"SELECT * FROM {source} WHERE {' AND '.join(held)}"


def ago(days):
    return f"as_of - INTERVAL {days} DAY"


def all_of(conditions, table):
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
            quoted = [f"'{value}'" for value in condition.values]
            parts = f"[{', '.join(quoted)}]"
            held = f"list_has_any(string_split({column}, '|'), {parts})"
        case Weekday():
            held = f"isodow({column}) <= 5"
    return f"coalesce({held}, false)"


def _listed(values):
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"
