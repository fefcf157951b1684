"""The page of a flat table: the ranked list with reasons, and how far to trust it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...training.flat.columns import FlatColumn
from ..report.page_words import day, plain, sentence, short_money
from ..report.template import filled
from ..wording.account_sentences import about_one_in

__all__ = ["flat_page"]

_MOST_ROWS = 2_000
"""Beyond these nobody scrolls; the count says of how many."""
_BARS = 20


@dataclass(frozen=True, slots=True)
class _Row:
    """One customer as the page shows it."""

    rank: int
    name: str
    odds: str
    percent: str
    money: str
    risks: list[str]
    helps: list[str]
    plays: list[str]


def flat_page(
    scores: pd.DataFrame,
    drivers: pd.DataFrame,
    plays: pd.DataFrame,
    *,
    notes: Sequence[str] = (),
    card: Mapping[str, Any] | None = None,
    currency: str = "",
) -> str:
    """Return the page as one HTML text without any network request.

    Parameters
    ----------
    scores, drivers, plays : DataFrame
        As ``score_flat`` returns them.
    notes : sequence of str, optional
    card : mapping, optional
        Of the model: its figures, and what became of each column.
    currency : str

    Returns
    -------
    str
    """
    shown = scores.head(_MOST_ROWS)
    by_account = {
        name: _of_date(part, scores).groupby("account_id", sort=False)
        for name, part in (("drivers", drivers), ("plays", plays))
    }
    rows = [_row(account, by_account, currency) for account in shown.to_dict("records")]
    return filled(
        "flat.html.j2",
        as_of=day(scores["as_of"].iloc[0]) if len(scores) else "",
        total=len(scores),
        rows=rows,
        tiles=_tiles(scores, currency),
        bars=_bars(scores["p_churn"]),
        base=float(scores["base_rate"].iloc[0]) if len(scores) else 0.0,
        notes=[sentence(note) for note in notes],
        figures=_figures(card or {}),
        columns=[sentence(said) for said in _columns(card or {})],
        money=bool(scores["arr"].notna().any()),
        plays=len(plays) > 0,
    )


def _row(account: Mapping[Any, Any], by_account: Mapping[str, Any], currency: str) -> _Row:
    reasons = _of(by_account["drivers"], account["account_id"])
    todo = _of(by_account["plays"], account["account_id"])
    said = {
        way: [sentence(text) for text in reasons.loc[reasons["direction"] == way, "text"]]
        for way in ("raises", "lowers")
    }
    arr = account["arr"]
    return _Row(
        rank=int(account["rank"]),
        name=plain(str(account["account_id"])),
        odds=about_one_in(account["p_churn"]),
        percent=f"{100 * account['p_churn']:.0f} %",
        money="" if pd.isna(arr) else short_money(arr, currency),
        risks=said["raises"][:3],
        helps=said["lowers"][:2],
        plays=[
            sentence(f"{play['action']} ({play['owner']}, by {day(play['due_at'])})")
            for play in todo.to_dict("records")
        ],
    )


def _of_date(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the date of the scores: stores keep earlier ones too."""
    if rows.empty:
        return rows.reindex(columns=rows.columns.union(["account_id", "direction"]))
    return rows[rows["as_of"].isin(scores["as_of"])]


def _of(groups: Any, account: str) -> pd.DataFrame:
    found = groups.get_group(account) if account in groups.groups else groups.obj.head(0)
    return pd.DataFrame(found)


def _tiles(scores: pd.DataFrame, currency: str) -> list[tuple[str, str, str]]:
    p = scores["p_churn"]
    tiles = [
        ("Customers", f"{len(scores):,}", "scored"),
        ("Expected to leave", f"{p.sum():,.0f}", f"{100 * p.mean():.0f} % of them"),
        (
            "Twice the usual risk",
            f"{int((scores['times_base_rate'] >= 2).sum()):,}",
            "at least twice the rate in training",
        ),
    ]
    if scores["arr"].notna().any():
        at_risk = scores["arr_at_risk"].sum()
        tiles.append(("ARR at risk", short_money(at_risk, currency), "ARR times probability"))
    return tiles


def _bars(p: pd.Series) -> list[tuple[float, float, int]]:
    """Return left edge, height and count of each bar of the probabilities, as shares."""
    counts = np.histogram(p.to_numpy(dtype=float), bins=_BARS, range=(0, 1))[0].tolist()
    most = max(counts, default=0) or 1
    return [(place / _BARS, count / most, count) for place, count in enumerate(counts)]


def _figures(card: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            str(model).replace("_", " "),
            _interval(scorers.get("roc_auc")),
            _interval(scorers.get("log_loss")),
        )
        for model, scorers in card.get("scorers", {}).items()
    ]


def _interval(figure: Sequence[float | None] | None) -> str:
    if not figure or figure[0] is None:
        return ""
    value, low, high = figure
    return f"{value:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")


def _columns(card: Mapping[str, Any]) -> list[str]:
    stored = card.get("flat", {}).get("columns", [])
    return [said for entry in stored if (said := FlatColumn(*entry).says)]
