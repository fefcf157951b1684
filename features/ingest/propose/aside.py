"""Tables that are about the company itself, and no customers: its books and its suppliers."""

from collections.abc import Iterable

from .profiles import ColumnProfile, TableProfile
from .words import column_words

__all__ = ["OF_LEDGER", "of_the_books"]

_KINDS = tuple(
    column_words(name)
    for name in (
        *("account type", "classification", "class", "type", "account sub type", "category"),
        *("account class", "accttype", "general type", "account group", "nature"),
    )
)
_LEDGER = frozenset(
    {
        *("asset", "liability", "equity", "revenue", "expense", "income", "bank"),
        *("cost of sales", "accounts receivable", "accounts payable", "cost of goods sold"),
        *("fixed asset", "sales", "other current asset", "other current liability"),
        *("other income", "other expense", "fixed assets", "other assets", "current liability"),
        *("current asset", "long term liability", "credit card", "overhead", "depreciation"),
        *("direct cost", "current", "termliab", "currliab", "assets", "liabilities"),
        *("expenses", "other revenue", "other asset", "deferred revenue", "acctrec", "acctpay"),
        *("cogs", "fixedasset", "othcurrasset", "othcurrliab", "othincome", "othexpense"),
        *("othasset", "deferrevenue", "deferexpense", "longtermliab", "nonposting", "stat"),
        *("unbilledrec", "credcard", "balancesheet", "incomestatement", "inventory"),
        *("directcosts", "otherincome", "depreciatn", "noncurrent", "prepayment"),
        *("paygliability"),
    }
)
"""Kinds of accounts in the books of a company, as accounting systems write them."""
_FEWEST_KINDS, _MOSTLY = 2, 0.6
_SUPPLIERS = {("vendor",), ("supplier",), ("creditor",), ("lieferant",), ("lieferanten",)}
OF_LEDGER = "its rows are accounts of a ledger, and no customers"
_OF_SUPPLIERS = "its rows are those who are paid, and no customers"


def of_the_books(tables: Iterable[TableProfile]) -> dict[str, str]:
    """Return the tables whose rows belong to the company itself, and why.

    Parameters
    ----------
    tables : iterable of TableProfile

    Returns
    -------
    dict of str to str
        By name of the table; the others are left to be looked at.
    """
    found = {table.name: _why(table) for table in tables}
    return {name: why for name, why in found.items() if why}


def _why(table: TableProfile) -> str:
    if any(column.words in _KINDS and _names_ledgers(column) for column in table.filled):
        return OF_LEDGER
    return _OF_SUPPLIERS if table.words[-1:] in _SUPPLIERS else ""


def _names_ledgers(column: ColumnProfile) -> bool:
    """Say whether most words of a column are kinds of accounts that only books have."""
    said = column.lowered
    known = {word for word in said if _plain(word) in _LEDGER}
    return len(known) >= _FEWEST_KINDS and len(known) >= _MOSTLY * len(said)


def _plain(word: str) -> str:
    return " ".join(word.replace("_", " ").split())
