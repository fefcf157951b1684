"""Point-in-time features against what people use instead, side by side.

    python benchmarks/features.py --events 1e6 1e7 5e7 --rounds 3 --write

What it compares with comes with `pip install -e '.[benchmarks]'`.

Every run is a fresh process; rounds go through all engines in turn, so that whatever else the
machine does falls on all of them; medians are reported. No time counts before all engines agree on
a checksum over all numbers.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
from clocks import Clock
from invented.event_log import write_events
from results import markdown, show
from rivals.feature_engines import COLUMNS, ENGINES

_PICTURE = Path(__file__).with_name("features.png")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the events here; temporary otherwise")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md and the picture")
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(args.one[0], Path(args.one[1]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        runs = [run for n in args.events for run in compared(int(n), args.rounds, folder)]
    table = medians_of(runs)
    show(table, section(table, args.rounds), write=args.write)
    if args.write:
        draw(table)


def compared(n_events: int, rounds: int, folder: Path) -> list[dict]:
    """Run all engines on one size, round after round, and insist that they agree."""
    data = folder / f"events-{n_events}"
    if not data.exists():
        write_events(data, n_events)
    names = [name for name, engine in ENGINES.items() if n_events <= engine.most_events]
    runs = []
    for _ in range(rounds):
        for name in names:
            command = [sys.executable, __file__, "--one", name, str(data)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            run = {"engine": name, "events": n_events, **json.loads(done.stdout.splitlines()[-1])}
            print(run, file=sys.stderr, flush=True)
            runs.append(run)
    sums = {run["checksum"] for run in runs if run["checksum"]}
    if len(sums) > 1:
        raise SystemExit(f"The engines disagree at {n_events:,} events: {sums}")
    return runs


def measured(name: str, folder: Path) -> dict:
    """Run one engine in this process; its imports are outside the clock."""
    for module in ENGINES[name].needs:
        import_module(module)
    clock = Clock()
    table = ENGINES[name].run(folder)
    wall, cpu = clock.lap()
    return {
        "cpu_s": round(cpu, 3),
        "wall_s": round(wall, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "checksum": None if table is None else checksum(table),
    }


def checksum(table: pa.Table) -> str:
    """Return a name for all numbers of a table, whatever the order of its rows."""
    frame = table.select(["account_id", "as_of", *COLUMNS]).to_pandas()
    frame["as_of"] = pd.to_datetime(frame["as_of"], utc=True)
    ordered = frame.sort_values(["account_id", "as_of"])
    numbers = ordered[list(COLUMNS)].astype(float).round(9) + 0.0
    digest = hashlib.sha256(numbers.to_numpy().tobytes())
    digest.update(numbers.isna().to_numpy().tobytes())
    return f"{len(frame)}:{digest.hexdigest()[:12]}"


def medians_of(runs: list[dict]) -> pd.DataFrame:
    """Return medians by engine and size, with the ratio to the bare scan."""
    lines = []
    for (n_events, name), group in pd.DataFrame(runs).groupby(["events", "engine"], sort=False):
        middle = {key: statistics.median(group[key]) for key in ("cpu_s", "wall_s")}
        rounded = {key: round(value, 2) for key, value in middle.items()}
        peak = int(group["peak_mb"].max())
        lines.append(
            {"events": n_events, "engine": name, **rounded, "peak_mb": peak, "runs": len(group)}
        )
    table = pd.DataFrame(lines)
    scans = table[table["engine"] == "scan"].set_index("events")["cpu_s"]
    ours = table[table["engine"] == "churngrid"].set_index("events")["cpu_s"]
    table["cpu_over_scan"] = (table["cpu_s"] / table["events"].map(scans)).round(1)
    table["cpu_over_churngrid"] = (table["cpu_s"] / table["events"].map(ours)).round(1)
    return table


def section(table: pd.DataFrame, rounds: int) -> list[str]:
    """Return the part of RESULTS.md."""
    shown = table.assign(events=[f"{n / 1e6:g} M" for n in table["events"]])
    return [
        "# Point-in-time features",
        "",
        "Made by `python benchmarks/features.py --write`. 19 numbers (events, active days, users,",
        "features in 7, 28, 90 and 365 days; recency; trend; share of core features) for 10,000",
        "accounts at 24 month starts, from Parquet with text ids. CPU seconds of fresh processes,",
        f"medians of {rounds} interleaved rounds on two cores; imports outside the clock, reading",
        "inside. All engines agree on a checksum over all numbers. churngrid also holds every row",
        "against the data contract, which the others do not. All rows are shown.",
        "",
        *[f"- {name}: {engine.what}" for name, engine in ENGINES.items()],
        "",
        *markdown(shown.columns, shown.to_numpy()),
        "",
        "![CPU seconds by number of events](features.png)",
    ]


def draw(table: pd.DataFrame) -> None:
    """Draw how the cost grows."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, group in table.groupby("engine", sort=False):
        axes.plot(group["events"], group["cpu_s"], marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="events", ylabel="CPU seconds")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(_PICTURE, dpi=120)


if __name__ == "__main__":
    main()
