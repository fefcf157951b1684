"""The result of each command as people read it on a terminal or in a pipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from .console import say, show_accounts, show_scorers, show_table

__all__ = [
    "show_backtest",
    "show_check",
    "show_demo",
    "show_findings",
    "show_score",
    "show_trained",
    "show_written",
]


def show_check(summary: Mapping[str, Any]) -> None:
    """Write what was found in the tables.

    Parameters
    ----------
    summary : mapping
        Of ``check_summary``.
    """
    say(summary["business"])
    show_table(
        ["table", "rows in", "used", "put aside"],
        [
            [entry["table"], entry["rows_in"], entry["rows_used"], entry["rows_quarantined"]]
            for entry in summary["tables"]
        ],
    )
    if not summary["findings"]:
        say("No findings.")
        return
    show_table(
        ["table", "column", "rule", "rows", "put aside", "such as"],
        [
            [
                *(finding[key] for key in ("table", "column", "rule", "rows", "quarantined")),
                ", ".join(finding["examples"]),
            ]
            for finding in summary["findings"]
        ],
    )
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
    for summary in summaries:
        say(
            f"{summary['target'].capitalize()}: {summary['model']} model, version "
            f"{summary['version']}, is {summary['alias']}: {summary['reason']}"
        )
        say(_learned_from(summary))
        show_scorers(summary["scorers"])
        for warning in summary["warnings"]:
            say(f"Warning: {warning}")


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
    say(f"{summary['accounts']:,} accounts as of {summary['as_of']}; these need someone first:")
    show_accounts(summary["needs_someone"])
    if waiting := summary["waiting_for_capacity"]:
        say(f"Plays waiting for capacity, as their owners have no hand free: {waiting:,}.")
    for note in summary["notes"]:
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


def show_written(summary: Mapping[str, Any]) -> None:
    """Write which files were made.

    Parameters
    ----------
    summary : mapping
        ``written``: paths.
    """
    say("Written, for you to edit:")
    for path in summary["written"]:
        say(f"  {path}")


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
    rate = " unknown" if summary["base_rate"] is None else f" {100 * summary['base_rate']:.1f} %"
    outcome = "churned" if summary["target"] == "churn" else "expanded"
    return (
        f"Learned from {summary['rows']:,} rows of {summary['accounts']:,} accounts; "
        f"{summary['positives']:,} of them {outcome}; base rate{rate}."
    )
