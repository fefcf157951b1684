"""Shows what one benchmark found, and writes it into its own part of RESULTS.md."""

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).with_name("RESULTS.md")


def show(table: pd.DataFrame, section: list[str], *, write: bool) -> None:
    """Print a table, and keep its part of RESULTS.md when asked to."""
    print(table.to_string(index=False))
    if write:
        write_section(section)


def markdown(
    columns: Iterable[str],
    rows: Iterable[Iterable[object]],
    *,
    form: Callable[[object], str] = str,
) -> list[str]:
    """Return the lines of a Markdown table.

    Parameters
    ----------
    columns : iterable of str
    rows : iterable of iterable
    form : callable
        Says one value; as Python does unless told.
    """
    named = list(columns)
    lines = [named, *([form(value) for value in row] for row in rows)]
    head, *body = ["| " + " | ".join(line) + " |" for line in lines]
    return [head, "|" + "---|" * len(named), *body]


def thousands(value: object) -> str:
    """Return a number with its thousands apart, and a text as it is."""
    return value if isinstance(value, str) else f"{value:,}"


def write_section(lines: list[str], *, by_world: bool = False) -> None:
    """Put lines in place of the part with the same first-level heading, or at the end.

    Parameters
    ----------
    lines : list of str
        The first one is the heading, such as ``# Results on real data``.
    by_world : bool
        Whether rows of worlds that are not among the new ones stay, so that a long benchmark can
        be run one world at a time; a row's world is its first cell.
    """
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    parts = [part.strip() for part in re.split(r"(?m)^(?=# )", before) if part.strip()]
    heading, text = lines[0].strip(), "\n".join(lines).strip()
    places = [place for place, part in enumerate(parts) if part.splitlines()[0] == heading]
    if places and by_world:
        text = "\n".join(_merged(parts[places[0]].splitlines(), text.splitlines()))
    if places:
        parts[places[0]] = text
    else:
        parts.append(text)
    RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _merged(old: list[str], new: list[str]) -> list[str]:
    """Return the new lines, their tables with the old rows of other worlds."""
    earlier, found = _tables(old), list[str]()
    tables = _tables(new)
    for line in new:
        if line in tables:
            rule = "|" + "---|" * (line.count(" | ") + 1)
            found += [line, rule, *_replaced(earlier.get(line, []), tables[line])]
        elif not line.startswith("|"):
            found.append(line)
    return found


def _tables(lines: list[str]) -> dict[str, list[str]]:
    """Return the rows of each table, by its heading line."""
    rules = [number for number, line in enumerate(lines) if line.startswith("|---")]
    rows = (itertools.takewhile(lambda row: row.startswith("|"), lines[at + 1 :]) for at in rules)
    return {lines[at - 1]: list(found) for at, found in zip(rules, rows, strict=True)}


def _replaced(old: list[str], new: list[str]) -> list[str]:
    """Return the rows of all worlds, those of a world together where it first stood."""
    of_world: dict[str, list[str]] = {}
    for rows in (old, new):
        given = {row.split("|")[1]: list[str]() for row in rows}
        for row in rows:
            given[row.split("|")[1]].append(row)
        of_world |= given
    return [row for rows in of_world.values() for row in rows]
