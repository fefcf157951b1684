"""Numbers in YAML files are written as numbers."""

import pytest
from pydantic import Field, ValidationError

from churngrid.features.schema.conditions import Condition
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.yaml_base_model import Declared


class Rule(Declared):
    weight: float = 1.0
    days: int | None = Field(default=None, ge=0)
    bounds: tuple[float | None, ...] = ()
    named: dict[int, str] = Field(default_factory=dict)
    either: float | str = 0.0
    on: bool = False


def test_numbers_stay_what_they_are():
    rule = Rule(weight=2, days=3, bounds=[1, 2.5, None], named={1: "low"}, on=True)
    assert (rule.weight, rule.days, rule.bounds) == (2.0, 3, (1.0, 2.5, None))
    assert Rule(either="12").either == "12"
    assert Rule(days=None).days is None


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("weight", True, "must be a number, got True"),
        ("weight", "25", "must be a number, got '25'"),
        ("weight", "nan", "must be a number, got 'nan'"),
        ("weight", "-inf", "must be a number, got '-inf'"),
        ("weight", "1_000", "must be a number, got '1_000'"),
        ("weight", float("inf"), "finite number"),
        ("weight", float("nan"), "finite number"),
        ("days", False, "must be a whole number, got False"),
        ("days", "9" * 30, "must be a whole number, got '9999"),
        ("bounds", [0.1, "0.2"], "must be a number, got '0.2'"),
        ("bounds", [True], "must be a number, got True"),
        ("weight", "heavy", "valid number"),
        ("color", 1, "Extra inputs"),
    ],
)
def test_what_is_no_number_is_refused(field, value, message):
    with pytest.raises(ValidationError, match=message):
        Rule(**{field: value})


def test_bounds_of_conditions_and_settings_are_numbers():
    for bound in ("nan", True, float("inf")):
        with pytest.raises(ValidationError, match=r"must be a number|finite number"):
            Condition.model_validate({"field": "x", "at_least": bound})
    with pytest.raises(ValidationError, match="must be a whole number, got True"):
        Settings(horizon_days=True)
