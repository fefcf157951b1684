"""Names of tables and columns as words: `CustomerID`, `customer_id` and `Customer Id` agree.

What people write in names is declared here once: which words mean the same, and which say nothing
about what a table or column is.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["ACCOUNT_NOUNS", "LOADER_WORDS", "column_words", "ends_with", "table_words"]

ACCOUNT_NOUNS = (
    *("account", "customer", "company", "organization", "client", "tenant", "workspace"),
    *("subscriber", "merchant", "buyer", "shop", "school", "hotel", "clinic", "agency", "group"),
)
"""What companies call those who pay them, the commonest first."""

LOADER_WORDS = ("fivetran", "airbyte", "sdc", "dlt", "stitch", "dbt", "etl", "meltano", "hevo")
"""Columns that begin with one of these say when and how a row was copied, not what it is about."""

_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SAID_TWICE = re.compile(r"\((?:utc|gmt)\)", re.IGNORECASE)

_MEANS = {
    "organisation": "organization",
    "org": "organization",
    "cust": "customer",
    "acct": "account",
    "acc": "account",
    "firm": "company",
    "business": "company",
    "identifier": "id",
    "uuid": "id",
    "guid": "id",
    "key": "id",
    "pk": "id",
    "timestamp": "at",
    "datetime": "at",
    "time": "at",
    "date": "at",
    "on": "at",
    "ts": "at",
    "dt": "at",
    "creation": "created",
    "create": "created",
    "createdate": "created at",
    "createdat": "created at",
    "closedate": "close at",
    "startdate": "start at",
    "enddate": "end at",
    "signup": "sign up",
    "num": "number",
    "nr": "number",
    "no": "number",
    "qty": "quantity",
    "amt": "amount",
    "cnt": "count",
    "cancelled": "canceled",
    "cancellation": "canceled",
    "cancelation": "canceled",
    "cancel": "canceled",
    "licence": "license",
    "email": "mail",
    "userid": "user id",
    "customerid": "customer id",
    "accountid": "account id",
    "companyid": "company id",
    "orgid": "organization id",
    "kunde": "customer",
    "kunden": "customer",
    "kundennummer": "customer number",
    "kundenname": "customer name",
    "firma": "company",
    "cliente": "client",
    "entreprise": "company",
    "empresa": "company",
    "vertrag": "contract",
    "vertrage": "contract",
    "vertragsnummer": "contract number",
    "vertragsbeginn": "contract start",
    "vertragsende": "contract end",
    "beginn": "start",
    "ende": "end",
    "rechnung": "invoice",
    "rechnungen": "invoice",
    "rechnungsnummer": "invoice number",
    "rechnungsdatum": "invoice at",
    "facture": "invoice",
    "factura": "invoice",
    "betrag": "amount",
    "montant": "amount",
    "importe": "amount",
    "datum": "at",
    "fecha": "at",
    "erstellt": "created",
    "wahrung": "currency",
    "menge": "quantity",
    "preis": "price",
    "kundigung": "canceled",
    "seit": "since",
}
_EMPTY = frozenset({"utc", "gmt", "of", "the", "property", "properties", "hs", "c", "sfdc"})
_TABLE_EMPTY = frozenset(
    {
        *("raw", "stg", "staging", "src", "source", "dim", "fact", "fct", "tbl", "table", "export"),
        *("exported", "data", "dataset", "list", "report", "all", "our", "my", "public", "sheet"),
        *("latest", "current", "full", "dump", "extract", "csv", "view", "vw", "v", "mart", "base"),
        *("record", "master", "sample", "file", "history", "monthly", "daily", "weekly", "by"),
    }
)
_IRREGULAR = {"people": "person", "status": "status", "analysis": "analysis", "address": "address"}


@lru_cache(maxsize=20_000)
def column_words(name: str) -> tuple[str, ...]:
    """Return what the name of a column says, word by word.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple of str
        Lower case, in the singular, one word for words that mean the same.

    Examples
    --------
    >>> column_words("CustomerID"), column_words("Created (UTC)"), column_words("number_of_seats")
    (('customer', 'id'), ('created',), ('number', 'seat'))
    """
    return tuple(word for word in _words(name) if word not in _EMPTY)


@lru_cache(maxsize=20_000)
def table_words(name: str) -> tuple[str, ...]:
    """Return what the name of a table says, without what only says that it is a table.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple of str
        Empty if nothing is said.

    Examples
    --------
    >>> table_words("raw_customers"), table_words("crm/Support Tickets 2024-05")
    (('customer',), ('crm', 'support', 'ticket'))
    """
    words = (word for word in _words(name) if not word.isdigit())
    return tuple(word for word in words if word not in _TABLE_EMPTY)


def ends_with(words: tuple[str, ...], endings: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the longest ending that words have, or None.

    Parameters
    ----------
    words : tuple of str
    endings : iterable of tuple of str

    Returns
    -------
    tuple of str or None

    Examples
    --------
    >>> ends_with(("support", "ticket"), [("ticket",), ("case",)])
    ('ticket',)
    """
    found = [ending for ending in endings if ending and words[-len(ending) :] == ending]
    return max(found, key=len, default=None)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", _SAID_TWICE.sub("", name))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words: list[str] = []
    for part in _SPLIT.findall(letters):
        singular = _singular(part.lower())
        meant = _MEANS.get(part.lower(), _MEANS.get(singular, singular))
        words += [word for word in meant.split() if [word] != words[-1:]]
    return words


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")
