"""What `train`, `score` and `explain` do with one table instead of a company's tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .console import say, show_progress, show_scorers, show_table
from .run_command import Talk

if TYPE_CHECKING:
    from ..api.flat import FlatScoreResult, FlatTrainResult

__all__ = ["explain_flat", "score_flat", "train_flat"]

_SHOWN = 10


def train_flat(
    talk: Talk,
    data: str,
    settings: Path | None,
    *,
    target: str | None,
    id: str | None,
    date: str | None,
    positive: str | None,
    keep: Sequence[str],
    model_kind: str | None,
    tracking: str | None,
) -> None:
    """Learn from one table with a flag, and say how good it is and what became of each column."""
    from ..api.flat import train_table

    with show_progress(quiet=talk.quiet) as progress:
        result = train_table(
            data,
            settings,
            target=target,
            id=id,
            date=date,
            positive=positive,
            keep=keep,
            model_kind=model_kind,
            tracking=tracking,
            progress=progress,
        )
    talk.tell(_trained(result), _show_trained)


def score_flat(
    talk: Talk,
    data: str,
    settings: Path | None,
    *,
    out: str,
    as_of: str,
    tracking: str | None,
) -> None:
    """Score one table, and say who is likeliest to leave."""
    from ..api.flat import score_table

    result = score_table(data, settings, out=out, as_of=as_of, tracking=tracking)
    talk.tell(_scored(result), _show_scored)


def explain_flat(
    talk: Talk,
    data: str,
    settings: Path | None,
    *,
    account: str,
    as_of: str,
    tracking: str | None,
) -> None:
    """Tell why one customer has its probability."""
    from ..api.flat import explain_table

    story = explain_table(data, settings, account=account, as_of=as_of, tracking=tracking)
    talk.tell(story, _show_story)


def _trained(result: "FlatTrainResult") -> dict[str, Any]:
    return {
        "target": "churn",
        "model": result.kind,
        "version": result.version,
        "alias": result.alias,
        "reason": result.reason,
        "scheme": result.scheme,
        "rows": result.rows,
        "accounts": result.accounts,
        "positives": result.churned,
        "base_rate": result.base_rate,
        "scorers": _records(result.scorers),
        "warnings": list(result.warnings),
    }


def _records(scorers: Any) -> list[dict[str, Any]]:
    kept = scorers.astype(object).where(scorers.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in kept.to_dict("records")]


def _show_trained(summary: Mapping[str, Any]) -> None:
    say(
        f"Churn: {summary['model']} model, version {summary['version']}, is {summary['alias']}: "
        f"{summary['reason']}"
    )
    say(
        f"Learned from {summary['rows']:,} rows of {summary['accounts']:,} customers, "
        f"{summary['positives']:,} of them with the outcome (base rate "
        f"{100 * summary['base_rate']:.1f} %)."
    )
    by_scheme: dict[str, list[dict[str, Any]]] = {}
    for entry in summary["scorers"]:
        by_scheme.setdefault(str(entry["scheme"]), []).append(entry)
    for scheme, entries in by_scheme.items():
        say(f"{scheme.replace('_', ' ').capitalize()}, 95 % intervals in brackets:")
        show_scorers(entries)
    for warning in summary["warnings"]:
        say(warning)


def _scored(result: "FlatScoreResult") -> dict[str, Any]:
    scored = result.scored
    first = scored.scores.head(_SHOWN)
    return {
        "as_of": first["as_of"].iloc[0].date().isoformat() if len(first) else None,
        "accounts": len(scored.scores),
        "likeliest": [
            {
                "account_id": account["account_id"],
                "p_churn": account["p_churn"],
                "why": _texts(scored.drivers, account["account_id"]),
                "next": _plays(scored.plays, account["account_id"]),
            }
            for account in first.to_dict("records")
        ],
        "notes": list(scored.notes),
        "out": result.out,
        "report": None if result.report_path is None else str(result.report_path),
        "unwritten": list(result.unwritten),
    }


def _texts(drivers: Any, account: str) -> list[str]:
    mine = drivers[(drivers["account_id"] == account) & (drivers["direction"] == "raises")]
    return [str(text) for text in mine["text"].head(2)]


def _plays(plays: Any, account: str) -> list[str]:
    return [str(text) for text in plays.loc[plays["account_id"] == account, "action"]]


def _show_scored(summary: Mapping[str, Any]) -> None:
    from ..wording.account_sentences import about_one_in

    for note in summary["notes"]:
        say(note)
    planned = any(entry["next"] for entry in summary["likeliest"])
    show_table(
        ["customer", "to leave", "why", *(["next step"] if planned else [])],
        [
            [
                entry["account_id"],
                f"{about_one_in(entry['p_churn'])} ({100 * entry['p_churn']:.0f} %)",
                "; ".join(entry["why"]),
                *(["; ".join(entry["next"])] if planned else []),
            ]
            for entry in summary["likeliest"]
        ],
    )
    say(f"The first {len(summary['likeliest']):,} of {summary['accounts']:,}.")
    say(f"Results: {summary['out']}")
    if summary["report"]:
        say(f"Report: {summary['report']}")


def _show_story(story: Mapping[str, Any]) -> None:
    from ..wording.account_sentences import about_one_in

    say(
        f"{story['account_id']}: {about_one_in(story['p_churn'])} to leave "
        f"({100 * story['p_churn']:.0f} %; of all customers learned from, "
        f"{100 * story['base_rate']:.0f} % did)."
    )
    for title, key in (
        ("The model's estimate rose because", "raises"),
        ("It fell because", "lowers"),
        ("Do", "plays"),
    ):
        if story[key]:
            say(f"{title}:")
            for text in story[key]:
                say(f"- {text}")
