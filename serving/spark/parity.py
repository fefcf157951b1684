"""Where scoring on Spark is not that of one machine, and what it refuses for that reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...features.errors import ArtifactError
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ...features.metrics.views import view_named
from ...training.registry.artifact import FittedModel

__all__ = ["GAPS", "Gap", "refuse_lost"]


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a scoring on one machine has and one on Spark has not.

    Parameters
    ----------
    what : str
    instead : str
        What stands there on Spark.
    why : str
    """

    what: str
    instead: str
    why: str

    @property
    def line(self) -> str:
        """The line of the table on the page about Spark."""
        return f"| {self.what} | {self.instead} | {self.why} |"


GAPS = (
    Gap(
        "`p_churn` in the grace (`reason` `in_grace`)",
        "null, `status` is `not_eligible`",
        "it is carried on from a reading before the term ended, and buckets compute one date",
    ),
    Gap(
        "a table that a model learned from and that has no rows any more",
        "the scoring is refused and names it",
        "nobody could tell an estimate without it from a sound one",
    ),
    Gap(
        "a table that lost columns, or of which half of the rows or more are put aside",
        "estimates are made, where one machine withholds them",
        "which metrics are lost is known when all accounts have been computed",
    ),
    Gap(
        "`feeds` and findings",
        "none; metrics of a silent feed keep their last values as on one machine",
        "they are told of a run, and Spark returns rows of accounts",
    ),
)
"""Everything that differs in what ``score_on_spark`` returns."""


def refuse_lost(model: FittedModel, metrics: Sequence[Metric], filled: frozenset[str]) -> None:
    """Refuse a model that learned from tables of which nothing is left.

    Parameters
    ----------
    model : FittedModel
    metrics : sequence of Metric
        All that are declared.
    filled : frozenset of str
        Tables with a row of any account.

    Raises
    ------
    ArtifactError
        If one of its columns is of a metric that had numbers when it learned and has no rows to
        read now.
    """
    declared, had = by_column(metrics), set(model.collected)
    read = {declared[name] for name in model.columns if name in declared}
    lost = sorted(
        metric.column
        for metric in read
        if metric.column in had
        and any(
            not filled.intersection(view_named(select.view).sources)
            for select, _ in metric.measure.selects()
        )
    )
    if lost:
        raise ArtifactError(
            f"The model for {model.target!r} learned from {len(lost)} metrics of which no row is "
            f"left, such as {lost[0]!r}; there are rows of {sorted(filled)}. Restore what is "
            "missing, or train again without it."
        )
