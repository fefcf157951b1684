"""Let AutoGluon at its best quality learn one split, in an environment of its own.

Usage, in `benchmarks`: python -m rivals.autogluon_best FOLDER SECONDS

Needs `autogluon.tabular` and nothing of churngrid. FOLDER holds `known.parquet`, with the column
`outcome`, and `asked.parquet`; `said.json` is written beside them.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor
from clocks import cpu_seconds


def main() -> None:
    """Learn, ask, and write down both the answer and what it took."""
    folder, seconds = Path(sys.argv[1]), int(sys.argv[2])
    known, asked = (pd.read_parquet(folder / f"{name}.parquet") for name in ("known", "asked"))
    before = cpu_seconds()
    predictor = TabularPredictor("outcome", eval_metric="log_loss", path=str(folder / "models"))
    # The trial run for the depth of the stack would take a quarter of the time.
    settings = {"presets": "best_quality", "dynamic_stacking": False, "num_cpus": 1, "num_gpus": 0}
    predictor.fit(known, time_limit=seconds, **settings)
    p = predictor.predict_proba(asked)[1]
    said = {"cpu_s": round(cpu_seconds() - before, 2), "p": p.round(7).tolist()}
    (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")
    print(predictor.leaderboard().to_string())


if __name__ == "__main__":
    main()
