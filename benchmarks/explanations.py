"""Exact SHAP values against what people use instead, side by side.

    python benchmarks/explanations.py --rows 20000 100000 --rounds 3 --write

What it compares with comes with `pip install -e '.[benchmarks]'`.

Every run is a fresh process; rounds go through all explainers in turn, so that whatever else the
machine does falls on all of them; medians are reported. No time counts before an explainer agrees
with LightGBM's `pred_contrib` on the first rows. An explainer that is not installed is left out;
`--python NAME=PATH` runs one in an environment of its own.
"""

import argparse
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from clocks import Clock
from results import markdown, show
from rivals.explainers import EXPLAINERS

COLUMNS, TREES, LEAVES = 60, 400, 31
TRAINING_ROWS, CHECKED_ROWS = 60_000, 300
_PACKAGE = {"churngrid": "churngrid", "pred_contrib": "lightgbm", "shap": "shap"}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--trees", type=int, default=TREES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the model here; temporary otherwise")
    parser.add_argument("--python", nargs="*", default=[], metavar="NAME=PATH")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    parser.add_argument(
        "--one", nargs=3, metavar=("NAME", "FOLDER", "ROWS"), help=argparse.SUPPRESS
    )
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(args.one[0], Path(args.one[1]), int(args.one[2]))))
        return
    pythons = dict(given.split("=", 1) for given in args.python)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        prepare(folder, max(args.rows), args.trees)
        runs = [run for n in args.rows for run in compared(n, args.rounds, folder, pythons)]
    table = medians_of(runs)
    show(table, section(table, args.rounds, args.trees), write=args.write)


def prepare(folder: Path, n_rows: int, trees: int) -> None:
    """Train the model and write it down with the rows, and what LightGBM says of the first."""
    if (folder / "rows.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    X = _columns(rng, TRAINING_ROWS + n_rows)
    learned = X[:TRAINING_ROWS]
    y = (rng.random(TRAINING_ROWS) < 1 / (1 + np.exp(-_log_odds(learned)))).astype(int)
    params = {"objective": "binary", "num_leaves": LEAVES, "learning_rate": 0.05, "verbosity": -1}
    params |= {"feature_fraction": 0.7, "min_data_in_leaf": 50, "num_threads": 2, "seed": 0}
    booster = lgb.train(params, lgb.Dataset(learned, y), trees)
    booster.save_model(folder / "model.txt")
    booster = lgb.Booster(model_file=folder / "model.txt")
    rows = X[TRAINING_ROWS:]
    np.save(folder / "rows.npy", rows)
    expected = booster.predict(rows[:CHECKED_ROWS], pred_contrib=True)
    np.save(folder / "expected.npy", np.asarray(expected)[:, :-1])


def _columns(rng: np.random.Generator, n_rows: int) -> np.ndarray:
    """Numbers of all sorts, 3 % missing: smooth, skewed and rounded, counts, yes or no."""
    X = rng.normal(size=(n_rows, COLUMNS))
    X[:, 10:30] = np.exp(X[:, 10:30]).round(1)
    X[:, 30:45] = rng.poisson(3, size=(n_rows, 15))
    X[:, 45:52] = X[:, 45:52] > 0.5
    X[rng.random(X.shape) < 0.03] = np.nan
    return X


def _log_odds(X: np.ndarray) -> np.ndarray:
    Z = np.nan_to_num(X)
    pairs = 0.3 * Z[:, 3] * Z[:, 4] - 0.5 * Z[:, 1] * (Z[:, 2] > 0)
    single = 0.8 * Z[:, 0] + 0.3 * np.log1p(Z[:, 11]) - 0.4 * Z[:, 31] + 0.5 * Z[:, 46]
    return pairs + single + 0.2 * Z[:, 5:10].sum(axis=1) + 0.1 * Z[:, 30:40].sum(axis=1) - 1


def compared(n_rows: int, rounds: int, folder: Path, pythons: dict[str, str]) -> list[dict]:
    """Run all explainers on one size, round after round."""
    runs = []
    for _ in range(rounds):
        for name in EXPLAINERS:
            if name not in pythons and not importlib.util.find_spec(_PACKAGE.get(name, name)):
                continue
            python = pythons.get(name, sys.executable)
            command = [python, __file__, "--one", name, str(folder), str(n_rows)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            run = {"explainer": name, "rows": n_rows, **json.loads(done.stdout.splitlines()[-1])}
            print(run, file=sys.stderr, flush=True)
            runs.append(run)
    return runs


def measured(name: str, folder: Path, n_rows: int) -> dict:
    """Explain rows in this process; imports, and compiling for the first time, are outside."""
    explainer = EXPLAINERS[name]
    explainer.prepared()
    booster = lgb.Booster(model_file=folder / "model.txt")
    rows = np.load(folder / "rows.npy")[: min(n_rows, explainer.most_rows)]
    expected = np.load(folder / "expected.npy")
    found = explainer.run(booster, rows[:CHECKED_ROWS])
    difference = float(np.abs(found - expected[: len(rows)]).max())
    if difference > explainer.agrees_to:
        raise SystemExit(f"{name} differs from pred_contrib by {difference}")
    clock = Clock()
    explainer.run(lgb.Booster(model_file=folder / "model.txt"), rows)
    wall, cpu = clock.lap()
    scale = n_rows / len(rows)
    return {
        "cpu_s": round(cpu * scale, 3),
        "wall_s": round(wall * scale, 3),
        "run_rows": len(rows),
        "differs_by": difference,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def medians_of(runs: list[dict]) -> pd.DataFrame:
    """Return medians by explainer and size, with the ratio to the project's kernel."""
    lines = []
    for (n_rows, name), group in pd.DataFrame(runs).groupby(["rows", "explainer"], sort=False):
        middle = {key: round(statistics.median(group[key]), 2) for key in ("cpu_s", "wall_s")}
        rest = {key: group[key].max() for key in ("run_rows", "peak_mb")}
        difference = f"{group['differs_by'].max():.0e}"
        lines.append(
            {"rows": n_rows, "explainer": name, **middle, **rest, "differs_by": difference}
        )
    table = pd.DataFrame(lines)
    ours = table[table["explainer"] == "churngrid"].set_index("rows")["cpu_s"]
    table["cpu_over_churngrid"] = (table["cpu_s"] / table["rows"].map(ours)).round(1)
    return table


def section(table: pd.DataFrame, rounds: int, trees: int) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        "# Explanations",
        "",
        "Made by `python benchmarks/explanations.py --write`. Path-dependent SHAP values of a",
        f"booster with {trees} trees of {LEAVES} leaves for {COLUMNS} columns, 3 % missing.",
        f"CPU and wall seconds of fresh processes, medians of {rounds} interleaved rounds on two",
        "cores; set-up inside the clock, imports and compiling outside. `run_rows`: rows that were",
        "run; where these are fewer, the seconds are scaled up. `differs_by`: largest difference",
        f"from `pred_contrib` over {CHECKED_ROWS} rows. All rows are shown.",
        "",
        *[f"- {name}: {explainer.what}" for name, explainer in EXPLAINERS.items()],
        "",
        *markdown(table.columns, table.to_numpy()),
    ]


if __name__ == "__main__":
    main()
