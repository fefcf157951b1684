"""The result of each command as people read it on a terminal or in a pipe."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .console import say, show_accounts, show_scorers, show_table

__all__ = [
    "show_backtest",
    "show_check",
    "show_demo",
    "show_findings",
    "show_fit",
    "show_init",
    "show_score",
    "show_trained",
    "show_validation",
]


_TITLES = {
    "as_it_is": "The scorecard as it is:",
    "without_person": "Without the caps that a person sets, which may know the news already:",
}


def show_validation(summary: Mapping[str, Any]) -> None:
    """Write what became of each criterion.

    Parameters
    ----------
    summary : mapping
        Of ``validation_summary``.
    """
    say(
        f"{summary['readings']:,} readings of {summary['accounts']:,} accounts on closed dates "
        f"from {summary['from']} to {summary['through']}; {summary['churned']:,} of them churned."
    )
    for name, title in _TITLES.items():
        listed = [one for one in summary["criteria"] if one["scorecard"] == name]
        if listed:
            say(title)
            _show_criteria(listed)
    if summary["surprise_churn_accounts"]:
        amount = summary["surprise_churn_arr"]
        money = "of unknown ARR" if amount is None else f"with an ARR of {amount:,.0f}"
        say(
            f"Surprise churn: {summary['surprise_churn_accounts']:,} accounts {money} were green "
            "shortly before; --json names the largest."
        )
    if summary["maturity_notes"]:
        say("The other axis of the grid, on the newest day of the data:")
        _say_all(summary["maturity_notes"])
    _say_all(summary["notes"])


def show_fit(summary: Mapping[str, Any]) -> None:
    """Write the learned weights beside the hand-set ones, and how good both are.

    Parameters
    ----------
    summary : mapping
        Of ``fit_summary``.
    """
    say(
        f"Learned from dates through {summary['learned_through']} "
        f"({summary['learned_accounts']:,} accounts, {summary['learned_churned']:,} churned), "
        f"measured on {summary['measured_from']} to {summary['measured_through']} "
        f"({summary['measured_accounts']:,} accounts)."
    )
    show_table(
        ["component", "metric", "hand-set", "learned", "known for"],
        [
            [
                one["component"],
                one["metric"],
                *(f"{100 * one[key]:.1f} %" for key in ("hand_set", "learned", "known")),
            ]
            for one in summary["weights"]
        ],
    )
    for name, title in (("hand_set", "Hand-set weights:"), ("learned", "Learned weights:")):
        say(title)
        _show_criteria([one for one in summary["criteria"] if one["scorecard"] == name])
    say(summary["recommendation"])
    _say_all(summary["notes"])
    if summary["written"]:
        say(f"Scorecard with the learned weights: {summary['written']}")


def _show_criteria(criteria: Sequence[Mapping[str, Any]]) -> None:
    show_table(
        ["what", "value", "wanted", "verdict", "accounts"],
        [
            [one["meaning"], _value(one), one["wanted"], one["verdict"], one["accounts"]]
            for one in criteria
        ],
    )
    # Where there is an interval, the table has said why.
    _say_all(f"{one['criterion']}: {one['why']}." for one in criteria if one["low"] is None)


def _value(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "none"
    interval = "" if one["low"] is None else f" ({one['low']:.2f} to {one['high']:.2f})"
    return f"{one['value']:.2f}{interval}"


def _say_all(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        say(sentence)


_GAPS = 3
"""Further sources that are named."""


def show_check(summary: Mapping[str, Any]) -> None:
    """Write what was found in the tables.

    Parameters
    ----------
    summary : mapping
        Of ``check_summary``.
    """
    say(summary["business"])
    show_table(
        ["table", "rows in", "used", "put aside", "money in", "put aside", "cells emptied"],
        [
            [
                *(entry[key] for key in ("table", "rows_in", "rows_used", "rows_quarantined")),
                *(_amounts(entry, key) for key in ("in", "quarantined")),
                entry.get("cells_emptied") or "",
            ]
            for entry in summary["tables"]
        ],
    )
    coverage = summary["coverage"]
    say(
        f"{coverage['metrics']} of {coverage['metrics_declared']} metrics can be computed; "
        "`--out DIR` writes what is missing, and what it would unlock."
    )
    if not summary["findings"]:
        say("No findings.")
        return
    show_table(
        ["table", "column", "rule", "rows", "effect", "such as"],
        [
            [
                *(finding[key] for key in ("table", "column", "rule", "rows")),
                _effect(finding),
                ", ".join(finding.get("values") or finding["examples"]),
            ]
            for finding in sorted(summary["findings"], key=_least_harm)
        ],
    )
    for line in dict.fromkeys(filter(None, (one.get("advice") for one in summary["findings"]))):
        say(f"To answer it, add to the settings: {line}")
    aside = sum(entry["rows_quarantined"] for entry in summary["tables"])
    if summary["quarantine"]:
        say(f"Rows put aside, each with the reason: {summary['quarantine']}")
    elif aside:
        say(f"{aside:,} rows were put aside; `--out DIR` writes them, each with the reason.")


def show_trained(summaries: Sequence[Mapping[str, Any]]) -> None:
    """Write what was trained for each target.

    Parameters
    ----------
    summaries : sequence of mapping
        Of ``train_summary``.
    """
    for finding in dict.fromkeys(text for one in summaries for text in one["findings"]):
        say(f"! {finding}")
    for summary in summaries:
        say(
            f"{summary['target'].capitalize()}: {summary['model']} model, version "
            f"{summary['version']}, is {summary['alias']}: {summary['reason']}"
        )
        say(_learned_from(summary))
        show_scorers(summary["scorers"])
        _say_all(_shown_band(summary["shown_band"]))
        if summary["axes_correlation"] is not None:
            say(
                "Health axis (the estimate without maturity) and maturity: rank correlation "
                f"{summary['axes_correlation']:.2f} on the newest date."
            )
        for warning in summary["warnings"]:
            say(f"Warning: {warning}")


def _shown_band(shown: Mapping[str, Any]) -> Iterator[str]:
    """Say how early the shown bands warned on past dates, and what came as a surprise."""
    told = {one["criterion"]: one for one in shown.get("criteria", ())}
    days, share = (told.get(name, {}) for name in ("red_lead_days", "surprise_arr_share"))
    if days.get("value") is not None:
        yield (
            "Bands as they would have been shown, out of time: who left and was red before turned "
            f"red {days['value']:.0f} days before the decision{_bounds(days, '.0f', 1)}."
        )
    if share.get("value") is not None:
        yield (
            f"Of the ARR that left {100 * share['value']:.0f} %{_bounds(share, '.0f', 100)} was "
            f"green shortly before: {shown['surprise_arr'] or 0:,.0f} of {shown['surprises']:,} "
            "accounts."
        )


def _bounds(one: Mapping[str, Any], form: str, times: float) -> str:
    if one["low"] is None:
        return ""
    return f" ({times * one['low']:{form}} to {times * one['high']:{form}})"


def show_backtest(summary: Mapping[str, Any]) -> None:
    """Write how good each model was out of time.

    Parameters
    ----------
    summary : mapping
        Of ``backtest_summary``.
    """
    whole = [entry for entry in summary["scorers"] if entry.get("fold", "all") == "all"]
    show_scorers(whole or summary["scorers"])
    for warning in summary["warnings"]:
        say(f"Warning: {warning}")
    say(f"{summary['predictions']:,} predictions are in {summary['out']}")


def show_score(summary: Mapping[str, Any]) -> None:
    """Write who needs someone, and where everything is.

    Parameters
    ----------
    summary : mapping
        Of ``score_summary``.
    """
    from .show_forecast import say_coming_period

    for finding in summary["findings"]:
        say(f"! {finding}")
    meaning, *notes = summary["notes"][len(summary["findings"]) :]
    say(meaning)
    n_accounts = summary["accounts"]
    book = f"{n_accounts:,} account{'s' * (n_accounts != 1)} as of {summary['as_of']}"
    show_accounts(summary["needs_someone"], of=book)
    say_coming_period(summary["forecast"])
    if waiting := summary["waiting_for_capacity"]:
        say(f"Plays waiting for capacity, as their owners have no hand free: {waiting:,}.")
    for note in notes:
        say(note)
    say(f"Results: {summary['out']}")
    if summary["report"]:
        say(f"Report: {summary['report']}")
    if summary["unwritten"]:
        say(
            f"Not written: {', '.join(summary['unwritten'])}. A database takes no files, and a "
            "folder none of an older date; `churngrid report OUT` makes the report from what is "
            "stored."
        )


def show_demo(summary: Mapping[str, Any]) -> None:
    """Write what the demonstration has made.

    Parameters
    ----------
    summary : mapping
        Of ``demo_summary``.
    """
    for trained in summary["train"]:
        say(f"{trained['target'].capitalize()}: {trained['model']} model. {_learned_from(trained)}")
    show_score(summary["score"])
    say(f"Everything is in {summary['folder']}, made in {summary['seconds']:.0f} seconds.")


def show_init(summary: Mapping[str, Any]) -> None:
    """Write what was found in the data, what was written, and what comes next.

    Parameters
    ----------
    summary : mapping
        Of ``init_summary``.
    """
    if summary["check"]:
        say(summary["check"]["business"])
    if summary["read"]:
        show_table(
            ["table", "read from", "rows", "look at"],
            [
                [part["table"], part["source"], _rows(part), ", ".join(part["guesses"]) or "-"]
                for part in summary["read"]
            ],
        )
    for note in summary["notes"]:
        say(note)
    for entry in summary["unread"]:
        if not entry["columns"]:
            say(f"Not read: {entry['table']}: {entry['why']}.")
    if summary["check"]:
        _show_use(summary["check"])
    if summary["problem"]:
        say(summary["problem"])
    say("Written, for you to edit:")
    for path in summary["written"]:
        say(f"  {path}")
    say(f"Next: {summary['next']}")


def _rows(part: Mapping[str, Any]) -> str:
    """Return how many rows a source has; of a long one the first are looked at."""
    return f"{'' if part['all_rows'] else 'over '}{part['rows']:,}"


def _least_harm(finding: Mapping[str, Any]) -> tuple[bool, bool]:
    """Sort what puts rows aside before what empties cells, and both before what is told only."""
    return not finding["quarantined"], not finding["emptied"]


def _show_aside(checked: Mapping[str, Any]) -> None:
    """Write of which tables rows cannot be used, how much money that is, and why."""
    why: dict[str, dict[str, None]] = {}
    for finding in checked["findings"]:
        if finding["quarantined"]:
            named = f"`{finding['column']}` " if finding["column"] else ""
            why.setdefault(finding["table"], {})[f"{named}{finding['rule']}"] = None
    for entry in checked["tables"]:
        if entry["rows_quarantined"]:
            amounts = _amounts(entry, "quarantined")
            money = f" (money: {amounts})" if amounts else ""
            say(
                f"! {entry['table']}: {entry['rows_quarantined']:,} of {entry['rows_in']:,} rows "
                f"put aside{money}: {'; '.join(why.get(entry['table'], {}))}."
            )


def _show_use(checked: Mapping[str, Any]) -> None:
    """Write how much of the data is used, and which further source would be worth most."""
    from ..wording.number_words import say_count

    rows, used = (sum(t[key] for t in checked["tables"]) for key in ("rows_in", "rows_used"))
    say(f"{used:,} of {rows:,} rows are used; {len(checked['findings'])} findings.")
    _show_aside(checked)
    coverage = checked["coverage"]
    say(
        f"{coverage['metrics']} of {coverage['metrics_declared']} metrics can be computed "
        f"({coverage['scorecard_share']:.0%} of the scorecard)."
    )
    for gap in coverage["missing"][:_GAPS]:
        more = say_count(gap["n_metrics"], "metric")
        if gap["scorecard_share"]:
            say(f"  {gap['name']} would add {gap['scorecard_share']:.0%}: {more}.")
        else:
            say(f"  {gap['name']} would add {more}, none of them in the scorecard.")


def _amounts(entry: Mapping[str, Any], key: str) -> str:
    """Return the money of a table, each currency for itself."""
    by_currency = entry.get("money_by_currency")
    if by_currency is None:
        return _amount(entry.get(f"money_{key}"))
    parts = (f"{_amount(sums[key])} {code}".strip() for code, sums in by_currency.items())
    return "; ".join(parts)


def _amount(money: float | None) -> str:
    return "" if money is None else f"{money:,.2f}"


def _effect(finding: Mapping[str, Any]) -> str:
    """Say what became of the rows of a finding."""
    if finding["quarantined"]:
        return "put aside"
    return "cell emptied" if finding.get("emptied") else "told only"


def show_findings(summary: Mapping[str, Any]) -> None:
    """Write what is wrong with a file, one line each.

    Parameters
    ----------
    summary : mapping
        ``findings``: sentences.
    """
    for finding in summary["findings"] or ["No findings."]:
        say(finding)


def _learned_from(summary: Mapping[str, Any]) -> str:
    from ...training.dataset.targets import TARGETS

    came = TARGETS[summary["target"]].came
    rate = " unknown" if summary["base_rate"] is None else f" {100 * summary['base_rate']:.1f} %"
    return (
        f"Learned from {summary['rows']:,} rows of {summary['accounts']:,} accounts; "
        f"{summary['positives']:,} of them {came}; base rate{rate}."
    )
