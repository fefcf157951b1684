"""Random edits of files: what a broken disk, a careless hand or a forger may do to them."""

import random
import re

EXTREMES = (
    *("0", "-1", "1", "2", "7", "-7", "1000000", "-1000000", "2147483647", "-2147483648"),
    *("4294967296", "9999999999", "99999999999999999999", "1e308", "-1e308", "1e999", "nan", "inf"),
    *("-inf", "", "x", "0x7f", "0.5", "1e-320", "null", "[]", "{}", "\x00", "é"),
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def edited_text(text: str, seed: int) -> str:
    """Return a text with one to three random edits of its numbers and lines."""
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        text = rng.choice(_EDITS)(text, rng)
    return text


def edited_bytes(content: bytes, seed: int) -> bytes:
    """Return bytes of which some are others, missing, doubled or cut off."""
    rng = random.Random(seed)
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        place = rng.randrange(len(found)) if found else 0
        kind = rng.randrange(6)
        if kind < 3 and found:
            found[place] = rng.randrange(256)
        elif kind == 3:
            del found[place : place + rng.randint(1, 64)]
        elif kind == 4:
            found[place:place] = found[place : place + rng.randint(1, 64)]
        else:
            found[place:place] = rng.randbytes(rng.randint(1, 16))
    return bytes(found[: rng.randrange(len(found) + 1)] if rng.random() < 0.1 else found)


def _other_number(text: str, rng: random.Random) -> str:
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return text
    at = rng.choice(numbers)
    return f"{text[: at.start()]}{rng.choice(EXTREMES)}{text[at.end() :]}"


def _line_gone(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def _line_twice(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return "\n".join(lines)


def _number_gone(text: str, rng: random.Random) -> str:
    words = list(re.finditer(r" -?[\d.]+", text))
    if not words:
        return text
    at = rng.choice(words)
    return text[: at.start()] + text[at.end() :]


def _number_more(text: str, rng: random.Random) -> str:
    words = list(re.finditer(r" -?[\d.]+", text))
    if not words:
        return text
    at = rng.choice(words)
    return text[: at.end()] + at.group() + text[at.end() :]


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


_EDITS = (
    *(_other_number, _other_number, _other_number, _other_number),
    *(_line_gone, _line_twice, _number_gone, _number_more, _cut),
)
