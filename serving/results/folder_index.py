"""The list of the files that count in a folder of results, and how it is made again."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ...features.errors import ArtifactError

__all__ = [
    "FILE",
    "INDEX",
    "PART",
    "ROOMS",
    "STAGED",
    "Index",
    "Part",
    "hash_of",
    "iso",
    "read_index",
    "rebuilt_index",
]

INDEX, STAGED = "index.json", ".staged-"
PART = r"[0-9T-]+-[0-9a-f]{12}\.parquet"
"""Name of a part: its as-of date, and the beginning of its hash."""

ROOMS = ("report", "lists", "crm", "digests")
"""Folders for people: whatever else lies in them is cleared away with the next results."""

_TABLE = r"[a-z][a-z0-9_]*"
_TableName = Annotated[str, StringConstraints(pattern=rf"^{_TABLE}$")]
FILE = rf"(?:(?:{'|'.join(ROOMS)})/)?[\w-][\w. -]*"
"""Name of a file for people, in the folder itself or in one inside of it."""
_FileName = Annotated[str, StringConstraints(pattern=rf"^{FILE}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Strict):
    """The rows of one as-of date."""

    as_of: str
    file: Annotated[str, StringConstraints(pattern=rf"^{PART}$")]
    sha256: str
    rows: int


class Index(_Strict):
    """The files that count: parts by table, and the hash of each file for people."""

    format: Literal[1] = 1
    staged: Annotated[str, StringConstraints(pattern=rf"^{re.escape(STAGED)}[0-9a-f]*$")] = STAGED
    tables: dict[_TableName, tuple[Part, ...]] = Field(default_factory=dict)
    files: dict[_FileName, str] = Field(default_factory=dict)

    @property
    def newest(self) -> str:
        """Return the newest as-of date, or nothing; written so that text sorts like time."""
        return max((part.as_of for parts in self.tables.values() for part in parts), default="")


def read_index(folder: Path) -> Index:
    """Return what a folder lists; an empty list for a folder without results.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Index

    Raises
    ------
    ArtifactError
        If the list is damaged, or gone while there are results.
    """
    path = folder / INDEX
    if not path.exists():
        # A first write that was cut short has no list yet, but says where it was preparing one.
        lost = None if any(folder.glob(f"{STAGED}*")) else next(_parts_in(folder), None)
        if lost:
            raise ArtifactError(
                f"Folder {str(folder)!r} holds results, such as {lost[1].name!r}, but no {INDEX} "
                f"that lists them. Restore it, or score once with `--fresh`, which makes it again."
            )
        return Index()
    try:
        return Index.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ArtifactError(
            f"{str(path)!r} is no list of stored results: {error.errors()[0]['msg']}. Restore it, "
            "or score once with `--fresh`, which makes it again from the results that are whole; "
            "or choose another folder."
        ) from error


def rebuilt_index(folder: Path) -> Index:
    """Return a list of the parts that are whole, by what they hold and are called.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Index
        Of two parts of one date the one that was written last; pages and CSV files beside them
        are taken for those of the results.
    """
    found: dict[str, dict[str, tuple[float, Part]]] = {}
    for table, path in _parts_in(folder):
        part = _described(path)
        if part is not None:
            dated = (path.stat().st_mtime, part)
            known = found.setdefault(table, {})
            known[part.as_of] = max(dated, known.get(part.as_of, dated), key=lambda one: one[0])
    tables = {
        table: tuple(part for _, (_, part) in sorted(parts.items()))
        for table, parts in sorted(found.items())
    }
    shown = [folder / f"{name}.csv" for name in tables] + sorted(folder.glob("*.html"))
    shown += [path for room in ROOMS for path in sorted((folder / room).glob("*"))]
    files = {
        path.relative_to(folder).as_posix(): hash_of(path.read_bytes())
        for path in shown
        if path.is_file()
    }
    return Index(tables=tables, files=files)


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def iso(date: pd.Timestamp) -> str:
    """Return a date as the list writes it: text that sorts like time."""
    return date.isoformat(timespec="microseconds")


def _parts_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*/*.parquet")):
        if re.fullmatch(PART, path.name) and re.fullmatch(_TABLE, path.parent.name):
            yield path.parent.name, path


def _described(path: Path) -> Part | None:
    """Return what a part holds, or None if it is not as it was written."""
    content = path.read_bytes()
    digest = hash_of(content)
    if digest[:12] != path.stem[-12:]:
        return None
    try:
        dates = pq.read_table(pa.BufferReader(content), columns=["as_of"])["as_of"]
    except (pa.ArrowInvalid, KeyError, OSError):
        return None
    day = pd.Timestamp(dates[0].as_py()) if len(dates) else _date_in(path.stem[:-13])
    return Part(as_of=iso(day), file=path.name, sha256=digest, rows=len(dates))


def _date_in(text: str) -> pd.Timestamp:
    """Return the date in the name of a part without rows."""
    form = "%Y-%m-%dT%H%M%S" if "T" in text else "%Y-%m-%d"
    return pd.Timestamp(datetime.strptime(text, form).replace(tzinfo=UTC))
