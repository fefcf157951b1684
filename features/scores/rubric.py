"""The maturity rubric as CS-ops people write it: categories, characteristics, levels, evidence."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from ..arrays.array_types import FloatArray
from ..schema.yaml_base_model import Declared

__all__ = ["Category", "Characteristic", "Evidence", "MaturityBands", "Proxy", "Rubric"]


def _lowered(value: object) -> object:
    """Write kinds of evidence in lower case, as the tables hold them."""
    if isinstance(value, list | tuple):
        return [item.lower() if isinstance(item, str) else item for item in value]
    return value


class Proxy(Declared):
    """Telemetry that shows a level where nobody has stated one.

    Parameters
    ----------
    metric : str
        Column of a metric of the maturity axis.
    levels : tuple of four float or None
        Values from which levels 2, 3, 4 and 5 hold: rising for a metric that is better when
        higher, falling for one that is better when lower. None at the end: the metric alone never
        shows that level.
    """

    metric: str
    levels: tuple[float | None, ...] = Field(min_length=4, max_length=4)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        bounds = self.bounds
        if not bounds or self.levels[len(bounds) :].count(None) < 4 - len(bounds):
            raise ValueError("levels need a number for level 2, and `null` only at the end")
        rising = all(one <= two for one, two in pairwise(bounds))
        if not (rising or all(one >= two for one, two in pairwise(bounds))):
            raise ValueError(f"levels must only rise or only fall, got {list(self.levels)}")
        return self

    @property
    def bounds(self) -> tuple[float, ...]:
        """The thresholds that can be reached, from level 2 on."""
        return tuple(bound for bound in self.levels if bound is not None)

    def level_of(self, values: FloatArray, *, higher_is_better: bool) -> FloatArray:
        """Return the level that each value shows.

        Parameters
        ----------
        values : ndarray of float, shape (n_rows,)
        higher_is_better : bool

        Returns
        -------
        ndarray of float, shape (n_rows,)
            1 to 5; NaN stays NaN.

        Examples
        --------
        >>> proxy = Proxy(metric="sso_seat_share", levels=(0.1, 0.5, 0.9, None))
        >>> proxy.level_of(np.array([0.0, 0.5, 1.0]), higher_is_better=True).tolist()
        [1.0, 3.0, 4.0]
        """
        sign = 1.0 if higher_is_better else -1.0
        reached = sign * values[:, None] >= sign * np.array(self.bounds)
        return np.where(np.isnan(values), np.nan, 1.0 + reached.sum(axis=1))


class Characteristic(Declared):
    """One thing that is graded from 1 to 5.

    Parameters
    ----------
    id : str
        As in ``account_events.characteristic_id``; upper and lower case are the same.
    label : str
    levels : dict of int to str
        What 1, 3 and 5 look like; 2 and 4 lie between, and may have texts of their own.
    evidence : tuple of str
        Kinds of evidence that it takes; every kind of the rubric when empty.
    proxy : Proxy or None
        Telemetry that stands in where nobody has stated one.
    """

    id: str = Field(pattern=r"^[\w.\-]+$")
    label: str = Field(min_length=1)
    levels: dict[int, Annotated[str, Field(min_length=1)]]
    evidence: Annotated[tuple[str, ...], BeforeValidator(_lowered)] = ()
    proxy: Proxy | None = None

    @model_validator(mode="after")
    def _with_both_ends(self) -> Self:
        strange = sorted(set(self.levels) - {1, 2, 3, 4, 5})
        if strange:
            raise ValueError(f"levels go from 1 to 5, got {strange}")
        if not {1, 5} <= set(self.levels):
            raise ValueError(f"levels need a text for 1, 3 and 5, got {sorted(self.levels)}")
        return self


class Category(Declared):
    """Characteristics that belong together, with their weight in the index."""

    label: str = Field(min_length=1)
    weight: float = Field(gt=0)
    characteristics: tuple[Characteristic, ...] = Field(min_length=1)


class Evidence(Declared):
    """How much an answer of this kind counts."""

    label: str
    weight: float = Field(gt=0)


class MaturityBands(Declared):
    """Lower bounds on the scale from 1 to 5."""

    high: float = 3.5
    medium: float = 2.5
    mature: float = 3.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1 < self.medium <= self.mature <= self.high <= 5:
            raise ValueError("needs 1 < medium <= mature <= high <= 5")
        return self


class Rubric(Declared):
    """Everything that turns answers into the customer maturity index.

    Parameters
    ----------
    categories : dict of str to Category
        Each name gives a column ``cmi_<name>``.
    evidence : dict of str to Evidence
        By evidence type, in lower case.
    halved_after_days, expired_after_days : int
        Age in days beyond which an answer counts half, and not at all.
    least_answered : int
        Characteristics a category needs; all of them where it has fewer.
    least_categories : int
        Categories the index needs; all of them where there are fewer.
    least_weight : float
        Share of the categories' weight the index needs.
    blocker_below : float
        A category mean below it holds the account out of the high band.
    reassess_after_days : int
        Age of the newest answer in days beyond which the account should be asked again.
    reassess_on : tuple of str
        Kinds of ``account_events`` after which it should be asked again.
    bands : MaturityBands
        ``mature`` is the cut of the 2x2 grid.
    """

    categories: dict[str, Category] = Field(min_length=1)
    evidence: dict[str, Evidence] = Field(min_length=1)
    halved_after_days: int = Field(default=365, gt=0, le=3650)
    expired_after_days: int = Field(default=540, gt=0, le=3650)
    least_answered: int = Field(default=2, ge=1)
    least_categories: int = Field(default=3, ge=1)
    least_weight: float = Field(default=0.7, gt=0, le=1)
    blocker_below: float = Field(default=2.0, ge=1, le=5)
    reassess_after_days: int = Field(default=365, gt=0, le=3650)
    reassess_on: tuple[str, ...] = ("m_and_a", "leadership_change", "priority_change")
    bands: MaturityBands = MaturityBands()

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if self.halved_after_days > self.expired_after_days:
            raise ValueError(
                "needs halved_after_days <= expired_after_days, got "
                f"{self.halved_after_days} and {self.expired_after_days}"
            )
        return self

    def characteristics(self) -> Iterator[Characteristic]:
        """Yield every characteristic, in the order of the file."""
        for category in self.categories.values():
            yield from category.characteristics

    def takes(self, item: Characteristic) -> tuple[str, ...]:
        """Return the kinds of evidence that count for a characteristic.

        Parameters
        ----------
        item : Characteristic

        Returns
        -------
        tuple of str
            In lower case, in the order of the rubric.

        Examples
        --------
        >>> from churngrid.features.scores.rubric_file import read_rubric
        >>> rubric = read_rubric(None)
        >>> rubric.takes(rubric.categories["vision"].characteristics[0])
        ('d', 'c', 'q', 't')
        """
        return tuple(kind for kind in self.evidence if kind in item.evidence or not item.evidence)
