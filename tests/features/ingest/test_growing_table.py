"""Tables that grow piece by piece, in memory and on disk."""

import gc
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churngrid.features.arrays.coded_text import CODED
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.files import parquet_file as files
from churngrid.features.ingest.growing_table import GatheredTable
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS as SHIPPED
from churngrid.features.metrics.catalogue import by_column
from churngrid.features.schema.settings import Settings
from tests.build import day

TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema({"who": CODED, "when": TIME, "known_at": TIME, "much": pa.float64()})
PLAIN = SCHEMA.set(0, pa.field("who", pa.string()))
MAPS = Path("/proc/self/maps")


def times(moments):
    return pa.array(moments, TIME)


def piece(who, when, known=None, much=None):
    """Rows of the schema; without ``known`` it is the very same column as ``when``."""
    when = times(when)
    return pa.table(
        [
            pa.array(who, pa.string()).dictionary_encode().cast(CODED),
            when,
            when if known is None else times(known),
            pa.array([1.0] * len(who) if much is None else much, pa.float64()),
        ],
        schema=SCHEMA,
    )


def together(*pieces):
    return pa.concat_tables([SCHEMA.empty_table(), *pieces]).to_pydict()


@pytest.fixture(params=[100, 0], ids=["in memory", "on disk"])
def gathered(request):
    """A function that gathers pieces, and with no memory at all keeps them on disk."""

    def gather(*pieces):
        table = GatheredTable(SCHEMA, memory_mb=request.param)
        for rows in pieces:
            table.add(rows)
        return table.table()

    return gather


def test_nothing_is_an_empty_table(gathered):
    assert gathered().equals(SCHEMA.empty_table())
    assert gathered(piece([], [])).num_rows == 0


def test_rows_stand_in_the_order_of_the_pieces(gathered):
    pieces = piece(["a", "b"], [1, 2], [1, 9]), piece(["a"], [3], [4])
    table = gathered(*pieces)
    assert table.schema == SCHEMA
    assert all(column.num_chunks == 1 for column in table.columns)
    assert table.to_pydict() == together(*pieces)


def test_empty_values_stay_empty_wherever_the_first_one_comes(gathered):
    full = piece(["a"], [1], [2], [3.0])
    holes = piece([None, "b"], [5, None], [None, 6], [None, 7.0])
    for pieces in [(full, holes), (holes, full), (full, holes, full), (holes,)]:
        assert gathered(*pieces).to_pydict() == together(*pieces)


def test_dictionaries_that_grow_keep_one_number_a_text(gathered):
    pieces = (
        piece(["b", "a"], [1, 2]),
        piece(["c", "a", None], [3, 4, 5]),
        piece([None], [6]),
        piece(["d", "b"], [7, 8]),
    )
    column = gathered(*pieces)["who"].chunk(0)
    assert column.to_pylist() == ["b", "a", "c", "a", None, None, "d", "b"]
    assert column.dictionary.to_pylist() == ["b", "a", "c", "d"]


def test_names_that_no_row_uses_do_no_harm(gathered):
    codes = pa.DictionaryArray.from_arrays(pa.array([2], pa.int32()), ["x", "y", "z"])
    table = piece(["a"], [1])
    unused = table.set_column(0, "who", pa.chunked_array([codes]))
    assert gathered(table, unused)["who"].to_pylist() == ["a", "z"]


def test_empty_pieces_change_nothing(gathered):
    some, nothing = piece(["a"], [1], [2]), piece([], [])
    pieces = nothing, some, nothing, some, nothing
    assert gathered(*pieces).to_pydict() == together(some, some)


def address(table, name):
    return table[name].chunk(0).buffers()[1].address


def test_times_that_repeat_other_times_throughout_take_no_room():
    table = GatheredTable(SCHEMA, memory_mb=1)
    table.add(piece(["a"], [1]))
    table.add(piece([], []))
    table.add(piece(["b"], [2]))
    found = table.table()
    assert found["known_at"].to_pylist() == found["when"].to_pylist()
    assert address(found, "known_at") == address(found, "when")


def test_times_that_repeat_others_in_some_pieces_only_are_kept(gathered):
    alike, other = piece(["a"], [1]), piece(["b"], [None], [7])
    for pieces in [(alike, other), (alike, other, alike), (other, alike), (alike, alike, other)]:
        assert gathered(*pieces).to_pydict() == together(*pieces)


def test_equal_times_of_another_column_are_kept(gathered):
    rows = piece(["a", "b"], [1, None], [1, None])
    assert gathered(rows, rows).to_pydict() == together(rows, rows)


def test_slices_of_one_column_are_told_apart(gathered):
    whole = pa.chunked_array([times([1, 2, 3])])
    rows = piece(["a", "b"], [1, 2])
    shifted = rows.set_column(1, "when", whole.slice(0, 2))
    shifted = shifted.set_column(2, "known_at", whole.slice(1, 2))
    assert gathered(shifted)["known_at"].cast(pa.int64()).to_pylist() == [2, 3]


@pytest.fixture
def files_made(monkeypatch):
    """Temporary files in the order in which they are asked for."""
    made, make = [], tempfile.TemporaryFile

    def told():
        made.append(make())
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", told)
    return made


def test_columns_go_to_disk_once_memory_is_short(monkeypatch, tmp_path, files_made):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = GatheredTable(SCHEMA, memory_mb=1)
    rows = piece(["a"] * 30_000, list(range(30_000)), list(range(1, 30_001)))
    table.add(rows)
    assert not files_made
    table.add(rows)
    # A column's numbers, and which of them are missing; the largest column went, the rest stayed.
    assert 2 <= len(files_made) < 8
    for _ in range(5):
        table.add(rows)
    assert table.table().cast(PLAIN).equals(pa.concat_tables([rows] * 7).cast(PLAIN))
    # Without a name, nothing of them stays however the process ends.
    assert not list(tmp_path.iterdir())
    del table
    gc.collect()
    assert all(file.closed for file in files_made)


N = 150_000
ACCOUNTS = [f"account {place}" for place in range(40)]


def events(seed, *, late):
    """Raw events of 40 accounts; of some sources all are known at once."""
    rng = np.random.default_rng(seed)
    first = day("2024-01-01").value // 1000
    happened = first + rng.integers(0, 400 * 86_400, N) * 1_000_000
    table = {
        "account_id": rng.choice(ACCOUNTS, N),
        "product_user_id": np.char.add("user ", rng.integers(0, 3000, N).astype(str)),
        "feature_id": rng.choice(["f", "g", "h"], N),
        "occurred_at": times(happened),
    }
    if late:
        table["known_at"] = times(happened + rng.integers(0, 9, N) * 86_400_000_000)
    return pa.table(table)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A folder whose usage stands in two part files, of which only the second says `known_at`."""
    folder = tmp_path_factory.mktemp("company")
    accounts = pd.DataFrame({"account_id": ACCOUNTS, "customer_since": day("2023-06-01")})
    accounts.to_parquet(folder / "accounts.parquet")
    (folder / "usage_events").mkdir()
    for part, late in enumerate([False, True]):
        table = events(part, late=late)
        pq.write_table(
            table, folder / "usage_events" / f"part-{part}.parquet", row_group_size=50_000
        )
    return folder


def mapped():
    """How many pieces of files without a name the process has mapped into memory."""
    return MAPS.read_text(encoding="utf-8").count("(deleted)")


METRICS = [
    by_column(SHIPPED)[column]
    for column in ("active_users_28d", "usage_volume_28d", "features_in_use_28d", "stickiness_28d")
]


def test_usage_larger_than_the_memory_gives_the_same_numbers_and_leaves_no_file(
    company, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(files, "_PIECE", 40_000)
    settings = Settings(memory_mb=1)
    wide, narrow = read_tables(company), read_tables(company, settings)
    assert narrow["usage_events"].num_rows == 2 * N
    assert narrow["usage_events"].equals(wide["usage_events"])
    pairs = known_accounts(narrow, [day("2024-05-01"), day("2024-12-01")])
    found = compute_features(narrow, pairs, metrics=METRICS, effort=settings.effort)
    expected = compute_features(wide, pairs, metrics=METRICS)
    assert expected.frame["active_users_28d"].gt(0).all()
    pd.testing.assert_frame_equal(found.frame, expected.frame, check_exact=True)
    del narrow, found
    gc.collect()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not MAPS.exists(), reason="this system does not tell what is mapped")
def test_usage_larger_than_the_memory_is_mapped_from_files_until_it_is_let_go(
    company, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.collect()
    before = mapped()
    tables = read_tables(company, Settings(memory_mb=1))
    during = mapped()
    assert tables["usage_events"].num_rows == 2 * N
    del tables
    gc.collect()
    assert mapped() == before < during


@pytest.mark.parametrize("memory_mb", [1, 100])
def test_error_while_reading_leaves_no_file(company, monkeypatch, tmp_path, memory_mb):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    folder = tmp_path / "company"
    (folder / "usage_events").mkdir(parents=True)
    (folder / "accounts.parquet").symlink_to(company / "accounts.parquet")
    first = (company / "usage_events" / "part-0.parquet").read_bytes()
    (folder / "usage_events" / "part-0.parquet").write_bytes(first)
    # The middle of the second part is broken, its end is not.
    half = len(first) // 2
    broken = first[: half - 5_000] + bytes(10_000) + first[half + 5_000 :]
    (folder / "usage_events" / "part-1.parquet").write_bytes(broken)
    read = []
    with pytest.raises(SchemaError, match=r"part-1.parquet' cannot be read as Parquet"):
        read_tables(
            folder,
            Settings(memory_mb=memory_mb),
            progress=lambda name, rows: read.append((name, rows)),
        )
    assert ("usage_events", N) in read
    gc.collect()
    assert not list((tmp_path / "temporary").iterdir())
