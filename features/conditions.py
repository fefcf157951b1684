"""Conditions on a scored account, as CS-ops people write them in YAML, and in words.

One kind serves the caps of the scorecard, the rules of standing and the plays. A condition names a
field and a rule; conditions nest with ``all``, ``any`` and ``not``.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Condition"]

BoolArray = npt.NDArray[np.bool_]

_BOUNDS = {
    "at_least": (np.greater_equal, "at least"),
    "at_most": (np.less_equal, "at most"),
    "above": (np.greater, "above"),
    "below": (np.less, "below"),
}


class Condition(BaseModel):
    """One rule about one field, or several of them joined.

    Parameters
    ----------
    field : str or None
        Column of the facts: a metric, or something scored such as ``cell``.
    at_least, at_most, above, below : float or None
        Bounds on a number; an unknown number never holds.
    is_ : list of str or None
        Admitted texts (``is`` in YAML). A field that holds several texts needs one of them.
    all_, any_ : list of Condition or None
        Joined conditions (``all`` and ``any`` in YAML).
    not_ : Condition or None
        The opposite (``not`` in YAML).
    otherwise : bool
        Always holds: the catch-all at the end of a list.

    Examples
    --------
    >>> rule = Condition.model_validate({"field": "cell", "is": ["save"]})
    >>> rule.holds(pd.DataFrame({"cell": ["save", "retain"]})).tolist()
    [True, False]
    >>> rule.words({})
    'cell is save'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    field: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    is_: tuple[str, ...] | None = Field(default=None, alias="is", min_length=1)
    all_: tuple["Condition", ...] | None = Field(default=None, alias="all", min_length=1)
    any_: tuple["Condition", ...] | None = Field(default=None, alias="any", min_length=1)
    not_: "Condition | None" = Field(default=None, alias="not")
    otherwise: bool = False

    @model_validator(mode="before")
    @classmethod
    def _one_text_is_a_list(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("is"), str):
            return {**given, "is": [given["is"]]}
        return given

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        kinds = (self.field, self.all_, self.any_, self.not_, self.otherwise or None)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("must have exactly one of field, all, any, not, otherwise")
        rules = [*self._bounds(), *([self.is_] if self.is_ is not None else [])]
        if (self.field is None) != (not rules):
            raise ValueError(
                "a field needs a rule: at_least, at_most, above, below or is; and a rule a field"
            )
        if self.is_ is not None and self._bounds():
            raise ValueError("needs texts (is) or bounds, not both; join two rules with all")
        return self

    def holds(self, facts: pd.DataFrame) -> BoolArray:
        """Say for which accounts the condition holds.

        Parameters
        ----------
        facts : DataFrame
            One row an account; fields may hold numbers, texts, or tuples of texts.

        Returns
        -------
        ndarray of bool, shape (n_accounts,)

        Raises
        ------
        KeyError
            If the facts have no such field.
        """
        if self.otherwise:
            return np.ones(len(facts), dtype=bool)
        if self.not_ is not None:
            return ~self.not_.holds(facts)
        if self.all_ is not None:
            parts = [condition.holds(facts) for condition in self.all_]
            return np.asarray(np.logical_and.reduce(parts), dtype=bool)
        if self.any_ is not None:
            parts = [condition.holds(facts) for condition in self.any_]
            return np.asarray(np.logical_or.reduce(parts), dtype=bool)
        return self._rule_holds(facts[self.field])

    def words(self, labels: Mapping[str, str]) -> str:
        """Return the condition as people would say it.

        Parameters
        ----------
        labels : mapping of str to str
            Field to its name in a sentence; a field that is not in it is named as it is.

        Returns
        -------
        str
        """
        if self.otherwise:
            return "nothing else applies"
        if self.not_ is not None:
            return f"not ({self.not_.words(labels)})"
        if self.all_ is not None:
            return " and ".join(condition.words(labels) for condition in self.all_)
        if self.any_ is not None:
            return " or ".join(condition.words(labels) for condition in self.any_)
        name = labels.get(self.field or "", (self.field or "").replace("_", " "))
        if self.is_ is not None:
            return f"{name} is {' or '.join(text.replace('_', ' ') for text in self.is_)}"
        bounds = [f"{_BOUNDS[rule][1]} {bound:g}" for rule, bound in self._named_bounds()]
        return f"{name} {' and '.join(bounds)}"

    def fields(self) -> frozenset[str]:
        """Return every field that is looked at, here and below."""
        below = [*(self.all_ or ()), *(self.any_ or ()), *((self.not_,) if self.not_ else ())]
        found = {self.field} if self.field else set()
        return frozenset(found.union(*(condition.fields() for condition in below)))

    def admitted(self, field: str) -> frozenset[str]:
        """Return every text that is admitted for a field, here and below.

        Parameters
        ----------
        field : str

        Returns
        -------
        frozenset of str
        """
        below = [*(self.all_ or ()), *(self.any_ or ())]
        found = frozenset(self.is_ or ()) if self.field == field else frozenset()
        return found.union(*(condition.admitted(field) for condition in below))

    def _named_bounds(self) -> list[tuple[str, float]]:
        given = {rule: getattr(self, rule) for rule in _BOUNDS}
        return [(rule, bound) for rule, bound in given.items() if bound is not None]

    def _bounds(self) -> list[float]:
        return [bound for _, bound in self._named_bounds()]

    def _rule_holds(self, values: pd.Series) -> BoolArray:
        if self.is_ is not None:
            admitted = frozenset(self.is_)
            return np.fromiter((_among(value, admitted) for value in values), bool, len(values))
        number = values.to_numpy(dtype=float, na_value=np.nan)
        held = ~np.isnan(number)
        for rule, bound in self._named_bounds():
            held &= _BOUNDS[rule][0](number, bound)
        return np.asarray(held, dtype=bool)


def _among(value: object, admitted: frozenset[str]) -> bool:
    if isinstance(value, tuple):
        return not admitted.isdisjoint(value)
    return value in admitted
