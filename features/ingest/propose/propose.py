"""A proposal for a source that nobody has described: every table looked at, every guess named."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from ...errors import SchemaError
from ...schema.tables import TABLES
from ..read import Data, open_source
from .accounts import Accounts, Way, accounts_of
from .aside import OF_LEDGER, of_the_books
from .columns import match_columns
from .completions.account_terms import account_terms
from .completions.completed import completed
from .completions.contracts import lost_renewals, notices_given
from .completions.endings import departed, events_of_ended
from .completions.parts import left_out
from .groups import by_group
from .joining import Joined, join_accounts
from .keys import Links, key_of, overlap
from .known_layouts import SYSTEMS, Recognised, preset_named, recognised
from .money import with_whole_units
from .own_numbers import own_numbers
from .profiles import TableProfile, profiles_of
from .proposal import OwnNumbers, Part, Proposal, Take, Unread
from .recognise import Fit, fits_of
from .refine.converted_amounts import in_one_currency
from .refine.csm_names import with_csm_names
from .refine.currencies import currency_of, with_currency
from .refine.date_questions import questions, with_dates_decided
from .refine.deal_terms import with_terms
from .refine.persons import with_persons
from .refine.versions import of_today, with_todays_rows
from .roles import role_of
from .sheets import churn_flag, parts_of_sheet, prospects_of
from .words import column_words

__all__ = ["proposal_for", "propose"]

_STACKED = {"survey_responses", "activities", "usage_events", "tickets", "usage_daily"}
"""Tables that several sources may deliver side by side."""

_OF_ROWS = frozenset({"valid_from", "valid_to", "known_at", "customer_since", "plan_tier"})
"""Columns of accounts that say something about the row of another table instead."""

_HAPPENINGS = frozenset({"usage_events", "usage_daily", "tickets", "activities", "invoices"})
"""Tables whose rows are moments: that each account has one so far does not make them accounts."""

_ENDS_OF = {
    "subscription_items": (events_of_ended,),
    "contracts": (departed, notices_given, lost_renewals),
}
"""How ends are told in tables whose rows are no events, the best first."""

_PAYERS = tuple(
    column_words(name)
    for name in (
        *("user id", "contact id", "member id", "contact name", "contact", "bill to", "payer"),
        *("billed to", "sold to", "user", "email", "user email", "bill to name", "debtor"),
        *("to", "recipient", "entity", "invoice to"),
    )
)
"""What those who pay are called where nothing names a customer."""


def propose(data: Data, systems: Sequence[str] | None = None) -> Proposal:
    """Look at every table of a source and propose how it is read.

    Parameters
    ----------
    data : path of a folder or DuckDB file, database URL, or mapping of str to table
    systems : sequence of str, optional
        Presets to use, and no others: what they do not know is found out by names and values.

    Returns
    -------
    Proposal
        A draft: what is a guess says so, and what is open is left out.

    Raises
    ------
    SchemaError
        If the data cannot be opened or read, or a preset finds none of its tables.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"Customer ID": ["a1", "a2"], "Company": ["Ada", "Bob"]})
    >>> [(part.table, part.source) for part in propose({"Customers": customers}).parts]
    [('accounts', 'Customers')]
    """
    with closing(open_source(data)) as source:
        return proposal_for(profiles_of(source), systems)


def proposal_for(
    tables: Mapping[str, TableProfile], systems: Sequence[str] | None = None
) -> Proposal:
    """Propose how the tables of a source are read.

    Parameters
    ----------
    tables : mapping of str to TableProfile
    systems : sequence of str, optional
        As in ``propose``.

    Returns
    -------
    Proposal
    """
    broken = _broken(tables)
    tables = {name: with_todays_rows(table) for name, table in tables.items() if not table.broken}
    rows = {name: table.rows for name, table in tables.items()}
    flat = _flat(tables)
    if flat is not None and not systems:
        return Proposal(flat=flat, rows=rows, notes=(_flat_note(*flat),), unread=broken)
    known = _known(tables, systems)
    covered = set().union(*(layout.covered() for layout in known))
    aside = of_the_books(table for name, table in tables.items() if name not in covered)
    aside |= {k: why for layout in known for k, why in layout.aside(tables.values()).items()}
    looked_at = {name: table for name, table in tables.items() if name not in aside}
    joined = join_accounts(known, looked_at)
    accounts = _accounts(looked_at, joined, with_ledger=OF_LEDGER in aside.values())
    found, reasons = _by_values(looked_at, accounts, covered)
    chosen, passed_over = _chosen(found, {part.table: part.source for part in joined.parts})
    own = [*joined.parts, *(() if joined.key else _beside(_own_parts(accounts), chosen))]
    own += [] if joined.key else _terms_beside(accounts, own, chosen)
    whole = [*own, *_all_parts(chosen, own)]
    whole = [in_one_currency(part, tables[part.source]) for part in whole]
    whole = [
        with_terms(with_currency(part, tables[part.source]), tables[part.source]) for part in whole
    ]
    whole = [with_whole_units(part, tables[part.source]) for part in whole]
    whole = [with_csm_names(part, tables) for part in whole]
    whole = [with_persons(part, whole, tables) for part in whole]
    parts = _with_met_features(_in_order([*_described(whole, accounts), *whole]), tables)
    parts = tuple(of_today(with_dates_decided(part, tables), tables) for part in parts)
    numbers = tuple(_own_numbers(looked_at, parts, accounts))
    return Proposal(
        parts=parts,
        unread=(*broken, *_unread(tables, parts, numbers, reasons | passed_over | aside)),
        own_numbers=numbers,
        currency=currency_of(tables, parts),
        notes=(
            *joined.notes,
            *_notes(accounts, parts),
            *questions(parts, tables),
            *_open_deals(parts),
            *_repeated(tables),
        ),
        rows=rows,
    )


def _broken(tables: Mapping[str, TableProfile]) -> tuple[Unread, ...]:
    """Return the tables that cannot be opened, which keep no other from being read."""
    found = {name: table.broken.rstrip(". ") for name, table in tables.items() if table.broken}
    if found and len(found) == len(tables):
        raise SchemaError(f"{next(iter(found.values()))}.")
    advice = "mend it or take it away, and run `init` into another folder to have it read"
    return tuple(Unread(name, why=f"{why}; {advice}", broken=True) for name, why in found.items())


def _known(tables: Mapping[str, TableProfile], systems: Sequence[str] | None) -> list[Recognised]:
    """Return the layouts of known systems; each one asked for has to be there."""
    found = recognised(tables, systems or SYSTEMS)
    there = {layout.preset.system for layout in found}
    for name in systems or ():
        preset = preset_named(name)
        if preset.system not in there:
            sheets = [
                f"{sheet.called[0]!r} with {', '.join(sheet.has)}"
                for layout in preset.layouts
                for sheet in layout.sheets.values()
            ]
            raise SchemaError(
                f"Preset {name!r} finds none of its tables among {sorted(tables)}; it knows "
                f"{'; '.join(sheets)}."
            )
    return found


def _accounts(tables: Mapping[str, TableProfile], joined: Joined, *, with_ledger: bool) -> Accounts:
    """Return who the accounts are: those of the known systems before those found by values."""
    links = Links(tables)
    if joined.key is not None:
        return Accounts(tables, links, joined.key)
    return accounts_of(tables, links, with_ledger=with_ledger)


def _by_values(
    tables: Mapping[str, TableProfile], accounts: Accounts, covered: set[str]
) -> tuple[list[tuple[Fit, Part]], dict[str, str]]:
    """Look at the tables that no layout knows."""
    found: list[tuple[Fit, Part]] = []
    reasons = {}
    for table in tables.values():
        is_accounts = accounts.key is not None and table.name == accounts.key.table
        if is_accounts or table.name in covered:
            continue
        outcome = _outcome(table, accounts)
        if isinstance(outcome, str):
            reasons[table.name] = outcome
        else:
            found.append(outcome)
    return found, reasons


def _flat(tables: Mapping[str, TableProfile]) -> tuple[str, str, str] | None:
    """One table of customers with an outcome and no dates."""
    if len(tables) != 1:
        return None
    table = next(iter(tables.values()))
    flag, key = churn_flag(table), key_of(table)
    dated = any(column.is_dated for column in table.filled)
    if flag is None or dated:
        return None
    return table.name, key.column if key else "", flag.name


def _flat_note(table: str, key: str, flag: str) -> str:
    named = f", `{key}` names them" if key else ""
    return (
        f"{table!r} has one row a customer, with an outcome (`{flag}`) and no dates{named}. "
        "Nothing in it changes over time, so that there is nothing to score week by week; what it "
        "can do is teach a model which customers leave: `churngrid.ChurnClassifier` on its columns "
        f"without {f'`{key}` and ' if key else ''}`{flag}`."
    )


def _own_parts(accounts: Accounts) -> list[Part]:
    if accounts.key is None:
        return []
    table = accounts.tables[accounts.key.table]
    taken = {"account_id": accounts.key.column}
    takes = match_columns(role_of("accounts"), table, taken=taken)
    if accounts.key.unique:
        takes.pop("valid_from", None)
    ordered = [
        take for column in role_of("accounts").spec.columns if (take := takes.get(column.name))
    ]
    keys = [Take("account_id", accounts.key.column)]
    whole = Part("accounts", table.name, (*keys, *ordered), but_not=left_out(table))
    parts = [whole, *(parts_of_sheet(table, accounts.key) if accounts.key.unique else ())]
    others = prospects_of(table) if accounts.key.unique else {}
    return [replace(part, but_not={**others, **part.but_not}) for part in parts]


def _beside(own: list[Part], chosen: list[tuple[Fit, Part]]) -> list[Part]:
    """Take what is paid from a table of its own, where there is one, and not from the accounts."""
    told = any(part.table == "subscription_items" for _, part in chosen)
    return [part for part in own if part.table != "subscription_items" or not told]


def _terms_beside(
    accounts: Accounts, own: list[Part], chosen: list[tuple[Fit, Part]]
) -> Iterator[Part]:
    """Yield the terms that accounts tell of what another table prices month by month."""
    items = [part for _, part in chosen if part.table == "subscription_items"]
    bound = {"contract_id", "current_period_end"}
    if any(part.table == "contracts" for part in (*own, *(part for _, part in chosen))):
        return
    if len(items) != 1 or bound & {take.column for take in items[0].takes}:
        return
    if accounts.key is not None and accounts.key.unique:
        terms = account_terms(accounts.tables[accounts.key.table], accounts.key)
        if terms is not None:
            yield terms


def _described(parts: list[Part], accounts: Accounts) -> Iterator[Part]:
    """Where no table is of accounts, let one that has a row each say who they are."""
    if accounts.key is not None or any(part.table == "accounts" for part in parts):
        return
    for part in (one for one in parts if one.table not in _HAPPENINGS):
        table = accounts.tables[part.source]
        key = next((take for take in part.takes if take.column == "account_id"), None)
        if key is None or not key.source or key.lookup or not table.columns[key.source].unique:
            continue
        takes = match_columns(role_of("accounts"), table, taken={"account_id": key.source})
        takes = {name: take for name, take in takes.items() if name not in _OF_ROWS}
        if takes.keys() & {"name", "csm_id", "industry", "country", "segment"}:
            why = "it has one row an account"
            ordered = (takes[c.name] for c in role_of("accounts").spec.columns if c.name in takes)
            yield Part("accounts", table.name, (replace(key, why=""), *ordered), why=why)
            return


def _outcome(table: TableProfile, accounts: Accounts) -> tuple[Fit, Part] | str:
    reason = "nothing says what its rows are"
    for place, fit in enumerate(fits_of(table, accounts)):
        fit = by_group(fit)
        fit = _by_person(fit) if accounts.unnamed else fit
        part = completed(fit)
        if isinstance(part, Part):
            return fit, part
        if place == 0:
            reason = f"looks like `{fit.role.table}`, but {part}"
    return reason


def _by_person(fit: Fit) -> Fit:
    """Where nothing names a company, each person who uses the product, or pays, stands for one."""
    person = _person(fit)
    if fit.way is not None or not person:
        return fit
    why = "no column names a company, so every person counts as an account"
    account = Take("account_id", person, sure=False, why=why)
    way = Way(person, sure=False, why=why)
    return replace(fit, way=way, takes={"account_id": account, **fit.takes})


def _person(fit: Fit) -> str:
    """Return the column that names the persons of a table of use or of bills; empty if none."""
    user = fit.takes.get("product_user_id")
    if user is not None and fit.role.table in {"usage_events", "usage_daily"}:
        return user.source
    if fit.role.table not in {"subscription_items", "invoices", "contract_events", "contracts"}:
        return ""
    columns = (c for words in _PAYERS for c in fit.table.filled if c.words == words)
    named = (c for c in columns if c.could_be_name or (c.could_be_id and not c.is_dated))
    return next((column.name for column in named), "")


def _chosen(
    found: list[tuple[Fit, Part]], known: Mapping[str, str]
) -> tuple[list[tuple[Fit, Part]], dict[str, str]]:
    """Keep the best source of each canonical table; all, where they can stand side by side.

    What a known system delivers is not looked for anywhere else.
    """
    kept: list[tuple[Fit, Part]] = []
    passed_over = {}
    for fit, part in sorted(found, key=lambda pair: _rank(pair[0])):
        before = [other.source for _, other in kept if other.table == part.table]
        before = [known[part.table], *before] if part.table in known else before
        if _whose(part) in before:
            about = f"its rows are about those of {_whose(part)!r}, which are the `{part.table}`"
            passed_over[part.source] = about
        elif before and part.table not in _STACKED:
            passed_over[part.source] = f"`{part.table}` is read from {before[0]!r} already"
        else:
            kept.append((fit, part))
    return kept, passed_over


def _whose(part: Part) -> str:
    """Return the table by way of which rows name their account; empty where they do themselves."""
    lookups = (take.lookup for take in part.takes if take.column == "account_id")
    return next((str(lookup["table"]) for lookup in lookups if lookup), "")


def _rank(fit: Fit) -> tuple[int, float]:
    nouns = [noun for noun in fit.role.noun_words if fit.table.words[-len(noun) :] == noun]
    first = fit.role.noun_words.index(nouns[0]) if nouns else len(fit.role.noun_words)
    return first, -fit.score


def _all_parts(chosen: list[tuple[Fit, Part]], own: list[Part]) -> Iterator[Part]:
    there = {part.table for _, part in chosen}
    told_by_accounts = any(part.table == "contract_events" for part in own)
    for fit, part in chosen:
        yield part
        # Where accounts say when they left, contracts with a row each have nothing to add.
        said = "contract_events" in there or (told_by_accounts and part.table == "contracts")
        tellers = () if said else _ENDS_OF.get(part.table, ())
        yield from islice((ended for tell in tellers if (ended := tell(fit))), 1)


def _in_order(parts: list[Part]) -> tuple[Part, ...]:
    places = {spec.name: place for place, spec in enumerate(TABLES)}
    return tuple(sorted(parts, key=lambda part: places[part.table]))


def _with_met_features(
    parts: tuple[Part, ...], tables: Mapping[str, TableProfile]
) -> tuple[Part, ...]:
    """Name features by the column whose values usage names, or leave the catalogue out."""
    used = [
        tables[part.source].columns[take.source]
        for part in parts
        for take in part.takes
        if part.table.startswith("usage_") and take.column == "feature_id" and take.source
    ]
    kept = []
    for part in parts:
        if part.table == "features":
            columns = tables[part.source].filled
            best = max(
                columns, key=lambda column: max((overlap(u, column) for u in used), default=0)
            )
            if not any(overlap(u, best) for u in used):
                continue
            others = [t for t in part.takes if t.column != "feature_id" and t.source != best.name]
            part = replace(part, takes=(Take("feature_id", best.name), *others))
        kept.append(part)
    return tuple(kept)


def _own_numbers(
    tables: Mapping[str, TableProfile], parts: tuple[Part, ...], accounts: Accounts
) -> Iterator[OwnNumbers]:
    """Yield the dated numbers of accounts that nothing else is read from."""
    read = {part.source for part in parts}
    for table in tables.values():
        way = accounts.way_from(table.name) if table.name not in read else None
        found = own_numbers(table, way.column) if way is not None and not way.hops else None
        if found is not None:
            yield found
    for part in parts:
        takes = {take.column: take for take in part.takes}
        if part.table == "usage_daily" and "product_user_id" not in takes and not part.only:
            account, taken = takes["account_id"], {take.source for take in part.takes}
            found = own_numbers(tables[part.source], account.source, account.lookup, taken)
            if found is not None:
                yield found


def _unread(
    tables: Mapping[str, TableProfile],
    parts: tuple[Part, ...],
    numbers: tuple[OwnNumbers, ...],
    reasons: Mapping[str, str],
) -> Iterator[Unread]:
    used: dict[str, set[str]] = {}
    for one in numbers:
        used.setdefault(one.table, set()).update((one.account, one.at, *one.values))
    for part in parts:
        mentioned = used.setdefault(part.source, set())
        mentioned |= {take.source for take in part.takes} | set(part.only) | set(part.but_not)
        mentioned |= {part.lines_of, part.newest_by, part.row_id}
        text = " ".join(take.formula for take in part.takes)
        mentioned |= {name for name in tables[part.source].columns if f'"{name}"' in text}
    asked = {str(take.lookup["table"]) for part in parts for take in part.takes if take.lookup}
    for table in tables.values():
        if table.name not in used and table.name in asked:
            continue
        if table.name not in used:
            yield Unread(table.name, why=reasons.get(table.name, "nothing says what its rows are"))
        elif rest := tuple(c.name for c in table.filled if c.name not in used[table.name]):
            yield Unread(table.name, rest)


def _notes(accounts: Accounts, parts: tuple[Part, ...]) -> Iterator[str]:
    if accounts.key is None and accounts.noun and parts:
        noun = " ".join(accounts.noun)
        yield f"No table of accounts: they are those that other tables name by {noun!r}."


def _open_deals(parts: tuple[Part, ...]) -> Iterator[str]:
    """Say that deals without an end add up."""
    for part in parts:
        takes = {take.column: take for take in part.takes}
        start = takes.get("term_start")
        if part.table == "contracts" and part.only and start and "term_end" not in takes:
            yield (
                f"Nothing says how long the deals of {part.source!r} hold, so that they have no "
                "end, and several won deals of one account add up. If they hold for a year, say "
                f'`term_end: moment("{start.source}") + interval 12 month` in the `formulas` of '
                "`tables.contracts`."
            )


def _repeated(tables: Mapping[str, TableProfile]) -> Iterator[str]:
    """Say which columns are not read because another one has the same name."""
    for table in tables.values():
        if table.repeated:
            named = ", ".join(f"`{name}`" for name in table.repeated[:10])
            yield (
                f"{table.name!r} has several columns named {named}: none of them is read. Rename "
                "them, so that it is clear which one is meant."
            )
