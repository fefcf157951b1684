"""Three ways to ask who leaves, out of time, by how far the decision is away.

Usage: python benchmarks/decisions.py DATA [--seeds 2] [--accounts 846] [--only NAME] [--write]

DATA holds the folder `world_a`; it is not part of this repository. The invented company is made
anew for each seed. Asked of all three is the same: has the account left at its next decision.

- decision: one classifier on that very question, as churngrid ships it;
- hazard: one classifier on (account, date, period ahead), the chances of its periods put together;
- window: one classifier on decisions 31 to 210 days ahead, which has nothing to say of the others.

With --write the rows of each world replace its former ones in benchmarks/RESULTS.md at once.

Needs no extra.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from results import markdown, write_section

import churngrid
from churngrid.demo import write_company
from churngrid.training.dataset.dataset import Dataset
from churngrid.training.dataset.temporal_splits import Fold, out_of_time
from churngrid.training.evaluation.candidates import Lesson, fit_candidate, lesson_of
from churngrid.training.evaluation.scorers import SEED, paired_difference
from churngrid.training.models.calibration import Prior, fit_logit
from churngrid.training.models.catalogue import model_named, predict

STRATA = {"0-30": (-1, 30), "31-90": (30, 90), "91-180": (90, 180), "over 180": (180, 10_000)}
COLUMNS = ("world", "days ahead", "way", "rows", "accounts", "log-loss", "mean p", "came")
COLUMNS += ("within noise", "slope")
PERIOD = 90
"""Days of a period of the hazard at most."""
LEAD, WINDOW_END, GRACE = 30, 210, 30
BOOSTED = model_named("boosted")
DAY = pd.Timedelta(days=1)

AGAINST = ("world", "against", "rows", "log-loss lower by")
HEAD = (
    "# Who leaves at the next decision, by how far it is away",
    "",
    "Made by `python benchmarks/decisions.py DATA --write`. Out of time, the folds of the",
    "backtest, a decision counts once however often it was looked at. *Came* is the share that",
    "left at its next decision; *within noise* says whether the mean estimate lies within two",
    "standard errors of it, accounts counted. Rows are tested only once their decision is",
    "closed, so that late dates hold near decisions only.",
    "",
    "*decision* is what ships: one classifier on the very question. *hazard* is one classifier on",
    "(account, date, period ahead), its periods put together; its reasons would not add up to the",
    "number shown. *window* asks of decisions 31 to 210 days ahead, with nothing to say of nearer",
    "ones and of most beyond half a year.",
    "",
)


@dataclass(frozen=True)
class Rows:
    """The labelled rows of a dataset, one frame."""

    dataset: Dataset
    table: pd.DataFrame
    folds: list[Fold]

    @classmethod
    def of(cls, dataset: Dataset) -> "Rows":
        """Take the rows with a label and cut them as the backtest does."""
        kept = dataset.labelled("churn")
        table = dataset.labels[kept].reset_index()
        table["days"] = (table["asked_until"] - table["as_of"]) / DAY
        table["y"] = table["churned"].astype(int)
        parents = dataset.parent[kept].to_numpy(dtype=object)
        return cls(dataset, table, out_of_time(table, parents))

    @property
    def inputs(self) -> pd.DataFrame:
        """What models may read, in the order of the table."""
        return self.dataset.X[self.dataset.labelled("churn")]


def by_decision(rows: Rows, fold: Fold) -> np.ndarray:
    """Return what the classifier on the next decision says of the tested rows."""
    fitted = fit_candidate(BOOSTED, lesson_of(rows.dataset, "churn", fold.train))
    return predict(fitted, rows.inputs.iloc[fold.test])


def by_window(rows: Rows, fold: Fold) -> np.ndarray:
    """Return what the classifier on a fixed window says; NaN where no decision lies in it."""
    table = rows.table
    ahead = (table["decided_at"] - table["as_of"]) / DAY
    left = ahead.between(LEAD, WINDOW_END, inclusive="right")
    due = table["days"].between(LEAD, WINDOW_END, inclusive="right")
    closed = table["as_of"] + (WINDOW_END + GRACE) * DAY <= fold.test_from
    train = np.flatnonzero(due & closed & ~(ahead <= LEAD))
    lesson = lesson_of(rows.dataset, "churn", train)
    lesson = replace(lesson, y=left.to_numpy(dtype=np.int64)[train], weight=np.ones(len(train)))
    p = predict(fit_candidate(BOOSTED, lesson), rows.inputs.iloc[fold.test])
    return np.where(due.iloc[fold.test], p, np.nan)


def by_hazard(rows: Rows, fold: Fold) -> np.ndarray:
    """Return the chance to leave in some period up to the decision, each as the hazard says."""
    lesson = lesson_of(rows.dataset, "churn", fold.train)
    seen, of_row, y = _periods(rows, fold.train, until_event=True)
    stacked = Lesson(
        X=seen,
        y=y,
        parents=lesson.parents[of_row],
        weight=lesson.weight[of_row],
        newest=lesson.newest[of_row],
        monotone=lesson.monotone,
        roles=lesson.roles,
        clocks=lesson.clocks,
        mute=lesson.mute,
    )
    fitted = fit_candidate(BOOSTED, stacked)
    asked, of_test, _ = _periods(rows, fold.test, until_event=False)
    stays = np.log1p(-predict(fitted, asked))
    return -np.expm1(np.bincount(of_test, weights=stays, minlength=len(fold.test)))


def _periods(
    rows: Rows, place: np.ndarray, *, until_event: bool
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return one row a period ahead, the row each belongs to, and whether it left in it."""
    table = rows.table.iloc[place]
    days, y = table["days"].to_numpy(), table["y"].to_numpy()
    ahead = ((table["decided_at"] - table["as_of"]) / DAY).to_numpy()
    event = np.where(y == 1, np.minimum(np.nan_to_num(ahead, nan=np.inf), days), np.inf)
    count = np.maximum(np.ceil(days / PERIOD), 1).astype(np.int64)
    of_row = np.repeat(np.arange(len(place)), count)
    number = np.arange(len(of_row)) - np.repeat(np.cumsum(count) - count, count)
    # Counted back from the decision, so that the last period always holds it.
    ends = days[of_row] - PERIOD * (count[of_row] - 1 - number)
    begins = np.where(number == 0, -np.inf, ends - PERIOD)
    kept = (begins < event[of_row]) if until_event else np.ones(len(of_row), dtype=bool)
    left = (event[of_row] > begins) & (event[of_row] <= ends)
    X = rows.inputs.iloc[place[of_row[kept]]].assign(
        days_to_period=ends[kept], holds_decision=(number == count[of_row] - 1)[kept]
    )
    return X, of_row[kept], left[kept].astype(np.int64)


WAYS = {"decision": by_decision, "hazard": by_hazard, "window": by_window}


def said(rows: Rows) -> pd.DataFrame:
    """Return what every way says of the tested rows, out of time."""
    parts = []
    for fold in rows.folds:
        table = rows.table.iloc[fold.test][["account_id", "days", "weight", "y"]]
        parts.append(table.assign(**{name: way(rows, fold) for name, way in WAYS.items()}))
    return pd.concat(parts, ignore_index=True)


def measured(world: str, table: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield one row a stratum and way, and one over all strata."""
    for name, (low, high) in {**STRATA, "all": (-1, 10_000)}.items():
        part = table[(table["days"] > low) & (table["days"] <= high)]
        for way in WAYS:
            rows = part[part[way].notna()]
            if rows["y"].nunique() == 2:
                about = f"{len(rows):,}", f"{rows['account_id'].nunique():,}"
                yield (world, name, way, *about, *_figures(rows, way))


def _figures(rows: pd.DataFrame, way: str) -> tuple[str, ...]:
    y, p, weight = (rows[name].to_numpy(dtype=float) for name in ("y", way, "weight"))
    log_odds = np.log(p) - np.log1p(-p)
    loss = np.average(np.logaddexp(0.0, log_odds) - y * log_odds, weights=weight)
    mean, came = np.average(p, weights=weight), np.average(y, weights=weight)
    design = np.column_stack([np.ones(len(y)), log_odds])
    prior = Prior(np.array([0.0, 1.0]), np.zeros(2))
    slope = fit_logit(design, y, prior=prior, weight=weight)[1]
    # Rows of one account are near copies: their surprises are added up before they are squared.
    sums = pd.Series(weight * (y - p)).groupby(rows["account_id"].to_numpy()).sum()
    noise = 1.96 * np.sqrt((sums**2).sum()) / weight.sum()
    close = "yes" if abs(mean - came) <= noise else "no"
    return f"{loss:.4f}", f"{mean:.3f}", f"{came:.3f}", f"{close} (+-{noise:.3f})", f"{slope:.2f}"


def compared(world: str, table: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield by how much the shipped way is better than each other one on the rows of both."""
    for way in list(WAYS)[1:]:
        both = table[table[way].notna()]
        found = paired_difference(
            both["y"].to_numpy(),
            both["decision"].to_numpy(),
            both[way].to_numpy(),
            groups=both["account_id"].to_numpy(dtype=object),
            weight=both["weight"].to_numpy(),
            seed=SEED,
        )
        better = f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"
        yield (world, way, f"{len(both):,}", better)


def main() -> None:
    """Print the tables of each world, and keep them when asked to."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--accounts", type=int, default=846)
    asked.add_argument("--only", default="", help="Part of a world's name.")
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    for world, folder in _worlds(options):
        table = said(Rows.of(churngrid.build_dataset(folder)))
        lines = markdown(COLUMNS, measured(world, table))
        lines += ["", *markdown(AGAINST, compared(world, table))]
        print("\n".join(lines), flush=True)
        if options.write:
            write_section([*HEAD, *lines], by_world=True)


def _worlds(options: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """Yield the worlds whose name holds what was asked for, each while its folder is there."""
    if options.only in "world_a":
        yield "world_a", options.data / "world_a" / "tables"
    for seed in range(1, options.seeds + 1):
        if options.only in (name := f"demo, seed {seed}"):
            with tempfile.TemporaryDirectory() as scratch:
                write_company(Path(scratch), accounts=options.accounts, seed=seed)
                yield name, Path(scratch)


if __name__ == "__main__":
    main()
