"""The forecast as people read it: what is due, what stays, and what is left of today's money."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from ..wording.number_words import say_money
from .console import say, show_table

__all__ = ["say_coming_period", "show_forecast"]

_HEAD = ("due", "notice", "renews", "leaves", "cut back", "growth", "GRR", "NRR")
_MEANS = (
    "Due: ARR with a decision in the period. Notice: ARR of those who gave notice and end in it. "
    "Below each figure: 8 of 10 drawn futures lie between. GRR and NRR: today's ARR still paid "
    "when the period ends, without and with growth; prices and currency left out."
)


def _in(currency: str) -> str:
    return f" in {currency}" if currency else ""


def show_forecast(summary: Mapping[str, Any]) -> None:
    """Write what is due, what stays and what is paid, and what nobody has an estimate of.

    Parameters
    ----------
    summary : mapping
        Of ``forecast_summary``.
    """
    for finding in summary["findings"]:
        say(f"! {finding}")
    if not summary["rows"]:
        say(
            "Nobody pays, as far as the tables tell, so there is no money to forecast. Deliver "
            "`contracts` or `subscription_items`; `churngrid check` says what is read."
        )
        return
    say(
        f"Forecast of ARR{_in(summary['currency'])} as of {summary['as_of']}, by {summary['unit']}."
    )
    for (grouping, group), rows in _by_group(summary["rows"]).items():
        if grouping == "all" or _only_one(summary["rows"]):
            _show_periods(_title(grouping, group), rows)
    _show_groups(summary["rows"], "segment")
    say(_MEANS)
    _say_unknown(summary)
    _say_called(summary["rows"])
    say("Next: `churngrid score` lists who decides next and what to do; `--csm ID` shows one book.")


def say_coming_period(rows: Sequence[Mapping[str, Any]]) -> None:
    """Say in short what the first whole period brings; nothing where nobody pays.

    Parameters
    ----------
    rows : sequence of mapping
        Of ``book_records``.
    """
    book = [row for row in rows if row["grouping"] == "all"]
    if not book:
        return
    row = book[min(1, len(book) - 1)]
    if row["grr"] is None:
        due, arr = say_money(row["arr_due"]), say_money(row["arr"])
        say(f"{row['period']}: {due} of {arr} ARR is due; without estimates nobody can say more.")
        return
    renews, left = (_money(row, "renewed"), _share(row, "grr"))
    unknown = row["arr_due_without_estimate"]
    say(
        f"{row['period']}: {say_money(row['arr_due'])} of {say_money(row['arr'])} ARR is due, "
        f"{_bracketed(renews)} is expected to renew."
    )
    if unknown:
        say(f"Of what is due, {say_money(unknown)} has no estimate.")
    say(f"Retained when it ends (GRR): {_bracketed(left)}. More: churngrid forecast.")


def _bracketed(figure: str) -> str:
    value, _, bounds = figure.partition("\n")
    return f"{value} ({bounds})" if bounds else value or "unknown"


def _by_group(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["grouping"], row["group"]), []).append(row)
    return found


def _only_one(rows: Sequence[Mapping[str, Any]]) -> bool:
    return len(_by_group(rows)) == 1


def _title(grouping: str, group: str) -> str:
    if grouping == "all":
        return "The whole book"
    return f"{'Segment' if grouping == 'segment' else 'CSM'} {group or '(none)'}"


def _show_periods(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    first = rows[0]
    say(f"{title}: {first['accounts']:,} accounts pay {say_money(first['arr'])}.")
    show_table(("period", *_HEAD), [[_period(row), *_cells(row)] for row in rows])


def _show_groups(rows: Sequence[Mapping[str, Any]], grouping: str) -> None:
    """Write one line a group: what is left when the last period ends."""
    last = {
        group: listed[-1] for (kind, group), listed in _by_group(rows).items() if kind == grouping
    }
    if len(last) < 2:
        return
    until = next(iter(last.values()))["period"]
    say(f"By {grouping}, until the end of {until}:")
    show_table(
        (grouping, "accounts", "ARR", "without estimate", "GRR", "NRR"),
        [
            [
                group or "(none)",
                row["accounts"],
                say_money(row["arr"]),
                say_money(row["arr_without_estimate"]),
                _share(row, "grr"),
                _share(row, "nrr"),
            ]
            for group, row in last.items()
        ],
    )


def _period(row: Mapping[str, Any]) -> str:
    return str(row["period"])


def _cells(row: Mapping[str, Any]) -> list[str]:
    return [
        say_money(row["arr_due"]),
        say_money(row["arr_notice"]),
        *(_money(row, name) for name in ("renewed", "leaving", "contracted", "expanded")),
        *(_share(row, name) for name in ("grr", "nrr")),
    ]


def _money(row: Mapping[str, Any], name: str) -> str:
    if row["grr"] is None:
        return ""
    low, high = (say_money(row[f"{name}{bound}"]) for bound in ("_low", "_high"))
    return f"{say_money(row[name])}\n{low} to {high}"


def _share(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    value, low, high = (100 * row[f"{name}{bound}"] for bound in ("", "_low", "_high"))
    return f"{value:.1f} %\n{low:.1f} to {high:.1f}"


def _say_unknown(summary: Mapping[str, Any]) -> None:
    """Say how much money is in no figure, and what would bring it in."""
    first = summary["rows"][0]
    blind, arr = first["arr_without_estimate"], first["arr"]
    if blind:
        share = 100 * blind / arr if arr else nan
        way = (
            "their rows in `scores` say why"
            if summary["has_estimates"]
            else "there is no churn model: run `churngrid train`"
        )
        say(
            f"Without an estimate, and in no figure above: {say_money(blind)} of ARR "
            f"({share:.0f} %); {way}."
        )
    if unknown := first["accounts_without_arr"]:
        say(
            "Accounts in no sum, their ARR unknown or in a currency without a rate: "
            f"{unknown:,}. See `exchange_rates` in the settings."
        )


def _say_called(rows: Sequence[Mapping[str, Any]]) -> None:
    """Put beside the model's figure what CSMs say."""
    called = [
        row
        for row in rows
        if row["leaving_called"] is not None and row["grouping"] == rows[0]["grouping"]
    ]
    if not called:
        return
    told = ", ".join(
        f"{row['period']} {say_money(row['leaving_called'])} instead of {say_money(row['leaving'])}"
        for row in called
    )
    say(f"With the accounts that people marked down counted as they say, leaves: {told}.")
