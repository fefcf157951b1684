"""What is particular to results in DuckDB and PostgreSQL."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.serving.results import database_store
from churngrid.serving.results.stores import open_store
from tests.serving.kept import DECEMBER, column, results, run_sql, stored


def test_database_takes_no_files_and_says_so(tmp_path, database):
    for out in (tmp_path / "r.duckdb", database):
        unwritten = open_store(out).write(results(DECEMBER), files={"report.html": "x"})
        assert unwritten == ("report.html",)


def test_folder_of_a_new_duckdb_file_is_made(tmp_path):
    out = tmp_path / "new" / "results.db"
    open_store(out).write(results(DECEMBER))
    assert len(stored(out)) == 2


def test_duckdb_table_of_something_else_is_left_alone(tmp_path):
    out = tmp_path / "results.duckdb"
    with duckdb.connect(str(out)) as connection:
        connection.execute("CREATE TABLE scores AS SELECT 'home' AS team, 3 AS goals")
    with pytest.raises(ArtifactError, match=r"has a table 'scores' that holds no stored results"):
        open_store(out).write(results(DECEMBER))
    with duckdb.connect(str(out)) as connection:
        assert connection.execute("SELECT * FROM scores").fetchall() == [("home", 3)]


def test_file_that_is_no_duckdb_file_is_said(tmp_path):
    out = tmp_path / "results.duckdb"
    out.write_text("something else, long enough to have a header of its own" * 100)
    with pytest.raises(ArtifactError, match=r"DuckDB file .* cannot be used"):
        open_store(out).write(results(DECEMBER))


def test_duckdb_file_in_use_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(database_store, "WAIT_SECONDS", 0.0)
    out = tmp_path / "results.duckdb"
    holder = f"import duckdb; c = duckdb.connect({str(out)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        with pytest.raises(ArtifactError, match=r"cannot be used: .*lock"):
            open_store(out).write(results(DECEMBER))
        process.stdin.close()
    open_store(out).write(results(DECEMBER))


def test_postgres_results_have_a_schema_of_their_own(database):
    open_store(database).write(results(DECEMBER))
    run_sql(database, "SELECT p_churn FROM churngrid.scores WHERE as_of = '2025-12-01Z'")


def test_two_writers_to_postgres_take_turns(database):
    def write(p):
        open_store(database).write(results(DECEMBER, p=p))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [0.1, 0.2, 0.3, 0.4]))
    found = column(database, "p_churn")
    assert len(found) == 2
    assert len(set(found)) == 1


def test_column_name_that_postgres_would_cut_is_refused(database):
    tables = results(DECEMBER)
    tables["scores"]["chs_" + "é" * 30] = 1.0
    with pytest.raises(SchemaError, match=r"names of at most 63 bytes, got 'chs_é"):
        open_store(database).write(tables)
    assert stored(database) is None


def test_character_that_postgres_cannot_hold_is_said(database):
    with pytest.raises(ArtifactError, match=r"cannot be used: .*invalid byte sequence"):
        open_store(database).write(results(DECEMBER, accounts=["a\0b"]))
    assert stored(database) is None


def test_password_is_in_no_message(database):
    wrong = database.replace("postgresql://churn:", "postgresql://churn:hunter2")
    for action in (lambda: stored(wrong), lambda: open_store(wrong).write(results(DECEMBER))):
        with pytest.raises(ArtifactError, match=r"database 'postgresql://127.0.0.1:") as caught:
            action()
        assert "hunter2" not in str(caught.value)
        assert caught.value.__suppress_context__
    assert "hunter2" not in repr(open_store(wrong))


def test_server_that_does_not_answer_is_said():
    pytest.importorskip("adbc_driver_postgresql", reason="the PostgreSQL driver is not installed")
    with pytest.raises(ArtifactError, match=r"database 'postgresql://127.0.0.1:1/x' cannot be"):
        stored("postgresql://ann:s3cret@127.0.0.1:1/x")


def test_missing_driver_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(SchemaError, match=r"pip install 'churngrid\[postgres\]'"):
        stored("postgresql://db.example/crm")
