"""What the page says of the scorecard itself: which of its criteria it fails, with the figures."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..page_words import day, percent, plain
from .blocks import Block, cells_of, columns_of

__all__ = ["criteria_block"]

_TITLE = "Which criteria the scorecard fails"
_ORDER = ("fail", "not enough evidence", "pass")
_VERDICTS = {"fail": "fails", "pass": "holds", "not enough evidence": "not enough evidence"}
_WRITTEN = {"red_band_lift": "{:.1f} times", "red_lead_days": "{:.0f} days"}
"""How criteria are written that are no shares."""


def criteria_block(criteria: pd.DataFrame) -> Block:
    """Return the table of the criteria, those that fail first.

    Parameters
    ----------
    criteria : DataFrame
        Rows of the result ``criteria`` of one date.

    Returns
    -------
    Block
        Without rows it says how to get them.
    """
    if criteria.empty:
        return Block(
            _TITLE,
            "",
            (),
            (),
            "Nobody has held it against who really left yet: training does, and so does "
            "`churngrid scorecard validate DATA`.",
        )
    first = criteria["verdict"].map(_ORDER.index).sort_values(kind="stable").index
    failing = int(criteria["verdict"].eq("fail").sum())
    until = day(pd.Timestamp(criteria["judged_through"].iloc[0]))
    changed = "" if criteria["same_scorecard"].all() else " The scorecard was changed since then."
    return Block(
        _TITLE,
        f"{_failing(failing)} of all {len(criteria):,}, held against who really left or stayed "
        f"after readings until {until}, when the model was trained.{changed} A scorecard that "
        "fails one is a list of things to look at, no forecast.",
        columns_of("What has to hold", "# Measured", "# Wanted", "Verdict", "Why"),
        cells_of(
            (
                plain(row["meaning"]),
                _figure(row, "value"),
                f"at {'least' if row['at_least'] else 'most'} {_figure(row, 'threshold')}",
                _VERDICTS[row["verdict"]],
                _why(row),
            )
            for row in criteria.loc[first].to_dict("records")
        ),
    )


def _failing(count: int) -> str:
    return f"It fails {count:,}" if count else "It fails none"


def _figure(row: Mapping[Any, Any], name: str) -> str:
    value = float(row[name])
    if math.isnan(value):
        return "unknown"
    written = _WRITTEN.get(row["criterion"])
    return percent(value) if written is None else written.format(value)


def _why(row: Mapping[Any, Any]) -> str:
    """Say between what it lies, or why nothing can be said."""
    if math.isnan(float(row["low"])) or row["why"].startswith("only "):
        return plain(row["why"])
    reach = f"between {_figure(row, 'low')} and {_figure(row, 'high')}"
    return f"{reach}, by {row['accounts']:,} accounts"
