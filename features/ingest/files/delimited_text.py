"""CSV as systems and spreadsheets write it: encodings, delimiters, lines above the header."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from ...errors import SchemaError
from .totals import explaining_rows, is_total, said_of_explaining, said_of_totals

__all__ = ["Broken", "Delimited", "Dialect", "dialect_of", "read_delimited"]

_HEAD_BYTES = 1 << 18
_LEAST_LINES, _LONGEST_HEAD = 3, 1 << 24
_BLOCK = 1 << 24
_SAMPLE = 100
_TAIL = 1 << 16
"""Records that the delimiter and the header are found by."""
_MOST_TITLE_LINES = 30
_MOST_FOOT_LINES = 5
_LONGEST_QUOTED = 100
"""Lines that one quoted value may span before its quote counts as broken."""
_DELIMITERS = ",;\t|"
_SEP = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written.

    Parameters
    ----------
    encoding : str
    delimiter : str
    skip : int
        Lines down to the header, which is one of them.
    header : tuple of str
        Column names without blanks around them.
    remarks : tuple of str
        What a reader should know, such as lines left out above the header.
    is_header_alone : bool
        Whether no row follows.
    explaining : int
        Records below the header that say what columns mean, and are no rows.
    """

    encoding: str
    delimiter: str
    skip: int
    header: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    is_header_alone: bool = False
    explaining: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be divided into the columns.

    Parameters
    ----------
    row : int
        Place among the rows, counted from 0.
    rule : str
    text : str
    """

    row: int
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Delimited:
    """The rows of a delimited file, every value as text.

    Parameters
    ----------
    table : pyarrow.Table
    broken : tuple of Broken
    remarks : tuple of str
    """

    table: pa.Table
    broken: tuple[Broken, ...] = ()
    remarks: tuple[str, ...] = ()


def dialect_of(path: Path) -> Dialect:
    """Find out how a file is written from its beginning.

    Parameters
    ----------
    path : Path
        May be compressed with gzip.

    Returns
    -------
    Dialect

    Raises
    ------
    SchemaError
        If there is not even a line of column names.
    OSError
        If the file cannot be opened or unpacked.
    """
    raw, is_all = _beginning(path)
    encoding = _encoding(raw)
    text = raw.decode(encoding, "replace")
    if not is_all:
        # The last line is cut somewhere.
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    if not text.strip("\ufeff \t\r\n"):
        raise SchemaError(f"File {str(path)!r} is empty: it has not even a line of column names.")
    return _dialect(text, encoding)


def _beginning(path: Path) -> tuple[bytes, bool]:
    """Return the first bytes of a file, among them some whole lines, and whether that is all."""
    with pa.input_stream(str(path)) as stream:
        raw = bytes(stream.read(_HEAD_BYTES))
        while len(raw) % _HEAD_BYTES == 0 and raw.count(b"\n") < _LEAST_LINES:
            if len(raw) >= _LONGEST_HEAD:
                raise SchemaError(
                    f"File {str(path)!r}: the line of column names must end within "
                    f"{_LONGEST_HEAD:,} bytes; is it a CSV file?"
                )
            more = bytes(stream.read(_HEAD_BYTES))
            if not more:
                break
            raw += more
        return raw, len(raw) % _HEAD_BYTES != 0 or not stream.read(1)


def _encoding(raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    # In text of two bytes a letter nearly every second one is zero.
    even, odd = raw[:1000:2].count(0), raw[1:1000:2].count(0)
    if max(even, odd) > len(raw[:1000]) // 4:
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        # A character may be cut in two at the end of what was read.
        raw[:-4].decode("utf-8") if len(raw) % _HEAD_BYTES == 0 else raw.decode("utf-8")
    except UnicodeDecodeError:
        return _best_guess(raw)
    return "utf-8"


def _best_guess(raw: bytes) -> str:
    """UTF-8 with a few broken places, or the single-byte encoding of Windows."""
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - broken
    return "utf-8" if good > broken else "cp1252"


def _dialect(text: str, encoding: str) -> Dialect:
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    named = _SEP.match(lines[0])
    above = 1 if named else 0
    body = "".join(lines[above:])
    delimiter = named[1] if named else _delimiter(body)
    records = _records(body, delimiter)
    if not records:
        return Dialect(encoding, delimiter, above, ())
    place = _header_place(records)
    titles = [" ".join(filter(None, cells)).strip() for _, cells in records[:place]]
    header = tuple(cell.strip() for cell in records[place][1])
    rows = [cells for _, cells in records[place + 1 :]]
    if rows and all(len(cells) == len(header) + 1 and not cells[-1] for cells in rows):
        # Every line ends with a delimiter but the first one.
        header = (*header, "")
    explaining = explaining_rows(rows)
    remarks = _remarks(titles, encoding)
    remarks += (said_of_explaining(rows[:explaining]),) if explaining else ()
    return Dialect(
        encoding,
        delimiter,
        above + records[place][0],
        header,
        remarks,
        is_header_alone=not rows,
        explaining=explaining,
    )


def _remarks(titles: list[str], encoding: str) -> tuple[str, ...]:
    said = [title for title in titles if title]
    remarks = [f"lines above the column names left out: {'; '.join(said)[:120]!r}"] if said else []
    if encoding == "cp1252":
        remarks.append("not UTF-8: read as Windows-1252")
    return tuple(remarks)


def _delimiter(text: str) -> str:
    """Return the delimiter that divides most lines into equally many values."""

    def consistency(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(cells) for _, cells in _records(text, delimiter) if len(cells) > 1)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return count, width

    return max(_DELIMITERS, key=consistency)


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the first records that hold anything, with the line each of them ends at."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((reader.line_num, cells))
            if len(records) >= _SAMPLE:
                break
    except csv.Error:
        pass
    return records


def _header_place(records: list[tuple[int, list[str]]]) -> int:
    """Return which record holds the column names: the first one if it is as wide as the rows."""
    widths = Counter(len(cells) for _, cells in records)
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    for place, (_, cells) in enumerate(records[:_MOST_TITLE_LINES]):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if 2 * len(filled) > usual or usual < 2:
            is_header = len(set(filled)) == len(filled) and not any(map(_is_value, filled))
            return place if is_header or place == 0 else 0
    return 0


def _is_value(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,]+%?", cell))


def read_delimited(path: Path, columns: list[str], dialect: Dialect | None = None) -> Delimited:
    """Read columns of a delimited file.

    Parameters
    ----------
    path : Path
    columns : list of str
        Of the header.
    dialect : Dialect or None
        Found out if not given.

    Returns
    -------
    Delimited
        Lines with too few or too many values are told apart one by one.

    Raises
    ------
    SchemaError
        If there is not even a line of column names.
    OSError, pyarrow.ArrowInvalid
        If the file cannot be read at all.
    """
    dialect = dialect or dialect_of(path)
    read = _without_explaining(_read(path, columns, dialect), dialect.explaining)
    return _without_total(read, path, dialect)


def _without_explaining(read: Delimited, explaining: int) -> Delimited:
    """Leave out the first lines, which say what columns mean."""
    if not explaining:
        return read
    broken = tuple(Broken(max(b.row - explaining, 0), b.rule, b.text) for b in read.broken)
    return Delimited(read.table.slice(explaining), broken, read.remarks)


def _without_total(read: Delimited, path: Path, dialect: Dialect) -> Delimited:
    """Leave out a last line that is the sum of the others."""
    cells = _last_cells(path, dialect)
    n_rows = read.table.num_rows
    if not n_rows or len(cells) != len(dialect.header) or not is_total(cells):
        return read
    remarks = (*read.remarks, said_of_totals(cells))
    return Delimited(read.table.slice(0, n_rows - 1), read.broken, remarks)


def _last_cells(path: Path, dialect: Dialect) -> list[str]:
    """Return the values of the last line of the table; none of a compressed file.

    Lines below it that are no rows, such as the day of the report, do not count.
    """
    if path.name.endswith(".gz"):
        return []
    with path.open("rb") as file:
        file.seek(0, io.SEEK_END)
        # An even place, where a character of two bytes begins.
        file.seek(max(file.tell() - _TAIL, 0) // 2 * 2)
        text = file.read().decode(dialect.encoding.replace("-sig", ""), "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    last = (_cells(line, dialect.delimiter) for line in lines[: -_MOST_FOOT_LINES - 1 : -1])
    return next((cells for cells in last if len(cells) == len(dialect.header)), [])


def _read(path: Path, columns: list[str], dialect: Dialect) -> Delimited:
    if dialect.encoding in {"utf-8", "utf-8-sig"} and _is_utf8(path):
        try:
            read = _parsed(str(path), columns, dialect)
            if not _swallows_lines(read, dialect):
                return read
        except pa.ArrowInvalid:
            pass
    with pa.input_stream(str(path)) as stream:
        raw = bytes(stream.read())
    encoding = dialect.encoding if dialect.encoding.startswith("utf-16") else _encoding(raw)
    return _decoded(raw, columns, dialect, encoding)


def _is_utf8(path: Path) -> bool:
    """Say whether all of a file is UTF-8; Arrow would lose a broken line without a word."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with pa.input_stream(str(path)) as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _letters(texts: pa.Array) -> bytes:
    """Return all letters of some texts behind each other."""
    letters = texts.buffers()[2]
    return b"" if letters is None else bytes(letters.to_pybytes())


def _decoded(raw: bytes, columns: list[str], dialect: Dialect, encoding: str) -> Delimited:
    """Read a file that is not plain UTF-8, or not well divided, by way of its text."""
    text = raw.decode(encoding, "replace").lstrip("\ufeff")
    remarks = dialect.remarks
    broken = text.count("\ufffd") - raw.count("\ufffd".encode())
    if encoding != dialect.encoding and encoding == "cp1252":
        remarks = (*remarks, "not UTF-8: read as Windows-1252")
    elif broken > 0:
        remarks = (*remarks, f"{broken} places are no text in {encoding.upper()}")
    try:
        read = _parsed(pa.BufferReader(text.encode("utf-8", "replace")), columns, dialect)
        if _swallows_lines(read, dialect):
            read = _salvaged(text, columns, dialect)
    except pa.ArrowInvalid:
        read = _salvaged(text, columns, dialect)
    return Delimited(read.table, read.broken, remarks)


def _parsed(source: object, columns: list[str], dialect: Dialect) -> Delimited:
    if dialect.is_header_alone:
        empty = pa.table({name: pa.array([], pa.string()) for name in columns})
        return Delimited(empty, (), dialect.remarks)
    broken: list[Broken] = []

    def reject(line: pcsv.InvalidRow) -> str:
        broken.append(
            Broken(line.number - dialect.skip - 1, _rule(line.actual_columns, dialect), line.text)
        )
        return "skip"

    table = pcsv.read_csv(
        source,
        # The number of a rejected line is known only if one thread reads.
        read_options=pcsv.ReadOptions(
            use_threads=False, column_names=list(dialect.header), skip_rows=dialect.skip
        ),
        parse_options=pcsv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=reject
        ),
        convert_options=pcsv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), include_columns=columns
        ),
    )
    return Delimited(table, tuple(broken), dialect.remarks)


def _swallows_lines(read: Delimited, dialect: Dialect) -> bool:
    """Say whether a value holds what looks like whole lines: a quote that nobody closed."""
    held = [line.text for line in read.broken if "\n" in line.text]
    for column in read.table.columns:
        if any(b"\n" in _letters(chunk) for chunk in column.chunks):
            held += column.filter(pc.match_substring(column, "\n")).to_pylist()
    least = max(len(dialect.header) - 1, 1)
    return any(
        line.count(dialect.delimiter) >= least for text in held for line in text.splitlines()[1:]
    )


def _rule(n_values: int, dialect: Dialect) -> str:
    return f"line has {n_values} values, the header {len(dialect.header)}"


def _salvaged(text: str, columns: list[str], dialect: Dialect) -> Delimited:
    """Divide line by line, so that a broken quote costs one line and not all that follow."""
    places = [dialect.header.index(column) for column in columns]
    taken: list[list[str]] = [[] for _ in columns]
    broken: list[Broken] = []
    lines = text.splitlines(keepends=True)[dialect.skip :]
    for row, (line, cells) in enumerate(_divided(lines, dialect.delimiter)):
        rule = _unusable(line, cells, dialect)
        if rule:
            broken.append(Broken(row, rule, line))
            continue
        for values, place in zip(taken, places, strict=True):
            values.append(cells[place])
    table = pa.table([pa.array(values, pa.string()) for values in taken], names=columns)
    return Delimited(table, tuple(broken), dialect.remarks)


def _unusable(line: str, cells: list[str], dialect: Dialect) -> str:
    """Say why a line is no row; empty if it is one."""
    if line.count('"') % 2:
        return "line has a quote that nobody closes"
    return "" if len(cells) == len(dialect.header) else _rule(len(cells), dialect)


def _divided(lines: list[str], delimiter: str) -> Iterator[tuple[str, list[str]]]:
    place = 0
    while place < len(lines):
        if lines[place].strip():
            length = _closed_after(lines, place)
            record = "".join(lines[place : place + length])
            yield record.rstrip("\r\n"), _cells(record, delimiter)
            place += length
        else:
            place += 1


def _closed_after(lines: list[str], place: int) -> int:
    """Lines that the record beginning here has; one if its quotes are never closed."""
    quotes = 0
    for length, line in enumerate(lines[place : place + _LONGEST_QUOTED], 1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return length
    return 1


def _cells(record: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []
