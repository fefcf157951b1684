"""The models that compete: each declared once, all with the same few methods.

To add one: a class with the methods of ``ProbabilityModel``, a function that builds it, and an
entry in ``MODELS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from .boosted_model import Additive, Boosted
from .linear import BaseRate, BestMetric, Directed, Logistic, RoleRule
from .model_protocol import ProbabilityModel, predict, refresh_intercept

__all__ = [
    "GATES",
    "MODELS",
    "Additive",
    "Boosted",
    "GrowthTrend",
    "Model",
    "ProbabilityModel",
    "Recency",
    "Scorecard",
    "SeatSaturation",
    "SizeGate",
    "applicable",
    "gate",
    "model_named",
    "predict",
    "refresh_intercept",
]


class Recency(RoleRule):
    """The longer nothing happened, the likelier the outcome."""

    kind = "recency"
    role = "recency"


class Scorecard(RoleRule):
    """The transparent scorecard, read as a probability."""

    kind = "scorecard"
    role = "scorecard"


class GrowthTrend(RoleRule):
    """Who has grown goes on growing, or not."""

    kind = "growth_trend"
    role = "growth"


class SeatSaturation(RoleRule):
    """The fuller the seats, the likelier that more are bought."""

    kind = "seat_saturation"
    role = "saturation"


@dataclass(frozen=True)
class Model:
    """One competitor.

    Parameters
    ----------
    name : str
        The ``kind`` of what it builds.
    build : callable
        Without arguments, returns a fresh unfitted model.
    explainer : {"none", "linear", "tree", "additive", "permutation"}
        How its contributions come about; all are exact. The last two are those of own competitors.
    meaning : str
        One sentence for people.
    needs : tuple of str
        Roles of columns it cannot do without.
    is_baseline : bool
        Whether it takes part only to be beaten; the report says by how much.
    only_for : str or None
        The one target it takes part for; all when None.
    instead_of : str or None
        The model in whose place it takes part where history does not suffice for that one.
    """

    name: str
    build: Callable[[], ProbabilityModel]
    explainer: Literal["none", "linear", "tree", "additive", "permutation"]
    meaning: str
    needs: tuple[str, ...] = ()
    is_baseline: bool = False
    only_for: str | None = None
    instead_of: str | None = None


def _base_rate() -> ProbabilityModel:
    return BaseRate()


def _recency() -> ProbabilityModel:
    return Recency()


def _one_metric() -> ProbabilityModel:
    return BestMetric()


def _scorecard() -> ProbabilityModel:
    return Scorecard()


def _growth_trend() -> ProbabilityModel:
    return GrowthTrend()


def _seat_saturation() -> ProbabilityModel:
    return SeatSaturation()


def _directed() -> ProbabilityModel:
    return Directed()


def _logistic() -> ProbabilityModel:
    return Logistic()


def _additive() -> ProbabilityModel:
    return Additive()


def _boosted() -> ProbabilityModel:
    return Boosted()


MODELS = (
    Model(
        name="base_rate",
        build=_base_rate,
        explainer="none",
        meaning="Every account gets the rate of the training rows: the floor to beat.",
        is_baseline=True,
    ),
    Model(
        name="recency",
        build=_recency,
        explainer="linear",
        meaning="Only how long ago the account last got value: the rule everybody knows.",
        needs=("recency",),
        is_baseline=True,
    ),
    Model(
        name="one_metric",
        build=_one_metric,
        explainer="linear",
        meaning="The one metric that told the outcomes apart best in training.",
        is_baseline=True,
    ),
    Model(
        name="scorecard",
        build=_scorecard,
        explainer="linear",
        meaning="The customer health score, read as a probability.",
        needs=("scorecard",),
        is_baseline=True,
    ),
    Model(
        name="growth_trend",
        build=_growth_trend,
        explainer="linear",
        meaning="Only by how much its ARR has moved in a year: who grew grows on.",
        needs=("growth",),
        is_baseline=True,
        only_for="expansion",
    ),
    Model(
        name="seat_saturation",
        build=_seat_saturation,
        explainer="linear",
        meaning="Only how full its seats are: who runs out of seats buys more.",
        needs=("saturation",),
        is_baseline=True,
        only_for="expansion",
    ),
    Model(
        name="directed",
        build=_directed,
        explainer="linear",
        meaning="A weighted sum of all metrics that have a direction, each in it or silent.",
    ),
    Model(
        name="logistic",
        build=_logistic,
        explainer="linear",
        meaning="A weighted sum of at most ten metrics: each one's share can be read off.",
    ),
    Model(
        name="additive",
        build=_additive,
        explainer="tree",
        meaning="A sum of one curve for each metric, in its direction: finds thresholds.",
        instead_of="boosted",
    ),
    Model(
        name="boosted",
        build=_boosted,
        explainer="tree",
        meaning="Many small decision trees on all metrics: finds thresholds and combinations.",
    ),
)


@dataclass(frozen=True)
class SizeGate:
    """How much history a kind of model needs before it ships.

    Parameters
    ----------
    kind : {"boosted", "additive", "directed", "rule"}
        The most complex kind that may ship; which one of those does is for the backtest to say.
    models : tuple of str
        What may ship beside the baselines.
    churned, retained : int
        Least number of distinct parent accounts with the outcome, and without.
    notice : str
        What to tell the reader; empty for the full model.
    steady : str or None
        What ships unless another is better out of time by more than a standard error: of few who
        left, the least loss is often luck.
    """

    kind: Literal["boosted", "additive", "directed", "rule"]
    models: tuple[str, ...]
    churned: int
    retained: int
    notice: str
    steady: str | None = None

    def admits(self, model: Model) -> bool:
        """Say whether a model is simple enough for so much history."""
        return model.is_baseline or model.name in self.models

    def asks(self, model: Model) -> bool:
        """Say whether a model takes part, or leaves its place to the one it stands in for."""
        return model.instead_of is None or not self.admits(model_named(model.instead_of))


GATES = (
    SizeGate(
        kind="boosted",
        models=("directed", "logistic", "boosted"),
        churned=200,
        retained=500,
        notice="",
    ),
    SizeGate(
        kind="additive",
        models=("directed", "logistic", "additive"),
        churned=50,
        retained=50,
        notice=(
            "At most an additive model ships, without combinations of metrics: a boosted one needs "
            "at least 200 accounts with the outcome and 500 without."
        ),
        steady="directed",
    ),
    SizeGate(
        kind="directed",
        models=("directed",),
        churned=15,
        retained=15,
        notice=(
            "At most a sum of metrics in their declared directions ships: one that chooses among "
            "metrics needs at least 50 accounts with the outcome and 50 without."
        ),
        steady="directed",
    ),
    SizeGate(
        kind="rule",
        models=(),
        churned=0,
        retained=0,
        notice=(
            "No model: fewer than 15 accounts with the outcome, or without it. "
            "At most a rule of one column ships."
        ),
    ),
)


def gate(n_churned_parents: int, n_retained_parents: int) -> SizeGate:
    """Return which kind of model so much history supports.

    Parameters
    ----------
    n_churned_parents, n_retained_parents : int
        Distinct parent accounts with the outcome in the training window, and without.

    Returns
    -------
    SizeGate
        The most capable one whose needs are met.

    Raises
    ------
    ValueError
        If a count is negative.

    Examples
    --------
    >>> gate(200, 500).kind, gate(199, 500).kind, gate(49, 5000).kind
    ('boosted', 'additive', 'directed')
    """
    if min(n_churned_parents, n_retained_parents) < 0:
        raise ValueError(
            "Counts of accounts must be at least 0, got "
            f"{n_churned_parents!r} churned and {n_retained_parents!r} retained."
        )
    return next(
        entry
        for entry in GATES
        if n_churned_parents >= entry.churned and n_retained_parents >= entry.retained
    )


def model_named(name: str) -> Model:
    """Return the declaration of a model.

    Parameters
    ----------
    name : str

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> model_named("logistic").explainer
    'linear'
    """
    found = {model.name: model for model in MODELS}
    if name not in found:
        raise ValueError(f"Unknown model {name!r}; declared are {sorted(found)!r}.")
    return found[name]


def applicable(roles: Mapping[str, str], target: str = "churn") -> tuple[Model, ...]:
    """Return the models that can take part: their special columns are there, the target is theirs.

    Parameters
    ----------
    roles : dict of str to str
        Role to column.
    target : {"churn", "expansion", "contraction"}

    Returns
    -------
    tuple of Model
        In declared order.

    Examples
    --------
    >>> [model.name for model in applicable({"scorecard": "chs"})]
    ['base_rate', 'one_metric', 'scorecard', 'directed', 'logistic', 'additive', 'boosted']
    """
    return tuple(
        model
        for model in MODELS
        if set(model.needs) <= set(roles) and model.only_for in (None, target)
    )
