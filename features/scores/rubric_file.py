"""The maturity rubric as a file that people edit."""

from collections.abc import Sequence
from pathlib import Path

from ..metrics.catalogue import METRICS
from ..metrics.metric import Metric
from ..schema.yaml_file import load_yaml
from .rubric import Rubric
from .rubric_rules import check_rubric

__all__ = ["read_rubric"]


_DEFAULT = Path(__file__).with_name("maturity.yaml")


def read_rubric(path: Path | None, metrics: Sequence[Metric] = METRICS) -> Rubric:
    """Read a maturity rubric and hold it against the declared metrics.

    Parameters
    ----------
    path : Path or None
        The shipped default when None.
    metrics : sequence of Metric
        Those a proxy may name, if they belong to the maturity axis.

    Returns
    -------
    Rubric

    Raises
    ------
    SchemaError
        If the file breaks a rule; the message names file, line and rule. Beyond what the fields
        say: a characteristic that stands twice, a kind of evidence or an event that does not
        exist, a category whose column is there already, and a proxy whose metric belongs to
        another axis, reads what tells how the relation is going, or has thresholds against its
        direction.

    Examples
    --------
    >>> list(read_rubric(None).categories)
    ['vision', 'people', 'process', 'technology']
    """
    source = path or _DEFAULT
    rubric = load_yaml(source, Rubric)
    check_rubric(rubric, metrics, source)
    return rubric
