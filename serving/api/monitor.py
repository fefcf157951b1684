"""The verb that watches: what was scored, how it drifted, what came of it, and when to retrain."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...features.cohorts.as_of_dates import newest_closed_day
from ...features.errors import SchemaError
from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings
from ...features.subscriptions.business_kind import business_of
from ...features.whole_file import replace_all
from ..company.find_input import settings_for
from ..company.load_company import company_of
from ..monitoring.open_reasons import open_because
from ..monitoring.page import monitor_page
from ..monitoring.realised import forecasts_held, outcomes_of, pooled_of, realised_of
from ..monitoring.retrain_rules import Finding, facts_for, found_by
from ..monitoring.runs import runs_of
from ..results.monitoring_schema import MONITORED
from ..results.result_column import check_result
from ..results.stores import Store, check_apart, open_store, results_beside

__all__ = ["Monitored", "monitor"]

_GRACE = pd.Timedelta(days=30)
"""So long after a period a decision of it may still become known."""


@dataclass(frozen=True, slots=True, repr=False)
class Monitored:
    """What became of the stored scorings.

    Parameters
    ----------
    runs : DataFrame
        One row a stored scoring, the oldest first: drift, feeds, and what came of it.
    forecasts : DataFrame
        Stored forecasts of periods that are over, beside what came.
    findings : tuple of Finding
        The rules that say: train again, and why.
    facts : dict of str to float
        What the rules look at.
    notes : tuple of str
    page : Path or None
        Where the page is.
    """

    runs: pd.DataFrame
    forecasts: pd.DataFrame
    findings: tuple[Finding, ...]
    facts: dict[str, float]
    notes: tuple[str, ...]
    page: Path | None = None

    @property
    def retrain(self) -> bool:
        """Whether any rule says: train again."""
        return bool(self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, which JSON knows."""
        runs, forecasts = (
            json.loads(frame.to_json(orient="records", date_format="iso"))
            for frame in (self.runs, self.forecasts)
        )
        known = {name: value for name, value in self.facts.items() if value == value}
        return {
            "retrain": self.retrain,
            "why": [asdict(finding) for finding in self.findings],
            "facts": known,
            "runs": runs,
            "forecasts": forecasts,
            "notes": list(self.notes),
            "page": None if self.page is None else str(self.page),
        }

    def __repr__(self) -> str:
        said = "train again" if self.retrain else "nothing says: train again"
        return f"<Monitored: {len(self.runs)} stored scorings, {said}>"

    def _repr_html_(self) -> str:
        return monitor_page(self.runs, self.forecasts, self.findings, self.notes)


def monitor(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    results: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Monitored:
    """Watch what was scored: drift, feeds, what came of it, and whether to train again.

    Parameters
    ----------
    data, settings_path
        As in ``check``; the data of today, which knows what came.
    results : str or Path, optional
        Where ``score`` stored its results; by default as in ``explain``.
    out : str or Path, optional
        Folder for ``monitor.html`` and ``monitor.json``.
    progress : callable, optional

    Returns
    -------
    Monitored
        Estimates, drift and feeds are those that were stored; nothing of them is computed again.

    Raises
    ------
    SchemaError
        If nothing is stored there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from churngrid.demo import build_company
    >>> tables = build_company(12, months=12).tables
    >>> from churngrid import score
    >>> with TemporaryDirectory() as out:
    ...     done = score(tables, out=out, model="none")
    ...     len(monitor(tables, results=out).runs)
    1
    """
    if out is not None:
        check_apart(out, data)
    used = settings_path if settings_path is not None else settings_for(data)
    place = results if results is not None else results_beside(data, used)
    if place is None:
        raise SchemaError(
            "No stored results were found beside the data or here; name them with `results`, after "
            "`churngrid score DATA --out`."
        )
    store = open_store(place)
    scores = store.read("scores")
    if scores is None or scores.empty or "model_version" not in scores:
        raise SchemaError(f"{store.label} has no scores yet; run `churngrid score DATA --out`.")
    company = company_of(data, settings_path, progress)
    business = business_of(company.tables)
    outcomes = outcomes_of(company.tables, scores, business, company.settings)
    runs = runs_of(scores, _stored(store, "drift"), _stored(store, "feeds"))
    runs = runs.merge(realised_of(outcomes), on="as_of", how="left", validate="one_to_one")
    runs = runs.assign(open_because=open_because(runs))
    until = newest_closed_day(company.tables) - _GRACE
    forecasts = forecasts_held(_stored(store, "forecast"), outcomes, until)
    for name, frame in (("runs", runs), ("forecasts", forecasts)):
        check_result(name, frame, MONITORED[name])
    facts = facts_for(runs, pooled_of(outcomes, runs["model_version"].iloc[-1]))
    found = Monitored(runs, forecasts, found_by(facts), facts, _notes(runs))
    return found if out is None else _written(found, Path(out))


def _notes(runs: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    if not runs["closed"].any():
        why = runs["open_because"].value_counts(sort=False)
        told = "; ".join(f"{says} ({times:,} of {len(runs):,})" for says, times in why.items())
        notes.append(f"No stored scoring can be held against what came: {told}.")
    if not runs["model_version"].iloc[-1]:
        notes.append("The newest scoring used no model: there is nothing to train again for.")
    if wrong := runs["feeds_wrong"].iloc[-1]:
        notes.append(
            f"Feeds of the newest scoring that were not alive: {wrong.replace('|', ', ')}."
        )
    return tuple(notes)


def _written(found: Monitored, folder: Path) -> Monitored:
    told = Monitored(
        *(found.runs, found.forecasts, found.findings, found.facts, found.notes),
        page=folder / "monitor.html",
    )
    page = monitor_page(told.runs, told.forecasts, told.findings, told.notes)
    document = json.dumps(told.as_dict(), allow_nan=False)
    replace_all(folder, {"monitor.html": page.encode(), "monitor.json": document.encode()})
    return told


def _stored(store: Store, name: str) -> pd.DataFrame:
    found = store.read(name)
    return pd.DataFrame() if found is None else found
