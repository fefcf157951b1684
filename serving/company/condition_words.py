"""The words that conditions on scored accounts can meet: which texts each field can hold."""

from collections.abc import Sequence
from pathlib import Path

from ...features.metrics.catalogue import METRICS
from ...features.metrics.metric import Metric
from ...features.schema.bands import BANDS
from ...features.schema.settings import DEFAULTS, Settings, load_settings
from ...features.scores.rubric import Rubric
from ...features.scores.rubric_file import read_rubric
from ...features.scores.scorecard import Scorecard
from ...features.scores.scorecard_file import read_scorecard
from ..results.words import CELLS, OVERRIDE, QUADRANTS, STATUSES
from .find_input import SETTINGS_NAME, refuse_found_code
from .own_metrics import declared_metrics

__all__ = ["metrics_beside", "texts_beside", "texts_of"]


def texts_of(
    scorecards: Sequence[Scorecard],
    rubrics: Sequence[Rubric],
    *,
    metrics: Sequence[Metric] = METRICS,
) -> dict[str, frozenset[str]]:
    """Return the texts that the fields of a scored account can hold.

    Parameters
    ----------
    scorecards : sequence of Scorecard
        They name the caps.
    rubrics : sequence of Rubric
        They name the categories of maturity.
    metrics : sequence of Metric
        All that are declared.

    Returns
    -------
    dict of str to frozenset of str
        By field. ``drivers`` are metrics that can be acted on, and their components.

    Examples
    --------
    >>> from churngrid.features.scores.rubric_file import read_rubric
    >>> from churngrid.features.scores.scorecard_file import read_scorecard
    >>> texts = texts_of([read_scorecard(None, METRICS)], [read_rubric(None)])
    >>> sorted(texts["maturity_band"])
    ['high', 'low', 'medium', 'unknown']
    >>> "usage" in texts["drivers"], "tenure_days" in texts["drivers"]
    (True, False)
    """
    acted_on = [metric for metric in metrics if metric.axis != "context"]
    bands = frozenset((*BANDS, "unknown"))
    caps = (cap.name for scorecard in scorecards for cap in scorecard.caps)
    categories = frozenset(("", *(name for rubric in rubrics for name in rubric.categories)))
    return {
        "status": frozenset(STATUSES),
        "cell": frozenset(CELLS.values()),
        "quadrant": frozenset(QUADRANTS.values()),
        "health_band": bands,
        "maturity_band": bands,
        "cmi_status": frozenset(("certain", "provisional", "insufficient")),
        "weakest_category": categories,
        "maturity_blocker": categories,
        "caps": frozenset((OVERRIDE, *caps)),
        "drivers": frozenset(name for m in acted_on for name in (m.column, m.component)),
    }


def texts_beside(playbook: Path, named: Path | None = None) -> dict[str, frozenset[str]]:
    """Return the texts that conditions can meet in the company whose playbook this is.

    Parameters
    ----------
    playbook : Path
        The settings beside it name the company's own scorecard and rubric; without settings the
        shipped ones count.
    named : Path or None
        The settings that the user named in place of those.

    Returns
    -------
    dict of str to frozenset of str
        As ``texts_of`` returns them.

    Raises
    ------
    SchemaError
        If one of those files breaks a rule.

    Examples
    --------
    >>> "sponsor_left" in texts_beside(Path("nowhere", "playbook.yaml"))["caps"]
    True
    """
    settings, metrics = _settings_of(playbook, named), metrics_beside(playbook, named)
    scorecard = read_scorecard(settings.scorecard, metrics)
    return texts_of([scorecard], [read_rubric(settings.maturity, metrics)], metrics=metrics)


def metrics_beside(playbook: Path, named: Path | None = None) -> tuple[Metric, ...]:
    """Return the metrics of the company whose playbook this is.

    Parameters
    ----------
    playbook : Path
        The settings beside it name the module of the company's own metrics.
    named : Path or None
        The settings that the user named in place of those.

    Returns
    -------
    tuple of Metric
        Those that ship, then the company's own.

    Raises
    ------
    SchemaError
        If the settings break a rule, their module declares no metrics, or they were found outside
        of the working folder and name a module.

    Examples
    --------
    >>> metrics_beside(Path("nowhere", "playbook.yaml")) == METRICS
    True
    """
    return declared_metrics(_settings_of(playbook, named).metrics)


def _settings_of(playbook: Path, named: Path | None) -> Settings:
    if named is not None:
        return load_settings(named)
    beside = playbook.parent / SETTINGS_NAME
    if not beside.exists():
        return DEFAULTS
    refuse_found_code(beside)
    return load_settings(beside)
