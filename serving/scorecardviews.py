"""What the scorecard's commands say: as plain values for programs, as tables for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .console import say, show_table
from .summaries import plain

if TYPE_CHECKING:
    from ..training.shipcriteria import Judged
    from .scorecardverbs import ScorecardFit, ScorecardValidation

__all__ = ["fit_summary", "show_fit", "show_validation", "validation_summary"]

_MOST_SURPRISES = 10
_TITLES = {
    "as_it_is": "The scorecard as it is:",
    "without_person": "Without the caps that a person sets, which may know the news already:",
}


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
        "surprises": [plain(row) for row in surprises.head(_MOST_SURPRISES).to_dict("records")],
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


def _strength(strength: float) -> float | None:
    """Return None for infinity, which JSON does not know: the hand-set weights are kept."""
    return strength if strength < float("inf") else None


def _say_all(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        say(sentence)
