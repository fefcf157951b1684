"""Contracts and items that carry no price, in a company that bills their accounts."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray
from ...arrays.coded_text import found_in
from ...schema.invoice_rows import is_billed
from ...schema.tableset import Finding, Tables

__all__ = ["read_from_bills"]


_PRICES = {"contracts": ("acv", "tcv"), "subscription_items": ("mrr",)}
_RULE = (
    "no price is stated for accounts that are billed, as where use is charged; what these pay a "
    "year was read from their invoices of the last twelve months, brought to a year where they "
    "began later"
)


def read_from_bills(tables: Tables) -> Iterator[Finding]:
    """Report what carries no price although its account is billed.

    Parameters
    ----------
    tables : Tables

    Yields
    ------
    Finding
        At most one a table.
    """
    if not tables.filled("invoices"):
        return
    invoices = tables["invoices"]
    billed = pc.unique(invoices.filter(pa.array(is_billed(invoices)))["account_id"])
    priced = {name: _priced(tables, name) for name in _PRICES if tables.filled(name)}
    with_price = [
        pc.unique(tables[name].filter(pa.array(mask))["account_id"])
        for name, mask in priced.items()
    ]
    for name, mask in priced.items():
        accounts = tables[name]["account_id"]
        free = ~mask & found_in(accounts, billed)
        for ids in with_price:
            free &= ~found_in(accounts, ids)
        if free.any():
            examples = pc.unique(accounts.filter(pa.array(free)))[:3].to_pylist()
            yield Finding(name, _PRICES[name][0], _RULE, int(free.sum()), tuple(examples))


def _priced(tables: Tables, name: str) -> BoolArray:
    stated = pc.coalesce(*(tables[name][column] for column in _PRICES[name]))
    return np.asarray(pc.fill_null(pc.greater(stated, 0.0), False).to_numpy(), dtype=bool)
