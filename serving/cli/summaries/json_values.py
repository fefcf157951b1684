"""Values, rows and counts as JSON knows them."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["counted", "plain", "records"]


def plain(value: object) -> Any:
    """Return a value as JSON knows it.

    Parameters
    ----------
    value : object
        Missing values become None, a time of midnight a date, a path its text.

    Returns
    -------
    None, bool, int, float, str, list or dict

    Examples
    --------
    >>> plain(float("nan")), plain(pd.Timestamp("2025-06-01", tz="UTC")), plain((np.int64(2),))
    (None, '2025-06-01', [2])
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(item) for item in value]
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(value) if isinstance(value, Path | date) else value


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by column, as JSON knows them."""
    return [plain(record) for record in frame.to_dict("records")]


def counted(column: pd.Series) -> dict[str, int]:
    """Return how often each value occurs, the most frequent first."""
    return {str(name): int(count) for name, count in column.value_counts().items()}
