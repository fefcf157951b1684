"""What all models of YAML files share: frozen, no unknown keys, numbers written as numbers."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

__all__ = ["Declared"]


_NUMBERS = frozenset({int, float, type(None)})


class Declared(BaseModel):
    """Something that people declare in a YAML file.

    Unlike pydantic's own reading of numbers, ``true`` is not 1 and a text is no number: a text
    such as ``nan`` or ``1_000`` was never meant as the number that Python takes it for.

    Examples
    --------
    >>> class Rule(Declared):
    ...     weight: float
    >>> Rule(weight=2).weight
    2.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_written_as_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        kinds = set(_kinds(cls.model_fields[info.field_name or ""].annotation))
        if kinds & {int, float} and kinds <= _NUMBERS:
            for item in value if isinstance(value, list | tuple) else (value,):
                if isinstance(item, bool) or _python_would_read(item):
                    whole = "a whole number" if float not in kinds else "a number"
                    raise ValueError(f"must be {whole}, got {item!r}")
        return value


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the plain types that an annotation is put together from."""
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for part in inner:
        if isinstance(part, type) or get_args(part):
            yield from _kinds(part)


def _python_would_read(item: Any) -> bool:
    """Say whether a text would pass for a number; other texts get a message of their own."""
    try:
        return isinstance(item, str) and float(item) is not None
    except ValueError:
        return False
