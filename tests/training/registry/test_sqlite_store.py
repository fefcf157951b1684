"""A local store is made by another process, whole or not at all."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from churngrid.training.registry import sqlite_store as trackingstore
from churngrid.training.registry.mlflow_registry import champion_version, local_uri
from churngrid.training.registry.sqlite_store import store_ahead

# Stands for MLflow: writes what takes it seconds at once.
WRITES = "import sys; open(sys.argv[1].removeprefix('sqlite:///'), 'w').write('tables')"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """Collect the processes that are started."""
    found: list[subprocess.Popen[bytes]] = []
    start = trackingstore._started

    def collecting(made: Path) -> "subprocess.Popen[bytes]":
        found.append(start(made))
        return found[-1]

    monkeypatch.setattr(trackingstore, "_started", collecting)
    return found


def test_the_tables_of_a_new_store_are_those_that_mlflow_makes(tmp_path: Path) -> None:
    uri = local_uri(tmp_path / "new folder")
    with store_ahead(uri) as address:
        assert not (tmp_path / "new folder").exists()
        assert address() == uri
        assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["mlflow.db"]
    with closing(sqlite3.connect(tmp_path / "new folder" / "mlflow.db")) as store:
        tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
    assert {"experiments", "runs", "model_versions"} <= tables
    assert champion_version(uri, "churned") is None


def test_a_store_that_nobody_asks_for_is_not_put_in_place(tmp_path: Path, started) -> None:
    with store_ahead(local_uri(tmp_path)):
        assert started[0].poll() is None
    assert started[0].poll() is not None
    assert list(tmp_path.iterdir()) == []


def test_an_error_ends_the_other_process(tmp_path: Path, started) -> None:
    with pytest.raises(KeyboardInterrupt), store_ahead(local_uri(tmp_path)):
        raise KeyboardInterrupt
    assert started[0].poll() is not None


def test_what_is_no_new_local_store_is_left_alone(tmp_path: Path, started) -> None:
    (tmp_path / "mlflow.db").write_text("mine")
    for uri in (local_uri(tmp_path), "https://mlflow.example", "postgresql://host/db"):
        with store_ahead(uri) as address:
            assert address() == uri
    assert started == []
    assert (tmp_path / "mlflow.db").read_text() == "mine"


def test_a_store_that_another_run_made_meanwhile_stays(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(trackingstore, "_MAKE_TABLES", WRITES)
    with store_ahead(local_uri(tmp_path)) as address:
        (tmp_path / "mlflow.db").write_text("mine")
        address()
    assert (tmp_path / "mlflow.db").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "value"), [("_MAKE_TABLES", "raise SystemExit(1)"), ("_PATIENCE_SECONDS", 0)]
)
def test_without_the_other_process_the_store_is_left_to_mlflow(
    tmp_path: Path, monkeypatch, name: str, value: object
) -> None:
    monkeypatch.setattr(trackingstore, name, value)
    with store_ahead(local_uri(tmp_path)) as address:
        assert address() == local_uri(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_no_process_can_be_started_the_store_is_left_to_mlflow(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with store_ahead(local_uri(tmp_path)) as address:
        assert address() == local_uri(tmp_path)


def test_a_folder_that_cannot_be_made_is_for_mlflow_to_tell(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(trackingstore, "_MAKE_TABLES", WRITES)
    (tmp_path / "file").write_text("no folder")
    uri = local_uri(tmp_path / "file")
    with store_ahead(uri) as address:
        assert address() == uri


def test_asking_twice_changes_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(trackingstore, "_MAKE_TABLES", WRITES)
    with store_ahead(local_uri(tmp_path)) as address:
        address()
        (tmp_path / "mlflow.db").write_text("used")
        address()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["used"]
