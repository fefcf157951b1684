"""The verbs: one function a command, the same for Python and for the command line."""

from pathlib import Path

from ...features.errors import SchemaError
from ...features.ingest.propose_mapping import propose_mapping
from ...features.ingest.quarantine import write_quarantine
from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.subscriptions.business_kind import business_of
from ..company.condition_words import metrics_beside, texts_beside
from ..company.config import fact_fields
from ..company.load_company import accounts_to_ask, company_of
from ..company.playbook_file import read_playbook
from ..company.starter_files import starter_files
from .result_types import CheckResult

__all__ = ["check", "init", "playbook_check"]


def check(
    data: Data,
    settings_path: Path | None = None,
    *,
    out: Path | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Hold tables against the data contract.

    Parameters
    ----------
    data : path, URL or dict of DataFrame
        Folder of Parquet or CSV files, DuckDB file, ``postgresql://`` URL, or frames by name.
    settings_path : Path, optional
        ``churngrid.yaml``; defaults for everything without it.
    out : Path, optional
        Folder for the rows that were put aside.
    progress : callable, optional
        Called with stage, steps done and steps in all.

    Returns
    -------
    CheckResult

    Raises
    ------
    SchemaError
        If the tables cannot be used at all.
    """
    company = company_of(data, settings_path, progress)
    path = write_quarantine(company.tables, out) if out is not None else None
    return CheckResult(company.tables, business_of(company.tables).sentence, path)


def init(folder: Path, *, data: Data | None = None) -> list[Path]:
    """Write settings, scorecard, rubric and playbook to edit, and a questionnaire to fill in.

    Parameters
    ----------
    folder : Path
        Made if missing; nothing in it is replaced.
    data : path, URL or dict of DataFrame, optional
        Propose a column mapping for these tables, and ask about their accounts.

    Returns
    -------
    list of Path

    Raises
    ------
    SchemaError
        If one of the files is already there.
    """
    mapping = propose_mapping(data) if data is not None else {}
    files = starter_files(mapping, accounts_to_ask(data, mapping))
    for name in files:
        if (folder / name).exists():
            raise SchemaError(f"{folder / name} is already there; init replaces nothing.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def playbook_check(path: Path) -> list[str]:
    """Hold a playbook against its rules.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
        What is wrong, with file and line; empty when nothing is. Caps and categories are those
        of the ``churngrid.yaml`` beside the playbook, if there is one.

    Raises
    ------
    SchemaError
        If there is no such file.
    """
    if not path.is_file():
        raise SchemaError(f"There is no file {str(path)!r}; name the playbook to check.")
    try:
        metrics = metrics_beside(path)
        read_playbook(path, fact_fields(metrics), texts=texts_beside(path), metrics=metrics)
    except SchemaError as error:
        return str(error).splitlines()
    return []
