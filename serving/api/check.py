"""The verbs: one function a command, the same for Python and for the command line."""

from pathlib import Path

from ...features.ingest.quarantine import write_quarantine
from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings
from ...features.subscriptions.business_kind import business_of
from ...features.whole_file import replace_all
from ..company.coverage import coverage_of, coverage_page
from ..company.load_company import company_of
from ..results.stores import check_apart, check_folder_name
from .answers.data import CheckResult

__all__ = ["check"]


_PAGE = "coverage.md"


def check(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Hold tables against the data contract.

    Parameters
    ----------
    data : path, URL or dict of DataFrame
        Folder of Parquet or CSV files, DuckDB file, ``postgresql://`` URL, or frames by name.
    settings_path : str, Path or Settings, optional
        A settings file, or the object; without one the ``churngrid.yaml`` in or beside the data
        or in the working folder.
    out : str or Path, optional
        Folder for the rows that were put aside, and a page that says what is read, what is not,
        and what is missing.
    progress : callable, optional
        Called with stage, steps done and steps in all.

    Returns
    -------
    CheckResult

    Raises
    ------
    SchemaError
        If the tables cannot be used at all.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> check(build_company(12, months=12).tables).business
    'Contractual: churn is the decision not to renew, ARR comes from the subscription items.'
    """
    if out is not None:
        check_folder_name(out)
        check_apart(out, data)
    company = company_of(data, settings_path, progress)
    coverage = coverage_of(company.tables, company.config)
    path = None
    if out is not None:
        folder = Path(out)
        path = write_quarantine(company.tables, folder)
        replace_all(folder, {_PAGE: coverage_page(coverage).encode()})
    said = business_of(company.tables).sentence_with(company.settings.horizon_days)
    return CheckResult(company.tables, said, path, coverage)
