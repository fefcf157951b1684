"""What an account pays a month, from whatever columns say it: amount, quantity and interval."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...schema.table_declaration import Column
from ..coerce import read_column
from .profiles import ColumnProfile, TableProfile
from .proposal import Part, Take
from .vocabulary import INTERVAL_MONTHS
from .words import column_words

__all__ = [
    "Billed",
    "amount_in",
    "annual",
    "as_was_paid",
    "has_amount",
    "in_hundredths",
    "interval_of",
    "monthly",
    "of_contract",
    "quoted",
    "with_whole_units",
]


def _patterns(*names: str) -> tuple[tuple[str, ...], ...]:
    return tuple(column_words(name) for name in names)


_MONTHLY = _patterns(
    *("mrr", "monthly recurring revenue", "mrr amount", "monthly amount", "monthly fee"),
    *("monthly price", "monthly revenue", "monthly charge", "monthly value", "price per month"),
    *("amount per month", "monthly cost", "monthly subscription amount", "monthly spend"),
    *("monthly net amount", "monthly gross amount", "monthly subscription", "monthly rate"),
)
_ANNUAL = _patterns(
    *("arr", "annual recurring revenue", "acv", "annual contract value", "annual value"),
    *("annual amount", "yearly amount", "annual fee", "annual price", "yearly price", "arr amount"),
    *("price per year", "annual revenue contracted", "yearly value", "annual contract amount"),
    *("annual subscription amount", "current arr", "arr value"),
)
_QUARTERLY = _patterns(
    *("quarterly amount", "quarterly fee", "quarterly price", "quarterly revenue"),
    *("price per quarter", "amount per quarter", "quarterly charge"),
)
_PER_UNIT = _patterns(
    *("unit price", "unit amount", "price per unit", "price per seat", "seat price", "per seat"),
    *("plan unit price", "unit cost", "price per user", "rate per seat", "unit price amount"),
)
_PER_INTERVAL = _patterns(
    *("amount", "price", "plan amount", "plan price", "subscription amount", "fee", "rate"),
    *("recurring amount", "total", "total amount", "value", "subscription price", "charge"),
    *("billing amount", "recurring price", "net amount", "next payment amount", "renewal amount"),
    *("payment amount", "amount per period", "price per period", "product price", "item price"),
)
_PER_CONTRACT = _patterns(
    *("contract value", "contract amount", "total contract amount", "contract total", "tcv"),
    *("renewal value", "renewal amount", "subscription value", "current contract value"),
)
_QUANTITY = _patterns(
    *("quantity", "seats", "licenses", "seat count", "units", "plan quantity", "license count"),
    *("number of seats", "number of licenses"),
)
_INTERVAL = _patterns(
    *("interval", "billing interval", "billing period", "billing cycle", "billing frequency"),
    *("plan interval", "recurring interval", "frequency", "billing term", "payment frequency"),
    *("billing period unit", "subscription period", "cycle", "billing", "term unit", "period unit"),
    *("plan interval unit", "interval unit", "billing interval unit", "billing type", "term"),
    *("billing plan", "payment interval", "renewal period", "recurrence"),
    *("product interval unit", "price interval unit", "billing cycle interval", "item interval"),
    *("charge interval unit", "order interval unit", "payment interval unit", "renewal interval"),
)
_COUNT = _patterns(
    *("interval count", "plan interval count", "billing interval count", "interval length"),
    *("plan interval length", "billing period", "billing frequency", "term length"),
    *("product interval", "price interval", "billing cycle frequency"),
    *("charge interval frequency", "order interval frequency", "charge interval", "order interval"),
)
_MINOR = ("cent", "minor", "penny", "pence")
_THOUSANDS = ("k", "thousand", "tsd", "tausend", "teur", "keur", "kusd", "kgbp", "kchf", "millier")
_CURRENCIES = ("usd", "eur", "gbp", "chf", "dollar")
_MOST_THOUSANDS = 100_000
"""An amount above it is hardly one of thousands, whatever the heading says."""
_WHOLE_UNITS = ("jpy", "krw", "vnd", "clp", "isk", "xaf", "xof", "pyg", "ugx")
"""Currencies without hundredths."""
_AS_CODED = re.compile(r"^[a-z]+(?:[_.][a-z]+)*$")
_OF_PROVIDERS = re.compile(
    r"^(?:in|ch|pi|py|re|il|ii|si|sub|price|plan|txn|pri|cus|ctm)_[0-9A-Za-z]{8,}$"
)
"""Ids of payment providers whose programming interfaces count in hundredths."""
_PROVIDED = frozenset(
    column_words(name)
    for name in (
        *("amount", "amount due", "amount paid", "amount remaining", "total", "subtotal"),
        *("unit amount", "amount total", "unit price amount", "total amount", "amount captured"),
        *("details totals total", "details totals grand total", "totals total", "plan amount"),
    )
)
"""What they call amounts."""
_PLAN = _patterns("plan", "plan name", "product", "product name", "plan id", "price id", "tier")
_BESIDE = _patterns(
    *("add ons total", "addons total", "add on total", "add ons amount", "addon amount"),
    *("addons amount", "add on amount"),
)
_GOODS = {("sku",), ("variant",)}
"""Goods have a price each, however many are delivered."""
_WHOLE = re.compile(r"^-?\d+$")
_STEADY = 0.8
_NEAR = 0.02
_FEWEST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class _Amount:
    """An amount as an expression, and what is said of it."""

    formula: str
    why: str


@dataclass(frozen=True, slots=True)
class Billed:
    """What accounts are invoiced.

    Parameters
    ----------
    column : str
        By which the rows of a table of subscriptions name their account.
    amounts : mapping of str to float
        Middle amount of the invoices of each account.
    """

    column: str
    amounts: Mapping[str, float]


def interval_of(table: TableProfile) -> ColumnProfile | None:
    """Return the column that says in words how often is paid, or None.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    ColumnProfile or None
    """
    return _words(table, _INTERVAL)


def quoted(name: str, reads: str = "number") -> str:
    """Return the numbers of a column as an expression.

    Parameters
    ----------
    name : str
    reads : {"number", "moment", "flag"}
        As what its values are read.

    Returns
    -------
    str

    Examples
    --------
    >>> quoted("Amount Due")
    'number("Amount Due")'
    """
    return f"{reads}({_bare(name)})"


def _bare(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def in_hundredths(table: TableProfile, column: ColumnProfile) -> bool:
    """Say whether amounts are written in cents: by their name, or as a payment provider does.

    Parameters
    ----------
    table : TableProfile
    column : ColumnProfile
        Of numbers.

    Returns
    -------
    bool
        For a provider only where its ids stand in the table, the column has the name that its
        programming interface gives it, and no amount has a fraction.
    """
    if any(word in column.words for word in _MINOR):
        return True
    as_coded = bool(_AS_CODED.match(column.name)) and column_words(column.name) in _PROVIDED
    if not as_coded or not all(_WHOLE.match(value.strip()) for value in column.looked_at):
        return False
    ids = (c for c in table.filled if c.unique and c.could_be_id)
    return any(all(_OF_PROVIDERS.match(value) for value in c.looked_at) for c in ids)


def amount_in(table: TableProfile, column: ColumnProfile) -> str:
    """Return the amounts of a column in whole units of their currency, as an expression.

    Parameters
    ----------
    table : TableProfile
    column : ColumnProfile
        Of numbers.

    Returns
    -------
    str
    """
    if _in_thousands(column):
        return f"{quoted(column.name)} * 1000"
    if not in_hundredths(table, column):
        return quoted(column.name)
    currency = next((c for c in table.filled if c.words[:1] == ("currency",)), None)
    whole = sorted(currency.lowered & set(_WHOLE_UNITS)) if currency else []
    if currency is None or not whole:
        return f"{quoted(column.name)} / 100"
    named = ", ".join(f"'{code}'" for code in whole)
    hundred = f"case when lower({_bare(currency.name)}) in ({named}) then 1 else 100 end"
    return f"{quoted(column.name)} / ({hundred})"


def has_amount(table: TableProfile) -> bool:
    """Say whether a table has a price, of one or of all, by whatever period."""
    return _number(table, _PER_UNIT) is not None or _number(table, _PER_INTERVAL) is not None


def with_whole_units(part: Part, table: TableProfile) -> Part:
    """Read what is invoiced in whole units of its currency.

    Parameters
    ----------
    part : Part
    table : TableProfile
        Its source.

    Returns
    -------
    Part
        As it was, unless it has amounts in hundredths.
    """
    if part.table != "invoices":
        return part

    def whole(take: Take) -> Take:
        cents = take.column.startswith("amount_") and take.source
        if not cents or not in_hundredths(table, table.columns[take.source]):
            return take
        formula = amount_in(table, table.columns[take.source])
        why = f"{take.source!r} is in hundredths"
        return Take(take.column, formula=formula, why=why)

    return replace(part, takes=tuple(map(whole, part.takes)))


def monthly(table: TableProfile, billed: Billed | None = None) -> Take | None:
    """Return how the columns of a table give what is paid a month, or None if they do not say.

    Parameters
    ----------
    table : TableProfile
        One row a subscription, an item of one, or a month of one.
    billed : Billed or None
        What was invoiced, to tell a price of one from that of all.

    Returns
    -------
    Take or None
        For the column ``mrr``. Nothing is proposed where it is open whether an amount is by month
        or by year.
    """
    for names, months in ((_MONTHLY, 1), (_ANNUAL, 12), (_QUARTERLY, 3)):
        found = _number(table, names)
        if found is not None:
            return _taken(table, "mrr", found, months)
    return _by_interval(table, billed)


def as_was_paid(table: TableProfile, amount: Take, billed: Billed | None) -> Take | None:
    """Return what was paid a month by those whose amount was set to 0 when they left.

    Parameters
    ----------
    table : TableProfile
    amount : Take
        For the column ``mrr``.
    billed : Billed or None
        As in ``monthly``.

    Returns
    -------
    Take or None
        The amount, and where it is 0 what price and quantity give; a guess. None where they do
        not say it.
    """
    price = _by_interval(table, billed)
    if price is None or amount.first_column in price.formula:
        return None
    said = amount.formula or quoted(amount.source)
    why = f"{amount.first_column!r} is 0 for those who left; for them {price.why}"
    return Take("mrr", formula=f"coalesce(nullif({said}, 0), {price.formula})", sure=False, why=why)


def annual(table: TableProfile) -> Take | None:
    """Return how the columns of a table give what is paid a year, or None."""
    for names, months in ((_ANNUAL, 1), (_MONTHLY, 1 / 12)):
        found = _number(table, names)
        if found is not None:
            return _taken(table, "acv", found, months)
    return None


def of_contract(table: TableProfile) -> Take | None:
    """Return the value of a contract as that of a year, a guess; None if no column has one."""
    found = _number(table, _PER_CONTRACT)
    if found is None:
        return None
    why = f"{found.name!r}, taken as the value of a year"
    return replace(_taken(table, "acv", found, 1), sure=False, why=why)


_EACH = {3: "a quarter", 12: "a year"}


def _taken(table: TableProfile, column: str, found: ColumnProfile, months: float) -> Take:
    cents = in_hundredths(table, found)
    if months == 1 and not cents and not _in_thousands(found):
        return Take(column, found.name)
    formula = amount_in(table, found)
    formula += f" / {months:g}" if months > 1 else f" * {1 / months:g}" if months < 1 else ""
    said = ", ".join(
        [*(["in hundredths"] if cents else []), *([_EACH[round(months)]] if months > 1 else [])]
        + (["in thousands"] if _in_thousands(found) else [])
        + (["a month"] if months < 1 else [])
    )
    return Take(column, formula=formula, why=f"{found.name!r} is {said} by its name")


def _by_interval(table: TableProfile, billed: Billed | None) -> Take | None:
    interval = _words(table, _INTERVAL)
    amount = _amount(table, billed)
    if interval is None or amount is None:
        return None
    known = {
        word: INTERVAL_MONTHS[word] for word in sorted(interval.lowered & INTERVAL_MONTHS.keys())
    }
    if len(known) < len(interval.lowered):
        return None
    months = _months(interval, known)
    count = _number(table, _COUNT)
    if count is not None:
        months = f"{months} * {quoted(count.name)}"
    formula = amount.formula if months == "1" else f"{amount.formula} / ({months})"
    why = f"{amount.why}, by the month of {interval.name!r}"
    return Take("mrr", formula=formula, why=why)


def _months(interval: ColumnProfile, known: dict[str, float]) -> str:
    lengths = set(known.values())
    if len(lengths) == 1:
        return f"{lengths.pop():g}"
    cases = " ".join(f"when '{word}' then {months:g}" for word, months in known.items())
    return f"case lower({_bare(interval.name)}) {cases} end"


def _amount(table: TableProfile, billed: Billed | None) -> _Amount | None:
    per_unit, whole = _number(table, _PER_UNIT), _number(table, _PER_INTERVAL)
    quantity = _number(table, _QUANTITY)
    found = per_unit or whole
    if found is None:
        return None
    formula = amount_in(table, found)
    said = f"{found.name!r}"
    if quantity is not None and quantity.lowered != {"1"}:
        of_one = per_unit is not None or _is_of_one(table, found, quantity, billed)
        if of_one is None:
            return None
        said += "" if of_one else f", which holds for all of {quantity.name!r}"
        if of_one:
            formula = f"{quoted(quantity.name)} * {formula}"
            said = f"{quantity.name!r} x {said}"
    return _with_add_ons(table, _Amount(formula, said))


def _with_add_ons(table: TableProfile, amount: _Amount) -> _Amount:
    """Add what is paid for add-ons, where it stands in a column of its own."""
    beside = _number(table, _BESIDE)
    if beside is None:
        return amount
    formula = f"({amount.formula} + coalesce({amount_in(table, beside)}, 0))"
    return _Amount(formula, f"{amount.why} and {beside.name!r}")


def _is_of_one(
    table: TableProfile, amount: ColumnProfile, quantity: ColumnProfile, billed: Billed | None
) -> bool | None:
    """Whether an amount is the price of one: by what was invoiced, else by what stays steady."""
    rows = pd.DataFrame({"amount": _read(table, amount), "quantity": _read(table, quantity)})
    rows["times"] = rows["amount"] * rows["quantity"]
    if billed is not None:
        keys = pd.Series(table.looked_at[billed.column].to_pylist()).astype(str)
        told = rows.assign(invoiced=keys.map(billed.amounts))[rows["quantity"] > 1].dropna()
        one, all_ = (_agree(told["invoiced"], told[name]) for name in ("times", "amount"))
        if len(told) >= _FEWEST_GROUPS and max(one, all_) >= _STEADY > min(one, all_):
            return one > all_
    if amount.words == ("price",) and any(column.words[:1] in _GOODS for column in table.filled):
        return True
    plan, interval = _words(table, _PLAN), _words(table, _INTERVAL)
    if plan is None:
        return None
    named = [column.name for column in (plan, interval) if column is not None]
    rows = rows.assign(plan=_together(table, named)).dropna()
    return _is_steady(rows[rows["quantity"] > 0])


def _agree(invoiced: pd.Series, asked: pd.Series) -> float:
    return float(np.isclose(invoiced.to_numpy(float), asked.to_numpy(float), rtol=_NEAR).mean())


def _is_steady(rows: pd.DataFrame) -> bool | None:
    """Whether, within a plan, the amount stays the same while the quantity changes."""
    groups = [group for _, group in rows.groupby("plan") if _varies(group["quantity"])]
    if sum(map(len, groups)) < 2 * _FEWEST_GROUPS:
        return None
    one = sum(not _varies(group["amount"]) for group in groups) / len(groups)
    prices = [(group["amount"] / group["quantity"]).round(4) for group in groups]
    all_ = sum(not _varies(price) for price in prices) / len(groups)
    if one >= _STEADY > all_:
        return True
    return False if all_ >= _STEADY > one else None


def _together(table: TableProfile, names: list[str]) -> list[str]:
    """Return the values of some columns as one text a row."""
    columns = (table.looked_at[name].to_pylist() for name in names)
    return ["|".join(map(str, row)) for row in zip(*columns, strict=True)]


def _varies(values: pd.Series) -> bool:
    return bool(values.min() < values.max())


def _read(table: TableProfile, column: ColumnProfile) -> list[float | None]:
    values = read_column(Column("n", "number"), table.looked_at[column.name]).column
    return list(values.to_pylist())


def _number(table: TableProfile, names: tuple[tuple[str, ...], ...]) -> ColumnProfile | None:
    return _first(table, names, lambda column: column.reads_as("number"))


def _words(table: TableProfile, names: tuple[tuple[str, ...], ...]) -> ColumnProfile | None:
    return _first(table, names, lambda column: not column.reads_as("number"))


def _first(
    table: TableProfile,
    names: tuple[tuple[str, ...], ...],
    holds: Callable[[ColumnProfile], bool],
) -> ColumnProfile | None:
    """Return the column with the surest name among those whose values are of the right kind."""
    for words in names:
        called = [column for column in table.filled if column.words == words]
        called += [
            column for column in table.filled if _unit(column) and _without_unit(column) == words
        ]
        called += [column for column in table.filled if _without_tax(column) == words]
        for column in called:
            if holds(column):
                return column
    return None


def _in_thousands(column: ColumnProfile) -> bool:
    """Whether a heading says that amounts are in thousands: `ARR (k\u20ac)`, `MRR in TEUR`."""
    said = any(word in _THOUSANDS for word in column.words[1:])
    return said and max(column.numbers, default=0) < _MOST_THOUSANDS


def _without_unit(column: ColumnProfile) -> tuple[str, ...]:
    """Return the words of a name without its unit: `price in cents` is a price."""
    said = column.words
    while len(said) > 1 and _is_unit(said[-1]):
        said = said[:-1]
    return said[:-1] if said[-1:] == ("in",) else said


def _without_tax(column: ColumnProfile) -> tuple[str, ...]:
    """Return the words of a longer name without `net` and `gross`."""
    said = tuple(word for word in column.words if word not in {"net", "gross"})
    return said if len(said) > 1 else ()


def _unit(column: ColumnProfile) -> bool:
    """Whether a name ends with a currency, its hundredth part or thousands of it."""
    return bool(column.words) and _is_unit(column.words[-1])


def _is_unit(word: str) -> bool:
    return word in _MINOR or word in _CURRENCIES or word in _THOUSANDS
