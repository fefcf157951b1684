"""What a command has done, as plain values: the same for people, for ``--json`` and for tests."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..results.words import n_waiting, to_do
from ..scoring.explanation import RISK_OF, kind_of
from ..scoring.number_words import say_score
from ..scoring.wording import about_one_in
from .show_results import MOST_SURPRISES

if TYPE_CHECKING:
    from ...features.schema.tableset import Intake
    from ...training.scorecard.success_criteria import Judged
    from ..api.result_types import (
        BacktestResult,
        CheckResult,
        DemoResult,
        InitResult,
        ScoreResult,
        TrainResult,
    )
    from ..api.scorecard import ScorecardFit, ScorecardValidation
    from ..company.coverage import Coverage
    from ..scoring.batch_score import Scored

__all__ = [
    "backtest_summary",
    "check_summary",
    "demo_summary",
    "fit_summary",
    "init_summary",
    "plain",
    "score_summary",
    "train_summary",
    "validation_summary",
    "who_needs_someone",
]


def validation_summary(result: "ScorecardValidation") -> dict[str, Any]:
    """Return what became of each criterion.

    Parameters
    ----------
    result : ScorecardValidation

    Returns
    -------
    dict
    """
    surprises = result.surprises
    return {
        "from": plain(result.first),
        "through": plain(result.last),
        "readings": result.rows,
        "accounts": result.accounts,
        "churned": result.churned,
        "failed": list(result.failed),
        "criteria": _criteria(result.judged),
        "surprise_churn_arr": plain(surprises["arr"].sum(min_count=1)),
        "surprise_churn_accounts": len(surprises),
        "surprises": [plain(row) for row in surprises.head(MOST_SURPRISES).to_dict("records")],
        "maturity": result.maturity.summary(),
        "maturity_notes": result.maturity.notes(),
        "notes": list(result.notes),
    }


def fit_summary(result: "ScorecardFit") -> dict[str, Any]:
    """Return the learned weights beside the hand-set ones, and how good both are.

    Parameters
    ----------
    result : ScorecardFit

    Returns
    -------
    dict
    """
    trial = result.trial
    losses = trial.losses.assign(strength=trial.losses["strength"].map(_strength))
    return {
        "recommendation": trial.recommendation,
        "better": trial.better,
        "learned_through": plain(trial.learned_through),
        "measured_from": plain(trial.measured_from),
        "measured_through": plain(trial.measured_through),
        "learned_accounts": trial.learned_parents,
        "learned_churned": trial.churned_parents,
        "measured_accounts": trial.measured_parents,
        "strength": _strength(trial.strength),
        "strengths": [plain(row) for row in losses.to_dict("records")],
        "differences": [
            {
                **{"scorer": name, "improvement": found.value, "low": found.low},
                **{"high": found.high, "accounts": found.n_accounts},
            }
            for name, found in trial.differences.items()
        ],
        "weights": [plain(row) for row in trial.weights.to_dict("records")],
        "criteria": _criteria(trial.judged),
        "written": plain(result.path),
        "notes": list(result.notes),
    }


def _criteria(judged: "Mapping[str, Sequence[Judged]]") -> list[dict[str, Any]]:
    return [
        {
            "scorecard": name,
            "criterion": one.criterion,
            "meaning": one.meaning,
            **{key: plain(getattr(one, key)) for key in ("value", "low", "high")},
            "wanted": f"at {'least' if one.at_least else 'most'} {one.threshold:.3g}",
            "threshold": one.threshold,
            "verdict": one.verdict,
            "why": one.why,
            "accounts": one.n_parents,
        }
        for name, criteria in judged.items()
        for one in criteria
    ]


def _strength(strength: float) -> float | None:
    """Return None for infinity, which JSON does not know: the hand-set weights are kept."""
    return strength if strength < float("inf") else None


_REASONS = 2


def check_summary(result: "CheckResult") -> dict[str, Any]:
    """Return what was found in the tables.

    Parameters
    ----------
    result : CheckResult

    Returns
    -------
    dict
        ``business``, ``tables`` (rows in = rows used + rows quarantined), ``findings``,
        ``quarantine`` (path or None), ``coverage`` (metrics that can be computed, and what is
        missing).
    """
    tables = result.tables
    aside = _quarantined(result)
    return {
        "business": result.business,
        "tables": [
            {
                "table": name,
                "rows_in": int(rows),
                "rows_used": int(rows) - aside.get(name, 0),
                "rows_quarantined": aside.get(name, 0),
                **_money(tables.intake.get(name)),
            }
            for name, rows in tables.rows_in.items()
        ],
        "findings": [
            {
                "table": finding.table,
                "column": finding.column,
                "rule": finding.rule,
                "rows": finding.count,
                "examples": list(finding.examples),
                "quarantined": finding.quarantined,
                "emptied": finding.emptied,
                "values": list(finding.samples),
                "advice": finding.advice,
            }
            for finding in tables.findings
        ],
        "quarantine": plain(result.quarantine_path),
        "coverage": _covered(result.coverage),
    }


def init_summary(result: "InitResult") -> dict[str, Any]:
    """Return what was found in the data, what was written, and what comes next.

    Parameters
    ----------
    result : InitResult

    Returns
    -------
    dict
        ``read`` (table, source, rows, guesses), ``unread`` (table, columns, why), ``notes``,
        ``check`` (of ``check_summary``, or None), ``problem``, ``written``, ``next``.
    """
    proposal = result.proposal
    parts, unread = (proposal.parts, proposal.unread) if proposal else ((), ())
    rows = proposal.rows if proposal else {}
    return {
        "read": [
            {
                "table": part.table,
                "source": part.source,
                "rows": rows.get(part.source, 0),
                "guesses": [take.column for take in part.takes if not take.sure],
            }
            for part in parts
        ],
        "unread": [
            {"table": entry.table, "columns": list(entry.columns), "why": entry.why}
            for entry in unread
        ],
        "notes": list(proposal.notes) if proposal else [],
        "check": check_summary(result.check) if result.check else None,
        "problem": result.problem,
        "written": [str(path) for path in result.written],
        "next": result.next,
    }


def train_summary(result: "TrainResult") -> dict[str, Any]:
    """Return what was trained for one target and how good it is.

    Parameters
    ----------
    result : TrainResult

    Returns
    -------
    dict
    """
    return {
        "target": result.target,
        "model": result.kind,
        "version": plain(result.version),
        "alias": result.alias,
        "reason": result.reason,
        "rows": int(result.rows),
        "accounts": int(result.accounts),
        "positives": int(result.churned),
        "base_rate": plain(result.base_rate),
        "scorers": _records(result.scorers),
        "axes_correlation": None if result.axes is None else plain(result.axes.spearman),
        "findings": list(result.findings),
        "warnings": list(result.warnings),
    }


def backtest_summary(result: "BacktestResult", out: Path) -> dict[str, Any]:
    """Return how good each model was out of time.

    Parameters
    ----------
    result : BacktestResult
    out : Path
        Where its files are.

    Returns
    -------
    dict
    """
    return {
        "out": str(out),
        "predictions": len(result.predictions),
        "folds": _records(result.folds),
        "scorers": _records(result.scorers),
        "warnings": list(result.notes),
    }


def score_summary(result: "ScoreResult") -> dict[str, Any]:
    """Return who needs someone, and where everything is.

    Parameters
    ----------
    result : ScoreResult

    Returns
    -------
    dict
    """
    scores = result.scored.scores
    return {
        "findings": list(result.scored.findings),
        "as_of": plain(scores["as_of"].iloc[0]) if len(scores) else None,
        "accounts": len(scores),
        "by_status": _counted(scores["status"]),
        "by_cell": _counted(scores["cell"]),
        "needs_someone": who_needs_someone(result.scored),
        "waiting_for_capacity": n_waiting(result.scored.plays),
        "maturity": result.scored.maturity.summary(),
        "drift": {
            target: _records(found.dropna(subset="moved"))
            for target, found in result.scored.drift.items()
        },
        "feeds": _records(result.scored.feeds.drop(columns=["as_of", "metrics"])),
        "notes": list(result.scored.notes),
        "out": str(result.out),
        "report": plain(result.report_path),
        "unwritten": list(result.unwritten),
    }


def demo_summary(result: "DemoResult") -> dict[str, Any]:
    """Return what the demonstration has made.

    Parameters
    ----------
    result : DemoResult

    Returns
    -------
    dict
    """
    return {
        "folder": str(result.out),
        "seconds": round(result.seconds, 1),
        "train": [train_summary(trained) for trained in result.train],
        "score": score_summary(result.score),
    }


def who_needs_someone(scored: "Scored", *, most: int = 10) -> list[dict[str, Any]]:
    """Return the accounts where attention is worth most, with reason and next step.

    Parameters
    ----------
    scored : Scored
    most : int

    Returns
    -------
    list of dict
        Best first; ``p_churn`` and ``arr`` are None where unknown, and so is the play where none
        can be begun now. Empty if nobody needs someone.
    """
    needing = scored.scores["block"].ne("quiet") & scored.scores["attention"].gt(0)
    waiting = scored.scores[needing].head(most)
    drivers = scored.drivers[scored.drivers["account_id"].isin(waiting["account_id"])]
    plays = to_do(scored.plays).drop_duplicates("account_id").set_index("account_id")
    return [_waiting(account, drivers, plays) for _, account in waiting.iterrows()]


def plain(value: object) -> Any:
    """Return a value as JSON knows it.

    Parameters
    ----------
    value : object
        Missing values become None, a time of midnight a date, a path its text.

    Returns
    -------
    None, bool, int, float, str, list or dict

    Examples
    --------
    >>> plain(float("nan")), plain(pd.Timestamp("2025-06-01", tz="UTC")), plain((np.int64(2),))
    (None, '2025-06-01', [2])
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(item) for item in value]
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(value) if isinstance(value, Path | date) else value


def _covered(coverage: "Coverage") -> dict[str, Any]:
    can, declared = coverage.metrics
    return {
        "metrics": can,
        "metrics_declared": declared,
        "scorecard_share": round(coverage.share, 3),
        "missing": [
            {
                "name": gap.name,
                "unlocks": gap.worth,
                "n_metrics": len(gap.metrics),
                "scorecard_share": round(gap.share, 3),
            }
            for gap in coverage.gaps
        ],
    }


def _money(intake: "Intake | None") -> dict[str, Any]:
    """Return the cells that were emptied and the money of one table; nothing of other tables."""
    if intake is None:
        return {}
    told: dict[str, Any] = {"cells_emptied": intake.cells_emptied}
    if intake.money_column:
        told |= {
            "money_column": intake.money_column,
            "money_in": round(intake.money_in, 2),
            "money_used": round(intake.money_used, 2),
            "money_quarantined": round(intake.money_aside, 2),
            "amounts_unread": intake.amounts_unread,
        }
    return told


def _quarantined(result: "CheckResult") -> dict[str, int]:
    if result.tables.quarantine is None:
        return {}
    counted = result.tables.quarantine["table"].value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in counted}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [plain(record) for record in frame.to_dict("records")]


def _counted(column: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in column.value_counts().items()}


def _waiting(account: pd.Series, drivers: pd.DataFrame, plays: pd.DataFrame) -> dict[str, Any]:
    name = account["account_id"]
    chosen = plays.loc[name] if name in plays.index else None
    fields = ("account_id", "account_name", "csm_id", "arr", "p_churn", "health_band", "cell")
    return {
        **{field: plain(account[field]) for field in fields},
        "block": account["block"],
        "odds": _odds(account),
        "reasons": _reasons(account, drivers[drivers["account_id"] == name], chosen),
        "play": None if chosen is None else chosen["play"],
        "owner": None if chosen is None else chosen["owner"],
        "due_at": None if chosen is None else plain(chosen["due_at"]),
        "open_since": None if chosen is None else _day(chosen.get("open_since")),
        "why": None if chosen is None else chosen["why"],
    }


def _day(moment: object) -> str | None:
    told = plain(moment)
    return told if told is None else str(told)[:10]


def _odds(account: pd.Series) -> str:
    if not pd.isna(account["p_churn"]):
        return about_one_in(float(account["p_churn"]))
    return "unknown" if pd.isna(account["chs"]) else f"health {say_score(account['chs'])} of 100"


def _reasons(account: pd.Series, drivers: pd.DataFrame, chosen: pd.Series | None) -> list[str]:
    """Return why, the strongest first: what is urgent, what caps the health, what pushes it."""
    pushing = drivers[kind_of(drivers) == RISK_OF[account["explained_by"]]]
    urgent = []
    # Of a play that has begun, `why` only says since when it is open.
    if (
        chosen is not None
        and chosen["slot"] == "urgent"
        and plain(chosen.get("open_since")) is None
    ):
        urgent = [chosen["why"]]
    capped = [account["cap_reason"]] if plain(account["cap_reason"]) else []
    told = [*urgent, *capped, *pushing.sort_values("rank")["text"]]
    reasons: list[str] = []
    for reason in (str(text).rstrip(".") for text in told):
        if not any(reason in earlier for earlier in reasons):
            reasons.append(reason)
    return reasons[:_REASONS]
