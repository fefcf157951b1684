"""What a role needs beyond columns of the same meaning: kinds by name, filters, money by formula.

One small function a canonical table; each returns the finished part, or a sentence that says why
the table is better left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import as_text
from ...schema.tables import Column
from ..coerce import read_column
from ..reshape.month_columns import VALUE
from .accounts import Way
from .columns import match_columns
from .money import Billed, annual, monthly
from .profiles import ColumnProfile, TableProfile
from .proposal import Part, Take
from .recognise import Fit
from .roles import DELETED, role_of
from .vocabulary import ENDED, NEVER_BEGAN, OWN_STAFF, SURVEYS, TYPES, WON, admitted
from .words import column_words

__all__ = ["completed", "events_of_ended", "left_out"]

_DELETED = tuple(column_words(name) for name in DELETED)
_ENDS = tuple(
    column_words(name)
    for name in (
        *(
            "ended at",
            "effective to",
            "end date",
            "subscription end date",
            "valid to",
            "churned at",
        ),
        *("churn date", "terminated at", "expires at", "expired at", "end", "cancelled at"),
        *("cancel date", "cancellation date", "deactivated at", "effective end date", "to date"),
        *("cancellation effective date", "service end date", "customer churned", "customer to"),
        *("to", "left at", "lost date", "deleted at"),
    )
)
_HAPPENED = frozenset(
    words
    for table, column in (
        *(("tickets", "created_at"), ("invoices", "issued_at"), ("usage_events", "occurred_at")),
        *(("usage_daily", "date"), ("activities", "occurred_at")),
    )
    for words in role_of(table).column_words[column]
)
"""Names of times at which something happened, and which lie in no future."""
_MOSTLY = 0.9
_INVOICE_NAMES = ("invoice id", "invoice number", "invoice", "document number")
_LINE_AMOUNTS = (
    *("line total", "line amount", "line net amount", "net amount", "amount", "total price"),
    *("extended price", "total", "line item amount", "subtotal"),
)
_YES = {"true", "t", "yes", "y", "1"}
_GONE = ("deleted", "spam", "trash")
_FEW = 40
_NPS_MOST, _CSAT_MOST = 10, 5


def completed(fit: Fit) -> Part | str:
    """Return a part with everything that its table needs, or why it is not proposed.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Part or str
    """
    if fit.role.table != "features" and fit.way is None:
        return "no column names the account of its rows"
    takes = dict(fit.takes)
    part = _COMPLETIONS.get(fit.role.table, _plain)(fit, takes)
    if isinstance(part, str):
        return part
    missing = [
        column.name
        for column in fit.role.spec.columns
        if column.demanded and column.name not in {take.column for take in part.takes}
    ]
    if missing:
        return f"no column for {', '.join(f'`{name}`' for name in missing)}"
    return part


def left_out(table: TableProfile) -> dict[str, tuple[str, ...]]:
    """Return the rows that are no longer there by a flag of their own: column and its values.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    dict of str to tuple of str
        Empty if all rows are there.
    """
    found = {}
    for column in table.columns.values():
        gone = sorted(column.lowered & _YES) if column.words in _DELETED else []
        if gone and column.reads_as("flag"):
            found[column.name] = tuple(v for v in column.looked_at if v.strip().lower() in gone)
    return found


def _plain(fit: Fit, takes: dict[str, Take]) -> Part | str:
    return _part(fit, takes)


def _part(
    fit: Fit,
    takes: Mapping[str, Take],
    *,
    only: Mapping[str, tuple[str, ...]] | None = None,
    but_not: Mapping[str, tuple[str, ...]] | None = None,
    filled: str = "",
) -> Part:
    known = {column.name: place for place, column in enumerate(fit.role.spec.columns)}
    ordered = sorted(takes.values(), key=lambda take: known[take.column])
    if fit.way is not None and fit.way.hops:
        ordered.insert(0, _by_way(fit.way))
    elif fit.way is not None and not fit.way.sure:
        ordered = [
            _unsure(take, fit.way) if take.column == "account_id" else take for take in ordered
        ]
    return Part(
        fit.role.table,
        fit.table.name,
        tuple(ordered),
        only=only or {},
        but_not={**left_out(fit.table), **(but_not or {})},
        filled=filled,
        month_columns=fit.table.is_long,
    )


def _unsure(take: Take, way: Way) -> Take:
    return Take(take.column, take.source, sure=False, why=way.why)


def _by_way(way: Way) -> Take:
    (table, met, on), *more = way.hops
    lookup: dict[str, object] = {"table": table, "on": way.column, "equals": met, "take": on}
    if more:
        lookup["then"] = [{"table": t, "equals": met, "take": on} for t, met, on in more]
    return Take("account_id", way.column, lookup=lookup, sure=way.sure, why=way.why)


def _contracts(fit: Fit, takes: dict[str, Take]) -> Part | str:
    yearly = annual(fit.table)
    if yearly is not None:
        takes["acv"] = yearly
    if _is_pipeline(fit):
        return _won_deals(fit, takes)
    if not {"acv", "tcv", "term_end", "term_months"} & takes.keys():
        return "no column says what a contract is worth or when it ends"
    _name_rows(fit, takes, "contract_id", takes.get("term_start"))
    return _part(fit, takes)


def _name_rows(fit: Fit, takes: dict[str, Take], entity: str, beside: Take | None) -> None:
    """Let the account, with something beside it, name rows that have no id of their own."""
    way = fit.way
    if entity in takes or way is None or way.hops:
        return
    if fit.table.columns[way.column].unique:
        why = "one row an account, so that the account names it"
        takes[entity] = Take(entity, way.column, sure=False, why=why)
    elif beside is not None and beside.source and _are_pairs(fit.table, way.column, beside.source):
        first, second = (name.replace('"', '""') for name in (way.column, beside.source))
        why = f"no id: {way.column!r} and {beside.source!r} together name a row"
        formula = f'"{first}" || \' \' || "{second}"'
        takes[entity] = Take(entity, formula=formula, sure=False, why=why)


def _are_pairs(table: TableProfile, one: str, other: str) -> bool:
    """Say whether two columns together differ from row to row."""
    rows = pd.DataFrame({name: table.looked_at[name].to_pylist() for name in {one, other}})
    return not rows.astype(str).duplicated().any()


def _is_pipeline(fit: Fit) -> bool:
    """Deals and opportunities become contracts only once they are won."""
    key = fit.takes.get("contract_id")
    said = [fit.table.words[-1:]]
    said += [fit.table.columns[key.source].words[:1]] if key else []
    return bool({("deal",), ("opportunity",)} & set(said))


def _won_deals(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Keep won deals: only they are contracts, and their amount is that of the contract."""
    amount = _first(
        fit.table, "number", "amount", "deal amount", "value", "deal value", "amount usd"
    )
    won = _won(fit.table)
    if won is None:
        return "nothing says which of the deals were won, so they are no contracts"
    if amount is not None and "acv" not in takes:
        why = f"{amount.name!r} of a won deal, taken as the value of a year"
        takes["acv"] = Take("acv", amount.name, sure=False, why=why)
    return _part(fit, takes, only=won)


def _won(table: TableProfile) -> dict[str, tuple[str, ...]] | None:
    flag = _first(table, "flag", "is won", "won", "is closed won")
    if flag is not None:
        return {flag.name: tuple(v for v in flag.looked_at if v.strip().lower() in _YES)}
    for name in ("stage", "stage name", "deal stage", "status", "deal status", "outcome"):
        stage = _first(table, "text", name)
        words = admitted(stage.looked_at, WON) if stage is not None else ()
        if stage is not None and words:
            return {stage.name: words}
    return None


def _items(fit: Fit, takes: dict[str, Take]) -> Part | str:
    mrr = monthly(fit.table, _billed(fit))
    if mrr is None:
        return "nothing tells for sure how much is paid a month"
    takes["mrr"] = mrr
    takes.pop("effective_to", None)
    end, month = _end_of(fit.table), _month_of_snapshots(fit, takes)
    if end is not None:
        takes["effective_to"] = Take("effective_to", end.name)
    elif month is not None:
        why = "a row a month: a customer without a row in a month has left"
        formula = f"moment({month}) + interval 1 month"
        takes["effective_to"] = Take("effective_to", formula=formula, sure=False, why=why)
    _name_rows(fit, takes, "item_id", None if month else takes.get("plan"))
    if "item_id" not in takes and fit.way is not None and not fit.way.hops:
        why = "no column names the subscription, so that an account has one"
        takes["item_id"] = Take("item_id", fit.way.column, sure=False, why=why)
    for name in ("unit_price", "contract_id"):
        takes.pop(name, None)
    status = _status(fit.table)
    never = admitted(status.looked_at, NEVER_BEGAN) if status else ()
    left_out_ = {status.name: never} if status and never else {}
    zeros = _zeros(fit.table) if fit.table.is_long else ()
    return _part(fit, takes, but_not=left_out_ | ({VALUE: zeros} if zeros else {}))


def _zeros(table: TableProfile) -> tuple[str, ...]:
    """Return how months without an amount are written."""
    values = table.columns[VALUE].looked_at
    return tuple(value for value in values if value.strip().strip("-").strip("0") in {"", ".", ","})


def _month_of_snapshots(fit: Fit, takes: Mapping[str, Take]) -> str | None:
    """Return the month, quoted, where a table repeats what is paid month by month."""
    start, way = takes.get("effective_from"), fit.way
    if start is None or not start.source or way is None or way.hops:
        return None
    rows = fit.table.looked_at
    moments = read_column(Column("t", "time"), rows[start.source]).column
    first_days = pc.all(pc.equal(pc.day(moments), 1)).as_py()
    repeated = 2 * len(fit.table.columns[way.column].values) <= len(rows)
    name = start.source.replace('"', '""')
    return f'"{name}"' if first_days and repeated else None


def _billed(fit: Fit) -> Billed | None:
    """Return what the accounts of a table of subscriptions are invoiced, if a table tells."""
    if fit.way is None or fit.way.hops:
        return None
    role = role_of("invoices")
    for table in fit.accounts.tables.values():
        way = fit.accounts.way_from(table.name)
        if table is fit.table or table.words not in role.noun_words or way is None or way.hops:
            continue
        amount = match_columns(role, table, taken={}).get("amount_due")
        if amount is None:
            continue
        keys = as_text(table.looked_at[way.column])[0].to_pylist()
        read = read_column(Column("n", "number"), table.looked_at[amount.source]).column.to_pylist()
        middle = pd.Series(read, index=keys, dtype=float).dropna().groupby(level=0).median()
        return Billed(fit.way.column, {str(key): value for key, value in middle.items()})
    return None


def _end_of(table: TableProfile) -> ColumnProfile | None:
    """Return the time that is there for subscriptions that are over, and only for them."""
    status = _status(table)
    ended = admitted(status.looked_at, ENDED) if status else ()
    candidates = [c for c in table.filled if c.words in _ENDS and c.reads_as("time")]
    candidates.sort(key=lambda column: _ENDS.index(column.words))
    if status is None or not ended:
        return next(iter(candidates), None)
    over = pc.is_in(table.looked_at[status.name], value_set=pa.array(ended))
    return next((c for c in candidates if _agrees(table.looked_at[c.name], over)), None)


def _agrees(times: pa.ChunkedArray, over: pa.ChunkedArray) -> bool:
    """Whether times are given for what is over, and hardly for anything else."""
    given = pc.is_valid(as_text(times)[0])
    given_over = pc.sum(pc.and_(given, over)).as_py() or 0
    rest = pc.sum(pc.and_(given, pc.invert(pc.fill_null(over, False)))).as_py() or 0
    n_over = pc.sum(over).as_py() or 0
    n_rest = len(given) - n_over
    return given_over >= _MOSTLY * n_over and rest <= (1 - _MOSTLY) * n_rest


def events_of_ended(fit: Fit) -> Part | None:
    """Return the ends of subscriptions as decisions, where a table holds one row each.

    Parameters
    ----------
    fit : Fit
        Of ``subscription_items``.

    Returns
    -------
    Part or None
        None where no column says when a subscription was cancelled.
    """
    names = (
        "canceled at",
        "cancelled at",
        "cancel date",
        "cancellation date",
        "churn date",
        "churned at",
        "customer churned",
        "cancellation effective date",
    )
    said = _first(fit.table, "time", *names)
    status = _status(fit.table)
    key = fit.takes.get("item_id")
    if said is None or key is None or fit.way is None or fit.way.hops:
        return None
    why = "the day on which somebody cancelled"
    ended = admitted(status.looked_at, ENDED) if status else ()
    return Part(
        "contract_events",
        fit.table.name,
        (
            Take("event_id", key.source),
            Take("account_id", fit.way.column),
            Take("event_type", constant="cancelled"),
            Take("effective_at", said.name, why=why),
        ),
        only={status.name: ended} if status and ended else {},
        but_not=left_out(fit.table),
        filled=said.name,
    )


def _tickets(fit: Fit, takes: dict[str, Take]) -> Part | str:
    # A table with one row a ticket shows what it is now: the last change says nothing about when
    # the ticket became known.
    key = takes.get("ticket_id")
    if key is not None and fit.table.columns[key.source].unique:
        takes.pop("changed_at", None)
    status = takes.get("status")
    gone = admitted(fit.table.columns[status.source].looked_at, _GONE) if status else ()
    return _part(fit, takes, but_not={status.source: gone} if status and gone else {})


def _people(fit: Fit, takes: dict[str, Take]) -> Part | str:
    roles = takes.get("roles")
    if roles is None:
        return _part(fit, takes)
    seen = fit.table.columns[roles.source].looked_at
    own = admitted(seen, OWN_STAFF)
    others = set(seen) - set(own)
    return _part(fit, takes, but_not={roles.source: own} if own and others else {})


def _surveys(fit: Fit, takes: dict[str, Take]) -> Part | str:
    kind = _kind_of_survey(fit, takes)
    if kind is None:
        return "nothing says whether its scores are NPS, CSAT or CES"
    takes["survey_type"] = kind
    if "score" in takes and "responded_at" not in takes and "sent_at" in takes:
        # A list of answers has one date, that of the answer; when somebody was asked is not told.
        takes["responded_at"] = replace(takes["sent_at"], column="responded_at")
    if "sent_at" not in takes and not any(column.is_dated for column in fit.table.filled):
        takes |= _undated(fit)
    if "survey_id" not in takes and fit.way is not None and not fit.way.hops:
        takes["survey_id"] = Take("survey_id", fit.way.column, sure=False, why="an answer each")
    return _part(fit, takes)


def _undated(fit: Fit) -> dict[str, Take]:
    """Let answers without a date be of the newest day on which anything in the data happened."""
    newest: list[str] = []
    for table in fit.accounts.tables.values():
        for column in table.filled:
            if column.words in _HAPPENED and column.reads_as("time"):
                moments = read_column(Column("t", "time"), table.looked_at[column.name]).column
                last = pc.max(moments).as_py()
                newest += [f"{last:%Y-%m-%d}"] if last else []
    if not newest:
        return {}
    why = "no column dates the answers: taken as of the newest day in the data"
    return {
        name: Take(name, constant=max(newest), sure=False, why=why)
        for name in ("sent_at", "responded_at")
    }


def _kind_of_survey(fit: Fit, takes: Mapping[str, Take]) -> Take | None:
    given = takes.get("survey_type")
    if given is not None and fit.table.columns[given.source].lowered <= SURVEYS.keys():
        return given
    score = takes.get("score")
    said = [*fit.table.words, *(fit.table.columns[score.source].words if score else ())]
    for word, kind in SURVEYS.items():
        if word in said:
            return Take("survey_type", constant=kind)
    numbers = fit.table.columns[score.source].numbers if score else []
    if not numbers or min(numbers) < 0:
        return None
    if _CSAT_MOST < max(numbers) <= _NPS_MOST and (min(numbers) == 0 or max(numbers) > 7):
        return Take("survey_type", constant="nps", sure=False, why="scores go from 0 to 10")
    return None


def _invoices(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Make one invoice of its lines, where the table has a row for each of those."""
    key = takes.get("invoice_id")
    if key is not None and fit.table.columns[key.source].unique:
        number = None
    else:
        number = _first(
            fit.table, "text", "invoice id", "invoice number", "invoice", "document number"
        )
    if number is None or number.unique or number.filled < number.rows:
        return _part(fit, takes)
    takes["invoice_id"] = Take("invoice_id", number.name)
    lines = _first(fit.table, "number", *_LINE_AMOUNTS)
    total = takes.get("amount_due")
    if total is not None and total.source and _is_steady_within(fit.table, number, total.source):
        return replace(_part(fit, takes), lines_of=number.name)
    if lines is None:
        return "it has several lines an invoice, and no column says what each of them is worth"
    why = "the sum of its lines"
    takes["amount_due"] = Take("amount_due", lines.name, why=why)
    return replace(_part(fit, takes), lines_of=number.name, add_up=("amount_due",))


def _is_steady_within(table: TableProfile, key: ColumnProfile, name: str) -> bool:
    """Say whether all lines of a thing say the same."""
    rows = pd.DataFrame({n: table.looked_at[n].to_pylist() for n in {key.name, name}}).astype(str)
    return bool(rows.groupby(key.name)[name].nunique().max() == 1)


def _activities(fit: Fit, takes: dict[str, Take]) -> Part | str:
    kind = takes.get("type")
    noun = fit.table.words[-1] if fit.table.words else ""
    if kind is not None and not fit.table.columns[kind.source].lowered & TYPES.keys():
        takes.pop("type")
    if "type" not in takes and noun in TYPES:
        takes["type"] = Take("type", constant=TYPES[noun], sure=noun == TYPES[noun])
    return _part(fit, takes)


def _events(fit: Fit, takes: dict[str, Take]) -> Part | str:
    return _part(fit, takes)


def _usage_daily(fit: Fit, takes: dict[str, Take]) -> Part | str:
    date = takes.get("date")
    if date is not None and "product_user_id" not in takes and _are_months(fit, date.source):
        return "it has a row a month and none a day: name its columns under `extra`"
    return _part(fit, takes)


def _are_months(fit: Fit, name: str) -> bool:
    """Say whether all times are first days of a month, of several months."""
    moments = read_column(Column("t", "time"), fit.table.looked_at[name]).column
    days = pc.unique(pc.drop_null(moments))
    return len(days) > 1 and bool(pc.all(pc.equal(pc.day(days), 1)).as_py())


def _contract_events(fit: Fit, takes: dict[str, Take]) -> Part | str:
    kind = takes.get("event_type")
    known = {"notice_received", "cancel_requested", "cancelled", "renewed", "churn_confirmed"}
    if kind is None or not fit.table.columns[kind.source].lowered & known:
        if not {"churn", "canceled", "churned", "lost"} & set(fit.table.words):
            return "nothing says which kind of event its rows are"
        takes["event_type"] = Take("event_type", constant="churn_confirmed")
    return _part(fit, takes)


def _status(table: TableProfile) -> ColumnProfile | None:
    found = _first(table, "text", "status", "state", "subscription status")
    return found if found is not None and len(found.values) <= _FEW else None


def _first(table: TableProfile, kind: str, *names: str) -> ColumnProfile | None:
    for words in (column_words(name) for name in names):
        for column in table.filled:
            if column.words == words and (kind == "text" or column.reads_as(kind)):  # type: ignore[arg-type]
                return column
    return None


_COMPLETIONS: dict[str, Callable[[Fit, dict[str, Take]], Part | str]] = {
    "people": _people,
    "contracts": _contracts,
    "subscription_items": _items,
    "contract_events": _contract_events,
    "invoices": _invoices,
    "usage_daily": _usage_daily,
    "usage_events": _events,
    "tickets": _tickets,
    "survey_responses": _surveys,
    "activities": _activities,
}
