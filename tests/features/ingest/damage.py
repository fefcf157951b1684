"""Ways in which files get damaged, one function each: bytes and a chance in, bytes out."""

import gzip
import random
import re

__all__ = ["DAMAGES"]


def _lines(raw):
    return raw.split(b"\n")


def cells(raw, chance):
    """Some cells become something else."""
    rows = [line.split(b",") for line in _lines(raw)]
    for _ in range(chance.randint(1, 4)):
        row = chance.choice(rows[1:])
        row[chance.randrange(len(row))] = chance.choice(
            [b"", b"n/a", b"#REF!", b"1.234,5", b"$ 99", b"31/12/2025", b"\xff", b"nan", b"9" * 30]
        )
    return b"\n".join(b",".join(row) for row in rows)


def header(raw, chance):
    """A column name is lost, repeated or dressed up."""
    names = _lines(raw)[0].split(b",")
    place = chance.randrange(len(names))
    names[place] = chance.choice([b"", names[0], names[place].upper(), b" " + names[place] + b" "])
    return b"\n".join([b",".join(names), *_lines(raw)[1:]])


def encoding(raw, chance):
    """The file is written in another encoding."""
    name = chance.choice(["utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32"])
    return raw.decode().encode(name, "replace")


def truncated(raw, chance):
    """The end is missing."""
    return raw[: chance.randint(1, len(raw) - 1)]


def quotes(raw, chance):
    """Quotes stand where none belong."""
    places = sorted(chance.sample(range(len(raw)), chance.randint(1, 3)), reverse=True)
    for place in places:
        raw = raw[:place] + b'"' + raw[place:]
    return raw


def noise(raw, chance):
    """Single bytes are changed."""
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def delimiters(raw, chance):
    """Another delimiter, with a decimal comma and a line that names it."""
    mark = chance.choice([b";", b"\t", b"|"])
    body = raw.replace(b",", mark).replace(b".", b",")
    return chance.choice([b"", b"sep=" + mark + b"\n", b"Report\n\n"]) + body


def packed(raw, chance):
    """It is packed, and cut."""
    whole = gzip.compress(raw)
    return whole[: chance.randint(1, len(whole))]


def shuffled(raw, chance):
    """Lines are lost, repeated and in another order."""
    first, *rows = _lines(raw)
    rows = [chance.choice(rows) for _ in rows]
    return b"\n".join([first, *rows])


def columns(raw, chance):
    """Columns stand in another order, and one of them is there twice."""
    rows = [line.split(b",") for line in _lines(raw)]
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    order += [order[0]] if chance.random() < 0.5 else []
    return b"\n".join(b",".join(row[n] for n in order if n < len(row)) for row in rows)


def blanks(raw, chance):
    """A column is empty, or blanks stand in it."""
    rows = [line.split(b",") for line in _lines(raw)]
    place, blank = chance.randrange(len(rows[0])), chance.choice([b"", b"  ", b"NULL"])
    for row in rows[1:]:
        if place < len(row) and chance.random() < 0.9:
            row[place] = blank
    return b"\n".join(b",".join(row) for row in rows)


def line_ends(raw, chance):
    """Ends of lines of several systems, empty lines, NUL bytes."""
    ends = [b"\n", b"\r\n", b"\r", b"\n\n", b"\x00\n"]
    return b"".join(line + chance.choice(ends) for line in _lines(raw))


def huge(raw, chance):
    """A cell of a megabyte, or a very long name of a column."""
    rows = [line.split(b",") for line in _lines(raw)]
    row = chance.choice(rows)
    row[chance.randrange(len(row))] = b"x" * chance.choice([200_000, 1_000_000])
    return b"\n".join(b",".join(row) for row in rows)


def two_dates(raw, chance):
    """Half of the dates are written in another form."""
    form = chance.choice([rb"\3/\2/\1", rb"\2/\3/\1", rb"\3.\2.\1", rb"\1\2\3"])
    return re.sub(
        rb"(20\d\d)-(\d\d)-(\d\d)",
        lambda found: found.expand(form) if chance.random() < 0.5 else found[0],
        raw,
    )


def money(raw, chance):
    """Amounts are negative, in parentheses, in words or with signs of several currencies."""
    forms = [b"-\\1", b"(\\1)", b"$\\1", b"\\1 EUR", b"about \\1", b"1e400"]
    form = chance.choice(forms).replace(b"\\\\", b"\\")
    return re.sub(
        rb"(?<=,)(\d+\.\d+)(?=[,\r\n])",
        lambda found: found.expand(form) if chance.random() < 0.6 else found[0],
        raw,
    )


def same_ids(raw, chance):
    """The first column repeats: rows of different things under one id."""
    first, *rows = _lines(raw)
    ids = [row.split(b",")[0] for row in rows if row]
    return b"\n".join(
        [first, *(b",".join([chance.choice(ids), *row.split(b",")[1:]]) for row in rows if row)]
    )


def empty(raw, chance):
    """Nothing is left, or the line of column names, or blanks."""
    return chance.choice([b"", _lines(raw)[0], b"\n\n \n", b"\xef\xbb\xbf", b"\x00" * 64])


DAMAGES = (
    *(columns, blanks, line_ends, huge, two_dates, money, same_ids, empty),
    *(cells, header, encoding, truncated, quotes, noise, delimiters, packed, shuffled),
)


def chance_of(seed):
    """A source of chance for one seed."""
    return random.Random(seed)
