"""Which `raise` of the package no test names by its message, read from the source of both.

A message is what is written in it, with holes for the values; the text of a test (a `match=`, or a
string in an assertion) fits if it can be read somewhere in the message, letter for letter outside
of the holes. One text proves one `raise`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HOLE = None
"""Any text: a value put into a message, or `.*` in the pattern of a test."""
ANY = ""
"""Exactly one character, whichever."""
NO_ERRORS = ("typer.Exit",)
"""Ways to end the command line, which say nothing."""
ENOUGH = 10
"""So many letters of a message have to stand in a test (all of them, if it has fewer)."""

FEWEST = 6
"""Shorter texts of tests are not looked at."""
SHARE = 0.35
"""At least this part of the letters of a test's text has to come from the message itself."""

REACHED_BY = {
    "features": ("features", "training", "serving"),
    "training": ("training", "serving"),
    "serving": ("serving",),
    "demo": ("demo", "serving"),
}
"""Folders of tests whose calls can get to the raises of a part; those of no part reach all."""

REGEX = re.compile(
    r"(?P<one>\\[sSdDwW]|\[\^?\]?[^\]]*\]|\.)|\\(?P<escaped>.)|(?P<many>[*+?]|\{\d[\d,]*\})"
    r"|(?P<bound>\((?:\?[a-z]*:)?|[)^$])|(?P<char>.)",
    re.DOTALL,
)
"""What regular expressions of tests are made of."""

Pattern = tuple[str | None, ...]


@dataclass(frozen=True)
class Message:
    """What one `raise` says."""

    place: str
    type: str
    patterns: tuple[Pattern, ...]
    floats: bool
    source: str

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset().union(*(words_of(pattern) for pattern in self.patterns))


@dataclass(frozen=True)
class Claim:
    """A text that a test expects to read."""

    place: str
    types: frozenset[str]
    pattern: Pattern

    @cached_property
    def words(self) -> frozenset[str]:
        return words_of(self.pattern)

    @cached_property
    def letters(self) -> int:
        return letters_of(self.pattern)


def letters_of(pattern: Pattern) -> int:
    return sum(bool(part) and part.isalnum() for part in pattern)


def words_of(pattern: Pattern) -> frozenset[str]:
    text = "".join("\0" if part is HOLE or part == ANY else part for part in pattern)
    return frozenset(re.findall(r"[a-zA-Z]{4,}", text))


# --- what the package says --------------------------------------------------------------------


def text_of(node: ast.expr, home: ast.AST, tree: ast.Module) -> list[Pattern]:
    """The texts an expression may give, with holes for what is not written there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [tuple(node.value)]
    if isinstance(node, ast.JoinedStr):
        texts: list[Pattern] = [()]
        for part in node.values:
            value = part.value if isinstance(part, ast.FormattedValue) else part
            texts = [text + more for text in texts for more in text_of(value, home, tree)]
        return texts
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = (text_of(side, home, tree) for side in (node.left, node.right))
        return [start + end for start in left for end in right]
    if isinstance(node, ast.IfExp):
        return text_of(node.body, home, tree) + text_of(node.orelse, home, tree)
    if isinstance(node, ast.Call):
        made = [
            text
            for function in named(ast.unparse(node.func), tree)
            for given in returned(function)
            for text in text_of(given, function, tree)
        ]
        return made or [(HOLE,)]
    if isinstance(node, ast.Name):
        return [text for given in assigned(node.id, home) for text in given] or [(HOLE,)]
    return [(HOLE,)]


def named(name: str, tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield node


def returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def assigned(name: str, home: ast.AST) -> Iterator[list[Pattern]]:
    """The texts a name is given in a function; what those are made of stays open."""
    for node in ast.walk(home):
        if (
            isinstance(node, ast.Assign)
            and [ast.unparse(to) for to in node.targets] == [name]
            and isinstance(node.value, ast.Constant | ast.JoinedStr | ast.IfExp)
        ):
            yield text_of(node.value, ast.Pass(), ast.Module([], []))


def raised(tree: ast.Module) -> Iterator[tuple[ast.Raise, ast.Call, ast.FunctionDef]]:
    """Each `raise` of a made error, where it is made, and in which outermost function."""
    seen: set[ast.Raise] = set()
    for home in ast.walk(tree):
        if not isinstance(home, ast.FunctionDef):
            continue
        for node in ast.walk(home):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node not in seen:
                seen.add(node)
                makers = list(named(ast.unparse(node.exc.func), tree))
                for function in makers:
                    for call in returned(function):
                        if isinstance(call, ast.Call):
                            yield node, call, function
                if not makers:
                    yield node, node.exc, home


def messages_in(source: str, path: str) -> Iterator[Message]:
    tree = ast.parse(source)
    for node, call, home in raised(tree):
        if call.args and ast.unparse(call.func) not in NO_ERRORS:
            yield Message(
                f"{path}:{node.lineno}",
                ast.unparse(call.func),
                tuple(text_of(call.args[0], home, tree)),
                any("validator" in ast.unparse(by) for by in home.decorator_list),
                ast.unparse(call.args[0]),
            )


# --- what the tests expect --------------------------------------------------------------------


def as_regex(text: str) -> Pattern:
    """The pattern of a regular expression, as far as it is written out."""
    read: list[str | None] = []
    for token in REGEX.finditer(text):
        if token["many"]:
            read[-1:] = [HOLE]
        elif token["char"] or token["escaped"]:
            read.append(token["char"] or token["escaped"])
        elif token["one"]:
            read.append(ANY)
    return tuple(read)


def strings(node: ast.AST) -> Iterator[ast.expr]:
    """The texts written below a node; an f-string is one text."""
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from strings(child)


def pattern_of(node: ast.expr, *, literal: bool) -> Pattern:
    read: list[str | None] = []
    for value in node.values if isinstance(node, ast.JoinedStr) else [node]:
        if not isinstance(value, ast.Constant):
            read.append(HOLE)
        else:
            read.extend(value.value if literal else as_regex(value.value))
    return tuple(read)


def claims_in(source: str, path: str) -> list[Claim]:
    """The texts of a file, each once, however often its test looks for it."""
    claims: dict[tuple[str, Pattern], Claim] = {}
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for claim in claims_of(function, path):
                claims.setdefault((claim.place, claim.pattern), claim)
    return list(claims.values())


def claims_of(function: ast.FunctionDef, path: str) -> Iterator[Claim]:
    given = {
        name: list(strings(by))
        for by in function.decorator_list
        if isinstance(by, ast.Call) and by.args
        for names in strings(by.args[0])
        for name in re.findall(r"\w+", ast.unparse(names))
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            given |= {ast.unparse(to): list(strings(node.value)) for to in node.targets}
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    for call in calls:
        types = frozenset(re.findall(r"\w+", " ".join(map(ast.unparse, call.args))))
        for keyword in call.keywords:
            if keyword.arg == "match":
                yield from claims_from(keyword.value, given, types, path)
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            yield from claims_from(node.test, given, None, path)


def claims_from(
    node: ast.expr, given: dict[str, list[ast.expr]], types: frozenset[str] | None, path: str
) -> Iterator[Claim]:
    """The texts of a `match=` or an assertion; a name stands for what the test is given."""
    found = list(strings(node))
    literal = types is None or "re.escape" in ast.unparse(node)
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            found += given.get(child.id, [])
    for text in found:
        pattern = pattern_of(text, literal=literal)
        if letters_of(pattern) >= FEWEST:
            yield Claim(f"{path}:{text.lineno}:{text.col_offset}", types or frozenset(), pattern)


# --- do they fit ------------------------------------------------------------------------------


def shared(message: Pattern, claim: Pattern, *, floats: bool) -> int:
    """How many letters the claim shares with the message where both say the same; -1 if never."""
    # Parts of the claim read so far, and the letters shared on the best way there.
    reading = _past_holes({0: 0}, claim)
    if floats:
        reading = _through_hole(reading, claim)
    begins = {claim[0]} if claim and claim[0] is not HOLE and claim[0] != ANY else None
    for part in message:
        if part is HOLE:
            reading = _through_hole(reading, claim)
        elif len(reading) > 1 or begins is None or part in begins:
            reading = _past_holes(_through(part, reading, claim), claim)
    if floats:
        reading = _through_hole(reading, claim)
    return reading.get(len(claim), -1)


def _through(part: str, reading: dict[int, int], claim: Pattern) -> dict[int, int]:
    """Read one letter of the message; the claim may begin and end at any letter of it."""
    ahead = {0: 0}
    for j, letters in reading.items():
        if j == len(claim) or claim[j] is HOLE:
            ahead[j] = max(ahead.get(j, -1), letters)
        elif claim[j] in (part, ANY):
            gained = claim[j] == part and part.isalnum()
            ahead[j + 1] = max(ahead.get(j + 1, -1), letters + gained)
    return ahead


def _through_hole(reading: dict[int, int], claim: Pattern) -> dict[int, int]:
    ahead, best = {}, -1
    for j in range(len(claim) + 1):
        best = max(best, reading.get(j, -1))
        if best >= 0:
            ahead[j] = best
    return ahead


def _past_holes(reading: dict[int, int], claim: Pattern) -> dict[int, int]:
    for j in sorted(reading):
        while j < len(claim) and claim[j] is HOLE:
            reading[j + 1] = max(reading.get(j + 1, -1), reading[j])
            j += 1
    return reading


def reaches(claim: Claim, message: Message) -> bool:
    folder = claim.place.split("/")[1]
    return folder not in REACHED_BY or folder in REACHED_BY[message.place.split("/")[0]]


def agreement(message: Message, claim: Claim) -> int:
    """How many letters of the message a test names; 0 if it cannot mean this message."""
    parents = {"SchemaError", "LeakageError", "ArtifactError"}
    wanted = {message.type, *({"ValueError"} if message.type in parents else ())}
    if claim.types and not (message.floats or claim.types & wanted):
        return 0
    if not (message.words & claim.words and reaches(claim, message)):
        return 0
    needed, best = SHARE * claim.letters, 0
    for pattern in message.patterns:
        letters = shared(pattern, claim.pattern, floats=message.floats)
        if letters >= max(needed, min(ENOUGH, letters_of(pattern)), 1):
            best = max(best, letters)
    return best


def own_test(message: Message, claim: Claim) -> bool:
    return f"test_{Path(message.place).stem}" in claim.place


def candidates(messages: list[Message], claims: list[Claim]) -> dict[Message, list[int]]:
    """Which tests may mean a message: each those that it agrees with most, its own first."""
    found: list[list[int]] = [[] for _ in messages]
    by_word: dict[str, set[int]] = {}
    for place, message in enumerate(messages):
        for word in message.words:
            by_word.setdefault(word, set()).add(place)
    for i, claim in enumerate(claims):
        near = sorted(set().union(*(by_word.get(word, set()) for word in claim.words)))
        letters = {place: agreement(messages[place], claim) for place in near}
        most = max(letters.values(), default=0)
        for place, shared_letters in letters.items():
            if shared_letters and shared_letters == most:
                found[place].append(i)
    return {
        message: sorted(indices, key=lambda i, message=message: not own_test(message, claims[i]))
        for message, indices in zip(messages, found, strict=True)
    }


def uncovered(messages: list[Message], claims: list[Claim]) -> list[Message]:
    """The messages left without a test text of their own: one text proves one `raise`."""
    owner: dict[int, Message] = {}
    meant = candidates(messages, claims)

    def place(message: Message, tried: set[int]) -> bool:
        for i in meant[message]:
            if i not in tried:
                tried.add(i)
                if i not in owner or place(owner[i], tried):
                    owner[i] = message
                    return True
        return False

    return [message for message in messages if not place(message, set())]
