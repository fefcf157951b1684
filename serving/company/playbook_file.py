"""The playbook as a file that people edit."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from ...features.metrics.catalogue import METRICS, by_column
from ...features.metrics.metric import Metric
from ...features.schema.yaml_file import load_yaml, refuse
from .playbook import Playbook
from .playbook_rules import Words, faults_of

__all__ = ["read_playbook"]


_DEFAULT = Path(__file__).with_name("playbook.yaml")


def read_playbook(
    path: Path | None,
    fields: Iterable[str],
    *,
    texts: Mapping[str, Collection[str]] | None = None,
    metrics: Sequence[Metric] = METRICS,
) -> Playbook:
    """Read a playbook and hold it against what a condition may look at.

    Parameters
    ----------
    path : Path or None
        The shipped default when None.
    fields : iterable of str
        What a condition may look at.
    texts : mapping of str to collection of str, optional
        The texts that a field can hold, as ``texts_of`` returns them; any text for the others.
    metrics : sequence of Metric
        All that are declared: fields that hold numbers, and which of them are only context.

    Returns
    -------
    Playbook

    Raises
    ------
    SchemaError
        If the file breaks a rule; the message names file, line and rule, one line per fault, at
        most five.
    """
    source = path or _DEFAULT
    playbook = load_yaml(source, Playbook)
    words = Words(frozenset(fields), texts or {}, by_column(metrics))
    refuse(source, faults_of(playbook, words))
    return playbook
