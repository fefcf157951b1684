"""Every `raise` with a message of its own has a test that names this message."""

from collections.abc import Iterator
from pathlib import Path

from tests.checks.message_checks import Message, claims_in, messages_in, uncovered

ROOT = Path(__file__).parents[2]
PARTS = ("features", "training", "serving", "demo")

WITHOUT_WORDS = {
    ("training/registry/artifact.py", "str(error)"): "passes on the words of what it wraps",
    ("training/models/booster_text.py", "f'tree {number}: {error}'"): "says in which tree",
    (
        "features/ingest/propose/propose.py",
        "f'{next(iter(found.values()))}.'",
    ): "passes on why nothing at all can be opened",
}
"""Raises whose message has no words of its own, and what they say instead."""

LISTS_FAULTS = "'\\n'.join("
"""So begins a message that lists what checks have found; each of those is a rule with tests."""


def sources(folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path != Path(__file__):
                yield path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))


def wordless(message: Message) -> bool:
    return (
        message.source.startswith(LISTS_FAULTS)
        or (message.place.partition(":")[0], message.source) in WITHOUT_WORDS
        # A mapping says which key it lacks and no more.
        or (message.type == "KeyError" and not message.words)
    )


def test_every_raise_has_a_test_with_its_message():
    said = [message for source in sources(PARTS) for message in messages_in(*source)]
    expected = [claim for source in sources(("tests",)) for claim in claims_in(*source)]
    missing = uncovered([message for message in said if not wordless(message)], expected)
    assert not missing, "no test expects the message of\n" + "\n".join(
        f"{message.place} {message.type}({message.source})" for message in missing
    )


def test_no_exception_is_kept_for_a_raise_that_is_gone():
    said = [message for source in sources(PARTS) for message in messages_in(*source)]
    places = {(message.place.partition(":")[0], message.source) for message in said}
    assert set(WITHOUT_WORDS) <= places


RAISES = """
def first(days):
    if days < 1:
        raise ValueError(f"`days` must be at least 1, got {days!r}.")

def second(path):
    message = f"File {path!r} cannot be read; choose another one."
    raise SchemaError(message)

def third(days):
    raise ValueError(f"`days` must be at least 1, got {days!r}.")
"""
ONE = """
def test_days():
    with pytest.raises(ValueError, match="`days` must be at least 1, got 0"):
        first(0)
"""
GIVEN = """
@pytest.mark.parametrize(("days", "message"), [(0, "`days` must be at least 1, got 0")])
def test_days(days, message):
    with pytest.raises(ValueError, match=message):
        third(days)
"""
OTHER = """
def test_file():
    with pytest.raises(SchemaError, match=r"File '.*x' cannot be written; choose another"):
        second("x")
"""
WRONG_TYPE = """
def test_file():
    with pytest.raises(TypeError, match=r"File '.*x' cannot be read; choose another"):
        second("x")
"""
RIGHT = """
def test_file():
    with pytest.raises(SchemaError, match=r"File '.*x' cannot be read; choose another"):
        second("x")
"""


def left_of(*tests: str) -> list[int]:
    """Lines of RAISES that these tests leave without a message of their own."""
    claims = [
        claim
        for n, source in enumerate(tests)
        for claim in claims_in(source, f"tests/features/test_{n}.py")
    ]
    missing = uncovered(list(messages_in(RAISES, "features/some.py")), claims)
    return [int(message.place.rpartition(":")[2]) for message in missing]


def test_a_raise_that_no_test_names_is_found():
    assert left_of() == [4, 8, 11]


def test_one_text_proves_one_raise_only():
    assert left_of(ONE) == [8, 11]
    assert left_of(ONE, GIVEN) == [8]


def test_the_words_and_the_type_have_to_be_those_of_the_raise():
    assert left_of(ONE, GIVEN, OTHER) == left_of(ONE, GIVEN, WRONG_TYPE) == [8]
    assert left_of(ONE, GIVEN, RIGHT) == []
