"""The verbs that score all accounts, and that write the report again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ...features.cohorts.as_of_dates import resolve_as_of
from ...features.errors import ArtifactError, SchemaError
from ...features.ingest.read import Data
from ...features.progress import Progress, staged
from ...features.schema.settings import GivenSettings, settings_of
from ...features.whole_file import write_whole
from ..change.changes import changes_of
from ..change.stored_inputs import Earlier, inputs_of
from ..change.what_would_help import of_the_list
from ..company.config import read_config
from ..company.load_company import Company, company_of
from ..company.put_aside import refuse_unreadable
from ..flat.page import flat_page
from ..report.beside import STORED, Beside
from ..results.places import REPORT
from ..results.result_column import check_result
from ..results.schema import RESULTS
from ..results.stores import Store, check_apart, open_store
from ..scoring.batch_score import score_tables
from ..scoring.scored import Scored
from .answers.scoring import ScoreResult
from .chosen_models import models_for
from .result_files import criteria_of, departures_of, facts_of, files_of, stored_files

__all__ = [
    "History",
    "date_of",
    "earlier_of",
    "report",
    "score",
    "scored_of",
    "written_to",
]


_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class History:
    """What was stored before, by table; None where there is nothing or it is not to count."""

    scores: pd.DataFrame | None = None
    plays: pd.DataFrame | None = None
    feeds: pd.DataFrame | None = None

    @classmethod
    def of(cls, store: Store | None) -> "History":
        """Read what a place holds; nothing without a place."""
        names = ("scores", "plays", "feeds")
        return cls() if store is None else cls(*(store.read(name) for name in names))

    def reaches_before(self, day: pd.Timestamp) -> bool:
        """Tell whether scores of an earlier date are known."""
        return self.scores is not None and bool((self.scores["as_of"] < day).any())

    def on(self, day: pd.Timestamp) -> pd.DataFrame:
        """Return the scores of a date; without rows where none are known."""
        if self.scores is None:
            return pd.DataFrame()
        return self.scores[self.scores["as_of"] == day]

    def and_then(self, scored: Scored) -> "History":
        """Return the history after one more scoring."""
        later = (scored.scores, scored.plays, scored.feeds)
        before = (self.scores, self.plays, self.feeds)
        return History(
            *(
                new if old is None or old.empty else pd.concat([old, new], ignore_index=True)
                for old, new in zip(before, later, strict=True)
            )
        )


def earlier_of(
    store: Store | None, before: pd.Timestamp, since: str | None = None
) -> Earlier | None:
    """Return the newest stored scoring before a date.

    Parameters
    ----------
    store : Store or None
    before : Timestamp
    since : str, optional
        A date: the newest scoring on or before it.

    Returns
    -------
    Earlier or None
        None where none is stored with what it was worked out from.

    Raises
    ------
    SchemaError
        If ``since`` is named, and nothing that old is stored.
    """
    dates = [] if store is None else store.dates("inputs")
    last = before if since is None else min(before, pd.Timestamp(since, tz="UTC") + _DAY)
    found = [date for date in dates if date < last]
    if store is None or not found:
        if since is not None:
            told = ", ".join(f"{date:%Y-%m-%d}" for date in dates) or "none"
            raise SchemaError(
                f"`since` must name a stored scoring before {before:%Y-%m-%d}, got {since!r}; "
                f"stored are: {told}."
            )
        return None
    scores, inputs = (store.read(name, as_of=found[-1]) for name in ("scores", "inputs"))
    if scores is None or inputs is None:
        return None
    return Earlier(found[-1], scores.set_index("account_id"), inputs.set_index("account_id"))


def scored_of(
    company: Company,
    as_of: str,
    tracking: str | None,
    model: str | None,
    history: History | None,
    progress: Progress | None,
    *,
    require_model: bool = False,
) -> Scored:
    """Score a company with registered models, or with the scorecard alone; as ``models_for``."""
    models = models_for(model, tracking, require=require_model)
    refuse_unreadable(company.tables)
    stored = history or History()
    day = resolve_as_of(company.tables, as_of)
    return score_tables(
        company.tables,
        day,
        config=company.config_on(day),
        models=models,
        previous=stored.scores,
        earlier_plays=stored.plays,
        earlier_feeds=stored.feeds,
        progress=staged(progress, "score from"),
    )


def written_to(
    store: Store,
    out: str | Path,
    company: Company,
    scored: Scored,
    earlier: Earlier | None = None,
    history: History | None = None,
) -> ScoreResult:
    """Hold a scoring against its declaration, write it and its report, and say where they went."""
    results = {
        "scores": scored.scores,
        "drivers": scored.drivers,
        "plays": scored.plays,
        "forecast": scored.forecast,
        "feeds": scored.feeds,
        "drift": scored.stored_drift(),
        "changes": changes_of(scored, earlier),
        "improvements": of_the_list(scored),
        "inputs": inputs_of(scored),
        "facts": facts_of(company, scored),
        "departures": departures_of(scored),
        "criteria": criteria_of(scored),
    }
    for name, frame in results.items():
        check_result(name, frame, RESULTS[name])
    unwritten = store.write(
        results,
        files=files_of(company, scored, results, history.scores if history else None),
    )
    path = None if REPORT in unwritten else Path(out) / REPORT
    return ScoreResult(scored, store.label, path, unwritten, earlier)


def score(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    out: str | Path | None = None,
    as_of: str = "latest",
    tracking: str | None = None,
    model: str | None = None,
    require_model: bool = False,
    fresh: bool = False,
    progress: Progress | None = None,
) -> ScoreResult:
    """Score every account, with reasons, plays and a report.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    out : str or Path, optional
        Folder, DuckDB file or ``postgresql://`` URL; nothing is written without it.
    as_of : str
        ``latest`` (the newest closed day in the data) or a date.
    tracking : str, optional
        As in ``train``; without a trained model the scorecard stands in.
    model : str, optional
        A version or alias other than the champion, such as ``3`` or ``challenger``, or apart as in
        ``churn=3,expansion=2``; ``none`` scores with the scorecard even if there is a model.
    require_model : bool
        Refuse to score without a churn model.
    fresh : bool
        Ignore what was stored for earlier dates. Of the stored files those that are damaged or
        gone are taken out of the history, and named.
    progress : callable, optional

    Returns
    -------
    ScoreResult

    Raises
    ------
    SchemaError, ArtifactError, ValueError
        If the input, the model or the place is unusable.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> scored = score(build_company(12, months=12).tables, model="none").scored
    >>> scored.scores["health_source"].unique().tolist()
    ['scorecard']
    """
    # What is wrong with the place is said before the work, not after it.
    store = None if out is None else _place_of(out, data)
    company = company_of(data, settings_path, progress)
    history = History.of(None if fresh else store)
    scored = scored_of(
        company, as_of, tracking, model, history, progress, require_model=require_model
    )
    if store is None or out is None:
        return ScoreResult(scored, "not written", None, ())
    if fresh and (lost := store.mend()):
        note = f"Taken out of the history, because they were damaged or gone: {', '.join(lost)}."
        scored = replace(scored, notes=(*scored.notes, note))
    earlier = None if fresh else earlier_of(store, date_of(scored))
    return written_to(store, out, company, scored, earlier, history)


def date_of(scored: Scored) -> pd.Timestamp:
    """Return the date of a scoring; without accounts one after all others."""
    index = scored.features.frame.index.get_level_values("as_of")
    return index[0] if len(index) else pd.Timestamp.max.tz_localize("UTC")


def _place_of(out: str | Path, data: Data) -> Store:
    check_apart(out, data)
    return open_store(out)


def report(out: str | Path, settings_path: GivenSettings | None = None) -> Path:
    """Write the report again from stored results.

    Parameters
    ----------
    out : str or Path
        As in ``score``.
    settings_path : str, Path or Settings, optional
        For the currency and the company's own playbook.

    Returns
    -------
    Path
        The page: in the folder, or in the working folder for a database.

    Raises
    ------
    SchemaError
        If nothing is stored there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from churngrid.demo import build_company
    >>> with TemporaryDirectory() as out:
    ...     done = score(build_company(12, months=12).tables, out=out, model="none")
    ...     report(out).name
    'report.html'
    """
    store = open_store(out)
    scores = store.read("scores")
    if scores is None or scores.empty:
        raise SchemaError(
            f"{store.label} has no scores yet; run `churngrid score DATA --out` first."
        )
    drivers, plays = (_stored(store, name) for name in ("drivers", "plays"))
    if "times_base_rate" in scores:
        config = read_config(settings_of(settings_path))
        newest = scores[scores["as_of"] == scores["as_of"].max()].sort_values("rank")
        page = flat_page(newest, drivers, plays, currency=config.settings.currency or "")
        return _put(store, out, {REPORT: page})
    if "currency" not in scores:
        raise ArtifactError(
            f"The scores in {store.label} were written by another version; score once more first."
        )
    newest = scores[scores["as_of"] == scores["as_of"].max()]
    config = read_config(settings_of(settings_path))
    as_of = newest["as_of"].iloc[0]
    tables = [newest, *(_of_date(frame, as_of) for frame in (drivers, plays))]
    files = stored_files(
        tables,
        config,
        newest["currency"].iloc[0],
        findings=_stored_findings(_stored(store, "feeds"), as_of),
        beside=Beside.stored(
            {name: _stored(store, name) for name in STORED}, scores, config.overrides
        ),
    )
    return _put(store, out, files)


def _stored(store: Store, name: str) -> pd.DataFrame:
    found = store.read(name)
    return pd.DataFrame() if found is None else found


def _of_date(frame: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    return frame[frame["as_of"] == as_of] if len(frame) else frame


def _put(store: Store, out: str | Path, files: Mapping[str, bytes | str]) -> Path:
    """Write pages into the results, or into the working folder where they take no files."""
    if not store.write({}, files=files):
        return Path(out) / REPORT
    for name, content in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        write_whole(Path(name), content.encode() if isinstance(content, str) else content)
    return Path(REPORT)


def _stored_findings(feeds: pd.DataFrame, as_of: pd.Timestamp) -> list[str]:
    """Return what was found about the feeds on a date."""
    if feeds.empty:
        return []
    found = feeds.loc[feeds["as_of"] == as_of, "finding"]
    return [str(text) for text in found.dropna() if text]
