"""Results in a folder: history as Parquet, the newest as-of date as CSV beside it.

``index.json`` lists the files that count, each with its hash. A write puts everything new under
names that the old index does not know and then replaces the index: before that moment the old
results hold, after it the new ones. The files with a fixed name, for people, wait in a hidden
folder until then and are moved into place right after; a run killed between the two leaves that to
the next write.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...features.errors import ArtifactError, SchemaError
from ...features.system_errors import writing
from ...features.whole_file import UNFINISHED, made_folder, write_whole
from .csv_files import table_as_csv
from .folder_index import (
    FILE,
    INDEX,
    PART,
    STAGED,
    Index,
    Part,
    hash_of,
    iso,
    read_index,
    rebuilt_index,
)
from .stored_types import as_of_dates, merged, restored, storable
from .words import FOR_PROGRAMS

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["AGAIN_SECONDS", "WAIT_SECONDS", "FolderStore"]

_LOCK = ".lock"
WAIT_SECONDS = 60.0
AGAIN_SECONDS = 0.05
"""How long a second writer waits for the first one, and between two looks."""

_WAY_OUT = (
    "Restore the file from a backup, or score once with `--fresh`: that takes it out of the "
    "history (what is left of it is kept under the same name with `.damaged`) and goes on from "
    "the other dates."
)


@dataclass(frozen=True, slots=True)
class _Change:
    """What one write does: the index after it, new parts by table and file, files for people."""

    after: Index
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
        with writing(self.label), made_folder(self._folder), self._locked():
            before = read_index(self._folder)
            self._settle(before, incoming)
            self._check_types(before, incoming, dates)
            change = _planned(before, incoming, documents=documents, dates=dates)
            self._check_foreign(before, change.shown)
            try:
                self._switch(change, incoming)
            except BaseException:
                # Whichever list holds by now: nothing else is left behind.
                with suppress(OSError):
                    self._settle(read_index(self._folder), incoming)
                raise
            return tuple(name for name in documents if name not in change.shown)

    def dates(self, name: str) -> list[pd.Timestamp]:
        """Return the dates of a table; see ``Store``."""
        parts = read_index(self._folder).tables.get(name, ())
        return sorted(pd.Timestamp(part.as_of) for part in parts if part.rows)

    def read(self, name: str, *, as_of: pd.Timestamp | None = None) -> pd.DataFrame | None:
        """Return rows of a table; see ``Store``."""
        index = read_index(self._folder)
        while index.tables.get(name):
            wanted = [p for p in index.tables[name] if as_of is None or p.as_of == iso(as_of)]
            if not wanted:
                return None
            try:
                parts = [self._part(name, part) for part in wanted]
            except FileNotFoundError as error:
                # A writer may have switched and swept in between; then there is a newer index.
                before, index = index, read_index(self._folder)
                if index == before:
                    raise ArtifactError(
                        f"{error.filename!r}, which the list of {self.label} names, is gone. "
                        f"{_WAY_OUT}"
                    ) from error
                continue
            return restored(pa.concat_tables(parts, promote_options="permissive"))
        return None

    def mend(self) -> tuple[str, ...]:
        """Put aside what is damaged; see ``Store``."""
        if not self._folder.is_dir():
            return ()
        with writing(self.label), self._locked():
            return self._mended()

    def _mended(self) -> tuple[str, ...]:
        path = self._folder / INDEX
        aside: list[Path] = []
        try:
            index = read_index(self._folder)
        except ArtifactError:
            index = rebuilt_index(self._folder)
            if not index.tables:
                # Nothing here was written by a store: the list may be somebody else's.
                raise
            if path.exists():
                aside.append(path)
        kept = {}
        for name, parts in index.tables.items():
            broken = [part for part in parts if not self._is_whole(name, part)]
            aside += [self._folder / name / part.file for part in broken]
            kept[name] = tuple(part for part in parts if part not in broken)
        mended = index.model_copy(update={"tables": kept})
        for lost in aside:
            if lost.exists():
                os.replace(lost, lost.with_name(f"{lost.name}.damaged"))
        if aside or (mended.tables and not path.exists()):
            write_whole(path, mended.model_dump_json(indent=1).encode())
        return tuple(str(lost) for lost in aside)

    def _is_whole(self, name: str, part: Part) -> bool:
        try:
            self._part(name, part)
        except (ArtifactError, OSError):
            return False
        return True

    def _part(self, name: str, part: Part) -> pa.Table:
        path = self._folder / name / part.file
        content = path.read_bytes()
        if _hash(content) != part.sha256:
            raise ArtifactError(
                f"{str(path)!r} is not what was written: its hash differs. {_WAY_OUT}"
            )
        return pq.read_table(pa.BufferReader(content))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let nobody else write; the lock of a process that died is free."""
        with (self._folder / _LOCK).open("ab") as file:
            until = monotonic() + WAIT_SECONDS
            while True:
                try:
                    _lock(file.fileno())
                    break
                except (BlockingIOError, PermissionError) as error:
                    if monotonic() >= until:
                        raise ArtifactError(
                            f"{self.label} is still being written by another process after "
                            f"{WAIT_SECONDS:.0f} seconds. Try again later."
                        ) from error
                sleep(AGAIN_SECONDS)
            yield

    def _check_types(
        self, index: Index, incoming: Mapping[str, pa.Table], dates: list[pd.Timestamp]
    ) -> None:
        replaced = {iso(date) for date in dates}
        for name, table in incoming.items():
            schema = pa.schema([])
            for part in index.tables.get(name, ()):
                if part.as_of not in replaced:
                    schema = merged(schema, self._schema(name, part), name=name)
            merged(schema, table.schema, name=name)

    def _schema(self, name: str, part: Part) -> pa.Schema:
        path = self._folder / name / part.file
        try:
            return pq.read_schema(path).remove_metadata()
        except (FileNotFoundError, pa.ArrowInvalid) as error:
            raise ArtifactError(f"{str(path)!r} has no columns to add to. {_WAY_OUT}") from error

    def _switch(self, change: _Change, tables: Mapping[str, object]) -> None:
        """Write everything new to where no reader looks, then let the new index take over."""
        staged = self._folder / change.after.staged
        staged.mkdir()
        for (table, file), content in change.parts.items():
            (self._folder / table).mkdir(exist_ok=True)
            # Where it stays, for a table's folder may lie on another disk.
            write_whole(self._folder / table / file, content)
            _sync_folder(self._folder / table)
        for name, content in change.shown.items():
            (staged / name).parent.mkdir(exist_ok=True)
            _write(staged / name, content)
        _write(staged / INDEX, change.after.model_dump_json(indent=1).encode())
        _sync_folder(staged)
        os.replace(staged / INDEX, self._folder / INDEX)
        _sync_folder(self._folder)
        self._settle(change.after, tables)

    def _settle(self, index: Index, tables: Mapping[str, object]) -> None:
        """Finish what the index promises and remove what it does not know."""
        for name, expected in index.files.items():
            waiting = self._folder / index.staged / name
            if waiting.exists() and _hash(waiting.read_bytes()) == expected:
                (self._folder / name).parent.mkdir(exist_ok=True)
                os.replace(waiting, self._folder / name)
        self._clear_rooms(index)
        for name in {*index.tables, *tables}:
            listed = {part.file for part in index.tables.get(name, ())}
            for path in (self._folder / name).glob("*.parquet"):
                if re.fullmatch(PART, path.name) and path.name not in listed:
                    path.unlink()
            for draft in (self._folder / name).glob(f".*{UNFINISHED}"):
                draft.unlink()
        # Last, because it tells parts of a write that was cut short from a list that was lost.
        for leftover in self._folder.glob(f"{STAGED}*"):
            shutil.rmtree(leftover)

    def _clear_rooms(self, index: Index) -> None:
        """Take away the pages of who looks after nobody any more."""
        for room in sorted({room for name in index.files if (room := _room_of(name))}):
            for path in (self._folder / room).glob("*"):
                if path.is_file() and f"{room}/{path.name}" not in index.files:
                    path.unlink()

    def _check_foreign(self, before: Index, shown: Mapping[str, bytes]) -> None:
        known = {*before.files, *(_room_of(name) for name in before.files)}
        for name in {_room_of(name) or name for name in shown}:
            if name not in known and (self._folder / name).exists():
                raise ArtifactError(
                    f"{self.label} has a file {name!r} that is no stored result. "
                    "Choose another folder, or move the file away."
                )


def _planned(
    before: Index,
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
    newest = Index(tables=tables).newest
    is_newest = not dates or iso(dates[-1]) == newest
    shown = {**documents, **_latest(incoming, dates)} if is_newest else {}
    made_anew = {_room_of(name) for name in shown} - {""}
    kept = {name: told for name, told in before.files.items() if _room_of(name) not in made_anew}
    files = {**kept, **{name: _hash(content) for name, content in shown.items()}}
    after = Index(tables=dict(sorted(tables.items())), files=dict(sorted(files.items())))
    # Named after what it leads to, so that the same results give the same index.
    staged = f"{STAGED}{_hash(after.model_dump_json())[:12]}"
    return _Change(after.model_copy(update={"staged": staged}), parts, shown)


def _room_of(name: str) -> str:
    """Return the folder for people that a file lies in, or nothing."""
    room, inside, _ = name.partition("/")
    return room if inside else ""


def _check_names(tables: Mapping[str, object], documents: Mapping[str, object]) -> None:
    for name in tables:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise SchemaError(f"Table names are small letters, digits and _, got {name!r}.")
    taken = {INDEX, *(f"{name}.csv" for name in tables)}
    for name in documents:
        if name in taken or not re.fullmatch(FILE, name):
            raise SchemaError(f"`files` must have plain and free file names, got {name!r}.")


def _latest(incoming: Mapping[str, pa.Table], dates: list[pd.Timestamp]) -> dict[str, bytes]:
    if not dates:
        return {}
    return {
        f"{name}.csv": table_as_csv(_rows_of(table, dates[-1]))
        for name, table in incoming.items()
        if name not in FOR_PROGRAMS
    }


def _rows_of(table: pa.Table, date: pd.Timestamp) -> pa.Table:
    return table.filter(pc.equal(table["as_of"], date)) if table.num_rows else table


def _with_part(parts: tuple[Part, ...], date: pd.Timestamp, content: bytes) -> tuple[Part, ...]:
    rows = pq.ParquetFile(pa.BufferReader(content)).metadata.num_rows
    added = Part(as_of=iso(date), file=_file(date, content), sha256=_hash(content), rows=rows)
    kept = (part for part in parts if part.as_of != added.as_of)
    return tuple(sorted((*kept, added), key=lambda part: part.as_of))


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _file(date: pd.Timestamp, content: bytes) -> str:
    day = date.strftime("%Y-%m-%d" if date == date.normalize() else "%Y-%m-%dT%H%M%S")
    return f"{day}-{_hash(content)[:12]}.parquet"


def _hash(content: bytes | str) -> str:
    return hash_of(_as_bytes(content))


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
