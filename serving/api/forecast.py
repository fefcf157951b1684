"""The verb that tells what comes: the book by period, segment and CSM, with honest ranges."""

from collections.abc import Sequence

import pandas as pd

from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings
from ...training.forecast.outlook import UNITS, Outlook, Unit
from ..company.load_company import company_of
from ..results.schema import FORECAST
from .answers.scoring import ForecastResult
from .score import scored_of

__all__ = ["forecast"]


def forecast(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    by: Unit = "quarter",
    periods: int | None = None,
    segment: str | None = None,
    csm: str | None = None,
    as_of: str = "latest",
    tracking: str | None = None,
    model: str | None = None,
    progress: Progress | None = None,
) -> ForecastResult:
    """Forecast what is due for decision, what stays and what is paid, by period.

    Parameters
    ----------
    data, settings_path, as_of, tracking, model, progress
        As in ``score``.
    by : {"quarter", "month"}
        Calendar periods; the first one starts on the as-of date.
    periods : int, optional
        Whole periods after the running one, at least 1; 4 quarters or 12 months by default. The
        estimates look two years ahead.
    segment, csm : str, optional
        Only this segment, or only the accounts of this CSM; one of them at most. The whole book,
        every segment and every CSM by default.

    Returns
    -------
    ForecastResult
        Its ``table`` holds one row a period and group, as the result ``forecast`` is declared.

    Raises
    ------
    SchemaError, ArtifactError, ValueError
        If the input or the model is unusable, or nobody has such a segment or CSM.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> table = forecast(build_company(12, months=12).tables).table
    >>> table["period"].iloc[:2].tolist()
    ['2025-Q4', '2026-Q1']
    """
    _check(by, periods, segment, csm)
    company = company_of(data, settings_path, progress)
    scored = scored_of(company, as_of, tracking, model, None, progress)
    table = _cut(_table(scored.outlook, by, periods), segment=segment, csm=csm)
    return ForecastResult(
        table=table,
        as_of=scored.scores["as_of"].iloc[0] if len(scored.scores) else None,
        unit=by,
        currency=company.tables.currency,
        has_model=bool(scored.outlook.curves.known.any()),
        findings=scored.findings,
    )


def _check(by: str, periods: int | None, segment: str | None, csm: str | None) -> None:
    if by not in UNITS:
        raise ValueError(f"`by` must be one of {list(UNITS)}, got {by!r}.")
    if periods is not None and not 1 <= periods <= 24:
        raise ValueError(f"`periods` must be from 1 to 24, got {periods!r}.")
    if segment is not None and csm is not None:
        raise ValueError(
            f"Name either `segment` or `csm`, got both: {segment!r} and {csm!r}; the book is cut "
            "by one of them at a time."
        )


def _table(outlook: Outlook, by: Unit, periods: int | None) -> pd.DataFrame:
    found = outlook.table(by, periods=periods)
    return found.reindex(columns=[column.name for column in FORECAST])


def _cut(table: pd.DataFrame, *, segment: str | None, csm: str | None) -> pd.DataFrame:
    for grouping, asked in (("segment", segment), ("csm", csm)):
        if asked is None:
            continue
        listed = table.loc[table["grouping"] == grouping, "group"]
        if asked not in set(listed):
            raise ValueError(
                f"No account that pays has the {grouping} {asked!r}; there are "
                f"{_named(sorted(set(listed)))}."
            )
        mine = (table["grouping"] == grouping) & (table["group"] == asked)
        return table[mine].reset_index(drop=True)
    return table


def _named(groups: Sequence[str], most: int = 20) -> str:
    told = ", ".join(repr(group) for group in groups[:most])
    more = len(groups) - most
    return (told or "none") + (f" and {more} more" if more > 0 else "")
