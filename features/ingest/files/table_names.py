"""Which files of a folder are which table: part files, monthly files, and folders per system."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import SchemaError

__all__ = ["SUFFIXES", "file_stem", "is_table_file", "tables_in"]

SUFFIXES = (
    *(".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz"),
    *(".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".json.gz", ".xlsx"),
)
"""Endings of the files that hold tables."""

_YEAR = r"(?:19|20)\d{2}"
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_PERIOD = re.compile(
    rf"^(?P<base>.*?[^\W_].*?)[-_. ]+(?:{_YEAR}(?:[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?\d{{2}})?)?"
    rf"|{_YEAR}[-_. ]?q[1-4]|q[1-4][-_. ]?{_YEAR}|{_MONTHS}[-_. ]?{_YEAR}|{_YEAR}[-_. ]?{_MONTHS}"
    r"|\d{6}|\d{8}t?\d{4,6}z?)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^(?P<base>.*?[^\W_].*?)[-_. ]+(?:part[-_. ]*)?\d{1,5}$", re.IGNORECASE)
_PART = re.compile(
    r"^(?:part|data|file|chunk|batch|page|export|output|rows?)?[-_. ]*[0-9a-f-]*"
    r"(?:[-_.](?:c\d+|snappy|gz|tid.*))*$|^part[-_.].*$|^.*=.*$",
    re.IGNORECASE,
)
_NOTE = re.compile(r"^(?:\.|_(?!airbyte_raw_))")
"""Names of what writers keep for themselves; Airbyte calls its own tables so."""
_ALIKE = 0.5
"""Share of the columns that files of one table have in common at least."""


_SETTINGS = "churngrid.yaml"
"""A folder below that has one holds settings, a questionnaire and results, and no tables."""

ColumnsOf = Callable[[Path], Iterable[str] | None]
"""Column names of a file; None where it is broken."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, the folder of the system it came from, and what it may be a part of."""

    path: Path
    system: str
    stem: str


def file_stem(path: Path) -> str | None:
    """Return the name of a file without its ending, or None if it holds no table.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str or None

    Examples
    --------
    >>> file_stem(Path("data/accounts.csv.gz"))
    'accounts'
    """
    lowered = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if lowered.endswith(suffix):
            return path.name[: -len(suffix)]
    return None


def is_table_file(path: str | Path) -> bool:
    """Say whether a name is that of one file with a table, not of a folder or a database.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    bool

    Examples
    --------
    >>> is_table_file("customers.csv"), is_table_file("company.duckdb"), is_table_file("exports/")
    (True, False, False)
    """
    if "://" in str(path):
        return False
    return file_stem(Path(path)) is not None and not Path(path).is_dir()


def tables_in(folder: Path, known: Iterable[str], columns_of: ColumnsOf) -> dict[str, list[Path]]:
    """Sort the files of a folder into tables.

    Parameters
    ----------
    folder : Path
    known : iterable of str
        Names of the contract: a folder of that name holds parts of one table.
    columns_of : callable
        Column names of a file; asked only where files might be parts of one table or several.

    Returns
    -------
    dict of str to list of Path
        By name of the table. A name that two systems have is told apart by the folder, as
        ``crm/companies``.

    Raises
    ------
    SchemaError
        If two files of one folder have the same name but for their endings.
    """
    tables: dict[str, list[Path]] = {}
    found: list[_Found] = []
    names = frozenset(known)
    for entry in sorted(folder.iterdir()):
        if _NOTE.match(entry.name) or _holds(entry, folder) or (entry / _SETTINGS).is_file():
            continue
        if entry.is_dir():
            name = file_stem(entry) or entry.name
            parts = _files_below(entry)
            if name in names or (parts and _is_one_table(name, parts, columns_of)):
                tables[name] = parts
            else:
                found += [_Found(part, part.parent.name, file_stem(part) or "") for part in parts]
        # A pipe would keep a reader waiting for ever.
        elif (stem := file_stem(entry)) and not entry.is_fifo():
            found.append(_Found(entry, "", stem))
    return {**tables, **_named(_series(found, columns_of), tables)}


def _holds(entry: Path, folder: Path) -> bool:
    """Say whether an entry is a link to its own folder or one around it: a circle."""
    return entry.is_symlink() and folder.resolve().is_relative_to(entry.resolve())


def _files_below(folder: Path) -> list[Path]:
    """Return the files of a folder, less the notes that writers keep for themselves."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and file_stem(path)]
    return [path for path in files if not any(map(_NOTE.match, path.relative_to(folder).parts))]


def _is_one_table(name: str, parts: list[Path], columns_of: ColumnsOf) -> bool:
    """Say whether the files of a folder are parts of one table, and not tables of one system."""
    stems = [file_stem(part) or "" for part in parts]
    if all(_PART.match(stem) or _without_period(stem).lower() == name.lower() for stem in stems):
        return True
    if any(part.suffix == ".xlsx" for part in parts) or len(parts) < 2:
        return False
    return _are_alike(parts, columns_of)


def _are_alike(parts: list[Path], columns_of: ColumnsOf) -> bool:
    # A broken file is a part of what its name says, so that its table is known to be broken.
    told = (columns_of(part) for part in parts)
    first, *others = [set(columns) for columns in told if columns is not None] or [set()]
    return all(len(first & one) >= _ALIKE * max(len(first | one), 1) for one in others)


def _series(found: list[_Found], columns_of: ColumnsOf) -> dict[tuple[str, str], list[Path]]:
    """Put the files of months and the numbered files of one table together."""
    groups: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        groups.setdefault((one.system, _base(one, found)), []).append(one)
    tables: dict[tuple[str, str], list[Path]] = {}
    for (system, base), group in groups.items():
        paths = [one.path for one in group]
        _refuse_repeated(group)
        if len(paths) == 1 or _are_alike(paths, columns_of):
            tables[system, base] = paths
        else:
            tables |= {(system, one.stem): [one.path] for one in group}
    return tables


def _refuse_repeated(group: list[_Found]) -> None:
    by_stem: dict[str, Path] = {}
    for one in group:
        first = by_stem.setdefault(one.stem, one.path)
        if first != one.path:
            raise SchemaError(
                f"Table {one.stem!r} is there twice in {str(one.path.parent)!r}: {first.name!r} "
                f"and {one.path.name!r}. Keep one of them."
            )


def _base(one: _Found, found: list[_Found]) -> str:
    """Return the name without its period or number, unless another file has that name."""
    beside = {other.stem for other in found if other.system == one.system}
    base = _without_period(one.stem)
    if base != one.stem:
        return one.stem if base in beside else base
    numbered = _NUMBER.match(one.stem)
    if not numbered:
        return one.stem
    base = numbered["base"]
    again = [stem for stem in beside if (match := _NUMBER.match(stem)) and match["base"] == base]
    return base if len(again) > 1 and base not in beside else one.stem


def _without_period(stem: str) -> str:
    """Take periods and times of export from the end of a name."""
    while match := _PERIOD.match(stem):
        stem = match["base"]
    return stem


def _named(
    tables: Mapping[tuple[str, str], list[Path]], taken: Mapping[str, object]
) -> dict[str, list[Path]]:
    """Name tables as their files; with the system where two have the same name."""
    bare = [name for _, name in tables]
    return {
        f"{system}/{name}" if system and (bare.count(name) > 1 or name in taken) else name: paths
        for (system, name), paths in tables.items()
    }
