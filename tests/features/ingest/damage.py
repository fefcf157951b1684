"""Ways in which files get damaged, one function each: bytes and a chance in, bytes out."""

import gzip
import random

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


DAMAGES = (*(cells, header, encoding, truncated, quotes, noise, delimiters, packed, shuffled),)


def chance_of(seed):
    """A source of chance for one seed."""
    return random.Random(seed)
