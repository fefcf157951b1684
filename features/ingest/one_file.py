"""One file as one table, whatever kind of file it is."""

from pathlib import Path

import pandas as pd

from ..errors import SchemaError
from .file_kinds import DELIMITED, OTHERS

__all__ = ["read_one_file"]


def read_one_file(path: Path) -> pd.DataFrame:
    """Return the table of a file; texts stay as they are written.

    Parameters
    ----------
    path : Path
        CSV or TSV (also gzipped), Parquet, Excel, JSON or JSON lines.

    Returns
    -------
    DataFrame
        Empty cells are missing.

    Raises
    ------
    SchemaError
        If there is no such file, its kind is not known, or it is not what its name says.
    """
    if not path.is_file():
        raise SchemaError(f"There is no file {str(path)!r}.")
    name = path.name.lower()
    try:
        if name.endswith(DELIMITED):
            return pd.read_csv(path, sep=None, engine="python", dtype=str, encoding="utf-8-sig")
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        if name.endswith(".xlsx"):
            return pd.read_excel(path)
        if name.endswith((".json", ".jsonl")):
            return pd.read_json(path, lines=name.endswith(".jsonl"))
    except (ValueError, OSError, UnicodeError) as error:
        raise SchemaError(f"File {str(path)!r} cannot be read as a table: {error}") from error
    raise SchemaError(
        f"File {str(path)!r} is none of {[*DELIMITED, *OTHERS]}; save it as one of these."
    )
