"""Which names are those of files with one table."""

from pathlib import Path

__all__ = ["DELIMITED", "OTHERS", "is_table_file"]

DELIMITED = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
"""Endings of texts with a delimiter."""
OTHERS = (".parquet", ".xlsx", ".json", ".jsonl")
"""Endings of other files with a table."""


def is_table_file(path: str | Path) -> bool:
    """Say whether a name is that of a file with one table, and not of a database.

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
    return str(path).lower().endswith((*DELIMITED, *OTHERS)) and "://" not in str(path)
