"""A proposal as the text that goes into the settings: YAML with a reason beside every guess."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

import yaml

from ...schema.tables import TABLES
from .own_numbers import meaning_of
from .proposal import OwnNumbers, Part, Proposal, Take, Unread
from .words import column_words

__all__ = ["mapping_of", "settings_text"]

_WIDTH = 96
_LONGEST = 40
_TABLES = frozenset(spec.name for spec in TABLES)
_FRESH = {"week": 28, "quarter": 184}
"""Days after which the newest number of a period is old; two months of them by default."""
_SECTIONS = ("columns", "formulas", "constants", "lookup", "formats")


def mapping_of(proposal: Proposal) -> dict[str, dict[str, Any]]:
    """Return a proposal in the form of ``Settings.tables``.

    Parameters
    ----------
    proposal : Proposal

    Returns
    -------
    dict of str to dict
    """
    tables: dict[str, dict[str, Any]] = {}
    for part in proposal.parts:
        entry = _entry(part)
        entry["columns"] = {c: s for c, s in entry.get("columns", {}).items() if c != s}
        entry = {key: value for key, value in entry.items() if value}
        if part.source == part.table and part.table not in tables:
            entry.pop("source")
        if part.table in tables:
            tables[part.table].setdefault("also", []).append(entry)
        else:
            tables[part.table] = entry
    return tables | {name: {"skip": True} for name in _left_alone(proposal)}


def _left_alone(proposal: Proposal) -> list[str]:
    """Return the tables of the contract whose name a source has that is not read as one."""
    read = {part.table for part in proposal.parts}
    bare = [entry.table for entry in proposal.unread if not entry.columns]
    names = [*bare, *(part.source for part in proposal.parts)]
    return [name for name in dict.fromkeys(names) if name in _TABLES and name not in read]


def settings_text(proposal: Proposal, taken: Collection[str] = ()) -> str:
    """Return the part of the settings that says how the tables are read.

    Parameters
    ----------
    proposal : Proposal
    taken : collection of str
        Names that no metric of one's own may have.

    Returns
    -------
    str
        YAML. Guesses carry their reason; what is not read is listed below.
    """
    rows = proposal.rows
    lines = ["tables:"] if proposal.parts or _left_alone(proposal) else []
    for name in dict.fromkeys(part.table for part in proposal.parts):
        first, *more = proposal.of(name)
        lines += [f"  # {_said(first, rows)}", f"  {name}:", *_lines(first, "    ")]
        if more:
            lines.append("    also:")
        for part in more:
            head, *rest = _lines(part, "        ")
            lines += [f"      # {_said(part, rows)}", f"      - {head.strip()}", *rest]
    for name in _left_alone(proposal):
        lines += _comment(f"{name}: {_why_alone(name, proposal)}", "  ")
        lines += [f"  {name}:", "    skip: true"]
    lines += _extra(proposal.own_numbers, taken)
    lines += _decisions(proposal)
    lines += _not_read(proposal.unread, rows)
    return "\n".join(lines) + "\n"


def _why_alone(name: str, proposal: Proposal) -> str:
    if any(entry.table == name and entry.broken for entry in proposal.unread):
        return "cannot be read, see below; once it is mended, take away these two lines"
    others = [f"`{part.table}`" for part in proposal.parts if part.source == name]
    if others:
        return f"read as {' and '.join(dict.fromkeys(others))}, see there"
    return "has the name of a table of the contract, and is none"


_PLAIN = ("filled", "lines_of", "add_up", "newest_by", "changes", "row_id")
"""What is written as the part has it."""


def _entry(part: Part) -> dict[str, Any]:
    entry: dict[str, Any] = {"source": part.source}
    for section in _SECTIONS:
        values = {take.column: value for take in part.takes if (value := _value(take, section))}
        if values:
            entry[section] = values
    for name, rows in (("only", part.only), ("but_not", part.but_not)):
        if rows:
            entry[name] = {column: list(values) for column, values in rows.items()}
    if part.month_columns:
        entry["month_columns"] = True
    for name in _PLAIN:
        if value := getattr(part, name):
            entry[name] = value if isinstance(value, str) else list(value)
    if part.beside:
        entry["beside"] = {name: dict(look) for name, look in part.beside.items()}
    return entry


def _value(take: Take, section: str) -> Any:
    if section == "lookup":
        return dict(take.lookup)
    if section == "columns":
        return take.source if not take.lookup else None
    if section == "formats":
        return take.form
    return take.formula if section == "formulas" else take.constant


def _lines(part: Part, indent: str) -> Iterator[str]:
    """Yield the entry of one part, its guesses with their reasons."""
    notes = {take.column: _note(take) for take in part.takes}
    for key, value in _entry(part).items():
        if key not in _SECTIONS:
            yield f"{indent}{key}: {_flow(value)}"
            continue
        yield f"{indent}{key}:"
        for name, given in value.items():
            text = f"{indent}  {name}: {_flow(given)}"
            note = notes.get(name)
            if note and len(text) + len(note) + 3 > _WIDTH:
                yield from _comment(note, f"{indent}  ")
                note = ""
            yield f"{text}  # {note}" if note else text


def _note(take: Take) -> str:
    why = " ".join(take.why.split())
    if take.sure:
        return why
    return f"guess: {why}" if why else "a guess"


def _said(part: Part, rows: Mapping[str, int]) -> str:
    guesses = [take.column for take in part.takes if not take.sure]
    sure = "sure" if not guesses and part.sure else f"look at {', '.join(guesses) or 'all of it'}"
    why = f"; {part.why}" if part.why else ""
    source = " ".join(part.source.split())
    return f"{source}, {rows.get(part.source, 0):,} rows: {sure}{why}"


def _extra(numbers: Iterable[OwnNumbers], taken: Collection[str]) -> Iterator[str]:
    """Yield `extra`: the numbers as metrics, with a direction where their names tell one."""
    numbers = list(numbers)
    if numbers:
        yield ""
        yield "# Dated numbers of your own, as metrics. `direction`: '+' more is healthier, '-'"
        yield "# less is, c only goes with it; what they are worth for health is not in the data."
        yield "extra:"
    names = {*taken}
    for one in numbers:
        for value in one.values:
            name = _metric_name(_called(one, value), one.table, names)
            names.add(name)
            yield f"  {name}:"
            yield from (f"    {key}: {_flow(said)}" for key, said in _of_number(one, value).items())


def _called(one: OwnNumbers, value: str) -> str:
    """Return what a number is called: by its column, or its table where columns are months."""
    return one.table if one.month_columns else value


def _of_number(one: OwnNumbers, value: str) -> dict[str, Any]:
    called = _called(one, value)
    meaning = meaning_of(column_words(called))
    said: dict[str, Any] = {"source": one.table, "account": one.account, "at": one.at}
    said["value"] = value
    said |= {"lookup": dict(one.lookup)} if one.lookup else {}
    a_day = one.period == "day" and meaning.adds_up
    if a_day or one.period not in {"", "day"}:
        said["period"] = one.period
    said |= {"month_columns": True} if one.month_columns else {}
    label = " ".join(called.replace("_", " ").split()).lower()
    named = a_day and {"day", "daily", "dau"}.isdisjoint(column_words(called))
    said["label"] = f"{label} a day" if named else label
    unit = f"{meaning.unit} a day" if a_day else meaning.unit
    said |= {"unit": unit, "direction": meaning.direction}
    said |= {"component": meaning.component}
    return said | ({"fresh_days": _FRESH[one.period]} if one.period in _FRESH else {})


def _metric_name(value: str, table: str, taken: Collection[str]) -> str:
    """Return the name of a column as one of a metric, which no other has."""
    plain = _plain(value)
    name = plain if plain[:1].isalpha() else f"n_{plain}"
    named = name if name not in taken else f"{_plain(table)}_{name}"
    return named[-_LONGEST:].lstrip("_0123456789")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _decisions(proposal: Proposal) -> Iterator[str]:
    if proposal.notes:
        yield ""
        yield "# What you should know or decide:"
    for note in proposal.notes:
        yield from _comment(f"- {note}", "")


def _not_read(unread: Iterable[Unread], rows: Mapping[str, int]) -> Iterator[str]:
    unread = list(unread)
    if unread:
        yield ""
        yield "# Not read:"
    for entry in unread:
        if entry.columns:
            yield from _comment(f"- {entry.table}: columns {', '.join(entry.columns)}", "")
        else:
            yield from _comment(
                f"- {entry.table} ({rows.get(entry.table, 0):,} rows): {entry.why}", ""
            )


def _comment(text: str, indent: str) -> Iterator[str]:
    width = _WIDTH - len(indent) - 2
    first, *rest = wrap(text, width, break_on_hyphens=False) or [""]
    yield f"{indent}# {first}"
    yield from (f"{indent}#   {line}" for line in rest)


def _flow(value: Any) -> str:
    """Write a value on one line, as YAML that means the same."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value)
    dumped = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return dumped.removesuffix("\n").removesuffix("\n...")
