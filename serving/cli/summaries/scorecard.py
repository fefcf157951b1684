"""What the commands of the scorecard have done, as plain values."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .json_values import plain

if TYPE_CHECKING:
    from ....training.scorecard.success_criteria import Judged
    from ...api.scorecard import ScorecardFit, ScorecardValidation

__all__ = ["fit_summary", "validation_summary"]

_MOST_SURPRISES = 10


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
