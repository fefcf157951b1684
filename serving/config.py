"""Everything a company declares, read once: settings, scorecard, rubric and playbook."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ..features.metrics import METRICS
from ..features.rubric import Rubric, read_rubric
from ..features.scorecard import Scorecard, read_scorecard
from ..features.settings import Settings
from .playbook import Playbook, read_playbook

__all__ = ["FACT_FIELDS", "Config", "read_config"]

FACT_FIELDS: tuple[str, ...] = (
    *(name for metric in METRICS for name in (metric.column, metric.vs_own, metric.percentile)),
    *("status", "cell", "quadrant", "health_band", "maturity_band", "cmi_status", "caps"),
    *("drivers", "weakest_category", "maturity_blocker", "p_churn", "p_expand", "health_index"),
    *("chs", "chs_coverage", "cmi", "segment", "guard", "arr_at_risk"),
)
"""What a condition in the playbook may look at."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a company declares, with a hash over all of it.

    Parameters
    ----------
    settings : Settings
    scorecard : Scorecard
    rubric : Rubric
    playbook : Playbook
    """

    settings: Settings
    scorecard: Scorecard
    rubric: Rubric
    playbook: Playbook

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change when anything declared changes."""
        parts = (self.settings, self.scorecard, self.rubric, self.playbook)
        text = json.dumps([part.model_dump(mode="json") for part in parts], sort_keys=True)
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

    return Config(
        settings=settings,
        scorecard=read_scorecard(located(settings.scorecard), METRICS),
        rubric=read_rubric(located(settings.maturity)),
        playbook=read_playbook(located(settings.playbook), FACT_FIELDS),
    )
