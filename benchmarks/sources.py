"""One company from every kind of source, and its scores written to every kind of target.

    python benchmarks/sources.py --postgres postgresql://me:secret@host/empty --write

The database has to be empty; what is put there is dropped at the end, and the extra `postgres` is
needed for it. Without one its rows are left out. CPU seconds are those of churngrid's own process:
a server's are not seen from here.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
from clocks import Clock
from results import markdown, show, thousands


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--postgres", metavar="URL", help="of an empty database")
    parser.add_argument("--folder", type=Path, help="keep everything here; temporary otherwise")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    parser.add_argument("--one", nargs=2, metavar=("DATA", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(*args.one)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        lines = compared(args.accounts, args.folder or Path(temporary), args.postgres)
    table = pd.DataFrame(lines)
    show(table, section(table), write=args.write)


def compared(accounts: int, folder: Path, url: str | None) -> list[dict]:
    """Put the company into every source, then read and score it from each."""
    from churngrid.demo import write_company

    parquet = folder / f"company-{accounts}"
    if not parquet.exists():
        write_company(parquet, accounts=accounts, seed=7)
    places = {
        "Parquet": (str(parquet), str(folder / "results")),
        "CSV": (str(as_csv(parquet, folder / "csv")), str(folder / "results-csv")),
        "DuckDB": (str(as_duckdb(parquet, folder / "company.duckdb")), str(folder / "out.duckdb")),
    }
    if url:
        into_postgres(parquet, url)
        places["PostgreSQL"] = (url, url)
    lines = []
    for name, (data, out) in places.items():
        command = [sys.executable, __file__, "--one", data, out]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        line = {"source": name, **json.loads(done.stdout.splitlines()[-1])}
        print(line, file=sys.stderr, flush=True)
        lines.append(line)
    if url:
        empty(url)
    return lines


def measured(data: str, out: str) -> dict:
    """Read one company, score it with the scorecard, write the results; all in this process."""
    from churngrid.features.cohorts.as_of_dates import resolve_as_of
    from churngrid.serving.company.load_company import company_of
    from churngrid.serving.results.stores import open_store
    from churngrid.serving.scoring.batch_score import score_tables

    clock = Clock()
    company = company_of(data, None)
    read = clock.lap()
    as_of = resolve_as_of(company.tables, "latest")
    scored = score_tables(company.tables, as_of, config=company.config)
    clock.lap()
    open_store(out).write(
        {"scores": scored.scores, "drivers": scored.drivers, "plays": scored.plays}, files={}
    )
    written = clock.lap()
    return {
        "rows": sum(table.num_rows for table in company.tables.by_name.values()),
        "written": len(scored.scores) + len(scored.drivers) + len(scored.plays),
        "read_wall_s": round(read[0], 1),
        "read_cpu_s": round(read[1], 1),
        "write_wall_s": round(written[0], 1),
        "write_cpu_s": round(written[1], 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def tables_of(parquet: Path):
    """Yield the tables of the company, by name and part."""
    for table in sorted(parquet.iterdir()):
        parts = sorted(table.glob("*.parquet")) if table.is_dir() else [table]
        for part in parts:
            yield table.stem, part


def as_csv(parquet: Path, folder: Path) -> Path:
    """Write the company as CSV files, a folder a table."""
    for name, part in tables_of(parquet):
        place = folder / name / f"{part.stem}.csv"
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            pcsv.write_csv(pq.read_table(part), place)
    return folder


def as_duckdb(parquet: Path, file: Path) -> Path:
    """Write the company into a DuckDB file."""
    import duckdb

    if not file.exists():
        with closing(duckdb.connect(str(file))) as connection:
            for name in dict(tables_of(parquet)):
                place = f"{parquet / name}/*.parquet"
                if not (parquet / name).is_dir():
                    place = f"{parquet / name}.parquet"
                connection.execute(f"create table {name} as from read_parquet('{place}')")
    return file


def into_postgres(parquet: Path, url: str) -> None:
    """Copy the company into an empty database."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for name, part in tables_of(parquet):
            cursor.adbc_ingest(name, pq.read_table(part), mode="create_append")
        connection.commit()


def empty(url: str) -> None:
    """Drop everything that was put into the database."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = current_schema()")
        for (name,) in cursor.fetchall():
            cursor.execute(f'drop table "{name}"')
        connection.commit()


def section(table: pd.DataFrame) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        "# Sources and targets",
        "",
        "Made by `python benchmarks/sources.py --postgres URL --write`: the same invented company",
        "from each kind of source, held against the contract, and its scores, drivers and plays",
        "written to the same kind of target. Seconds of churngrid's process, without those of a",
        "database server. One run each, fresh processes, two cores.",
        "",
        *markdown(table.columns, table.itertuples(index=False), form=thousands),
    ]


if __name__ == "__main__":
    main()
