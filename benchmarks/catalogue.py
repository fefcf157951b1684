"""The whole catalogue of metrics on the invented company, at growing sizes.

    python benchmarks/catalogue.py --accounts 1000 10000 100000 --write

Every size is read and computed in a fresh process: once for one as-of date, once for twelve, so
that the growth by rows of data and by dates can be told apart.

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

_DATES = (1, 12)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--folder", type=Path, help="keep the companies here; temporary otherwise")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    parser.add_argument("--one", nargs=2, metavar=("FOLDER", "DATES"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(Path(args.one[0]), int(args.one[1]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        lines = [line for n in args.accounts for line in sized(n, args.folder or Path(temporary))]
    table = pd.DataFrame(lines)
    show(table, section(table), write=args.write)


def sized(accounts: int, folder: Path) -> list[dict]:
    """Invent a company of a size, and measure it for one date and for twelve."""
    data = folder / f"company-{accounts}"
    if not data.exists():
        from churngrid.demo import write_company

        write_company(data, accounts=accounts, seed=7)
    lines = []
    for dates in _DATES:
        command = [sys.executable, __file__, "--one", str(data), str(dates)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        line = {"accounts": accounts, "dates": dates, **json.loads(done.stdout.splitlines()[-1])}
        print(line, file=sys.stderr, flush=True)
        lines.append(line)
    return lines


def measured(folder: Path, n_dates: int) -> dict:
    """Read a company and compute every metric, in this process."""
    from churngrid.features.engine.compute import compute_features, known_accounts
    from churngrid.features.ingest.read import read_tables
    from churngrid.features.metrics.catalogue import METRICS

    clock = Clock()
    tables = read_tables(str(folder))
    reading, read = clock.lap()
    dates = list(pd.date_range("2024-07-01", periods=n_dates, freq="MS", tz="UTC"))
    pairs = known_accounts(tables, dates)
    features = compute_features(tables, pairs, metrics=METRICS)
    computing, computed = clock.lap()
    return {
        "table_rows": sum(table.num_rows for table in tables.by_name.values()),
        "rows": len(features.frame),
        "columns": features.frame.shape[1],
        "read_cpu_s": round(read, 1),
        "compute_cpu_s": round(computed, 1),
        "wall_s": round(reading + computing, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def section(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        "# The whole catalogue",
        "",
        "Made by `python benchmarks/catalogue.py --write`: every metric that ships, with its own",
        "baselines, percentiles and segment medians, on the invented company with 36 months of",
        "data. Reading includes the data contract over all tables. One run each, fresh processes,",
        "two cores. A size of which one run is missing was cut off for time.",
        "",
        *markdown(table.columns, table.itertuples(index=False), form=thousands),
    ]


if __name__ == "__main__":
    main()
