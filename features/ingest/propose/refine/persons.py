"""Who answered, asked or was met, where the column that says so has no name for it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ....schema.tables import table_spec
from ..keys import overlap
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take

__all__ = ["with_persons"]

_PERSONS = {
    "survey_responses": "person_id",
    "tickets": "requester_person_id",
    "activities": "person_ids",
}
"""Tables in which a row is of a person, and the column that says who."""

_BY_MAIL = frozenset({"survey_responses", "tickets"})
"""Of these, those in which an address stands for one person."""

_STAND_ALONE = frozenset({"survey_responses"})
"""Of these it matters which rows are of one person, though nothing else is known of them."""

_FEW, _SOME, _MOST = 3, 0.2, 0.8
"""Not everybody who answers is on file; what holds keys of people holds hardly anything else."""


def with_persons(part: Part, parts: Iterable[Part], tables: Mapping[str, TableProfile]) -> Part:
    """Find the persons of a part among the people, by their keys or by their addresses.

    Parameters
    ----------
    part : Part
    parts : iterable of Part
        All of them.
    tables : mapping of str to TableProfile
        All of the source.

    Returns
    -------
    Part
        As it was unless it is not said yet who its rows are of, or by an address alone.
    """
    asked = _PERSONS.get(part.table, "")
    taken = next((take for take in part.takes if take.column == asked), None)
    key = _key_of_people(part, parts, tables) if asked and taken is None else None
    if key is not None:
        return _with(part, Take(asked, key.name, why="its values are those of the people"))
    if part.table not in _BY_MAIL:
        return part
    mail = _mail_of(tables[part.source], taken) if asked and not part.month_columns else None
    if mail is None:
        return part
    found = _looked_up(mail, parts, tables)
    if found is not None:
        return _with(part, Take(asked, lookup=found, why="the person with that address"))
    if taken is None and part.table in _STAND_ALONE:
        return _with(part, Take(asked, mail.name, why="one address, one person"))
    return part


def _key_of_people(
    part: Part, parts: Iterable[Part], tables: Mapping[str, TableProfile]
) -> ColumnProfile | None:
    """Return the column, read as nothing else, that holds the keys of people."""
    used = {take.source for take in part.takes}
    free = [column for column in tables[part.source].filled if column.name not in used]
    for people in (one for one in parts if one.table == "people" and one.source != part.source):
        taken = next((take for take in people.takes if take.column == "person_id"), None)
        if taken is None or not taken.source:
            continue
        keys = tables[people.source].columns[taken.source]
        for column in free:
            if len(column.values) > _FEW and overlap(column, keys) >= _MOST:
                return column
    return None


def _mail_of(table: TableProfile, taken: Take | None) -> ColumnProfile | None:
    """Return the column of addresses that says who a row is of; None where an id does."""
    if taken is not None:
        column = table.columns.get(taken.source) if not taken.lookup else None
        return column if column is not None and column.is_mail else None
    mails = [column for column in table.filled if column.is_mail]
    return mails[0] if len(mails) == 1 else None


def _looked_up(
    mail: ColumnProfile, parts: Iterable[Part], tables: Mapping[str, TableProfile]
) -> dict[str, object] | None:
    for part in (one for one in parts if one.table == "people"):
        takes = {take.column: take.source for take in part.takes if not take.lookup}
        key, address = takes.get("person_id"), takes.get("email_hash")
        if not key or not address or key == address:
            continue
        on_file = tables[part.source].columns[address]
        if len(on_file.values) == on_file.filled and overlap(mail, on_file) >= _SOME:
            return {"table": part.source, "on": mail.name, "equals": address, "take": key}
    return None


def _with(part: Part, take: Take) -> Part:
    takes = {one.column: one for one in (*part.takes, take)}
    ordered = (takes[c.name] for c in table_spec(part.table).columns if c.name in takes)
    return replace(part, takes=tuple(ordered))
