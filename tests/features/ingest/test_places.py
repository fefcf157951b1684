"""Places of rows in their source, however many pieces it is read in."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.ingest import database
from churngrid.features.ingest.files import parquet_file as files
from churngrid.features.ingest.raw_rows import Places
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings


def numbers(places):
    return places.at(np.arange(places.count)).tolist()


def marked(*flags):
    return np.array(flags, dtype=bool)


def test_places_without_gaps_are_the_positions_themselves():
    assert numbers(Places.upto(3)) == [0, 1, 2]
    assert numbers(Places.upto(0)) == []
    assert Places.upto(3).bound == 3


def test_gaps_are_passed_over():
    places = Places.without(7, [5, 0, 1])
    assert (numbers(places), places.count, places.bound) == ([2, 3, 4, 6], 4, 7)


def test_a_gap_at_the_end_still_counts_for_what_follows():
    joined = Places.joined([Places.without(3, [2]), Places.without(2, [0]), Places.upto(1)])
    assert numbers(joined) == [0, 1, 4, 5]
    assert joined.bound == 6


def test_nothing_joined_is_nothing():
    assert numbers(Places.joined([])) == []


def test_rows_that_are_not_kept_become_gaps():
    places = Places.without(6, [1]).kept(marked(1, 0, 1, 1, 0))
    assert (numbers(places), places.bound) == ([0, 3, 4], 6)


def test_places_among_places_are_those_of_the_outer_ones():
    outer = Places.without(8, [0, 3])
    assert numbers(outer) == [1, 2, 4, 5, 6, 7]
    inner = Places.without(6, [1, 5])
    assert numbers(inner.among(outer)) == [1, 4, 5, 6]
    assert inner.among(outer).bound == 8


@given(st.lists(st.lists(st.booleans(), max_size=8), max_size=4), st.data())
def test_places_are_the_numbers_that_are_left(parts, data):
    """Against lists of numbers: leave out, then keep some, then join."""
    places, expected, start = [], [], 0
    for there in parts:
        gaps = [place for place, kept in enumerate(there) if not kept]
        left = [place for place, kept in enumerate(there) if kept]
        keep = data.draw(st.lists(st.booleans(), min_size=len(left), max_size=len(left)))
        outer = Places.without(len(there), gaps)
        kept = outer.kept(np.array(keep, dtype=bool))
        inner = Places.without(len(left), [place for place, k in enumerate(keep) if not k])
        assert numbers(inner.among(outer)) == numbers(kept)
        assert inner.among(outer).bound == kept.bound == len(there)
        places.append(kept)
        expected += [start + place for place, k in zip(left, keep, strict=True) if k]
        start += len(there)
    assert numbers(Places.joined(places)) == expected


# ---- reading in pieces -------------------------------------------------------------------------

ACCOUNTS = pd.DataFrame({"account_id": ["a", "b"], "customer_since": ["2024-01-01"] * 2})
SEATS = pd.DataFrame(
    {"login": ["u1", "u2", "u3"], "customer": ["a", "b", "nobody"], "tariff": ["x", "y", "x"]}
)
MAPPING = {
    "usage_daily": {
        "source": "log",
        "columns": {"product_user_id": "login", "date": "day"},
        "constants": {"minutes": 5},
        "lookup": {"account_id": {"table": "seats_of", "on": "login", "take": "customer"}},
        "only": {"kind": ["click", "View"]},
        "row_id": "no",
    }
}
SETTINGS = Settings.model_validate({"tables": MAPPING})


def log(n=40):
    """Rows of which every fifth is of another kind, and a few are bad."""
    frame = pd.DataFrame(
        {
            "no": [f"{place}" for place in range(n)],
            "login": [f"u{1 + place % 2}" for place in range(n)],
            "day": [f"2025-01-{1 + place % 28:02}" for place in range(n)],
            "events": list(range(n)),
            "kind": ["Click" if place % 5 else "ping" for place in range(n)],
        }
    )
    frame.loc[7, "day"] = "never"
    frame.loc[23, ["login", "day"]] = [None, "soon"]
    frame.loc[31, "login"] = "u3"
    frame.loc[32, "login"] = "u9"
    frame.loc[37] = frame.loc[3]
    return frame


BAD = {
    7: "column `date`: not a time, got 'never'",
    23: "column `account_id`: missing; column `product_user_id`: missing; "
    "column `date`: not a time, got 'soon'",
    31: "column `account_id`: account unknown, got 'nobody'",
    32: "column `account_id`: missing",
    37: "repeats an earlier row exactly",
}


def parquet_parts(folder, frame):
    (folder / "log").mkdir()
    for part, rows in enumerate([frame[:13], frame[13:13], frame[13:]]):
        table = pa.Table.from_pandas(rows, preserve_index=False)
        pq.write_table(
            table.cast(pa.Table.from_pandas(frame, preserve_index=False).schema),
            folder / "log" / f"{part}.parquet",
        )
    ACCOUNTS.to_parquet(folder / "accounts.parquet")
    SEATS.to_parquet(folder / "seats_of.parquet")
    return folder


def csv_parts(folder, frame):
    (folder / "log").mkdir()
    for part, rows in enumerate([frame[:13], frame[13:13], frame[13:]]):
        rows.to_csv(folder / "log" / f"{part}.csv", index=False)
    ACCOUNTS.to_csv(folder / "accounts.csv", index=False)
    SEATS.to_csv(folder / "seats_of.csv", index=False)
    return folder


def duckdb_file(folder, frame):
    with duckdb.connect(str(folder / "crm.duckdb")) as connection:
        for name, table in {"log": frame, "accounts": ACCOUNTS, "seats_of": SEATS}.items():
            connection.register("given", pa.Table.from_pandas(table, preserve_index=False))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    return folder / "crm.duckdb"


@pytest.fixture(params=[parquet_parts, duckdb_file, csv_parts], ids=lambda write: write.__name__)
def in_pieces(request, tmp_path, monkeypatch):
    """A function that writes a log and reads it three rows at a time."""
    monkeypatch.setattr(files, "_PIECE", 3)
    monkeypatch.setattr(database, "_PIECE", 3)

    def read(frame, settings=SETTINGS, **more):
        return read_tables(request.param(tmp_path, frame), settings, **more)

    return read


def whole(frame, settings=SETTINGS):
    return read_tables({"log": frame, "accounts": ACCOUNTS, "seats_of": SEATS}, settings)


def test_rows_put_aside_keep_their_place_in_the_source(in_pieces):
    aside = in_pieces(log()).quarantine.to_pylist()
    assert {row["row"]: row["reason"] for row in aside} == BAD


def test_rows_read_are_rows_used_and_rows_put_aside(in_pieces):
    tables = in_pieces(log())
    chosen = int((log()["kind"] == "Click").sum())
    assert tables.rows_in["usage_daily"] == chosen
    assert tables["usage_daily"].num_rows == chosen - len(BAD)


def test_pieces_give_what_the_whole_gives(in_pieces):
    found, expected = in_pieces(log()), whole(log())
    assert found["usage_daily"].to_pylist() == expected["usage_daily"].to_pylist()
    assert found.quarantine.to_pylist() == expected.quarantine.to_pylist()
    assert set(found.findings) == set(expected.findings)
    assert found.collected == expected.collected


def test_findings_of_pieces_are_added_up_with_the_first_examples(in_pieces):
    frame = log()
    frame.loc[[8, 9, 24, 36], "day"] = "never"
    (finding,) = (finding for finding in in_pieces(frame).findings if finding.rule == "not a time")
    assert (finding.count, finding.quarantined) == (6, True)
    assert finding.examples == ("b / u2 / never", "a / u1 / never", "- / - / soon")


def test_constants_and_lookups_reach_every_piece(in_pieces):
    tables = in_pieces(log())
    usage = tables["usage_daily"].to_pylist()
    assert {row["minutes"] for row in usage} == {5.0}
    home = {"u1": "a", "u2": "b"}
    assert all(row["account_id"] == home[row["product_user_id"]] for row in usage)
    # The row number 37 repeats, which is in another piece than the first one.
    places = [int(row["events"]) for row in usage]
    assert places == [place for place in range(40) if place % 5 and place not in BAD]


def test_progress_counts_the_rows_of_all_pieces(in_pieces):
    told = []
    tables = in_pieces(log(), progress=lambda name, rows: told.append((name, rows)))
    read = [rows for name, rows in told if name == "usage_daily"]
    assert read == sorted(read)
    assert read[-1] == tables.rows_in["usage_daily"]


def test_broken_lines_of_later_files_keep_their_place(tmp_path):
    folder = csv_parts(tmp_path, log())
    last = folder / "log" / "2.csv"
    lines = last.read_text(encoding="utf-8").splitlines()
    lines.insert(3, "1,2,3,4,5,6,7,8,9")
    last.write_text("\n".join(lines), encoding="utf-8")
    tables = read_tables(folder, SETTINGS)
    # Two good rows of the file stand before it, and 13 of the file before.
    assert tables.quarantine["row"].to_pylist() == [7, 15, 24, 32, 33, 38]
    assert tables.rows_in["usage_daily"] == tables["usage_daily"].num_rows + 6
