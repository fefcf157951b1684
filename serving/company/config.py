"""Everything a company declares, read once: settings, scorecard, rubric and playbook."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...features.metrics.catalogue import METRICS, by_column
from ...features.metrics.metric import Metric
from ...features.schema.settings import FILES, MACHINE, Settings
from ...features.scores.health_overrides import Override, read_overrides
from ...features.scores.rubric import Rubric
from ...features.scores.rubric_file import read_rubric
from ...features.scores.scorecard import Scorecard
from ...features.scores.scorecard_file import read_scorecard
from ..results.schema import FACT_COLUMNS
from .condition_words import texts_of
from .own_metrics import declared_metrics
from .playbook import Playbook
from .playbook_file import read_playbook

__all__ = ["FACT_FIELDS", "Config", "fact_fields", "read_config"]


def fact_fields(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Return what a condition in the playbook may look at.

    Parameters
    ----------
    metrics : sequence of Metric
        All that are declared.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> fact_fields(())[:3]
    ('segment', 'status', 'reason')
    """
    return (*by_column(metrics), *FACT_COLUMNS)


FACT_FIELDS = fact_fields(METRICS)
"""What a condition in the playbook may look at where a company has no metrics of its own."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a company declares, with a hash over all of it.

    Parameters
    ----------
    settings : Settings
    scorecard : Scorecard
    rubric : Rubric
    playbook : Playbook
    overrides : tuple of Override
        Dated facts about accounts, so they are no part of the hash.
    metrics : tuple of Metric
        Those that ship, then the company's own.
    """

    settings: Settings
    scorecard: Scorecard
    rubric: Rubric
    playbook: Playbook
    overrides: tuple[Override, ...] = ()
    metrics: tuple[Metric, ...] = METRICS

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change when anything declared changes.

        Where the files lie is left out: what they say counts. So is how much of the machine may
        be taken, on which no number depends.
        """
        settings = self.settings.model_dump(mode="json", exclude={*FILES, *MACHINE, "data"})
        parts = (self.scorecard, self.rubric, self.playbook)
        declared: list[object] = [settings, *(part.model_dump(mode="json") for part in parts)]
        declared += [repr(metric) for metric in self.metrics[len(METRICS) :]]
        text = json.dumps(declared, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_config(settings: Settings, *, folder: Path | None = None) -> Config:
    """Read the files that the settings name, or the shipped defaults.

    Parameters
    ----------
    settings : Settings
    folder : Path or None
        Where relative paths in the settings start; the working folder when None.

    Returns
    -------
    Config

    Raises
    ------
    SchemaError
        If a file is missing or breaks a rule.

    Examples
    --------
    >>> len(read_config(Settings()).digest)
    12
    """

    def located(path: Path | None) -> Path | None:
        return path if path is None or folder is None else folder / path

    metrics = declared_metrics(settings.metrics, settings.extra)
    files = (
        located(settings.scorecard),
        located(settings.maturity),
        located(settings.playbook),
    )
    as_shipped = files == (None, None, None) and metrics == METRICS
    scorecard, rubric, playbook = _as_shipped() if as_shipped else _read(*files, metrics)
    return Config(
        settings=settings,
        scorecard=scorecard,
        rubric=rubric,
        playbook=playbook,
        overrides=_overrides(located(settings.overrides)),
        metrics=metrics,
    )


def _read(
    scorecard_file: Path | None,
    rubric_file: Path | None,
    playbook_file: Path | None,
    metrics: tuple[Metric, ...],
) -> tuple[Scorecard, Rubric, Playbook]:
    """Read the three files, each held against those before it."""
    scorecard = read_scorecard(scorecard_file, metrics)
    rubric = read_rubric(rubric_file, metrics)
    # A cap or category of ours that a company dropped never holds; a playbook may still name it.
    texts = texts_of(
        [scorecard, read_scorecard(None, METRICS)], [rubric, read_rubric(None)], metrics=metrics
    )
    playbook = read_playbook(playbook_file, fact_fields(metrics), texts=texts, metrics=metrics)
    return scorecard, rubric, playbook


@cache
def _as_shipped() -> tuple[Scorecard, Rubric, Playbook]:
    """Return what ships: it is the same in every run, so that a process reads it once."""
    return _read(None, None, None, METRICS)


def _overrides(path: Path | None) -> tuple[Override, ...]:
    return () if path is None else read_overrides(path)
