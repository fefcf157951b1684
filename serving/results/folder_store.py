"""Results in a folder: history as Parquet, the newest as-of date as CSV beside it.

``index.json`` lists the files that count, each with its hash. A write puts everything new under
names that the old index does not know and then replaces the index: before that moment the old
results hold, after it the new ones. The files with a fixed name, for people, wait in a hidden
folder until then and are moved into place right after; a run killed between the two leaves that to
the next write.
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ...features.errors import ArtifactError, SchemaError
from .csv_files import table_as_csv
from .stored_types import as_of_dates, merged, restored, storable

__all__ = ["FolderStore"]


if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_INDEX, _LOCK, _STAGED = "index.json", ".lock", ".staged-"
_PART = r"[0-9T-]+-[0-9a-f]{12}\.parquet"

_TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_FileName = Annotated[str, StringConstraints(pattern=r"^[\w-][\w. -]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Part(_Strict):
    """The rows of one as-of date."""

    as_of: str
    file: Annotated[str, StringConstraints(pattern=rf"^{_PART}$")]
    sha256: str
    rows: int


class _Index(_Strict):
    """The files that count: parts by table, and the hash of each file for people."""

    format: Literal[1] = 1
    staged: Annotated[str, StringConstraints(pattern=rf"^{re.escape(_STAGED)}[0-9a-f]*$")] = _STAGED
    tables: dict[_TableName, tuple[_Part, ...]] = Field(default_factory=dict)
    files: dict[_FileName, str] = Field(default_factory=dict)

    @property
    def newest(self) -> str:
        """Return the newest as-of date, or nothing; written so that text sorts like time."""
        return max((part.as_of for parts in self.tables.values() for part in parts), default="")


@dataclass(frozen=True, slots=True)
class _Change:
    """What one write does: the index after it, new parts by table and file, files for people."""

    after: _Index
    parts: Mapping[tuple[str, str], bytes]
    shown: Mapping[str, bytes]


class FolderStore:
    """Results in a folder that is made by the first write.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.label = f"folder {str(folder)!r}"
        self._folder = folder

    def write(
        self, tables: Mapping[str, pd.DataFrame], *, files: Mapping[str, bytes | str] | None = None
    ) -> tuple[str, ...]:
        """Add results; see ``Store``."""
        incoming = {name: storable(frame, name=name) for name, frame in tables.items()}
        documents = {name: _as_bytes(content) for name, content in (files or {}).items()}
        _check_names(incoming, documents)
        dates = as_of_dates(incoming)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._locked():
                before = self._index()
                self._settle(before, incoming)
                self._check_types(before, incoming, dates)
                change = _planned(before, incoming, documents=documents, dates=dates)
                self._check_foreign(before, change.shown)
                self._switch(change, incoming)
                return tuple(name for name in documents if name not in change.shown)
        except OSError as error:
            raise ArtifactError(f"{self.label} cannot be written: {error}") from error

    def read(self, name: str) -> pd.DataFrame | None:
        """Return all rows of a table; see ``Store``."""
        index = self._index()
        while name in index.tables:
            try:
                parts = [self._part(name, part) for part in index.tables[name]]
            except FileNotFoundError as error:
                # A writer may have switched and swept in between; then there is a newer index.
                before, index = index, self._index()
                if index == before:
                    raise ArtifactError(
                        f"{self.label} lacks {error.filename!r}, which {_INDEX} lists."
                    ) from error
                continue
            return restored(pa.concat_tables(parts, promote_options="permissive"))
        return None

    def _index(self) -> _Index:
        path = self._folder / _INDEX
        if not path.exists():
            return _Index()
        try:
            return _Index.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise ArtifactError(
                f"{str(path)!r} is no list of stored results: {error.errors()[0]['msg']}. "
                "Choose another folder."
            ) from error

    def _part(self, name: str, part: _Part) -> pa.Table:
        path = self._folder / name / part.file
        content = path.read_bytes()
        if _hash(content) != part.sha256:
            raise ArtifactError(f"{str(path)!r} is not what was written: its hash differs.")
        return pq.read_table(pa.BufferReader(content))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let nobody else write; the lock of a process that died is free."""
        with (self._folder / _LOCK).open("ab") as file:
            try:
                _lock(file.fileno())
            except (BlockingIOError, PermissionError) as error:
                raise ArtifactError(
                    f"{self.label} is being written by another process. Try again later."
                ) from error
            yield

    def _check_types(
        self, index: _Index, incoming: Mapping[str, pa.Table], dates: list[pd.Timestamp]
    ) -> None:
        replaced = {_iso(date) for date in dates}
        for name, table in incoming.items():
            schema = pa.schema([])
            for part in index.tables.get(name, ()):
                if part.as_of not in replaced:
                    stored = pq.read_schema(self._folder / name / part.file).remove_metadata()
                    schema = merged(schema, stored, name=name)
            merged(schema, table.schema, name=name)

    def _switch(self, change: _Change, tables: Mapping[str, object]) -> None:
        """Write everything new to where no reader looks, then let the new index take over."""
        staged = self._folder / change.after.staged
        staged.mkdir()
        for (table, file), content in change.parts.items():
            (self._folder / table).mkdir(exist_ok=True)
            _write(staged / file, content)
            os.replace(staged / file, self._folder / table / file)
            _sync_folder(self._folder / table)
        for name, content in change.shown.items():
            _write(staged / name, content)
        _write(staged / _INDEX, change.after.model_dump_json(indent=1).encode())
        _sync_folder(staged)
        os.replace(staged / _INDEX, self._folder / _INDEX)
        _sync_folder(self._folder)
        self._settle(change.after, tables)

    def _settle(self, index: _Index, tables: Mapping[str, object]) -> None:
        """Finish what the index promises and remove what it does not know."""
        for name, expected in index.files.items():
            waiting = self._folder / index.staged / name
            if waiting.exists() and _hash(waiting.read_bytes()) == expected:
                os.replace(waiting, self._folder / name)
        for leftover in self._folder.glob(f"{_STAGED}*"):
            shutil.rmtree(leftover)
        for name in {*index.tables, *tables}:
            listed = {part.file for part in index.tables.get(name, ())}
            for path in (self._folder / name).glob("*.parquet"):
                if re.fullmatch(_PART, path.name) and path.name not in listed:
                    path.unlink()

    def _check_foreign(self, before: _Index, shown: Mapping[str, bytes]) -> None:
        for name in shown:
            if name not in before.files and (self._folder / name).exists():
                raise ArtifactError(
                    f"{self.label} has a file {name!r} that is no stored result. "
                    "Choose another folder, or move the file away."
                )


def _planned(
    before: _Index,
    incoming: Mapping[str, pa.Table],
    *,
    documents: Mapping[str, bytes],
    dates: list[pd.Timestamp],
) -> _Change:
    tables, parts = dict(before.tables), {}
    for name, table in incoming.items():
        for date in dates:
            content = _parquet(_rows_of(table, date))
            tables[name] = _with_part(tables.get(name, ()), date, content)
            parts[name, _file(date, content)] = content
    newest = _Index(tables=tables).newest
    is_newest = not dates or _iso(dates[-1]) == newest
    shown = {**documents, **_latest(incoming, dates)} if is_newest else {}
    files = {**before.files, **{name: _hash(content) for name, content in shown.items()}}
    after = _Index(tables=dict(sorted(tables.items())), files=dict(sorted(files.items())))
    # Named after what it leads to, so that the same results give the same index.
    staged = f"{_STAGED}{_hash(after.model_dump_json())[:12]}"
    return _Change(after.model_copy(update={"staged": staged}), parts, shown)


def _check_names(tables: Mapping[str, object], documents: Mapping[str, object]) -> None:
    for name in tables:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise SchemaError(f"Table names are small letters, digits and _, got {name!r}.")
    taken = {_INDEX, *(f"{name}.csv" for name in tables)}
    for name in documents:
        if name in taken or not re.fullmatch(r"[\w-][\w. -]*", name):
            raise SchemaError(f"`files` must have plain and free file names, got {name!r}.")


def _latest(incoming: Mapping[str, pa.Table], dates: list[pd.Timestamp]) -> dict[str, bytes]:
    if not dates:
        return {}
    return {
        f"{name}.csv": table_as_csv(_rows_of(table, dates[-1])) for name, table in incoming.items()
    }


def _rows_of(table: pa.Table, date: pd.Timestamp) -> pa.Table:
    return table.filter(pc.equal(table["as_of"], date)) if table.num_rows else table


def _with_part(parts: tuple[_Part, ...], date: pd.Timestamp, content: bytes) -> tuple[_Part, ...]:
    rows = pq.ParquetFile(pa.BufferReader(content)).metadata.num_rows
    added = _Part(as_of=_iso(date), file=_file(date, content), sha256=_hash(content), rows=rows)
    kept = (part for part in parts if part.as_of != added.as_of)
    return tuple(sorted((*kept, added), key=lambda part: part.as_of))


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _file(date: pd.Timestamp, content: bytes) -> str:
    day = date.strftime("%Y-%m-%d" if date == date.normalize() else "%Y-%m-%dT%H%M%S")
    return f"{day}-{_hash(content)[:12]}.parquet"


def _iso(date: pd.Timestamp) -> str:
    return date.isoformat(timespec="microseconds")


def _hash(content: bytes | str) -> str:
    return hashlib.sha256(_as_bytes(content)).hexdigest()


def _as_bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make renames last through a power cut; Windows has no such call for folders."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
