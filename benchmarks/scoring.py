"""Accounts a second: gathering what is known, scoring it, writing it down with the report.

    python benchmarks/scoring.py --accounts 1150 10000 --write

Models are trained once on the smallest company; every size is then scored in a fresh process.

Needs no extra.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from clocks import Clock
from results import markdown, show, thousands


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, nargs="+", default=[1150, 10_000])
    parser.add_argument("--folder", type=Path, help="keep everything here; temporary otherwise")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    parser.add_argument("--one", nargs=2, metavar=("FOLDER", "DATA"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(Path(args.one[0]), Path(args.one[1]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        lines = compared(args.accounts, args.folder or Path(temporary))
    table = pd.DataFrame(lines)
    show(table, section(table), write=args.write)


def compared(sizes: list[int], folder: Path) -> list[dict]:
    """Train on the smallest company and score all of them."""
    from churngrid import train
    from churngrid.demo import write_company

    for accounts in sizes:
        if not (folder / f"company-{accounts}").exists():
            write_company(folder / f"company-{accounts}", accounts=accounts, seed=7)
    uri = f"sqlite:///{folder / 'models.db'}"
    if not (folder / "models.db").exists():
        train(folder / f"company-{min(sizes)}", tracking=uri)
    lines = []
    for accounts in sizes:
        data = folder / f"company-{accounts}"
        command = [sys.executable, __file__, "--one", str(folder), str(data)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        line = {"accounts": accounts, **json.loads(done.stdout.splitlines()[-1])}
        print(line, file=sys.stderr, flush=True)
        lines.append(line)
    return lines


def measured(folder: Path, data: Path) -> dict:
    """Score one company in this process, and say how long each part took."""
    from churngrid.features.cohorts.as_of_dates import resolve_as_of
    from churngrid.serving.api.score import written_to
    from churngrid.serving.company.load_company import company_of
    from churngrid.serving.results.stores import open_store
    from churngrid.serving.scoring.batch_score import score_known
    from churngrid.serving.scoring.known_facts import known_on
    from churngrid.serving.scoring.scored import Models
    from churngrid.training.registry.mlflow_registry import load_champion

    uri = f"sqlite:///{folder / 'models.db'}"
    models = Models(load_champion(uri, "churn"), load_champion(uri, "expansion"))
    seconds, clock = {}, Clock()
    company = company_of(data, None)
    seconds["read_s"] = clock.lap()
    as_of = resolve_as_of(company.tables, "latest")
    known = known_on(company.tables, as_of, company.config)
    seconds["metrics_s"] = clock.lap()
    scored = score_known(known, config=company.config, models=models)
    seconds["score_s"] = clock.lap()
    out = folder / f"results-{data.name}"
    written_to(open_store(out), out, company, scored)
    seconds["write_s"] = clock.lap()
    accounts = len(scored.scores)
    return {
        "scored": accounts,
        "drivers": len(scored.drivers),
        "plays": len(scored.plays),
        **{name: round(wall, 2) for name, (wall, _) in seconds.items()},
        "score_cpu_s": round(seconds["score_s"][1], 2),
        "scored_per_s": round(accounts / seconds["score_s"][0]),
        "all_in_per_s": round(accounts / sum(wall for wall, _ in seconds.values())),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def section(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        "# Batch scoring",
        "",
        "Made by `python benchmarks/scoring.py --write`: the invented company, two boosted models.",
        "`read_s`: tables from Parquet, held against the contract. `metrics_s`: all metrics on the",
        "date and three earlier ones, maturity answers, standing. `score_s`: from there to health,",
        "probabilities and exact SHAP values of both models, drivers in words, cells and plays:",
        "what `scored_per_s` counts. `write_s`: report, Parquet and CSV. `all_in_per_s` counts",
        "all four. Wall seconds on two cores, one run each, fresh processes; models loaded before.",
        "",
        *markdown(table.columns, table.itertuples(index=False), form=thousands),
    ]


if __name__ == "__main__":
    main()
