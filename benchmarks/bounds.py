"""What files at the bounds cost: memory and time of reading what is refused, and what is not.

    python benchmarks/bounds.py --write
    python benchmarks/bounds.py --accounts 1000000 --write

Needs the extra ``excel``. Each file is read in a process of its own. With ``--accounts`` a company
of so many accounts is scored by its scorecard instead, on Parquet, and its own part is written.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from results import markdown, show, thousands

TICKETS = "ticket_id,account_id,created_at\n1,a1,2024-05-01\n"
HERE = "Two cores, busy with other things; one run each."


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    parser.add_argument("--one", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--accounts", type=int, help="score a company of so many accounts")
    parser.add_argument("--scored", metavar="FOLDER", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.scored:
        print(json.dumps(scored(Path(args.scored))))
        return
    if args.accounts:
        table = pd.DataFrame([many(args.accounts)])
        show(table, section_of_many(table), write=args.write)
        return
    if args.one:
        print(json.dumps(measured(Path(args.one))))
        return
    table = pd.DataFrame([line(name, make) for name, make in FILES.items()])
    show(table, section(table), write=args.write)


def line(name: str, make: Callable[[Path], None]) -> dict:
    """Make one file and read it in a fresh process."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "tickets.csv").write_text(TICKETS, encoding="utf-8")
        make(folder)
        size = max(path.stat().st_size for path in folder.iterdir())
        command = [sys.executable, __file__, "--one", str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"file": name, "bytes": size, **json.loads(done.stdout.splitlines()[-1])}


def measured(folder: Path) -> dict:
    """Read the tables of a folder, and say what that took."""
    from churngrid.features.errors import SchemaError
    from churngrid.features.ingest.read import read_tables

    began = time.process_time()
    try:
        tables = read_tables(folder)
        aside = 0 if tables.quarantine is None else tables.quarantine.num_rows
        outcome = f"{tables['accounts'].num_rows:,} accounts, {aside} rows put aside"
    except SchemaError as error:
        outcome = f"refused: {str(error).partition(':')[2].strip()[:60]}"
    return {
        "outcome": outcome,
        "cpu_s": round(time.process_time() - began, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def many(accounts: int) -> dict:
    """Make a company of so many accounts, and score it in a fresh process."""
    with tempfile.TemporaryDirectory() as temporary:
        rows = company(Path(temporary), accounts)
        command = [sys.executable, __file__, "--scored", temporary]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {"accounts": accounts, "rows": rows, **json.loads(done.stdout.splitlines()[-1])}


def company(folder: Path, accounts: int) -> int:
    """Write accounts, a contract each, a ticket each and three days of use each; return rows."""
    rng, numbers = np.random.default_rng(7), np.arange(accounts)
    ids = pd.Series(numbers).astype(str).radd("a")
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, accounts), "D")
    tables = {
        "accounts": {"account_id": ids, "customer_since": start},
        "contracts": {
            "contract_id": ids,
            "account_id": ids,
            "term_start": start,
            "term_end": start + pd.Timedelta(days=730),
            "acv": rng.integers(1, 100, accounts) * 1000.0,
        },
        "tickets": {
            "ticket_id": ids,
            "account_id": ids,
            "created_at": start + pd.to_timedelta(rng.integers(0, 360, accounts), "D"),
        },
        "usage_daily": {
            "account_id": np.repeat(ids, 3),
            "product_user_id": np.repeat(ids, 3),
            "date": pd.Timestamp("2025-10-01")
            + pd.to_timedelta(np.tile([0, 9, 20], accounts), "D"),
            "events": np.tile([1, 2, 3], accounts),
        },
    }
    for name, columns in tables.items():
        pd.DataFrame(columns).to_parquet(folder / f"{name}.parquet", index=False)
    return 6 * accounts


def scored(folder: Path) -> dict:
    """Score a company by its scorecard and write all results; say what that took."""
    import churngrid

    began, started = time.process_time(), time.perf_counter()
    found = churngrid.score(folder, out=folder / "results", model="none").scored
    return {
        "listed": len(found.scores),
        "wall_s": round(time.perf_counter() - started),
        "cpu_s": round(time.process_time() - began),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def section_of_many(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md on many accounts."""
    return [
        "# A company of very many accounts",
        "",
        "Made by `python benchmarks/bounds.py --accounts N --write`: a contract, a ticket, three",
        f"days of use each, scored by the scorecard, all results and the page written. {HERE}",
        "",
        *markdown(table.columns, table.itertuples(index=False), form=thousands),
    ]


def workbook(rows: list[list[object]], places: dict[str, object]) -> Callable[[Path], None]:
    """Return what writes a workbook of accounts."""

    def make(folder: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for place, value in places.items():
            book.active[place] = value
        book.save(folder / "accounts.xlsx")

    return make


def text(content: Callable[[], str]) -> Callable[[Path], None]:
    """Return what writes accounts as CSV."""

    def make(folder: Path) -> None:
        (folder / "accounts.csv").write_text(content(), encoding="utf-8")

    return make


def stray_quote() -> str:
    """Return accounts of which one in the middle opens a quote that nobody closes."""
    quotes = {150_000: '"'}
    rows = (f"a{n},{quotes.get(n, '')}Company number {n}\n" for n in range(300_000))
    return f"account_id,name\n{''.join(rows)}"


FILES = {
    "Excel, a cell at the last place": workbook([["account_id"]], {"XFD1048576": "x"}),
    "Excel, a cell in the last row": workbook([["account_id"], ["a1"]], {"A1048576": "a2"}),
    "Excel, 2,000 columns in 12,000 rows": workbook(
        [["account_id"]], {f"BXX{row}": 1 for row in range(2, 12_002)}
    ),
    "CSV, 50,000 columns": text(
        lambda: f"account_id,{','.join(f'c{n}' for n in range(50_000))}\na1,{',' * 49_999}\n"
    ),
    "CSV, a stray quote in 300,000 rows": text(stray_quote),
    "CSV, a heading of 32 MB": text(lambda: "x" * 32_000_000),
}


def section(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        "# Files at the bounds",
        "",
        f"Made by `python benchmarks/bounds.py --write`. {HERE}",
        "About 200 MB of each peak are the imports.",
        "",
        *markdown(table.columns, table.itertuples(index=False), form=thousands),
    ]


if __name__ == "__main__":
    main()
