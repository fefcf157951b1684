"""The files that people edit, held against their rules: settings, scorecard, rubric, playbook."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...features.errors import SchemaError
from ...features.schema.settings import load_settings
from ...features.schema.yaml_file import located
from ...features.scores.rubric_file import read_rubric
from ...features.scores.scorecard_file import read_scorecard
from ..company.condition_words import metrics_beside, texts_beside
from ..company.config import fact_fields
from ..company.playbook_file import read_playbook
from ..company.playbook_rules import warnings_of

__all__ = ["FILE_KINDS", "check_file"]


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file that people edit.

    Parameters
    ----------
    name : str
        As the command is called.
    example : str
        Name of such a file.
    check : callable
        Takes the file and the settings beside it; raises SchemaError with what is wrong, returns
        what had better be otherwise.
    """

    name: str
    example: str
    check: Callable[[Path, Path | None], list[str]]


def _settings(path: Path, _: Path | None) -> list[str]:
    load_settings(path)
    return []


def _scorecard(path: Path, settings: Path | None) -> list[str]:
    read_scorecard(path, metrics_beside(path, settings))
    return []


def _maturity(path: Path, settings: Path | None) -> list[str]:
    read_rubric(path, metrics_beside(path, settings))
    return []


def _playbook(path: Path, settings: Path | None) -> list[str]:
    metrics, texts = metrics_beside(path, settings), texts_beside(path, settings)
    playbook = read_playbook(path, fact_fields(metrics), texts=texts, metrics=metrics)
    return located(path, warnings_of(playbook))


FILE_KINDS = (
    FileKind("settings", "churngrid.yaml", _settings),
    FileKind("scorecard", "scorecard.yaml", _scorecard),
    FileKind("maturity", "maturity.yaml", _maturity),
    FileKind("playbook", "playbook.yaml", _playbook),
)
"""Every kind of file that people edit."""


def check_file(kind: str, path: str | Path, settings_path: str | Path | None = None) -> list[str]:
    """Hold a file that people edit against its rules.

    Parameters
    ----------
    kind : {"settings", "scorecard", "maturity", "playbook"}
    path : Path
    settings_path : Path, optional
        The ``churngrid.yaml`` beside the file by default; the metrics, caps and categories that it
        names are those that the file may use.

    Returns
    -------
    list of str
        What is wrong, with file and line; empty when nothing is. Where nothing is wrong, what had
        better be otherwise, such as a play that answers to a driver and states no fact.

    Raises
    ------
    SchemaError
        If there is no such file.
    ValueError
        If there is no such kind of file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "churngrid.yaml")
    ...     _ = path.write_text("lead_dayz: 30")
    ...     print(check_file("settings", path)[0].rpartition("/")[2][:36])
    churngrid.yaml:1: lead_dayz: unknown
    """
    known = {one.name: one for one in FILE_KINDS}
    if kind not in known:
        raise ValueError(f"`kind` must be one of {list(known)}, got {kind!r}.")
    file = Path(path)
    if not file.is_file():
        raise SchemaError(f"There is no file {str(path)!r}; name the {kind} to check.")
    try:
        return known[kind].check(file, None if settings_path is None else Path(settings_path))
    except SchemaError as error:
        return str(error).splitlines()
