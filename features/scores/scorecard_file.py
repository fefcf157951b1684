"""A scorecard file with other weights: only the numbers change, comments and the rest stay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..metrics.metric import Metric
from ..schema.yaml_file import load_yaml
from .scorecard import Component, Scorecard
from .scorecard_rules import check_scorecard

__all__ = ["read_scorecard", "reweighed"]


_DEFAULT = Path(__file__).with_name("scorecard.yaml")


def read_scorecard(path: Path | None, metrics: Sequence[Metric]) -> Scorecard:
    """Read a scorecard and hold it against the declared metrics.

    Parameters
    ----------
    path : Path or None
        The shipped default when None.
    metrics : sequence of Metric

    Returns
    -------
    Scorecard

    Raises
    ------
    SchemaError
        If the file breaks a rule; the message names file, line and rule. Beyond what the fields
        say: unknown or doubly used names, a metric of the maturity axis, without thresholds or with
        thresholds against its direction, and whatever would let a better value lower the score (a
        variant or an age that looks at a metric that is weighed).

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> read_scorecard(None, METRICS).bands.high
    70.0
    """
    source = path or _DEFAULT
    scorecard = load_yaml(source, Scorecard)
    check_scorecard(scorecard, metrics, source)
    return scorecard


@dataclass(frozen=True, slots=True)
class _Edit:
    """A piece of text to put in place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def reweighed(path: Path | None, scorecard: Scorecard) -> str:
    r"""Return the text of a scorecard file with the weights of a scorecard.

    Parameters
    ----------
    path : Path or None
        A file that ``read_scorecard`` has read; the shipped default when None.
    scorecard : Scorecard
        The same components and metrics, with other weights.

    Returns
    -------
    str
        A weight that the file leaves out is put in; everything else is as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> from churngrid.features.scores.scorecard_file import read_scorecard
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "ours.yaml")
    ...     text = "components:\n  use: {label: Use, weight: 1, metrics: [{metric: open_goals}]}"
    ...     _ = file.write_text(text + "  # ours")
    ...     card = read_scorecard(file, METRICS)
    ...     use = card.components["use"].model_copy(update={"weight": 2.5})
    ...     print(reweighed(file, card.model_copy(update={"components": {"use": use}})))
    components:
      use: {label: Use, weight: 2.5, metrics: [{metric: open_goals, weight: 1}]}  # ours
    """
    # As bytes, because reading as text would turn every line end into its own kind.
    text = (path or _DEFAULT).read_bytes().decode("utf-8-sig")
    components = _entry(yaml.compose(text, Loader=yaml.SafeLoader), "components")
    edits = [
        edit
        for name, component in scorecard.components.items()
        for edit in _edits(_entry(components, name), component)
    ]
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _edits(node: Any, component: Component) -> Iterator[_Edit]:
    yield _weight(node, component.weight)
    for entry, part in zip(_entry(node, "metrics").value, component.metrics, strict=True):
        yield _weight(entry, part.weight)


def _weight(node: Any, weight: float) -> _Edit:
    """Return how the weight of a component or metric gets its new number."""
    keys = {key.value: value for key, value in node.value}
    if "weight" in keys:
        old = keys["weight"]
        return _Edit(old.start_mark.index, old.end_mark.index, _number(weight))
    # Only a metric may leave it out, and every metric has a name of its own to stand beside.
    name_key = next(key for key, _ in node.value if key.value == "metric")
    end = keys["metric"].end_mark.index
    between = ", " if node.flow_style else "\n" + " " * name_key.start_mark.column
    return _Edit(end, end, f"{between}weight: {_number(weight)}")


def _number(weight: float) -> str:
    """Write a number so that it reads as the very same."""
    return str(int(weight)) if weight == int(weight) else repr(float(weight))


def _entry(node: Any, name: str) -> Any:
    """Return what stands under a key; the file has been read before, so it is there."""
    return next(value for key, value in node.value if key.value == name)
