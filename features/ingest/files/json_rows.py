"""JSON files as tables: one object a line, a list of objects, or such a list inside an object."""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...errors import SchemaError
from .delimited_text import Broken

__all__ = ["WRAPPED", "JsonRows", "read_json", "unwrapped_cells"]

WRAPPED = "_airbyte_data"
"""Where Airbyte puts a row as it came, as one JSON object beside columns of its own."""

_DEEPEST = 3
"""Objects inside objects become columns of their own down to here; below, their text."""


@dataclass(frozen=True, slots=True)
class JsonRows:
    """The rows of a JSON file.

    Parameters
    ----------
    table : pyarrow.Table
        An object inside a row gives a column for each of its keys, as ``plan.amount``; a list of
        plain values its values joined by ``|``; anything deeper its JSON.
    broken : tuple of Broken
        Lines that are no JSON object.
    """

    table: pa.Table
    broken: tuple[Broken, ...] = ()


def read_json(path: Path) -> JsonRows:
    """Read a JSON file.

    Parameters
    ----------
    path : Path
        May be compressed with gzip.

    Returns
    -------
    JsonRows

    Raises
    ------
    SchemaError
        If it holds no objects, or is no JSON as a whole.
    OSError
        If it cannot be opened or unpacked.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "subscriptions.jsonl")
    ...     _ = file.write_text('{"id": 1, "plan": {"amount": 5}}')
    ...     read_json(file).table.to_pylist()
    [{'id': 1, 'plan.amount': 5}]
    """
    text = _text(path)
    broken: list[Broken] = []
    try:
        rows = list(_rows_of(json.loads(text), path))
    except RecursionError as error:
        raise SchemaError(
            f"File {str(path)!r} holds lists inside lists without end, and no rows of a table."
        ) from error
    except json.JSONDecodeError as error:
        rows = list(_line_by_line(text, broken))
        if not rows:
            raise SchemaError(
                f"File {str(path)!r} holds neither JSON nor a JSON object a line: {error}."
            ) from error
    return _table([_unwrapped(row) for row in rows], broken)


def unwrapped_cells(cells: Iterable[str | None]) -> JsonRows:
    """Read the rows of a table of which one column holds the whole row as a JSON object.

    Parameters
    ----------
    cells : iterable of str or None
        That column.

    Returns
    -------
    JsonRows

    Examples
    --------
    >>> unwrapped_cells(['{"id": 1, "plan": {"amount": 5}}']).table.to_pylist()
    [{'id': 1, 'plan.amount': 5}]
    """
    broken: list[Broken] = []
    return _table(list(_objects((cell or "" for cell in cells), broken)), broken)


def _unwrapped(row: dict[str, Any]) -> dict[str, Any]:
    inner = row.get(WRAPPED)
    if isinstance(inner, str):
        inner = next(_objects([inner], []), None)
    return inner if isinstance(inner, dict) else row


def _table(rows: list[dict[str, Any]], broken: list[Broken]) -> JsonRows:
    flat = [_flat(row) for row in rows]
    names = dict.fromkeys(name for row in flat for name in row)
    columns = {name: _column([row.get(name) for row in flat]) for name in names}
    return JsonRows(pa.table(columns), tuple(broken))


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        try:
            raw = gzip.decompress(raw)
        except EOFError as error:
            raise SchemaError(
                f"File {str(path)!r} is cut short, so that it cannot be read."
            ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaError(f"File {str(path)!r} cannot be read as JSON: it is not UTF-8.") from error


def _rows_of(content: Any, path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of the first list of objects that there is."""
    if isinstance(content, list):
        rows = content
    elif isinstance(content, dict):
        lists = [value for value in content.values() if _is_rows(value)]
        rows = lists[0] if len(lists) == 1 else [content]
    else:
        rows = [content]
    for row in rows:
        if not isinstance(row, dict):
            raise SchemaError(
                f"File {str(path)!r} must hold objects, one a row, got {str(row)[:60]!r}."
            )
        yield row


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _line_by_line(text: str, broken: list[Broken]) -> Iterator[dict[str, Any]]:
    yield from _objects((line for line in text.splitlines() if line.strip()), broken)


def _objects(lines: Iterable[str], broken: list[Broken]) -> Iterator[dict[str, Any]]:
    for place, line in enumerate(lines):
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield row
        else:
            broken.append(Broken(place, "line is no JSON object", line))


def _flat(row: dict[str, Any], depth: int = 1) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            flat |= {f"{name}.{key}": inner for key, inner in _flat(value, depth + 1).items()}
        elif isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
            flat[name] = "|".join(str(item) for item in value if item is not None)
        else:
            flat[name] = json.dumps(value) if isinstance(value, dict | list) else value
    return flat


def _column(values: list[Any]) -> pa.Array:
    """Return one column; where its values are of several types, their text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) > 1 and kinds != {int, float}:
        values = [_as_text(value) for value in values]
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([_as_text(value) for value in values], pa.string())


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value)
