"""Hold what ships against the truth on companies of other shapes than the demo's.

Usage: python benchmarks/strangers.py [--only NAME] [--write]

Each is invented with a fixed seed by `invented/strange_companies.py`, which shares no code with
the demo and knows nothing of the product but the names of tables and columns. With --write the
rows of each company replace its former ones in benchmarks/RESULTS.md at once.

Needs no extra.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from invented.shapes import COMPANIES, Shape
from invented.strange_companies import made
from results import markdown, write_section
from worlds import COLUMNS, World, measured, predicted

import churngrid
from churngrid.features.schema.tables import TABLES
from churngrid.features.schema.tableset import Tables, empty_table

BY_PART = ("company", "part", "rows", "mean p", "mean label", "mean true chance")
PARTS = "What ships, by segment and by fifth of its estimate:"
HEAD = (
    "# Companies of other shapes, against the truth",
    "",
    "Made by `python benchmarks/strangers.py --write`: companies of 160 to 450 accounts over",
    "40 months, each once with a fixed seed. Columns as in *The estimate against the truth*;",
    "here the truth knows the causes on the day and not their future. Where nothing makes anybody",
    "leave, the true chance is nearly the same for all: a gap means nothing there.",
    "",
)


def tried(shape: Shape) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return the figures of all models on one company, and of what ships in its parts."""
    tables, p_true = made(shape)
    with tempfile.TemporaryDirectory() as scratch:
        folder, whole = Path(scratch) / "exported", Path(scratch) / "whole"
        folder.mkdir()
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet", index=False)
        _write_whole(churngrid.read_tables(folder), whole)
        found = predicted(World(shape.name, folder, whole=whole))
    keys = pd.MultiIndex.from_frame(found[["account_id", "as_of"]])
    found = found.assign(p_true=p_true.reindex(keys).to_numpy()).dropna(subset="p_true")
    segment = tables["accounts"].set_index("account_id")["segment"]
    parts = found.assign(segment=found["account_id"].map(segment))
    return list(measured(World(shape.name, Path()), found)), list(_in_parts(shape.name, parts))


def _write_whole(tables: Tables, folder: Path) -> None:
    """Write all tables with all columns, empty where the company has none, for the analyst."""
    folder.mkdir()
    for spec in TABLES:
        table = tables[spec.name] if spec.name in tables else empty_table(spec)
        pq.write_table(table, folder / f"{spec.name}.parquet")


def _in_parts(name: str, found: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield the means of what ships by segment and by fifth of the estimate."""
    ours = found[found["model"].str.startswith("churngrid")]
    fifth = pd.qcut(ours["p"].rank(method="first"), 5, labels=False) + 1
    for kind, parts in (("segment", ours["segment"]), ("fifth", fifth)):
        for part, rows in ours.groupby(parts):
            means = [f"{rows[column].mean():.3f}" for column in ("p", "label", "p_true")]
            yield (name, f"{kind} {part}", f"{len(rows):,}", *means)


def main() -> None:
    """Print the tables of each company, and keep them when asked to."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="", help="Part of a company's name.")
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    for shape in COMPANIES:
        if options.only in shape.name:
            figures, parts = tried(shape)
            lines = [*markdown(COLUMNS, figures), "", PARTS, "", *markdown(BY_PART, parts)]
            print("\n".join(lines), flush=True)
            if options.write:
                write_section([*HEAD, *lines], by_world=True)


if __name__ == "__main__":
    main()
