"""Train, backtest, score and explain on real data, and hold the classifier against others.

Usage: python benchmarks/real_data.py DATA [--write]

DATA holds the folders `oss_suite`, `oss_firmware`, `ravenstack`, `saas_hr_suite` and `telco_ibm`;
none of them is part of this repository. With --write the tables replace their part of
benchmarks/RESULTS.md.

Needs no extra.
"""

import sys
import tempfile
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from compared.tables import flat_rows
from results import markdown, write_section
from rivals.classifiers import logistic
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_predict

import churngrid
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import load_settings
from churngrid.training.dataset.dataset import model_columns

HERE = Path(__file__).parent
SCORERS = ["roc_auc", "pr_auc", "log_loss", "lift_at_10pct"]
FLAT = ("saas_hr_suite", "telco_ibm")


def companies(data: Path, name: str) -> list[str]:
    """Run the four verbs on one company and return what came out."""
    settings = HERE / "data" / f"{name}.yaml"
    with tempfile.TemporaryDirectory() as scratch:
        uri = f"sqlite:///{scratch}/mlflow.db"
        trained = churngrid.train(data / name, settings, tracking=uri)
        tested = churngrid.backtest(data / name, settings, out=Path(scratch) / "backtest")
        scored = churngrid.score(data / name, settings, out=Path(scratch) / "out", tracking=uri)
        first = scored.scored.scores["account_id"].iloc[0]
        story = churngrid.explain(data / name, settings, account=first, tracking=uri)
    shown = tested.scorers[
        tested.scorers["fold"].isin(["all", "unseen"]) & tested.scorers["scorer"].isin(SCORERS)
    ]
    table = shown.pivot_table(index=["target", "fold", "model"], columns="scorer", values="value")
    lines = [f"## {name}", ""]
    for result in trained:
        lines.append(
            f"- {result.target}: {result.kind} ships as {result.alias}; {result.rows:,} rows of "
            f"{result.accounts:,} accounts. {result.reason}"
        )
    table = table[SCORERS].round(3).reset_index()
    lines += ["", *markdown(table.columns, table.itertuples(index=False)), ""]
    lines += [f"{len(scored.scored.scores):,} accounts scored; the first one's story has "]
    lines[-1] += f"{len(story.text().splitlines())} lines."
    return [*lines, ""]


def contradictions(data: Path) -> list[str]:
    """Return what the contract finds in the negative control, and that nothing predicts it."""
    settings = HERE / "data" / "ravenstack.yaml"
    found = churngrid.check(data / "ravenstack", settings).tables.findings
    rows = [(one.table, one.column, one.rule, f"{one.count:,}") for one in found]
    table = markdown(("table", "column", "rule", "rows"), rows)
    lines = ["## ravenstack: the negative control", "", *table, ""]
    return [*lines, noise(data / "ravenstack", settings), ""]


def noise(folder: Path, settings: Path) -> str:
    """Return how well its own churn flag can be told from all metrics: it should not be."""
    tables = churngrid.read_tables(folder, load_settings(settings))
    pairs = known_accounts(tables, [pd.Timestamp("2024-12-31", tz="UTC")])
    frame = compute_features(tables, pairs, metrics=METRICS).frame
    flags = pd.read_parquet(folder / "accounts.parquet").set_index("account_id")["churn_flag"]
    X = frame[model_columns(METRICS)].reset_index(drop=True)
    y = flags.loc[frame.index.get_level_values(0)].to_numpy(dtype=int)
    p = cross_val_predict(churngrid.ChurnClassifier(), X, y, cv=5, method="predict_proba")[:, 1]
    area = roc_auc_score(y, p)
    return f"Its churn flag from all metrics, 5-fold: AUC {area:.3f} over {len(y)} accounts."


def flat(data: Path, name: str) -> list[str]:
    """Compare on one flat table by repeated two-fold cross-validation."""
    X, y = flat_rows(data, name)
    models = {
        "ChurnClassifier": lambda: churngrid.ChurnClassifier(),
        "logistic": lambda: logistic(X),
        "LightGBM default": lambda: lgb.LGBMClassifier(verbose=-1, n_jobs=1),
    }
    rows = []
    splits = RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=20_261_122)
    for fold, (train, test) in enumerate(splits.split(X, y)):
        for model, build in models.items():
            p = build().fit(X.iloc[train], y[train]).predict_proba(X.iloc[test])[:, 1]
            rows.append((model, fold, roc_auc_score(y[test], p), log_loss(y[test], p)))
    table = pd.DataFrame(rows, columns=["model", "fold", "roc_auc", "log_loss"])
    means = table.groupby("model", sort=False)[["roc_auc", "log_loss"]].mean().round(4)
    means = means.reset_index()
    return [
        f"## {name}",
        "",
        "Repeated 2-fold, mean of 4 splits.",
        "",
        *markdown(means.columns, means.itertuples(index=False)),
        "",
    ]


def main() -> None:
    """Print all tables, and keep them when asked to."""
    data = Path(sys.argv[1])
    lines = [
        "# Results on real data",
        "",
        "Made by `python benchmarks/real_data.py DATA --write`; the data is not in the repository.",
        "`all` are later dates of any account, `unseen` those of accounts never trained on.",
        "The classifier's configuration was tried on the two flat tables before it was frozen,",
        "so its figures there are optimistic. All rows are shown, also where it loses.",
        "",
        f"numpy {np.__version__}, pandas {pd.__version__}, lightgbm {lgb.__version__}; two cores.",
        "",
    ]
    for name in ("oss_suite", "oss_firmware"):
        lines += companies(data, name)
    lines += contradictions(data)
    for name in FLAT:
        lines += flat(data, name)
    print("\n".join(lines))
    if "--write" in sys.argv:
        write_section(lines)


if __name__ == "__main__":
    main()
