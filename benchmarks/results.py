"""Shows what one benchmark found, and writes it into its own part of RESULTS.md."""

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


def write_section(lines: list[str]) -> None:
    """Put lines in place of the part with the same first-level heading, or at the end.

    Parameters
    ----------
    lines : list of str
        The first one is the heading, such as ``# Results on real data``.
    """
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    parts = [part.strip() for part in re.split(r"(?m)^(?=# )", before) if part.strip()]
    heading, text = lines[0].strip(), "\n".join(lines).strip()
    places = [place for place, part in enumerate(parts) if part.splitlines()[0] == heading]
    if places:
        parts[places[0]] = text
    else:
        parts.append(text)
    RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
