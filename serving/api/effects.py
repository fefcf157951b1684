"""The verb that says what plays do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from ...features.cohorts.as_of_dates import newest_closed_day
from ...features.errors import SchemaError
from ...features.ingest.read import Data
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings
from ...features.short_view import ShortView
from ...features.subscriptions.business_kind import business_of
from ..company.load_company import Company, company_of
from ..company.put_aside import refuse_unreadable
from ..effects.assignments import draws_of
from ..effects.covariates import known_of
from ..effects.effects import effects_of
from ..effects.order import check_library, orders_of
from ..effects.outcomes import outcomes_of
from ..results.effects_schema import PLAY_EFFECTS, UNJUDGED
from ..results.result_column import check_result
from ..results.stores import open_store, results_beside

__all__ = ["PlayEffects", "play_effects"]


@dataclass(frozen=True, slots=True, repr=False)
class PlayEffects(ShortView):
    """What plays do.

    Parameters
    ----------
    effects : DataFrame
        One row a play; ``docs/results.md`` has the columns.
    draws : DataFrame
        One row a draw: account, play, experiment, when and into which group, and what became of
        it.
    days : int
        Days from the draw to the outcome.
    notes : tuple of str
        What a reader should know.
    order : DataFrame or None
        Accounts in the order of what a play is expected to change for them: ``account_id``,
        ``play``, ``expected_effect`` (on the chance to leave, below zero it helps), ``rank``. None
        where nobody asked for it.
    """

    effects: pd.DataFrame
    draws: pd.DataFrame
    days: int
    notes: tuple[str, ...] = ()
    order: pd.DataFrame | None = None

    def _line(self) -> str:
        return f"{len(self.effects)} plays, {len(self.draws):,} draws, {self.days} days each"

    def _table(self) -> pd.DataFrame:
        return self.effects


def play_effects(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    results: str | Path | None = None,
    days: int | None = None,
    order: bool = False,
    progress: Progress | None = None,
) -> PlayEffects:
    """Say what each play does to leaving and to ARR, by those from whom it was withheld.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    results : str or Path, optional
        Where ``score`` stored its results: whom it proposed plays for and from whom it withheld
        them. By default the folder ``churngrid-results`` or ``results`` in the working folder or
        beside the data. Draws that were written back as interventions count as well.
    days : int, optional
        Days from the draw to the outcome; by default lead and horizon. At least 1.
    order : bool
        Also learn whom each play helps more, and put the accounts in order that were drawn and
        whose outcome is not certain yet. Needs the extra ``uplift`` and some hundred outcomes; an
        order that does not hold on accounts it was not learned from is not given.
    progress : callable, optional

    Returns
    -------
    PlayEffects
        With 95 % intervals, by intention to treat.

    Raises
    ------
    SchemaError
        If no play was ever withheld from anybody: without controls nobody can say what would have
        happened anyway. The message says what to set up. Also if ``order`` lacks its library.
    ValueError
        If ``days`` is below 1.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> told = play_effects(build_company(300, interventions=True).tables)
    >>> sorted(told.effects["play"])[:2]
    ['find_successor', 'fix_critical_ticket']
    >>> bool(told.effects["effect_on_leaving"].between(-1, 1).all())
    True
    """
    if days is not None and days < 1:
        raise ValueError(f"`days` must be at least 1, got {days!r}.")
    if order:
        check_library()
    company = company_of(data, settings_path, progress)
    refuse_unreadable(company.tables)
    business = business_of(company.tables)
    least = company.settings.lead_days + company.settings.horizon_days
    draws = _draws(company, results if results is not None else results_beside(data), least)
    asked = days or least
    known = outcomes_of(company.tables, draws, business, company.settings, days=asked)
    effects = effects_of(known, days=asked)
    check_result("play_effects", effects, PLAY_EFFECTS)
    notes = tuple(_notes(effects, known, least))
    if not order:
        return PlayEffects(effects, known, asked, notes)
    ordered = orders_of(
        known,
        partial(known_of, company.tables, company.config),
        newest_closed_day(company.tables),
    )
    return PlayEffects(effects, known, asked, (*notes, *ordered.notes), ordered.accounts)


def _draws(company: Company, results: str | Path | None, least: int) -> pd.DataFrame:
    stored = open_store(results).read("plays") if results is not None else None
    draws = draws_of(company.tables, stored, newest_closed_day(company.tables))
    if not draws["withheld"].any():
        raise SchemaError(
            "No play was ever withheld from anybody, so nothing says what would have happened "
            "without it. Give the plays in question `control_share: 0.2` and `experiment: "
            "2026` (a name) in the playbook, score every week into the same results, and leave "
            f"both as they are for {least} days at least; docs/play-effects.md tells why."
        )
    return draws


def _notes(effects: pd.DataFrame, draws: pd.DataFrame, least: int) -> Iterator[str]:
    judged = effects[~effects["on_leaving"].isin(UNJUDGED)]
    if len(judged) > 1:
        yield (
            f"{len(judged)} plays were compared. Of plays that do nothing one in 20 seems to do "
            "something, by accident: trust a surprise when a second experiment repeats it."
        )
    strangers = int((~draws["customer"]).sum())
    if strangers:
        yield f"{strangers:,} draws are of accounts that were no customers then; they do not count."
    yield from _short(draws, least)


def _short(draws: pd.DataFrame, least: int) -> Iterator[str]:
    """Name experiments that another one followed before an outcome could be seen."""
    began = draws.groupby(["play", "experiment"])["drawn_at"].min().sort_values()
    for play, own in began.groupby(level="play"):
        names, dates = own.index.get_level_values("experiment"), list(own)
        for name, date, after in zip(names, dates, dates[1:], strict=False):
            if (after - date).days < least:
                yield (
                    f"Experiment {name!r} of {play} was followed by another after "
                    f"{(after - date).days} days, before its outcome ({least} days) was seen: who "
                    "was withheld may have got the play after all. Keep a name longer."
                )
