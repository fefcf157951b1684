"""Names for rows that have no id of their own: the account, with a day or a product beside it."""

import pandas as pd

from ..profiles import TableProfile
from ..proposal import Take
from ..recognise import Fit
from .parts import first_named

__all__ = ["name_items", "name_rows"]

_PRODUCTS = ("product", "product name", "plan", "plan name", "item", "service", "sku", "module")


def name_rows(fit: Fit, takes: dict[str, Take], entity: str, beside: Take | None) -> None:
    """Let the account, with something beside it, name rows that have no id of their own.

    Parameters
    ----------
    fit : Fit
    takes : dict of str to Take
        By canonical column; changed.
    entity : str
        The canonical column that names a row.
    beside : Take or None
        What tells the rows of an account apart, such as their day.
    """
    way = fit.way
    if entity in takes or way is None:
        return
    if fit.table.columns[way.column].unique:
        why = "one row an account, so that the account names it"
        takes[entity] = Take(entity, way.column, sure=False, why=why)
    elif beside is not None and beside.source:
        named = [way.column, beside.source]
        product = first_named(fit.table, "text", *_PRODUCTS)
        longer = [*named, product.name] if product else named
        told = next((names for names in (named, longer) if _are_apart(fit.table, names)), None)
        if told is not None:
            takes[entity] = _put_together(entity, told)


def name_items(fit: Fit, takes: dict[str, Take], *, by_month: bool) -> bool:
    """Name what is bought by its account, and by its product where an account has several.

    Rows of one name follow each other: two of the same day would be one too few.

    Parameters
    ----------
    fit : Fit
    takes : dict of str to Take
        By canonical column; changed.
    by_month : bool
        Whether rows repeat what is paid month by month.

    Returns
    -------
    bool
        False where nothing tells apart what is bought on one day.
    """
    way = fit.way
    if "item_id" in takes or way is None or way.hops:
        return True
    products = [t for name in ("plan", "product_id") if (t := takes.get(name)) and t.source]
    begin = takes.get("effective_from")
    day = [begin.source] if begin and begin.source else []
    named = [way.column, *[take.source for take in products]]
    if fit.table.columns[way.column].unique:
        why = "one row an account, so that the account names it"
        takes["item_id"] = Take("item_id", way.column, sure=False, why=why)
        return True
    if not by_month and products and _are_apart(fit.table, named):
        takes["item_id"] = _put_together("item_id", named)
    elif _are_apart(fit.table, [way.column, *day]):
        why = "no column names the subscription, so that an account has one"
        takes["item_id"] = Take("item_id", way.column, sure=False, why=why)
    elif products and _are_apart(fit.table, [*named, *day]):
        takes["item_id"] = _put_together("item_id", named)
    return "item_id" in takes


def _put_together(column: str, names: list[str]) -> Take:
    """Return several columns as the name of a row, a guess."""
    said = " and ".join(map(repr, names))
    parts = ('"' + name.replace('"', '""') + '"' for name in names)
    formula = " || ' ' || ".join(parts)
    return Take(column, formula=formula, sure=False, why=f"no id: {said} together name a row")


def _are_apart(table: TableProfile, names: list[str]) -> bool:
    """Say whether some columns together differ from row to row."""
    rows = pd.DataFrame({name: table.looked_at[name].to_pylist() for name in names})
    return not rows.astype(str).duplicated().any()
