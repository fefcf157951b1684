"""Accounts a second from stored tables to written scores, drivers and plays.

    python benchmarks/scoring.py --accounts 1150 10000 --write

Models are trained once on the smallest company; every size is then scored in a fresh process.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))


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
    print(table.to_string(index=False))
    if args.write:
        from results import write_section

        write_section(section(table))


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
    from churngrid.serving.companies import company_of
    from churngrid.serving.outputs import open_store
    from churngrid.serving.steps import scored_of, written_to

    began = time.perf_counter()
    company = company_of(data, None)
    read = time.perf_counter()
    uri = f"sqlite:///{folder / 'models.db'}"
    scored = scored_of(company, "latest", uri, None, None, None)
    done = time.perf_counter()
    out = folder / f"results-{data.name}"
    written_to(open_store(out), out, company, scored)
    written = time.perf_counter()
    score_s, write_s = done - read, written - done
    return {
        "scored": len(scored.scores),
        "drivers": len(scored.drivers),
        "plays": len(scored.plays),
        "read_s": round(read - began, 1),
        "score_s": round(score_s, 1),
        "write_s": round(write_s, 1),
        "accounts_per_s": round(len(scored.scores) / (score_s + write_s)),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def section(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md."""
    header = list(table.columns)
    return [
        "# Batch scoring",
        "",
        "Made by `python benchmarks/scoring.py --write`: the invented company, from tables to",
        "written scores, drivers, plays and report, with exact SHAP values of both models for each",
        "account. `accounts_per_s` counts scoring and writing (metrics, models, explanations,",
        "trend over three earlier dates, grid, plays, report), not reading. Wall seconds on two",
        "cores, one run each, fresh processes.",
        "",
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *[
            "| " + " | ".join(f"{value:,}" for value in row) + " |"
            for row in table.itertuples(index=False)
        ],
    ]


if __name__ == "__main__":
    main()
