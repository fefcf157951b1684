"""The maturity rubric as CS-ops people write it: categories, characteristics, levels, evidence."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .errors import SchemaError
from .yamlfile import load_yaml

__all__ = ["Category", "Characteristic", "Evidence", "MaturityBands", "Rubric", "read_rubric"]

_DEFAULT = Path(__file__).with_name("maturity.yaml")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Characteristic(_Strict):
    """One thing that is graded from 1 to 5.

    Parameters
    ----------
    id : str
        As in ``account_events.characteristic_id``.
    label : str
    levels : dict of int to str
        What 1, 3 and 5 look like; 2 and 4 lie between.
    """

    id: str
    label: str
    levels: dict[int, str]


class Category(_Strict):
    """Characteristics that belong together, with their weight in the index."""

    label: str
    weight: float = Field(gt=0)
    characteristics: tuple[Characteristic, ...] = Field(min_length=1)


class Evidence(_Strict):
    """How much an answer of this kind counts."""

    label: str
    weight: float = Field(gt=0)


class MaturityBands(_Strict):
    """Lower bounds on the scale from 1 to 5."""

    high: float = 3.5
    medium: float = 2.5
    mature: float = 3.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 1 < self.medium <= self.mature <= self.high <= 5:
            raise ValueError("needs 1 < medium <= mature <= high <= 5")
        return self


class Rubric(_Strict):
    """Everything that turns answers into the customer maturity index.

    Parameters
    ----------
    categories : dict of str to Category
    evidence : dict of str to Evidence
        By evidence type, in lower case.
    halved_after_days, expired_after_days : int
        Age of an answer from which it counts half, and not at all.
    least_answered : int
        Characteristics a category needs.
    least_categories : int
        Categories the index needs.
    least_weight : float
        Share of the categories' weight the index needs.
    blocker_below : float
        A category mean below it holds the account out of the high band.
    bands : MaturityBands
        ``mature`` is the cut of the 2x2 grid.
    """

    categories: dict[str, Category] = Field(min_length=1)
    evidence: dict[str, Evidence] = Field(min_length=1)
    halved_after_days: int = Field(default=365, gt=0)
    expired_after_days: int = Field(default=540, gt=0)
    least_answered: int = Field(default=2, ge=1)
    least_categories: int = Field(default=3, ge=1)
    least_weight: float = Field(default=0.7, gt=0, le=1)
    blocker_below: float = Field(default=2.0, ge=1, le=5)
    bands: MaturityBands = MaturityBands()


def read_rubric(path: Path | None) -> Rubric:
    """Read a maturity rubric.

    Parameters
    ----------
    path : Path or None
        The shipped default when None.

    Returns
    -------
    Rubric

    Raises
    ------
    SchemaError
        If the file breaks a rule, or names a characteristic twice.

    Examples
    --------
    >>> list(read_rubric(None).categories)
    ['vision', 'people', 'process', 'technology']
    """
    source = path or _DEFAULT
    rubric = load_yaml(source, Rubric)
    ids = [item.id for category in rubric.categories.values() for item in category.characteristics]
    for name in ids:
        if ids.count(name) > 1:
            raise SchemaError(f"{source.name}: characteristic {name!r} stands twice; keep one.")
    return rubric
