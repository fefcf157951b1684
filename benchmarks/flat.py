"""One table with a flag by the command line, against the classifier in Python on the same splits.

Usage: python benchmarks/flat.py DATA [--write] [NAME ...]

DATA holds the folders `bank_telemarketing`, `saas_hr_suite` and `telco_ibm`; none of them is part
of this repository. Each table is written as CSV, learned from and scored by commands in processes
of their own. With --write the table replaces its part of benchmarks/RESULTS.md.

Needs no extra.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from results import markdown, show
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

import churngrid
from churngrid.training.evaluation.scorers import SEED

FLAT = {
    "bank_telemarketing": ("clients.parquet", "y", "client_id"),
    "saas_hr_suite": ("companies.parquet", "churned", "company_id"),
    "telco_ibm": ("customers.parquet", "churn", "customer_id"),
}
FOLDS = 5


def command(*arguments: str) -> dict[str, Any]:
    """Run one command and read its JSON."""
    said = subprocess.run(
        [sys.executable, "-m", "churngrid", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    answer: dict[str, Any] = json.loads(said)
    return answer


def by_command(frame: pd.DataFrame, target: str, key: str) -> dict[str, Any]:
    """Train and score a CSV file as a user would."""
    with tempfile.TemporaryDirectory() as place:
        file, store = Path(place) / "customers.csv", f"sqlite:///{place}/mlflow.db"
        frame.to_csv(file, index=False)
        trained = command(
            *("train", str(file), "--target", target, "--id", key, "--tracking", store)
        )
        scored = command("score", str(file), "--out", f"{place}/results", "--tracking", store)
    shipped = {row["scorer"]: row for row in trained["scorers"] if row["model"] == trained["model"]}
    return {"model": trained["model"], "listed": scored["accounts"], **shipped}


def in_python(frame: pd.DataFrame, target: str, key: str) -> dict[str, float]:
    """Predict each fold by a classifier that has not seen it, on the splits of the command."""
    y, X = frame[target].to_numpy(dtype=int), frame.drop(columns=[target, key])
    texts = X.columns[~X.dtypes.map(pd.api.types.is_numeric_dtype)]
    X, p = X.astype(dict.fromkeys(texts, "category")), np.zeros(len(y))
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=SEED)
    for train, test in folds.split(X, y, groups=frame[key].astype(str)):
        model = churngrid.ChurnClassifier().fit(X.iloc[train], y[train])
        p[test] = model.predict_proba(X.iloc[test])[:, 1]
    return {"roc_auc": roc_auc_score(y, p), "log_loss": log_loss(y, p)}


def lines_of(data: Path, name: str) -> list[dict[str, object]]:
    """Return one line a scorer: the command, its interval, and Python."""
    file, target, key = FLAT[name]
    frame = pd.read_parquet(data / name / file)
    told, python = by_command(frame, target, key), in_python(frame, target, key)
    return [
        {
            "table": name,
            "rows": len(frame),
            "model": told["model"],
            "scorer": scorer,
            "command": round(told[scorer]["value"], 4),
            "interval": f"{told[scorer]['low']:.3f} to {told[scorer]['high']:.3f}",
            "ChurnClassifier": round(value, 4),
            "within": told[scorer]["low"] <= value <= told[scorer]["high"],
            "listed": told["listed"],
        }
        for scorer, value in python.items()
    ]


def section(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        "# One table with a flag, by the command line",
        "",
        "Made by `python benchmarks/flat.py DATA --write`; the data is not in the repository.",
        f"`churngrid train FILE --target --id`, `score`, {FOLDS} folds; the classifier in Python",
        "on the same folds. `within`: inside the command's own 95 % interval. `listed` are the",
        "customers that have not left yet.",
        "",
        *markdown(table.columns, table.itertuples(index=False)),
    ]


def main() -> None:
    """Run every table and show both ways beside one another."""
    arguments = [one for one in sys.argv[1:] if not one.startswith("--")]
    data, names = Path(arguments[0]), arguments[1:] or sorted(FLAT)
    table = pd.DataFrame([line for name in names for line in lines_of(data, name)])
    show(table, section(table), write="--write" in sys.argv)


if __name__ == "__main__":
    main()
