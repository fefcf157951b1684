"""What a stored model may say about itself; whatever else stands there is refused before use."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ..dataset.targets import TargetName

__all__ = ["BoostedState", "LinearState", "StoredBookRates", "StoredCurve", "StoredFacts"]

_Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
_Wide = Annotated[float, Field(allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Rate = Annotated[float, Field(gt=0.0, lt=1.0)]
_Count = Annotated[int, Field(ge=0)]
_Name = Annotated[str, StringConstraints(min_length=1)]


def _different(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("names must differ")
    return names


_Names = Annotated[list[_Name], AfterValidator(_different)]
_Levels = Annotated[list[str], AfterValidator(_different)]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class StoredReference(_Stored):
    """Where one input lay in training; see ``InputReference``."""

    knots: list[_Wide]
    reached: list[_Share]
    missing: _Share

    @model_validator(mode="after")
    def _a_share_a_knot(self) -> "StoredReference":
        if len(self.knots) != len(self.reached):
            raise ValueError("`reached` must be as many as `knots`")
        return self


class StoredLeaveRate(_Stored):
    """How often one group decided to leave; see ``LeaveRate``."""

    monthly: bool
    renewed: bool | None
    segment: str | None
    decisions: Annotated[int, Field(ge=0)]
    left: Annotated[int, Field(ge=0)]
    rate: _Rate


class StoredCutRate(_Stored):
    """How often one segment cut back; see ``CutRate``."""

    segment: str
    renewals: Annotated[int, Field(ge=0)]
    cuts: Annotated[int, Field(ge=0)]
    rate: _Share


class StoredLateRenewals(_Stored):
    """How late renewals came; see ``LateRenewals``."""

    kind: _Names
    renewals: list[_Count]
    still_open: list[list[_Count]]
    leavers: list[_Count] = []
    still_unsaid: list[list[_Count]] = []

    @model_validator(mode="after")
    def _one_entry_a_kind(self) -> "StoredLateRenewals":
        if not len(self.kind) == len(self.renewals) == len(self.still_open):
            raise ValueError("`kind`, `renewals` and `still_open` must have equal lengths")
        if not len(self.leavers) == len(self.still_unsaid) or (
            self.leavers and len(self.leavers) != len(self.kind)
        ):
            raise ValueError("`kind`, `leavers` and `still_unsaid` must have equal lengths")
        _must_not_rise("still_open", self.renewals, self.still_open)
        _must_not_rise("still_unsaid", self.leavers, self.still_unsaid)
        return self


def _must_not_rise(name: str, totals: list[int], counts: list[list[int]]) -> None:
    for total, still in zip(totals, counts, strict=True):
        if any(low < high for low, high in pairwise([total, *still])):
            raise ValueError(f"`{name}` must not rise with the days")


class StoredBookRates(_Stored):
    """Rates of a book; see ``BookRates``."""

    leave: list[StoredLeaveRate]
    cut_at_renewal: _Share
    cut_in_month: _Share
    cut_by_segment: list[StoredCutRate]
    cut_sizes: list[_Share]
    growth_in_month: _Share
    growth_sizes: list[Annotated[_Finite, Field(ge=0.0)]]
    lost_in_month: _Share
    taken_back: _Share
    leave_error: Annotated[_Finite, Field(ge=0.0)]
    growth_error: Annotated[_Finite, Field(ge=0.0)]
    cut_error: Annotated[_Finite, Field(ge=0.0)]
    growth_rate_error: Annotated[_Finite, Field(ge=0.0)]
    late: StoredLateRenewals = StoredLateRenewals(kind=[], renewals=[], still_open=[])


class StoredFacts(_Stored):
    """Everything about a fitted model but its trees; see ``FittedModel``."""

    target: TargetName
    kind: _Name
    base_rate: _Rate
    lead_days: Annotated[int, Field(ge=0, le=3650)]
    horizon_days: Annotated[int, Field(ge=0, le=3650)]
    trained_through: Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d{2}-\d{2}[\dT:.+Z-]*)?$")]
    learned_until: Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d{2}-\d{2}[\dT:.+Z-]*)?$")]
    references: dict[_Name, "StoredReference"]
    collected: list[_Name]
    components: dict[_Name, str]
    rates: StoredBookRates | None = None
    block_error: Annotated[_Finite, Field(ge=0.0)] = 0.0
    state: dict[str, Any]
    card: dict[str, Any]


class StoredCurve(_Stored):
    """What one column adds to the log-odds; see ``Curve``."""

    knots: list[_Wide]
    heights: list[_Finite]
    missing: _Finite
    level: bool

    @model_validator(mode="after")
    def _a_height_a_knot(self) -> "StoredCurve":
        if len(self.knots) != len(self.heights):
            raise ValueError("`heights` must be as many as `knots`")
        if any(low >= high for low, high in pairwise(self.knots)):
            raise ValueError("`knots` must rise")
        return self


class BoostedState(_Stored):
    """The state of a boosted model: columns with their levels, calibration, curves, stand-ins."""

    columns: _Names
    levels: list[_Levels | None]
    slope: Annotated[_Finite, Field(gt=0.0)]
    intercept: _Finite
    base_rate: _Rate
    curves: list[StoredCurve] | None
    stand_ins: Annotated[list[list[_Wide | None]], Field(min_length=1)]
    gaps: list[bool]

    @model_validator(mode="after")
    def _one_a_column(self) -> "BoostedState":
        parts: dict[str, Sequence[Any] | None] = {
            "levels": self.levels,
            "curves": self.curves,
            "gaps": self.gaps,
        }
        parts |= {f"stand_ins[{i}]": row for i, row in enumerate(self.stand_ins)}
        for name, part in parts.items():
            if part is not None and len(part) != len(self.columns):
                raise ValueError(f"`{name}` must be as many as `columns`")
        return self


class _StoredScale(_Stored):
    column: _Name
    log: bool
    low: _Wide
    high: _Wide
    centre: _Wide
    spread: Annotated[_Wide, Field(gt=0.0)]
    missing_share: _Share

    @model_validator(mode="after")
    def _in_order(self) -> "_StoredScale":
        if self.low > self.high:
            raise ValueError("`low` must not lie above `high`")
        return self


class _StoredTerm(_Stored):
    scale: _StoredScale
    slope: _Finite
    missing: _Finite


class LinearState(_Stored):
    """The state of a linear model: the log-odds of an average row, and its terms."""

    intercept: _Finite
    terms: list[_StoredTerm]

    @model_validator(mode="after")
    def _a_scale_once(self) -> "LinearState":
        _different([term.scale.model_dump_json() for term in self.terms])
        return self
