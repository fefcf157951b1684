"""Hold forecasts of the book, made on past dates, against what came.

Usage: python benchmarks/forecast.py DATA [--seeds 5] [--accounts 846] [--only NAME] [--write]

DATA holds the folder `world_a`; it is not part of this repository. The invented company is made
anew for each seed. Everything is out of time: the estimates of a date come from the backtest, whose
model had learned before it, and rates and errors are those that were certain on that date. With
--write the rows of each world replace its former ones in benchmarks/RESULTS.md at once.

Needs no extra.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from results import markdown, write_section

from churngrid.demo import write_company
from churngrid.features.errors import SchemaError
from churngrid.serving.api.train import dataset_of
from churngrid.serving.company.load_company import company_of
from churngrid.training.dataset.targets import learned_of_itself
from churngrid.training.evaluation.backtest import backtest_dataset
from churngrid.training.forecast.trial import coverage, forecast_trial

COLUMNS = ("world", "retention", "quarters ahead", "forecasts", "inside 80 % range", "bias")
COLUMNS += ("mean distance", "mean width", "inside by chance alone")
HEAD = (
    "# Forecasts against what came",
    "",
    "Made by `python benchmarks/forecast.py DATA --write`. Forecasts of gross and net revenue",
    "retention one, two and three quarters ahead, from every out-of-time date of the backtest.",
    "The ranges are meant to hold 80 of 100. Bias (expected less actual), mean distance and",
    "mean width are in percentage points. Dates of one company overlap, so that its forecasts",
    "are wrong together; the last column is the coverage of ranges that carry chance alone.",
    "World_a was at hand while the product was built: read its rows as optimistic.",
    "",
)


def tried(folder: Path) -> pd.DataFrame:
    """Return the trial of one company, and beside it one whose ranges carry chance alone."""
    company = company_of(folder, None, None)
    rows = dataset_of(company, None)
    told = {target: _shipped(rows, target) for target in learned_of_itself(rows.labels)}
    churn = told.pop("churn")
    trial = forecast_trial(company.tables, rows, churn, company.settings, **told)
    alone = forecast_trial(company.tables, rows, churn, company.settings, **told, with_error=False)
    return trial.assign(low_alone=alone["low"], high_alone=alone["high"])


def _shipped(rows, target: str) -> pd.DataFrame | None:
    try:
        told = backtest_dataset(rows, target).predictions
    except SchemaError:
        return None
    return told[told["shipped"]]


def figures(world: str, trial: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield one row a measure and quarters ahead."""
    alone = trial.assign(low=trial["low_alone"], high=trial["high_alone"])
    both = coverage(trial).merge(
        coverage(alone)[["measure", "ahead", "inside"]],
        on=["measure", "ahead"],
        suffixes=("", "_alone"),
    )
    for row in both.to_dict("records"):
        yield (
            world,
            row["measure"].upper(),
            row["ahead"] or "all",
            row["forecasts"],
            f"{100 * row['inside']:.0f} %",
            f"{row['bias']:+.2f}",
            f"{row['off']:.2f}",
            f"{row['width']:.2f}",
            f"{100 * row['inside_alone']:.0f} %",
        )


def told(world: str, trial: pd.DataFrame, *, write: bool) -> None:
    """Print the rows of one company, and keep them when asked to."""
    table = markdown(COLUMNS, figures(world, trial))
    print("\n".join(table), flush=True)
    if write:
        write_section([*HEAD, *table], by_world=True)


def main() -> None:
    """Print the table of each world, and of all invented companies, and keep them when asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--accounts", type=int, default=846)
    asked.add_argument("--only", default="", help="Part of a world's name.")
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    if options.only in "world_a":
        told("world_a", tried(options.data / "world_a" / "tables"), write=options.write)
    demos = []
    for seed in range(1, options.seeds + 1):
        if options.only in (name := f"demo, seed {seed}"):
            with tempfile.TemporaryDirectory() as scratch:
                write_company(Path(scratch), accounts=options.accounts, seed=seed)
                demos.append(tried(Path(scratch)))
            told(name, demos[-1], write=options.write)
    if len(demos) > 1:
        told("all demo seeds", pd.concat(demos, ignore_index=True), write=options.write)


if __name__ == "__main__":
    main()
