"""Hold what ships against the truth, plain LightGBM and an analyst's counts, out of time.

Usage: python benchmarks/worlds.py DATA [--seeds 5] [--accounts 846] [--only NAME] [--write]

DATA holds the folder `world_a`, a company with its true probabilities; it is not part of this
repository. The invented company is made anew for each seed; its true probabilities are not written
down, so there only calibration and the gain over the mean label are shown. With --write the rows of
each world replace its former ones in benchmarks/RESULTS.md as soon as they are there.

Needs no extra.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from results import markdown, write_section
from rivals.thirty_counts import thirty_counts

import churngrid
from churngrid.demo import write_company
from churngrid.training.dataset.dataset import Dataset
from churngrid.training.dataset.temporal_splits import out_of_time
from churngrid.training.evaluation.backtest import backtest_dataset
from churngrid.training.models.calibration import Prior, fit_logit

COLUMNS = ("world", "model", "fold", "rows", "gap closed", "log-loss", "slope", "intercept")
COLUMNS += ("mean p", "mean label")
KEYS = ["account_id", "as_of"]
WINDOW = (30, 210)
"""Days ahead of the decisions that the true probabilities are of."""
PLAIN = {"verbose": -1, "n_jobs": 1, "random_state": 0}
ANALYST = PLAIN | {"num_leaves": 6, "n_estimators": 400, "learning_rate": 0.03}

HEAD = (
    "# The estimate against the truth",
    "",
    "Made by `python benchmarks/worlds.py DATA --write`. Out of time, all folds of the",
    "backtest and all competitors. *Gap closed* is the share of the log-loss between the mean",
    "label and the true probability that a model closes; the truth also knows the future state",
    "of the causes, so that nobody can reach 1. A slope of 1 and an intercept of 0 are right.",
    "All models learn to say who leaves at the next decision; of world_a those rows are shown",
    "whose next decision lies 31 to 210 days ahead, for the truth is of that window. World_a was",
    "at hand while the product was built: read its rows as optimistic.",
    "",
)


@dataclass(frozen=True)
class World:
    """A company and, where it is known, the true probability and outcome of each row."""

    name: str
    folder: Path
    truth: pd.DataFrame | None = None
    whole: Path | None = None
    """Where the analyst finds every table with all columns; the same folder unless told."""


def world_a(data: Path) -> World:
    """Return the company with its true probabilities where a decision is due."""
    truth = pd.read_parquet(data / "world_a" / "truth" / "hazard.parquet")
    truth["as_of"] = pd.to_datetime(truth["as_of"], utc=True)
    due = truth[truth["opportunities"] > 0].set_index(["account_id", "as_of"])
    return World("world_a", data / "world_a" / "tables", due)


def predicted(world: World) -> pd.DataFrame:
    """Return what every model says out of time, beside label and true probability."""
    rows = churngrid.build_dataset(world.folder)
    tested = backtest_dataset(rows, "churn")
    table = tested.predictions[[*KEYS, "asked_until", "fold", "model", "label", "p"]]
    shipped = table[tested.predictions["shipped"]].assign(model=f"churngrid ({tested.kind})")
    others = table[~tested.predictions["shipped"]]
    index = rows.X.index[rows.labelled("churn")]
    metrics = rows.X.loc[index, rows.columns("churn")]
    plain = _plain("LightGBM on the same metrics", rows, metrics, PLAIN)
    analyst = _plain(
        "thirty counts", rows, thirty_counts(world.whole or world.folder, index), ANALYST
    )
    found = pd.concat([shipped, plain, analyst, others], ignore_index=True)
    if world.truth is None:
        return found.assign(p_true=np.nan)
    return _in_window(found, world.truth)


def _in_window(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows whose next decision lies in the window of the truth, with what came there."""
    known = truth.reindex(pd.MultiIndex.from_frame(found[KEYS]))
    days = (found["asked_until"] - found["as_of"]) / pd.Timedelta(days=1)
    kept = days.between(*WINDOW, inclusive="right").to_numpy() & known["p_true"].notna().to_numpy()
    came = known["churn_in_window"].to_numpy(dtype=float)
    return found.assign(p_true=known["p_true"].to_numpy(), label=came)[kept]


def _plain(name: str, rows: Dataset, X: pd.DataFrame, settings: dict[str, object]) -> pd.DataFrame:
    kept = rows.labelled("churn")
    labels, parents = rows.labels[kept].reset_index(), rows.parent[kept].to_numpy(dtype=object)
    y = labels["churned"].to_numpy(dtype=np.int64)
    parts = []
    for number, fold in enumerate(out_of_time(labels, parents), start=1):
        weight = labels["weight"].to_numpy()[fold.train]
        model = lgb.LGBMClassifier(**settings).fit(X.iloc[fold.train], y[fold.train], weight)
        keys = labels.iloc[fold.test][[*KEYS, "asked_until"]]
        p = model.predict_proba(X.iloc[fold.test])[:, 1]
        parts.append(keys.assign(fold=number, model=name, label=y[fold.test], p=p))
    return pd.concat(parts, ignore_index=True)


def measured(world: World, table: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield one row a model and fold, and one over all folds."""
    for model, part in table.groupby("model", sort=False):
        folds = {str(fold): rows for fold, rows in part.groupby("fold")}
        for fold, rows in {**folds, "all": part}.items():
            yield (world.name, model, fold, f"{len(rows):,}", *_figures(rows))


def _figures(rows: pd.DataFrame) -> tuple[str, ...]:
    y = rows["label"].to_numpy(dtype=np.float64)
    p = rows["p"].to_numpy(dtype=np.float64).clip(1e-9, 1 - 1e-9)
    log_odds = np.log(p) - np.log1p(-p)
    ones, free = np.ones((len(y), 1)), Prior(np.zeros(1), np.zeros(1))
    slope = "" if np.ptp(p) < 1e-9 else f"{_slope(y, log_odds):.2f}"
    intercept = fit_logit(ones, y, prior=free, offset=log_odds)[0]
    mean = _loss(y, np.full(len(y), y.mean()))
    truth = rows["p_true"].to_numpy(dtype=np.float64)
    gap = "" if np.isnan(truth).any() else f"{(mean - _loss(y, p)) / (mean - _loss(y, truth)):.2f}"
    figures = f"{_loss(y, p):.4f}", slope, f"{intercept:.2f}", f"{p.mean():.3f}", f"{y.mean():.3f}"
    return gap, *figures


def _slope(y: np.ndarray, log_odds: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(y)), log_odds])
    return float(fit_logit(design, y, prior=Prior(np.array([0.0, 1.0]), np.zeros(2)))[1])


def _loss(y: np.ndarray, p: np.ndarray) -> float:
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)))


def _worlds(options: argparse.Namespace) -> Iterator[World]:
    """Yield the worlds whose name holds what was asked for, each while its folder is there."""
    if options.only in "world_a":
        yield world_a(options.data)
    for seed in range(1, options.seeds + 1):
        if options.only in (name := f"demo, seed {seed}"):
            with tempfile.TemporaryDirectory() as scratch:
                write_company(Path(scratch), accounts=options.accounts, seed=seed)
                yield World(name, Path(scratch))


def main() -> None:
    """Print the table of each world, and keep it when asked to."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--accounts", type=int, default=846)
    asked.add_argument("--only", default="", help="Part of a world's name.")
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    for world in _worlds(options):
        table = markdown(COLUMNS, measured(world, predicted(world)))
        print("\n".join(table), flush=True)
        if options.write:
            write_section([*HEAD, *table], by_world=True)


if __name__ == "__main__":
    main()
