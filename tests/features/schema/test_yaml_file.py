from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from churngrid.features.errors import SchemaError
from churngrid.features.schema.yaml_file import lines_of, load_yaml


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Play(Strict):
    name: str
    due_days: int = Field(ge=1, le=365)
    owner: Literal["csm", "sales"] = "csm"
    share: float = Field(default=0.5, gt=0, lt=1)
    open: bool = True
    tags: list[str] = Field(default_factory=list, max_length=2)

    @field_validator("name")
    @classmethod
    def _lower(cls, name: str) -> str:
        if name != name.lower():
            raise ValueError("must be in lower case.")
        return name


class Above(Strict):
    above: float


class Below(Strict):
    below: float


class Playbook(Strict):
    plays: list[Play] = Field(default_factory=list)
    bands: dict[str, Above | Below] = Field(default_factory=dict)
    best: Play | None = None
    file: Path | None = None


def load(tmp_path, text, model=Playbook):
    path = tmp_path / "playbook.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_yaml(path, model)


def test_file_becomes_a_model(tmp_path):
    playbook = load(
        tmp_path,
        "# a comment\nplays:\n- {name: call, due_days: 5, tags: [a, b]}\n"
        "- name: 'no'\n  due_days: 1\n"
        "bands: {green: {above: 70}, red: {below: -1.5e1}}\nbest: null\nfile: own.yaml\n",
    )
    assert [play.name for play in playbook.plays] == ["call", "no"]
    assert playbook.bands["red"].below == -15.0
    assert playbook.file == Path("own.yaml")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_empty_file_gives_the_defaults(tmp_path, text):
    assert load(tmp_path, text) == Playbook()


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    assert load(tmp_path, b"\xef\xbb\xbfplays: []\n") == Playbook()


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "2025-01-01", "1:30", "0x1F", "1_000"])
def test_words_stay_words(tmp_path, word):
    assert load(tmp_path, f"plays: [{{name: {word.lower()}, due_days: 1}}]").plays[0].name == (
        word.lower()
    )


def test_keys_called_on_and_no_stay_words(tmp_path):
    bands = load(tmp_path, "bands: {on: {above: 1}, no: {above: 2}, y: {above: 3}}").bands
    assert list(bands) == ["on", "no", "y"]


def play(**changed):
    given = {"name": "call", "due_days": "1", **changed}
    return "plays:\n- name: first\n  due_days: 1\n-\n" + "".join(
        f"  {key}: {value}\n" for key, value in given.items()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (play(due_days=0), "playbook.yaml:6: plays[1].due_days: must be at least 1, got 0"),
        (play(due_days=366), "playbook.yaml:6: plays[1].due_days: must be at most 365, got 366"),
        (play(due_days="soon"), "plays[1].due_days: must be a whole number, got 'soon'"),
        (play(due_days=1.5), "plays[1].due_days: must be a whole number, got 1.5"),
        (play(due_days="[1]"), "plays[1].due_days: must be a whole number, got list"),
        (
            play(owner="boss"),
            "playbook.yaml:7: plays[1].owner: must be one of 'csm' or 'sales', got",
        ),
        (play(share=0), "plays[1].share: must be greater than 0, got 0"),
        (play(share=1), "plays[1].share: must be less than 1, got 1"),
        (play(share="much"), "plays[1].share: must be a number, got 'much'"),
        (play(share="{}"), "plays[1].share: must be a number, got mapping"),
        (play(open="maybe"), "plays[1].open: must be true or false, got 'maybe'"),
        (play(open="[]"), "plays[1].open: must be true or false, got list"),
        (play(tags="x"), "plays[1].tags: must be a list, got 'x'"),
        (play(tags="[a, b, c]"), "plays[1].tags: must have at most 2 entries, got list"),
        (play(tags="\n    - a\n    - 5"), "playbook.yaml:9: plays[1].tags[1]: must be text, got 5"),
        (play(name="Call"), "playbook.yaml:5: plays[1].name: must be in lower case"),
        (
            play(due_day=1),
            "playbook.yaml:7: plays[1].due_day: unknown key; known are ['due_days', 'name', "
            "'open', 'owner', 'share', 'tags']. Did you mean 'due_days'?",
        ),
        ("plays:\n- due_days: 1", "playbook.yaml:2: plays[0].name: is required and missing"),
        ("plays: 5", "playbook.yaml:1: plays: must be a list, got 5"),
        ("plays: [5]", "playbook.yaml:1: plays[0]: must hold keys and values, got 5"),
        ("bands: [1]", "playbook.yaml:1: bands: must hold keys and values, got list"),
        ("file: [1]", "playbook.yaml:1: file: must be a path, got list"),
        ("\nplay: []", "playbook.yaml:2: play: unknown key; known are ['bands', 'best', 'file', "),
        (
            "best:\n  nam: x",
            "playbook.yaml:2: best.nam: unknown key; known are ['due_days', 'name'",
        ),
        (
            "bands:\n  green:\n    above: 1\n    belo: 2",
            "playbook.yaml:4: bands.green.belo: unknown key; known are ['above', 'below']. "
            "Did you mean 'below'?",
        ),
        (play(name=f"'{'X' * 200}'", due_days="'" + "9" * 200 + "x'"), "whole number, got '9999"),
    ],
)
def test_rule_that_is_broken_is_named_with_file_line_and_key(tmp_path, text, message):
    with pytest.raises(SchemaError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert all(len(line) < 250 for line in str(caught.value).splitlines())


def test_faults_are_told_in_the_order_of_the_file_and_at_most_five(tmp_path):
    text = "plays:\n" + "- {name: a, due_days: 0}\n" * 7
    with pytest.raises(SchemaError) as caught:
        load(tmp_path, text)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines[:5]] == [
        f"playbook.yaml:{n}" for n in (2, 3, 4, 5, 6)
    ]
    assert lines[5:] == ["and 2 more"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "playbook.yaml:1: the file must hold keys and values, got a list"),
        (
            "hello",
            "playbook.yaml:1: the file must hold keys and values, got a single value",
        ),
        ("a: 1\n\ta: 2", "playbook.yaml:2: not valid YAML: "),
        ("plays: [1\n", "playbook.yaml:2: not valid YAML: "),
        ("plays: 'x", "playbook.yaml:1: not valid YAML: "),
        ("a: b: c", "playbook.yaml:1: not valid YAML: "),
        ("a: 1\nb: \x07", "playbook.yaml:2: not valid YAML: unacceptable character #x0007"),
        ("a: 1\nb: c\n\x00", "playbook.yaml:3: not valid YAML: unacceptable character #x0000"),
        ("a: 1\n~: 2", "playbook.yaml:2: a key must be a word, got '~'"),
        ("a: 1\ntrue: 2", "playbook.yaml:2: a key must be a word, got 'true'"),
        ("plays: []\n7: 2", "playbook.yaml:2: [7]: a key must be a word, got 7"),
        (
            "best:\n  name: a\n  name: b",
            "playbook.yaml:3: key 'name' stands twice, first in line 2",
        ),
        ("plays: []\nplays: []", "playbook.yaml:2: key 'plays' stands twice, first in line 1"),
        ("? [a]\n: 1", "playbook.yaml:1: a key must be a single word"),
        ("a: 1\n---\nb: 2", "playbook.yaml:2: the file must hold one document"),
        ("\nplays: &x []", "playbook.yaml:2: anchors (&) and aliases (*) are not allowed"),
        ("plays: *x", "playbook.yaml:1: anchors (&) and aliases (*) are not allowed"),
        ("\nplays: !!python/object/apply:os.system [x]", "playbook.yaml:2: tags are not allowed"),
        ("plays: !own x", "playbook.yaml:1: tags are not allowed, got '!own'"),
        ("plays: !!str x", "playbook.yaml:1: tags are not allowed"),
        ("[" * 41, "playbook.yaml:1: values must be nested at most 40 deep"),
        ("plays: " + "[" * 100_000, "playbook.yaml:1: values must be nested at most 40 deep"),
        (b"a: 1\nb: \xff", "playbook.yaml:2: the file must be UTF-8 text"),
        (b"\xff\xfea\x00", "playbook.yaml:1: the file must be UTF-8 text"),
        ("a: " + "x" * 2_000_000, "the file must be at most 2,000,000 bytes, got 2,000,003"),
    ],
)
def test_file_that_is_not_plain_yaml_is_refused(tmp_path, text, message):
    with pytest.raises(SchemaError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)


def test_what_is_wrong_is_said_as_the_clearer_parser_says_it(tmp_path):
    with pytest.raises(SchemaError, match="not valid YAML: found character '@'"):
        load(tmp_path, "plays: []\nbest: @home")


def test_without_the_fast_parser_a_file_reads_the_same(tmp_path, monkeypatch):
    text = "plays:\n- {name: 'no', due_days: 1}\n-\n  name: b\n  due_days: 2\nbest:\n"
    fast = load(tmp_path, text), lines_of(tmp_path / "playbook.yaml")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert (load(tmp_path, text), lines_of(tmp_path / "playbook.yaml")) == fast
    assert fast[1][("plays", 1, "due_days")] == 5


def test_many_digits_are_no_number(tmp_path):
    with pytest.raises(
        SchemaError, match="due_days: must be a whole number of ordinary size, got '999"
    ):
        load(tmp_path, play(due_days="9" * 5_000))


def test_bomb_of_aliases_is_refused_before_it_is_built(tmp_path):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{k}: &{k} [*{j}, *{j}]\n" for j, k in zip("ab", "bc", strict=True)
    )
    with pytest.raises(SchemaError, match="aliases"):
        load(tmp_path, bomb)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"File '.*nothing.yaml' cannot be read: No such file"):
        load_yaml(tmp_path / "nothing.yaml", Playbook)


def test_folder_is_no_file(tmp_path):
    with pytest.raises(SchemaError, match="cannot be read: Is a directory"):
        load_yaml(tmp_path, Playbook)
