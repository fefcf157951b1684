"""Names of tables and columns as words: `CustomerID`, `customer_id` and `Customer Id` agree.

What people write in names is declared here once: which words mean the same, and which say nothing
about what a table or column is.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = [
    "ACCOUNT_NOUNS",
    "LOADER_WORDS",
    "column_words",
    "ends_with",
    "names_many",
    "table_words",
]

ACCOUNT_NOUNS = (
    *("account", "customer", "company", "organization", "client", "tenant", "workspace"),
    *("subscriber", "merchant", "buyer", "shop", "school", "hotel", "clinic", "agency", "group"),
    *("store", "site", "practice", "institution", "dealer", "publisher", "restaurant"),
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
    "n": "number",
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
    "startdatum": "start at",
    "enddatum": "end at",
    "kundennr": "customer number",
    "firmenname": "company name",
    "betreuer": "csm",
    "ansprechpartner": "contact",
    "branche": "industry",
    "land": "country",
    "mitarbeiter": "employee",
    "mitarbeiterzahl": "employee",
    "monat": "month",
    "monatlich": "monthly",
    "jahrlich": "annual",
    "jaehrlich": "annual",
    "monatsbetrag": "monthly amount",
    "monatspreis": "monthly price",
    "jahresbetrag": "annual amount",
    "jahreswert": "annual value",
    "jahrespreis": "annual price",
    "nettobetrag": "net amount",
    "bruttobetrag": "gross amount",
    "gesamtbetrag": "total amount",
    "rechnungsbetrag": "invoice amount",
    "umsatz": "revenue",
    "kundigungsdatum": "canceled at",
    "kuendigung": "canceled",
    "kuendigungsdatum": "canceled at",
    "gekundigt": "canceled",
    "zum": "at",
    "fallig": "due",
    "falligkeit": "due at",
    "falligkeitsdatum": "due at",
    "faellig": "due",
    "faelligkeit": "due at",
    "bezahlt": "paid",
    "zahlung": "payment",
    "zahlungsdatum": "payment at",
    "erstellungsdatum": "created at",
    "ticketnummer": "ticket number",
    "gelost": "resolved",
    "geloest": "resolved",
    "geschlossen": "closed",
    "eroffnet": "opened",
    "prioritat": "priority",
    "prioritaet": "priority",
    "kategorie": "category",
    "verlangerung": "renewal",
    "verlaengerung": "renewal",
    "laufzeitende": "term end",
    "laufzeitbeginn": "term start",
    "lizenz": "license",
    "lizenzen": "license",
    "nutzer": "user",
    "benutzer": "user",
    "tarif": "plan",
    "produkt": "product",
    "bewertung": "rating",
    "kommentar": "comment",
    "abonnement": "subscription",
    "abo": "subscription",
    "am": "at",
    "raison": "company",
    "sociale": "name",
    "pays": "country",
    "secteur": "industry",
    "effectif": "employee",
    "debut": "start",
    "fin": "end",
    "mensuel": "monthly",
    "mensuelle": "monthly",
    "annuel": "annual",
    "annuelle": "annual",
    "ttc": "gross",
    "ht": "net",
    "contrat": "contract",
    "resiliation": "canceled",
    "echeance": "due",
    "paiement": "payment",
    "payee": "paid",
    "numero": "number",
    "utilisateur": "user",
    "responsable": "owner",
    "renouvellement": "renewal",
    "statut": "status",
    "priorite": "priority",
    "commentaire": "comment",
    "devise": "currency",
    "ouverture": "opened",
    "cloture": "closed",
    "inicio": "start",
    "contrato": "contract",
    "suscripcion": "subscription",
    "mensual": "monthly",
    "anual": "annual",
    "vencimiento": "due",
    "pago": "payment",
    "baja": "canceled",
    "usuario": "user",
    "pais": "country",
    "moneda": "currency",
    "divisa": "currency",
    "cantidad": "quantity",
    "precio": "price",
    "estado": "status",
    "prioridad": "priority",
    "renovacion": "renewal",
    "klant": "customer",
    "klanten": "customer",
    "klantnummer": "customer number",
    "klantnaam": "customer name",
    "bedrag": "amount",
    "factuur": "invoice",
    "facturen": "invoice",
    "factuurnummer": "invoice number",
    "factuurdatum": "invoice at",
    "vervaldatum": "due at",
    "begindatum": "start at",
    "einddatum": "end at",
    "opzegdatum": "canceled at",
    "maandbedrag": "monthly amount",
    "jaarbedrag": "annual amount",
    "fattura": "invoice",
    "fatture": "invoice",
    "importo": "amount",
    "scadenza": "due",
    "inizio": "start",
    "disdetta": "canceled",
    "fim": "end",
    "valor": "amount",
    "cancelamento": "canceled",
    "vencimento": "due",
    "fatura": "invoice",
    "assinatura": "subscription",
    "mensalidade": "monthly amount",
    "oid": "id",
    "gsid": "id",
    "tstamp": "at",
    "trandate": "transaction at",
    "gebuhr": "fee",
    "gebuehr": "fee",
    "monatliche": "monthly",
    "monatlicher": "monthly",
    "monatliches": "monthly",
    "jahrliche": "annual",
    "jaehrliche": "annual",
    "jahrlicher": "annual",
    "monatsgebuhr": "monthly fee",
    "monatsgebuehr": "monthly fee",
    "monatsrate": "monthly fee",
    "jahresgebuhr": "annual fee",
    "jahresgebuehr": "annual fee",
    "jahresvertragswert": "annual contract value",
    "vertragssumme": "contract value",
    "vertragsvolumen": "contract value",
    "netto": "net",
    "brutto": "gross",
    "nachste": "next",
    "nachster": "next",
    "naechste": "next",
    "anzahl": "number",
    "nutzung": "usage",
    "aktion": "action",
    "aktionen": "action",
    "anmeldung": "login",
    "anmeldungen": "login",
    "sitzung": "session",
    "sitzungen": "session",
    "modul": "module",
    "mandant": "tenant",
    "mandanten": "tenant",
    "angelegt": "created",
    "erfasst": "created",
    "kundenbetreuer": "csm",
    "kundigungsfrist": "notice period",
    "kuendigungsfrist": "notice period",
    "compte": "account",
    "entree": "since",
    "reglee": "paid",
    "regle": "paid",
    "cotisation": "fee",
    "cuota": "fee",
    "tarifa": "fee",
    "alta": "sign up",
    "cuenta": "account",
    "gestor": "manager",
    "incidencia": "ticket",
    "apertura": "opened",
    "cierre": "closed",
    "mensualite": "monthly amount",
    "abonado": "subscriber",
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
    "beleg": "document",
    "debitor": "customer",
    "debitoren": "customer",
    "ausgangsrechnung": "invoice",
    "ausgangsrechnungen": "invoice",
    "vertragswert": "contract value",
    "laufzeit": "term",
    "nom": "name",
    "nombre": "name",
    "codice": "code",
    "codigo": "code",
    "effet": "start",
    "tacite": "auto",
    "reconduction": "renewal",
    "preavis": "notice",
    "jour": "day",
    "societe": "company",
}
_JOINED = {
    **dict.fromkeys(("nummer", "nr"), "number"),
    **{"name": "name", "datum": "at", "beginn": "start", "ende": "end", "betrag": "amount"},
    **{"wert": "value", "preis": "price", "liste": "list", "ubersicht": "list", "status": "status"},
    **{"konto": "number", "typ": "type", "stufe": "tier", "menge": "quantity", "anzahl": "number"},
}
"""Last parts of words that are written together, and what they say."""
_SHORTEST_JOINED = 4

_WHOLE = frozenset({"ticket", "produkt", "projekt", "lizenz", "user", "account", "status"})
"""First parts that are the same in English, or have no other word."""

_EMPTY = frozenset(
    {
        *(
            "utc",
            "gmt",
            "of",
            "the",
            "property",
            "properties",
            "hs",
            "c",
            "sfdc",
            "custom",
            "field",
            "when",
            "sys",
        ),
        *("la", "le", "les", "der", "die", "das", "el", "los"),
    }
)
_TURNS = frozenset({"de", "du", "des", "del", "della", "di", "d", "da", "do", "van"})
"""Words between two names of which the second says more: `date de fin` is an end date."""

_AFTER = frozenset(
    {
        *("mensuel", "mensuelle", "annuel", "annuelle", "ttc", "ht", "mensual", "anual"),
        *("mensile", "annuale", "mensal"),
    }
)
"""Words that say more about the one before."""

_LEADING = frozenset({"code", "codice", "codigo", "nom", "nombre", "numero", "id"})
_PAYING = frozenset(
    {"client", "cliente", "clients", "clientes", "entreprise", "societe", "empresa"}
)
"""`Code client` is the code of a client."""
_FUSED = frozenset(
    {
        *("account", "customer", "company", "contact", "user", "contract", "subscription", "plan"),
        *("invoice", "ticket", "incident", "order", "product", "owner", "currency", "number"),
        *("name", "code", "status", "state", "type", "date", "time", "created", "modified"),
        *("opened", "closed", "resolved", "canceled", "cancelled", "signed", "start", "end"),
        *("expires", "active", "due", "paid", "total", "net", "price", "amount", "annual"),
        *("monthly", "revenue", "employees", "renewal", "priority", "id", "on", "of", "at"),
        *("is", "has", "won", "lost", "stage", "deal", "opportunity", "record", "parent", "lead"),
        *("activity", "task", "event", "case", "meeting", "call", "sub", "subtype", "subject"),
        *("first", "last", "next", "billing", "shipping", "country", "city", "industry", "website"),
        *("term", "months", "quantity", "deleted", "completed", "email", "phone", "title"),
        *("description", "reason", "category", "origin", "source", "probability", "expected"),
        *("currency", "iso", "quote", "campaign", "forecast", "system", "by", "login", "seats"),
        *("users", "sessions", "score", "survey", "sent", "period", "discount", "tax", "arr"),
        *("mrr", "acv", "tcv", "billed", "charge", "unit", "health", "segment", "tier", "value"),
        *(
            "when",
            "posted",
            "begin",
            "entered",
            "base",
            "amt",
            "scheduled",
            "actual",
            "full",
            "job",
        ),
    }
)
"""Words that some systems write together without a mark: `createdon`, `numberofemployees`."""
_LEADING_NUMBER = frozenset({"n", "no", "nr"})
_PAIRS: dict[tuple[str, ...], list[str]] = {("razon", "social"): ["company", "name"]}
"""Words that mean something else together."""
_QUESTIONS = (({"likely", "recommend"}, "nps score"), ({"weiterempfehlen"}, "nps score"))
"""Questions as surveys write them above a column, by the words that give them away."""
_TABLE_EMPTY = frozenset(
    {
        *("raw", "stg", "staging", "src", "source", "dim", "fact", "fct", "tbl", "table", "export"),
        *("exported", "data", "dataset", "list", "report", "all", "our", "my", "public", "sheet"),
        *("latest", "current", "full", "dump", "extract", "csv", "view", "vw", "v", "mart", "base"),
        *("record", "master", "sample", "file", "history", "monthly", "daily", "weekly", "by", "q"),
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
    >>> table_words("MRR by customer")
    ('mrr',)
    """
    words = [word for word in _words(name) if not word.isdigit()]
    what = words[: words.index("by")] if "by" in words[1:] else words
    said = tuple(word for word in what if word not in _TABLE_EMPTY)
    return said or tuple(word for word in words if word not in _TABLE_EMPTY)


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


def names_many(name: str) -> bool:
    """Say whether a name is that of several: `Logins` counts, `login` names one.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool

    Examples
    --------
    >>> names_many("Monthly active users"), names_many("user"), names_many("status")
    (True, False, False)
    """
    parts = _SPLIT.findall(_letters(name))
    last = parts[-1].lower() if parts else ""
    return last.isalpha() and _singular(last) != last


def _words(name: str) -> list[str]:
    words: list[str] = []
    for part in _turned([part.lower() for part in _SPLIT.findall(_letters(name))]):
        meant = _meant(part)
        words += [word for word in meant.split() if [word] != words[-1:]]
    asked = (meant.split() for said, meant in _QUESTIONS if said <= set(words))
    return next(asked, words)


def _meant(part: str) -> str:
    """Return what a word says; of one made of two known ones what both say."""
    singular = _singular(part)
    if part in _MEANS or singular in _MEANS:
        return _MEANS.get(part, _MEANS.get(singular, singular))
    for last, says in _JOINED.items():
        first = part.removesuffix(last).removesuffix("s")
        known = first in _MEANS or first in _WHOLE
        if part.endswith(last) and len(first) >= _SHORTEST_JOINED and known:
            return f"{_MEANS.get(first, first)} {says}"
    apart = _apart(part)
    return " ".join(map(_meant, apart)) if len(apart) > 1 else singular


def _apart(part: str) -> tuple[str, ...]:
    """Return the known words that a word is put together from; none if there is a rest."""
    for length in range(len(part), 1, -1):
        first = part[:length]
        if first not in _FUSED:
            continue
        rest = _apart(part[length:]) if length < len(part) else ()
        if rest or length == len(part):
            return (first, *rest)
    return ()


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", _SAID_TWICE.sub("", name))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _turned(parts: list[str]) -> list[str]:
    """Put the words of other languages into the order of English ones."""
    parts = [*_PAIRS.get(tuple(parts[:2]), parts[:2]), *parts[2:]]
    if len(parts) > 1 and parts[0] in _LEADING_NUMBER and parts[1] != "of":
        parts = [*parts[1:], parts[0]]
    if len(parts) == 2 and parts[0] in _LEADING and parts[1] in _PAYING:
        parts = parts[::-1]
    for place in range(len(parts) - 2, 0, -1):
        if parts[place] in _TURNS:
            parts = [*parts[place + 1 :], *parts[:place]]
    for place in range(1, len(parts)):
        if parts[place] in _AFTER:
            parts[place - 1], parts[place] = parts[place], parts[place - 1]
    return parts


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
