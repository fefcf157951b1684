"""What was found in tables, as plain values."""

from typing import TYPE_CHECKING, Any

from .json_values import plain

if TYPE_CHECKING:
    from ....features.schema.tableset import Intake
    from ...api.answers.data import CheckResult, InitResult
    from ...company.coverage import Coverage

__all__ = ["check_summary", "init_summary"]


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
        ``read`` (table, source, rows and whether these are all, guesses), ``unread`` (table,
        columns, why), ``notes``, ``check`` (of ``check_summary``, or None), ``problem``,
        ``written``, ``next``.
    """
    from ....features.ingest.propose.profiles import MOST_ROWS

    proposal = result.proposal
    parts, unread = (proposal.parts, proposal.unread) if proposal else ((), ())
    rows = proposal.rows if proposal else {}
    return {
        "read": [
            {
                "table": part.table,
                "source": part.source,
                "rows": rows.get(part.source, 0),
                "all_rows": rows.get(part.source, 0) < MOST_ROWS,
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
            "money_in": _cents(intake.money_in),
            "money_used": _cents(intake.money_used),
            "money_quarantined": _cents(intake.money_aside),
            "amounts_unread": intake.amounts_unread,
        }
    if len(intake.currencies) > 1:
        told["money_by_currency"] = {
            code: {
                "in": _cents(amount),
                "used": _cents(intake.money_used_by.get(code, 0.0)),
                "quarantined": _cents(intake.money_aside_by[code]),
            }
            for code, amount in intake.money_in_by.items()
        }
    return told


def _cents(money: float | None) -> float | None:
    return None if money is None else round(money, 2)


def _quarantined(result: "CheckResult") -> dict[str, int]:
    if result.tables.quarantine is None:
        return {}
    counted = result.tables.quarantine["table"].value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in counted}
