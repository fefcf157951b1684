"""The report: one HTML page that carries everything in itself, made from stored scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ...features.errors import SchemaError
from ..company.playbook import Playbook
from ..results.schema import (
    DRIVER_COLUMNS,
    NUMBER_COLUMNS,
    PLAY_COLUMNS,
    TEXT_COLUMNS,
    TIME_COLUMNS,
)
from ..results.words import held_back, in_order, to_do, with_the_account
from ..wording.number_words import say_count
from . import portfolio
from .account_rows import RowView, row_views
from .beside import Beside
from .choices import choices_of
from .columns import account_columns
from .driver_texts import DriverViews
from .flag_words import without_flag_names
from .grid_chart import Cuts, draw_grid
from .packed import in_columns
from .page_words import day, percent, plain
from .panels.account_panels import panel_records
from .panels.account_sections import Sections
from .play_texts import PlayViews, how_to
from .tasks import task_columns, waiting_columns
from .template import filled
from .views.views_by_reader import tabs_of, views_of

__all__ = ["render_report"]

# Beyond these the picture is a blot: the first ones need someone most.
_MOST_MARKS = 400
_PANELS_EACH = 250
_SCOPE_WARNED = 0.6
_NOTE = 1_000
_MOST_DESKS = 8


def render_report(
    scores: pd.DataFrame,
    drivers: pd.DataFrame,
    plays: pd.DataFrame,
    *,
    playbook: Playbook,
    currency: str = "",
    findings: Sequence[str] = (),
    notes: Sequence[str] = (),
    scope: float | None = None,
    cuts: Cuts | None = None,
    reader: str = "",
    pages: Mapping[str, str] | None = None,
    beside: Beside | None = None,
) -> str:
    """Write the report of one scoring as one HTML page.

    Parameters
    ----------
    scores : DataFrame
        As ``score`` made or stored them, of one as-of date. An empty table needs no columns.
    drivers, plays : DataFrame
        ``DRIVER_COLUMNS`` and ``PLAY_COLUMNS``; rows of other dates or accounts are left out, and
        so are plays whose ``state`` says that nobody is to work on them now.
    playbook : Playbook
        For the steps of each play.
    currency : str
        ISO 4217 code of every amount.
    findings : sequence of str
        What is broken or missing; stands before everything else.
    notes : sequence of str
        What a reader should know about this run.
    scope : float, optional
        Share of the scorecard's weight that the company collects at all, 0 to 1.
    cuts : Cuts, optional
        Where the bands begin, for the picture of the grid.
    reader : str
        Whose accounts these are; empty for all.
    pages : mapping of str to str, optional
        Where the page of each CSM lies; the empty name is nobody's.
    beside : Beside, optional
        What else is known.

    Returns
    -------
    str
        The page. It makes no request of any kind, and its content-security policy admits only its
        own style and script. All accounts are in it, by ``block`` and ``attention``; the script
        draws what a reader looks at.

    Raises
    ------
    SchemaError
        If a table lacks columns.
    ValueError
        If ``scores`` holds more than one as-of date.

    Examples
    --------
    >>> from churngrid.serving.company.config import FACT_FIELDS
    >>> from churngrid.serving.company.playbook_file import read_playbook
    >>> nothing = pd.DataFrame()
    >>> playbook = read_playbook(None, FACT_FIELDS)
    >>> page = render_report(nothing, nothing, nothing, playbook=playbook)
    >>> "There are no accounts to show." in page
    True
    """
    accounts = _tidied_scores(
        _complete("scores", scores, (*TEXT_COLUMNS, *NUMBER_COLUMNS, *TIME_COLUMNS))
    )
    unit = plain(currency)
    proposed = _of_date(_complete("plays", plays, PLAY_COLUMNS), accounts)
    told = _of_date(_complete("drivers", drivers, DRIVER_COLUMNS), accounts)
    listed = accounts["account_id"]
    reasons = DriverViews(told, listed)
    actions_of = PlayViews(to_do(proposed), listed, playbook)
    held = PlayViews(held_back(proposed), listed, playbook)
    steps = PlayViews(with_the_account(proposed), listed, playbook)
    rows = row_views(accounts, reasons, steps, held)
    as_of = None if accounts.empty else accounts["as_of"].iloc[0]
    known = beside or Beside()
    sections = Sections(accounts, known, as_of)
    panels = list(panel_records(accounts, reasons, actions_of, held, unit, sections.of))
    tasks = task_columns(to_do(proposed), listed, as_of, playbook)
    waits = waiting_columns(held_back(proposed), listed, playbook)
    reading = () if reader else views_of(accounts, tasks, known, pages or {}, scope, unit)
    return filled(
        "report.html.j2",
        **_shown(accounts, playbook, unit, cuts, scope),
        title=_title(as_of, reader),
        book=_book(accounts, rows, (tasks, waits), playbook, unit),
        panels=_in_blocks(panels),
        rows=rows,
        ids=listed.astype(str).tolist(),
        tabs=tabs_of(reading),
        pages=[(csm or "nobody", name) for csm, name in (pages or {}).items()],
        reading=reading,
        choices=choices_of(accounts, rows, [*tasks["owner"], *waits["owner"]]),
        waiting=len(waits["owner"]),
        as_of=day(as_of),
        findings=[plain(finding, longest=_NOTE) for finding in findings],
        notes=[
            *(plain(without_flag_names(note), longest=_NOTE) for note in notes),
            *_scope_note(scope),
            *_held_notes(held_back(proposed), accounts),
        ],
    )


def _book(
    accounts: pd.DataFrame,
    rows: Sequence[RowView],
    tasks: tuple[dict[str, Any], dict[str, Any]],
    playbook: Playbook,
    unit: str,
) -> dict[str, Any]:
    """Return the data from which the script draws lists and tasks."""
    return {
        "accounts": account_columns(accounts, rows),
        "tasks": tasks[0],
        "waits": tasks[1],
        "how": how_to(playbook),
        "total": len(accounts),
        "panels_each": _PANELS_EACH,
        "growing": list(portfolio.growing_cells(playbook)),
        "currency": unit,
        **_columns_known(accounts),
    }


def _shown(
    accounts: pd.DataFrame, playbook: Playbook, unit: str, cuts: Cuts | None, scope: float | None
) -> dict[str, Any]:
    """Return what the page shows of the whole portfolio: figures, bands and the grid."""
    actions = portfolio.actions_of_cells(playbook)
    return {
        "usual": portfolio.usual_odds(accounts),
        "currency": unit,
        "head": portfolio.head(accounts, scope),
        "tiles": portfolio.tiles(accounts, unit),
        "bands": portfolio.bands(accounts),
        "chart": draw_grid(accounts, actions=actions, cuts=cuts, most_marks=_MOST_MARKS),
        "cells": portfolio.cells(accounts, actions, unit),
        "growth": portfolio.by_growth(accounts, portfolio.growing_cells(playbook)),
        "outside": portfolio.outside(accounts, unit),
        "total": len(accounts),
        "may_grow": bool(accounts["p_expand"].notna().any()),
        **_columns_known(accounts),
    }


def _columns_known(accounts: pd.DataFrame) -> dict[str, bool]:
    """Return whether any account has money, and any a deadline; else their columns are left out."""
    return {
        "money": bool(accounts["arr"].notna().any()),
        "terms": bool(accounts["notice_deadline"].notna().any()),
    }


def _title(as_of: pd.Timestamp | None, reader: str) -> str:
    whose = f"Accounts of {plain(reader)}" if reader else "Accounts"
    return whose if as_of is None else f"{whose} as of {day(as_of)}"


def _in_blocks(panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    blocks = (panels[start : start + _PANELS_EACH] for start in range(0, len(panels), _PANELS_EACH))
    return [in_columns(block) for block in blocks]


def _complete(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table that has its columns; one without rows may lack them."""
    if frame.empty:
        return frame.reindex(columns=list(columns))
    missing = [column for column in columns if column not in frame]
    if missing:
        raise SchemaError(f"`{name}` lacks columns {missing}; pass the table that `score` wrote.")
    return frame


def _tidied_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores with texts, numbers and times of one type each, however they were stored."""
    numbers = [
        *NUMBER_COLUMNS,
        *(name for name in scores.columns if name.startswith(("chs_", "survival_"))),
    ]
    texts = [*TEXT_COLUMNS, *(name for name in scores.columns if name.startswith("why_"))]
    tidy = {name: scores[name].astype(object).where(scores[name].notna(), "") for name in texts}
    tidy |= {name: pd.to_numeric(scores[name]).astype(float) for name in numbers}
    tidy |= {name: pd.to_datetime(scores[name], utc=True) for name in TIME_COLUMNS}
    frame = scores.assign(**tidy)
    dates = frame["as_of"].unique()
    if len(dates) > 1:
        raise ValueError(
            f"`scores` must hold one as-of date, got {len(dates)}; keep the rows of the newest."
        )
    frame = frame.assign(attention=frame["attention"].fillna(0.0))
    return in_order(frame.reset_index(drop=True)).reset_index(drop=True)


def _of_date(frame: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the date of the scores."""
    if frame.empty:
        return frame
    return frame[pd.to_datetime(frame["as_of"], utc=True).isin(accounts["as_of"].unique())]


def _scope_note(scope: float | None) -> list[str]:
    if scope is None or scope >= _SCOPE_WARNED:
        return []
    return [
        f"Only {percent(scope)} of the scorecard's weight is collected: health rests on little."
    ]


def _held_notes(held: pd.DataFrame, accounts: pd.DataFrame) -> list[str]:
    """Say what is held back, and whose work it would have been."""
    if held.empty:
        return []
    csm = held["account_id"].map(accounts.set_index("account_id")["csm_id"]).fillna("")
    whose = held["owner"].where(csm == "", held["owner"] + " for " + csm)
    counts = whose.value_counts(sort=True)
    named = ", ".join(f"{plain(who)} {count:,}" for who, count in counts.head(_MOST_DESKS).items())
    more = f", and {len(counts) - _MOST_DESKS:,} more" if len(counts) > _MOST_DESKS else ""
    plays, of = say_count(len(held), "play"), say_count(held["account_id"].nunique(), "account")
    return [
        f"{plays} of {of} {'is' if len(held) == 1 else 'are'} held back until "
        f"their owner has a hand free; each account names its own. By owner: {named}{more}."
    ]
