"""What files at the bounds cost: memory and time of reading what is refused, and what is not.

    python benchmarks/bounds.py --write

Needs the extra ``excel``. Each file is read in a process of its own.
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
    args = parser.parse_args()
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
