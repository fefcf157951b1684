"""Hold the hand-set and the learned weights of the scorecard against an invented company's churn.

Usage: python benchmarks/scorecard.py [--write]

Weights are learned on earlier dates and measured on later ones; the split, the strengths and the
deciding scorer were fixed before the first run. The safeguards of the optimiser came after it, from
a test on other data, and changed no figure; the larger company was added after it. With --write the
tables replace their part of benchmarks/RESULTS.md.

Needs no extra.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from results import markdown, write_section

import churngrid
from churngrid.demo import write_company
from churngrid.serving.cli.summaries.scorecard import fit_summary, validation_summary

SEED, ACCOUNTS = 7, (1_150, 4_000)
SHOWN = ("criterion", "value", "wanted", "verdict", "accounts")


def figure(one: dict) -> str:
    """Return a value with its interval."""
    if one["value"] is None:
        return f"none: {one['why']}"
    low, high = one["low"], one["high"]
    interval = "" if low is None else f" ({low:.3f} to {high:.3f})"
    return f"{one['value']:.3f}{interval}"


def criteria(told: dict, name: str) -> list[str]:
    """Return what became of each criterion for one scorecard."""
    listed = [one for one in told["criteria"] if one["scorecard"] == name]
    rows = [[one["criterion"], figure(one), *(one[key] for key in SHOWN[2:])] for one in listed]
    return [*markdown(SHOWN, rows), ""]


def validated(told: dict) -> list[str]:
    """Return the validation of the hand-set weights on all closed dates."""
    arr = told["surprise_churn_arr"]
    return [
        f"All closed dates from {told['from']} to {told['through']}: {told['readings']:,} readings "
        f"of {told['accounts']:,} accounts, {told['churned']:,} churned. Surprise churn: "
        f"{told['surprise_churn_accounts']} accounts with an ARR of {arr or 0:,.0f}.",
        "",
        "Hand-set weights:",
        "",
        *criteria(told, "as_it_is"),
        "Hand-set weights without the caps that a person sets:",
        "",
        *criteria(told, "without_person"),
    ]


def fitted(told: dict) -> list[str]:
    """Return both weights on the later dates, and which of them moved most."""
    moved = sorted(told["weights"], key=lambda one: one["hand_set"] - one["learned"])
    rows = [
        [one["metric"], *(f"{100 * one[key]:.1f} %" for key in ("hand_set", "learned"))]
        for one in moved[:5] + moved[-5:]
    ]
    return [
        f"Learned through {told['learned_through']} ({told['learned_accounts']:,} accounts, "
        f"{told['learned_churned']:,} churned), measured from {told['measured_from']} to "
        f"{told['measured_through']} ({told['measured_accounts']:,} accounts).",
        "",
        "Hand-set weights on the later dates:",
        "",
        *criteria(told, "hand_set"),
        "Learned weights on the later dates:",
        "",
        *criteria(told, "learned"),
        told["recommendation"],
        "",
        "The five weights that grew most, and the five that fell most:",
        "",
        *markdown(("metric", "hand-set", "learned"), rows),
        "",
    ]


def company(accounts: int) -> list[str]:
    """Return the tables of one invented company."""
    with TemporaryDirectory() as folder:
        data = Path(folder, "data")
        write_company(data, accounts=accounts, seed=SEED)
        checked = validation_summary(churngrid.validate_scorecard(data))
        learned = fit_summary(churngrid.fit_scorecard(data))
    head = f"## {accounts:,} accounts, seed {SEED}"
    return [head, "", *validated(checked), *fitted(learned)]


def main() -> None:
    """Print the tables, and keep them when asked to."""
    lines = [
        "# The scorecard on the invented company",
        "",
        "Made by `python benchmarks/scorecard.py --write`. Intervals are 95 %, parent accounts",
        "resampled; a criterion is passed or failed only if its whole interval is on one side.",
        "Weights are learned on earlier dates and measured on later ones, with the gap between.",
        "Log loss decides, as fixed before the first run; the larger company was added after the",
        "smaller one had shown no difference, to see what more accounts do. Both are of one seed.",
        "",
    ]
    for accounts in ACCOUNTS:
        lines += company(accounts)
    print("\n".join(lines))
    if "--write" in sys.argv:
        write_section(lines)


if __name__ == "__main__":
    main()
