"""A first column mapping for data whose names are not those of the contract."""

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from difflib import SequenceMatcher

from ..schema.tables import TABLES, TableSpec
from .raw_rows import Source
from .read import Data, open_source

__all__ = ["propose_mapping"]


_TABLE_WORDS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("customers", "companies", "organisations", "organizations", "clients"),
    "people": ("contacts", "users", "persons", "members"),
    "contracts": ("agreements",),
    "subscription_items": ("subscriptions", "subscription lines", "items"),
    "contract_events": ("churn events", "cancellations", "subscription events"),
    "invoices": ("bills",),
    "seats": ("licences", "licenses"),
    "usage_daily": ("feature usage", "daily usage", "usage"),
    "usage_events": ("events", "product events"),
    "tickets": ("support tickets", "cases", "conversations"),
    "survey_responses": ("surveys", "nps responses", "nps"),
    "activities": ("meetings", "engagements", "tasks"),
    "goals": ("objectives", "milestones", "success plans"),
}

_COLUMN_WORDS: Mapping[str, tuple[str, ...]] = {
    "account_id": ("customer id", "company id", "organisation id", "organization id", "client id"),
    "name": ("account name", "company name", "customer name"),
    "segment": ("customer segment", "size band"),
    "plan_tier": ("tier", "plan"),
    "customer_since": ("signup date", "sign up date", "created at", "start date", "first seen"),
    "employee_count": ("employees", "number of employees", "headcount"),
    "person_id": ("contact id", "user id", "id"),
    "product_user_id": ("user id", "member id", "login id"),
    "contract_id": ("agreement id", "subscription id"),
    "term_start": ("start date", "contract start", "begin date"),
    "term_end": ("end date", "contract end", "renewal date"),
    "auto_renew": ("auto renew flag", "auto renewal"),
    "item_id": ("subscription id", "line id", "subscription item id"),
    "quantity": ("seats", "licences", "licenses"),
    "mrr": ("mrr amount", "monthly amount", "monthly recurring revenue"),
    "effective_from": ("start date", "valid from"),
    "effective_to": ("end date", "valid to"),
    "event_id": ("id", "churn event id"),
    "effective_at": ("churn date", "cancel date", "event date"),
    "invoice_id": ("id", "number", "invoice number"),
    "issued_at": ("invoice date", "issue date", "created at"),
    "feature_id": ("feature", "feature name", "event name"),
    "date": ("usage date", "day", "activity date"),
    "events": ("usage count", "event count", "count"),
    "errors": ("error count",),
    "occurred_at": ("event time", "event ts", "timestamp", "event timestamp", "happened at"),
    "known_at": ("known ts", "received at", "ingested at", "loaded at"),
    "ticket_id": ("id", "case id", "ticket number"),
    "created_at": ("submitted at", "opened at", "created"),
    "resolved_at": ("closed at", "solved at"),
    "csat_score": ("satisfaction score", "csat"),
    "changed_at": ("updated at", "last modified"),
    "survey_id": ("id",),
    "sent_at": ("sent date", "send date"),
    "responded_at": ("response date", "answered at"),
}

_SIMILAR = 0.8


def propose_mapping(data: Data) -> dict[str, dict[str, object]]:
    """Guess which source tables and columns are those of the contract, by their names.

    Parameters
    ----------
    data : path of a folder or DuckDB file, database URL, or mapping of str to table

    Returns
    -------
    dict of str to dict
        In the form of ``Settings.tables``, only where a name differs. It is a draft that someone
        who knows the data has to look at: a table of which a required column was not found is
        left out with ``skip``.

    Raises
    ------
    SchemaError
        If the data cannot be opened.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"Customer ID": ["a"], "industry": ["retail"]})
    >>> propose_mapping({"Customers": customers})
    {'accounts': {'source': 'Customers', 'columns': {'account_id': 'Customer ID'}}}
    """
    with closing(open_source(data)) as source:
        found = _match([spec.name for spec in TABLES], source.names(), _TABLE_WORDS)
        proposals = {
            spec.name: _propose_table(spec, found[spec.name], source)
            for spec in TABLES
            if spec.name in found
        }
    return {name: proposal for name, proposal in proposals.items() if proposal}


def _propose_table(spec: TableSpec, name: str, source: Source) -> dict[str, object]:
    proposal: dict[str, object] = {}
    if name != spec.name:
        proposal["source"] = name
    found = _match([column.name for column in spec.columns], source.columns(name), _COLUMN_WORDS)
    columns = {column: taken for column, taken in found.items() if column != taken}
    if columns:
        proposal["columns"] = columns
    required = {column.name for column in spec.columns if column.required}
    if spec.name != "accounts" and required - found.keys():
        proposal["skip"] = True
    return proposal


def _match(
    wanted: Iterable[str], present: Iterable[str], words: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Pair names, surest pairs first, each used once."""
    wanted, present = list(wanted), list(present)
    pairs = [(_likeness(one, other, words), one, other) for one in wanted for other in present]
    found: dict[str, str] = {}
    # The order of the contract decides between pairs that are equally likely.
    for likeness, one, other in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= _SIMILAR and one not in found and other not in found.values():
            found[one] = other
    return {one: found[one] for one in wanted if one in found}


def _likeness(wanted: str, present: str, words: Mapping[str, tuple[str, ...]]) -> float:
    """1 for the same name, a little less for a known other word, else how similar they look."""
    if wanted == present:
        return 1.0
    plain_wanted, plain_present = _normal(wanted), _normal(present)
    if plain_wanted == plain_present:
        return 0.99
    others = [_normal(word) for word in words.get(wanted, ())]
    if plain_present in others:
        return 0.95 - 0.001 * others.index(plain_present)
    return 0.9 * SequenceMatcher(None, plain_wanted, plain_present).ratio()


def _normal(name: str) -> str:
    """Lower case without separators; the parts of camel case are one word like all others."""
    return re.sub(r"[\W_]+", "", name).lower()
