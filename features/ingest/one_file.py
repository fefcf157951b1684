"""One file as one table, whatever kind of file it is."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from ..errors import SchemaError
from .files.delimited_text import dialect_of, read_delimited
from .files.json_rows import read_json
from .files.table_names import SUFFIXES, file_stem
from .files.workbook import read_workbook

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
    if file_stem(path) is None:
        raise SchemaError(f"File {str(path)!r} is none of {[*SUFFIXES]}; save it as one of these.")
    try:
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        if name.endswith(".xlsx"):
            return max(read_workbook(path).values(), key=len, default=pd.DataFrame())
        if name.removesuffix(".gz").endswith(("json", "jsonl")):
            return _frame(read_json(path).table)
        dialect = dialect_of(path)
        return _frame(read_delimited(path, list(dialect.header), dialect).table)
    except (pa.ArrowInvalid, OSError, UnicodeError) as error:
        raise SchemaError(f"File {str(path)!r} cannot be read as a table: {error}") from error


def _frame(table: pa.Table) -> pd.DataFrame:
    """Return texts as they are written; empty cells are missing."""
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype(object).where(frame.notna() & (frame != ""), None)
