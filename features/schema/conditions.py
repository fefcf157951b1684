"""Conditions on a scored account, as CS-ops people write them in YAML, and in words.

One kind serves the caps of the scorecard, the rules of standing and the plays. A condition names a
field and a rule; conditions nest with ``all``, ``any`` and ``not``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ConfigDict, Field, model_validator

from ..arrays.array_types import BoolArray
from .yaml_base_model import Declared

__all__ = ["Condition", "with_codes"]


Way = tuple[str | int, ...]

_BOUNDS = {
    "at_least": (np.greater_equal, "at least"),
    "at_most": (np.less_equal, "at most"),
    "above": (np.greater, "above"),
    "below": (np.less, "below"),
}


class Condition(Declared):
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

    model_config = ConfigDict(populate_by_name=True)

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

    def parts(self) -> Iterator[tuple[Way, "Condition"]]:
        """Yield this condition and every one below it, with the way to it.

        Yields
        ------
        tuple of (tuple, Condition)
            The way is that of the YAML: ``("all", 0)``; empty for the condition itself.

        Examples
        --------
        >>> rule = Condition.model_validate({"not": {"field": "arr", "above": 0}})
        >>> [way for way, _ in rule.parts()]
        [(), ('not',)]
        """
        yield (), self
        below: list[tuple[Way, Condition]] = [
            *((("all", place), part) for place, part in enumerate(self.all_ or ())),
            *((("any", place), part) for place, part in enumerate(self.any_ or ())),
            *([(("not",), self.not_)] if self.not_ is not None else []),
        ]
        for way, condition in below:
            yield from (((*way, *further), part) for further, part in condition.parts())

    def implies(self, other: "Condition") -> bool:
        """Say whether the other condition surely holds wherever this one does.

        Parameters
        ----------
        other : Condition

        Returns
        -------
        bool
            True is proved from the two conditions alone; False says only that there is no proof.

        Examples
        --------
        >>> few = Condition.model_validate({"field": "contacts_90d", "at_most": 1})
        >>> some = Condition.model_validate({"field": "contacts_90d", "below": 4})
        >>> few.implies(some), some.implies(few)
        (True, False)
        """
        if other.otherwise or self == other:
            return True
        return any(proof(self, other) for proof in _PROOFS)

    def impossible(self) -> bool:
        """Say whether the condition can surely never hold, as far as bounds on numbers tell.

        Returns
        -------
        bool

        Examples
        --------
        >>> Condition.model_validate({"field": "arr", "above": 5, "at_most": 5}).impossible()
        True
        """
        if self.any_ is not None:
            return all(condition.impossible() for condition in self.any_)
        if self.all_ is not None:
            apart = any(_apart(*pair) for pair in combinations(self.all_, 2))
            return apart or any(condition.impossible() for condition in self.all_)
        return self.not_ is None and _empty(*self._span())

    def _span(self) -> tuple[tuple[float, int], tuple[float, int]]:
        """Return both ends of the numbers that are admitted; the second part opens an end."""
        lower = [(self.at_least, 0), (self.above, 1)]
        upper = [(self.at_most, 0), (self.below, -1)]
        return (
            max([(-np.inf, 0), *((bound, step) for bound, step in lower if bound is not None)]),
            min([(np.inf, 0), *((bound, step) for bound, step in upper if bound is not None)]),
        )

    def _named_bounds(self) -> list[tuple[str, float]]:
        given = {rule: getattr(self, rule) for rule in _BOUNDS}
        return [(rule, bound) for rule, bound in given.items() if bound is not None]

    def _bounds(self) -> list[float]:
        return [bound for _, bound in self._named_bounds()]

    def _rule_holds(self, values: pd.Series) -> BoolArray:
        if self.is_ is not None:
            # Each text, or tuple of texts, is judged once: many accounts share few of them.
            codes, different = _coded(values)
            admitted = frozenset(self.is_)
            found = [*(_among(value, admitted) for value in different), False]
            return np.asarray(np.array(found, dtype=bool)[codes])
        number = values.to_numpy(dtype=float, na_value=np.nan)
        held = ~np.isnan(number)
        for rule, bound in self._named_bounds():
            held &= _BOUNDS[rule][0](number, bound)
        return np.asarray(held, dtype=bool)


def with_codes(facts: pd.DataFrame, conditions: Iterable[Condition]) -> pd.DataFrame:
    """Return facts in which the texts that conditions look at are coded.

    Parameters
    ----------
    facts : DataFrame
        As in ``Condition.holds``, which gives the same with and without codes.
    conditions : iterable of Condition
        The more of them look at a field, the more time it saves.

    Returns
    -------
    DataFrame
        Same rows and columns; the texts as categories.

    Examples
    --------
    >>> rule = Condition.model_validate({"field": "cell", "is": ["save"]})
    >>> coded = with_codes(pd.DataFrame({"cell": ["save", "retain"]}), [rule])
    >>> coded.dtypes["cell"].name, rule.holds(coded).tolist()
    ('category', [True, False])
    """
    parts = (part for condition in conditions for _, part in condition.parts())
    fields = {part.field or "" for part in parts if part.is_ is not None} & set(facts)
    return facts.assign(**{field: _as_categories(facts[field]) for field in fields})


def _as_categories(values: pd.Series) -> pd.Categorical:
    codes, different = pd.factorize(values.to_numpy(dtype=object))
    return pd.Categorical.from_codes(codes, pd.Index(different, dtype=object, tupleize_cols=False))


def _coded(values: pd.Series) -> tuple[npt.NDArray[np.integer[Any]], Iterable[object]]:
    """Return the place of each text among the different ones, -1 for a missing one, and those."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), values.cat.categories
    return pd.factorize(values.to_numpy(dtype=object))


def _among(value: object, admitted: frozenset[str]) -> bool:
    if isinstance(value, tuple):
        return not admitted.isdisjoint(value)
    return value in admitted


def _by_parts(one: Condition, other: Condition) -> bool:
    return any(one.implies(part) for part in other.any_ or ()) or (
        other.all_ is not None and all(one.implies(part) for part in other.all_)
    )


def _by_own_parts(one: Condition, other: Condition) -> bool:
    return any(part.implies(other) for part in one.all_ or ()) or (
        one.any_ is not None and all(part.implies(other) for part in one.any_)
    )


def _by_opposites(one: Condition, other: Condition) -> bool:
    return one.not_ is not None and other.not_ is not None and other.not_.implies(one.not_)


def _by_texts(one: Condition, other: Condition) -> bool:
    if one.is_ is None:
        return False
    if one.field == other.field and other.is_ is not None:
        return set(one.is_) <= set(other.is_)
    # Several texts are as many conditions, each of which another part may answer.
    alone = [one.model_copy(update={"is_": (text,)}) for text in one.is_]
    return len(alone) > 1 and all(condition.implies(other) for condition in alone)


def _by_bounds(one: Condition, other: Condition) -> bool:
    if one.field is None or one.field != other.field or one.is_ is not None or other.is_:
        return False
    (low, high), (lower, higher) = one._span(), other._span()
    return lower <= low and high <= higher


_PROOFS: tuple[Callable[[Condition, Condition], bool], ...] = (
    _by_parts,
    _by_own_parts,
    _by_opposites,
    _by_texts,
    _by_bounds,
)
"""Ways to show that one condition implies another; each alone is enough."""


def _apart(one: Condition, other: Condition) -> bool:
    """Say whether two rules on the same number leave no number that both admit."""
    if one.field is None or one.field != other.field or one.is_ or other.is_:
        return False
    (low, high), (lower, higher) = one._span(), other._span()
    return _empty(max(low, lower), min(high, higher))


def _empty(low: tuple[float, int], high: tuple[float, int]) -> bool:
    return low > high
