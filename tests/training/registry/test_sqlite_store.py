"""A local store is made whole or not at all; one that was left half-made is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from churngrid.features.errors import ArtifactError
from churngrid.training.registry.mlflow_registry import (
    champion_version,
    load_champion,
    local_uri,
)
from churngrid.training.registry.mlflow_store import _make_tables
from churngrid.training.registry.sqlite_store import ready_store


def test_the_tables_of_a_new_store_are_those_that_mlflow_makes(tmp_path: Path) -> None:
    uri = local_uri(tmp_path / "new folder")
    ready_store(uri, _make_tables)
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["mlflow.db"]
    with closing(sqlite3.connect(tmp_path / "new folder" / "mlflow.db")) as store:
        tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
    assert {"experiments", "runs", "model_versions"} <= tables
    assert champion_version(uri, "churn") is None


@pytest.mark.parametrize("uri", ["https://mlflow.example", "postgresql://host/db"])
def test_what_is_no_local_store_is_left_alone(tmp_path: Path, monkeypatch, uri: str) -> None:
    monkeypatch.chdir(tmp_path)
    ready_store(uri, _make_tables)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("mine")
    with pytest.raises(ArtifactError, match=r"mlflow\.db' is damaged .*train again"):
        ready_store(local_uri(tmp_path), _make_tables)
    assert (tmp_path / "mlflow.db").read_text() == "mine"


def test_a_store_that_another_run_made_meanwhile_stays(tmp_path: Path) -> None:
    def while_another_run_makes_it(address: str) -> None:
        _make_tables(address)
        (tmp_path / "mlflow.db").write_text("mine")

    ready_store(local_uri(tmp_path), while_another_run_makes_it)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ArtifactError, match=r"file/mlflow.db' cannot be written: .*--tracking"):
        ready_store(local_uri(tmp_path / "file"), _make_tables)


@pytest.mark.parametrize("statements", ["", "CREATE TABLE experiments (experiment_id INTEGER)"])
def test_a_half_made_store_is_named_with_the_next_step(tmp_path: Path, statements: str) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        store.execute(statements or "VACUUM")
    with pytest.raises(ArtifactError, match=r"half-made.*Move the file away, and train again"):
        load_champion(local_uri(tmp_path), "churn")
