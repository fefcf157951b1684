"""YAML files that people edit, read into frozen models, with file and line in every message.

A file is data: it has no tags, anchors or aliases, so that it can neither name code nor grow
while it is read. Only ``true`` and ``false`` are truth values; ``no`` is Norway and ``on`` a key.
"""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..errors import SchemaError
from .suggestions import closest

__all__ = ["Loc", "lines_of", "load_yaml", "located", "refuse"]


Model = TypeVar("Model", bound=BaseModel)
Loc = tuple[Hashable, ...]
"""The way to a key or an entry of a file: ``("plays", 0, "name")``."""

_LARGEST_BYTES = 2_000_000
_DEEPEST = 40
_MOST_ERRORS = 5


# The few plain forms of YAML 1.2; all else is text.
_FORMS = {
    "null": re.compile(r"~|null|"),
    "bool": re.compile(r"true|false"),
    "int": re.compile(r"[-+]?[0-9]{1,18}"),
    "float": re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?"),
}


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into a model.

    Parameters
    ----------
    path : Path
    model : type of pydantic model
        Says which keys there are and what they may hold.

    Returns
    -------
    model
        An empty file gives the model's defaults.

    Raises
    ------
    SchemaError
        If the file is missing, is no YAML of the plain kind, or breaks a rule of the model; the
        message names file, line, key and rule, one line per fault, at most five.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from churngrid.features.schema.settings import Settings
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "churngrid.yaml")
    ...     _ = file.write_text("horizon_days: 90")
    ...     load_yaml(file, Settings).horizon_days
    90
    """
    content, lines = _content(path)
    if not isinstance(content, dict):
        raise SchemaError(
            f"{path.name}:1: the file must hold keys and values, got a {_kind(content)}."
        )
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = _faults(error, lines, model, path)
        more = len(faults) - _MOST_ERRORS
        shown = faults[:_MOST_ERRORS] + ([f"and {more} more"] if more > 0 else [])
        raise SchemaError("\n".join(shown)) from error


def lines_of(path: Path) -> dict[Loc, int]:
    """Return the line of every key and entry of a YAML file, for checks beyond a model.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of tuple to int
        By the way to it, which keys and places in lists make up; ``()`` is line 1.

    Raises
    ------
    SchemaError
        If the file is missing or is no YAML of the plain kind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "plays.yaml")
    ...     _ = file.write_text("plays:" + chr(10) + "- name: call")
    ...     lines_of(file)
    {(): 1, ('plays',): 1, ('plays', 0): 2, ('plays', 0, 'name'): 2}
    """
    return _content(path)[1]


def refuse(path: Path, faults: Iterable[tuple[Loc, str]]) -> None:
    """Refuse a file that breaks rules beyond its model.

    Parameters
    ----------
    path : Path
        The file.
    faults : iterable of (place, text)
        By the way to each place in the file; none of them, and nothing happens.

    Raises
    ------
    SchemaError
        Naming file, line and rule, one line per fault, at most five.
    """
    told = located(path, faults)
    if not told:
        return
    more = [f"and {len(told) - _MOST_ERRORS} more"] if len(told) > _MOST_ERRORS else []
    raise SchemaError("\n".join(told[:_MOST_ERRORS] + more))


def located(path: Path, faults: Iterable[tuple[Loc, str]]) -> list[str]:
    """Say what is wrong with a file, each with its line, in the order of the file.

    Parameters
    ----------
    path : Path
        The file.
    faults : iterable of (place, text)
        By the way to each place in the file.

    Returns
    -------
    list of str
        Naming file, line and rule; empty for no faults.
    """
    found = list(faults)
    lines = lines_of(path) if found else {}
    told = sorted((lines[loc], text) for loc, text in found)
    return [f"{path.name}:{line}: {text}" for line, text in told]


def _content(path: Path) -> tuple[Any, dict[Loc, int]]:
    """Return what a file holds as plain values, and the line of each."""
    builder = _Builder(iter(_events(_text(path), path)), path)
    first = next(builder.events, None)
    content = None if first is None else builder.value(first, ())
    return {} if content is None else content, builder.lines


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SchemaError(f"File {str(path)!r} cannot be read: {error.strerror}.") from error
    if len(raw) > _LARGEST_BYTES:
        raise SchemaError(
            f"{path.name}: the file must be at most {_LARGEST_BYTES:,} bytes, got {len(raw):,}."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SchemaError(f"{path.name}:{line}: the file must be UTF-8 text.") from error


def _events(text: str, path: Path) -> list[yaml.Event]:
    """Return the values of a text in its order, and where mappings and lists end."""
    try:
        return list(
            _checked(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), path)
        )
    except yaml.YAMLError:
        pass
    try:
        # The slow parser says more clearly what is wrong.
        return list(_checked(yaml.parse(text, Loader=yaml.SafeLoader), path))
    except yaml.YAMLError as error:
        raise SchemaError(_unreadable(error, text, path)) from error


def _checked(events: Iterable[yaml.Event], path: Path) -> Iterator[yaml.Event]:
    """Refuse what could name code, refer back or nest without end, before anything is built."""
    depth = documents = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        fault = None
        if depth > _DEEPEST:
            fault = f"values must be nested at most {_DEEPEST} deep"
        elif documents > 1:
            fault = "the file must hold one document; a second one begins here"
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            fault = "anchors (&) and aliases (*) are not allowed; write the value out"
        elif getattr(event, "tag", None):
            fault = f"tags are not allowed, got {getattr(event, 'tag', None)!r}"
        if fault:
            raise SchemaError(f"{path.name}:{_line(event)}: {fault}.")
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _unreadable(error: yaml.YAMLError, text: str, path: Path) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = f":{_line_of(error, text) if mark is None else mark.line + 1}"
    return f"{path.name}{line}: not valid YAML: {problem}."


def _line_of(error: yaml.YAMLError, text: str) -> int:
    """Return the line of a character that YAML does not admit."""
    return text[: getattr(error, "position", 0)].count("\n") + 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


@dataclass
class _Builder:
    """Turns the events of a file into plain values, and notes the line of each."""

    events: Iterator[yaml.Event]
    path: Path
    lines: dict[Loc, int] = field(default_factory=lambda: {(): 1})

    def value(self, event: yaml.Event, loc: Loc) -> Any:
        """Return what begins with an event, taking the events that belong to it."""
        self.lines.setdefault(loc, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(loc)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self.value(item, (*loc, n)) for n, item in enumerate(self._inside())]
        return _scalar(event)

    def _mapping(self, loc: Loc) -> dict[Hashable, Any]:
        built: dict[Hashable, Any] = {}
        for event in self._inside():
            key = self._key(event)
            if key in built:
                first = self.lines[(*loc, key)]
                raise SchemaError(
                    f"{self._place(event)}: key {key!r} stands twice, first in line {first}."
                )
            self.lines[(*loc, key)] = _line(event)
            built[key] = self.value(next(self.events), (*loc, key))
        return built

    def _key(self, event: yaml.Event) -> Hashable:
        if not isinstance(event, yaml.ScalarEvent):
            raise SchemaError(f"{self._place(event)}: a key must be a single word.")
        key: Hashable = _scalar(event)
        if key is None or isinstance(key, bool):
            raise SchemaError(f"{self._place(event)}: a key must be a word, got {event.value!r}.")
        return key

    def _inside(self) -> Iterator[yaml.Event]:
        """Yield what the present mapping or list holds, up to its end."""
        return takewhile(lambda one: not isinstance(one, yaml.CollectionEndEvent), self.events)

    def _place(self, event: yaml.Event) -> str:
        return f"{self.path.name}:{_line(event)}"


def _scalar(event: Any) -> Any:
    text, (plain, _) = event.value, event.implicit
    forms = _FORMS.items() if plain else ()
    kind = next((kind for kind, form in forms if form.fullmatch(text)), "text")
    if kind == "null":
        return None
    if kind == "bool":
        return text == "true"
    if kind == "int":
        return int(text)
    return float(text) if kind == "float" else text


def _faults(
    error: ValidationError, lines: dict[Loc, int], model: type[BaseModel], path: Path
) -> list[str]:
    """One line of the message per fault, in the order of the file: line, key and rule."""
    found = []
    for fault in error.errors():
        loc: Loc = ()
        for part in fault["loc"]:
            # Names of union members stand between the keys of the file.
            loc = (*loc, part) if (*loc, part) in lines else loc
        named = (*loc, fault["loc"][-1]) if fault["type"] == "missing" else loc
        where = f"{_dotted(named)}: " if named else ""
        found.append((lines[loc], f"{where}{_rule(fault, loc, model)}"))
    return [f"{path.name}:{line}: {text}" for line, text in sorted(found)]


def _dotted(loc: Loc) -> str:
    steps = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(steps).removeprefix(".")


def _rule(fault: ErrorDetails, loc: Loc, model: type[BaseModel]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "missing":
        return "is required and missing"
    if kind == "extra_forbidden":
        return _unknown(str(loc[-1]), _known_keys(model, loc[:-1]))
    if kind == "value_error":
        return str(context["error"]).removesuffix(".")
    rule = _RULES.get(kind)
    if rule is None:
        rule = fault["msg"].replace("Input should", "must").replace("should", "must")
    return f"{rule.format(**context)}, got {_shown(fault['input'])}"


_RULES = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "int_type": "must be a whole number",
    "int_parsing_size": "must be a whole number of ordinary size",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "path_type": "must be a path",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must hold keys and values",
    "model_type": "must hold keys and values",
    "model_attributes_type": "must hold keys and values",
    "string_too_short": "must have at least {min_length} characters",
    "too_short": "must have at least {min_length} entries",
    "invalid_key": "a key must be a word",
    "too_long": "must have at most {max_length} entries",
}


def _unknown(key: str, known: list[str]) -> str:
    return f"unknown key; known are {known}.{closest(key, known)}"


def _known_keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """Keys that may stand at a place, of every model that may stand there."""
    here: list[type[BaseModel]] = [model]
    for part in loc:
        if isinstance(part, str):
            fields = [found for one in here if (found := one.model_fields.get(part))]
            nested = [inner for found in fields for inner in _models(found.annotation)]
            # A key of a mapping, such as the name of a table, is no field of a model.
            here = nested or here
    return sorted({_alias(one, name) for one in here for name in one.model_fields})


def _alias(model: type[BaseModel], name: str) -> str:
    return model.model_fields[name].alias or name


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _shown(value: Any) -> str:
    text = _kind(value) if isinstance(value, dict | list) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "mapping"
    # Whatever it is, it may be a secret: a file of another kind was named by mistake.
    return "list" if isinstance(value, list) else "single value"
