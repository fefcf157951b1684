"""Overrides: what a CSM knows and no table says, with a reason, an author and an end.

An override can only lower the band of an account. It is a fact with a date like any other: one that
was set on or after the as-of date does not count, nor does one that has expired by then.
"""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import SchemaError
from ..schema.bands import Bands
from ..schema.suggestions import closest

__all__ = ["Override", "active_overrides", "read_overrides"]


_REQUIRED = ("account_id", "reason", "author", "set_at", "expires_at")
_COLUMNS = ("account_id", "limit", "band", "reason", "author", "set_at", "expires_at")
_CLOCKS = ("set_at", "expires_at")
_BANDS = ("low", "medium")
_MOST_FAULTS = 5
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Override:
    """The highest health one person allows one account for some time.

    Parameters
    ----------
    account_id : str
    limit : float or None
        0 to 100; 100 lifts what was set before. Either this or ``band``.
    band : {"low", "medium"} or None
        Not better than this band.
    reason, author : str
    set_at, expires_at : Timestamp
        UTC.
    """

    account_id: str
    limit: float | None
    band: str | None
    reason: str
    author: str
    set_at: pd.Timestamp
    expires_at: pd.Timestamp

    def highest(self, bands: Bands) -> float:
        """Return the highest health value that is left, 0 to 100."""
        if self.limit is not None:
            return self.limit
        return float(np.nextafter(bands.medium if self.band == "low" else bands.high, 0))


def read_overrides(path: Path) -> tuple[Override, ...]:
    r"""Read the overrides of a company, checked row by row.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with the columns account_id, limit (0 to 100) or band (low or medium), reason,
        author, set_at, expires_at. Append rows, never edit old ones, or old scores change.

    Returns
    -------
    tuple of Override
        In the order of the file; empty for a file without rows.

    Raises
    ------
    SchemaError
        If the file cannot be read, a column is missing or unknown, or a row breaks a rule; the
        message names file, line and rule, one line per fault, at most five.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "overrides.csv")
    ...     _ = file.write_text(
    ...         "account_id,limit,reason,author,set_at,expires_at\n"
    ...         "a1,40,Budget cut,Kim,2025-05-01,2025-08-01\n"
    ...     )
    ...     read_overrides(file)[0].limit
    40.0
    """
    found, faults = [], []
    for line, row in _rows(path):
        wrong = list(_faults(row))
        faults += [f"{path.name}:{line}: {fault}" for fault in wrong]
        if not wrong:
            found.append(_override(row))
    if faults:
        more = len(faults) - _MOST_FAULTS
        raise SchemaError(
            "\n".join(faults[:_MOST_FAULTS] + ([f"and {more} more"] if more > 0 else []))
        )
    return tuple(found)


def active_overrides(
    overrides: Sequence[Override], as_of: pd.Timestamp, bands: Bands
) -> pd.DataFrame:
    """Return the override that counts for each account on a date.

    Parameters
    ----------
    overrides : sequence of Override
    as_of : Timestamp
        Only those set before it and not expired by then count; of several for one account the one
        set last, of those set at the same time the lowest.
    bands : Bands

    Returns
    -------
    DataFrame
        Index account_id: ``override_limit`` and ``override_reason`` (with author and end). Accounts
        without one, and those whose limit is 100, have no row.
    """
    held = [one for one in overrides if one.set_at < as_of < one.expires_at]
    held.sort(key=lambda one: (one.set_at, -one.highest(bands), one.author, one.reason))
    newest = {one.account_id: one for one in held}
    kept = {name: one for name, one in newest.items() if one.highest(bands) < 100}
    return pd.DataFrame(
        {
            "override_limit": [one.highest(bands) for one in kept.values()],
            "override_reason": [_said(one) for one in kept.values()],
        },
        index=pd.Index(kept, name="account_id", dtype=object),
    ).astype({"override_limit": float, "override_reason": object})


def _said(override: Override) -> str:
    reason = override.reason.rstrip(".")
    return f"{reason} (set by {override.author}, until {override.expires_at:%Y-%m-%d})"


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows with their lines; empty lines are left out."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, path)
        for cells in reader:
            if len(cells) > len(header):
                raise SchemaError(
                    f"{path.name}:{reader.line_num}: a row must have {len(header)} values, "
                    f"got {len(cells)}; put a text with commas in quotes."
                )
            if any(cells):
                full = [*cells, *[""] * (len(header) - len(cells))]
                row = {name: cell.strip() for name, cell in zip(header, full, strict=True)}
                yield reader.line_num, {name: row.get(name, "") for name in _COLUMNS}
    except csv.Error as error:
        raise SchemaError(f"{path.name}:{reader.line_num}: not valid CSV: {error}.") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SchemaError(f"File {str(path)!r} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path.name}: the file must be UTF-8 text.") from error


def _check_header(header: list[str], path: Path) -> None:
    for name in header:
        if name not in _COLUMNS:
            raise SchemaError(f"{path.name}:1: unknown column {name!r}.{closest(name, _COLUMNS)}")
        if header.count(name) > 1:
            raise SchemaError(f"{path.name}:1: column {name!r} stands twice; keep one.")
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise SchemaError(f"{path.name}:1: columns {missing} are required and missing.")
    if not {"limit", "band"} & set(header):
        raise SchemaError(f"{path.name}:1: a column 'limit' or 'band' is required.")


def _faults(row: dict[str, str]) -> Iterator[str]:
    """Yield every rule a row breaks."""
    for name in _REQUIRED:
        if not row[name]:
            yield f"{name}: is required and empty"
    if bool(row["limit"]) == bool(row["band"]):
        yield "needs either limit or band, and not both"
    if row["limit"] and not 0 <= _number(row["limit"]) <= 100:
        yield f"limit: must be a number from 0 to 100, got {row['limit']!r}"
    if row["band"] and row["band"] not in _BANDS:
        yield f"band: must be one of {_BANDS}, for it only lowers, got {row['band']!r}"
    moments = [_moment(row[name]) for name in _CLOCKS]
    for name, moment in zip(_CLOCKS, moments, strict=True):
        if row[name] and moment is None:
            yield f"{name}: must be a date such as 2025-06-30, got {row[name]!r}"
    set_at, expires_at = moments
    if set_at is not None and expires_at is not None and set_at >= expires_at:
        yield f"expires_at: must lie after set_at, got {row['expires_at']!r}"


def _override(row: dict[str, str]) -> Override:
    """Return the override of a row without faults."""
    moments = (_moment(row[name]) for name in _CLOCKS)
    set_at, expires_at = (pd.Timestamp(moment) for moment in moments if moment is not None)
    return Override(
        account_id=row["account_id"],
        limit=float(row["limit"]) if row["limit"] else None,
        band=row["band"] or None,
        reason=row["reason"][:_LONGEST],
        author=row["author"][:_LONGEST],
        set_at=set_at,
        expires_at=expires_at,
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _moment(text: str) -> datetime | None:
    """Return a date or time in UTC, None if it is neither."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
