"""What a model store refuses is said by its cause, not by a guess at the address or the driver."""

import sqlite3
from contextlib import closing

import pytest

from churngrid.features.errors import ArtifactError, NoRoomError
from churngrid.training.registry.mlflow_store import local_uri, store_client, store_exists


def full(path):
    """Let SQLite meet its own limit, with the words that it has for a full disk."""
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA max_page_count = 1")
        store.execute("CREATE TABLE more AS SELECT * FROM runs")


def only_read(path):
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
        store.execute("CREATE TABLE more (x)")


def failing(_path):
    raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        (full, r"^The disk has no room for model store 'sqlite:.*mlflow\.db'"),
        (only_read, "It may only be read here"),
        (failing, "The disk failed, or takes no more from this user"),
    ],
)
def test_cause_is_told_once_and_without_a_guess(tmp_path, capfd, refuse, said):
    from mlflow.exceptions import MlflowException

    uri = local_uri(tmp_path)

    def refused():
        try:
            refuse(tmp_path / "mlflow.db")
        except sqlite3.OperationalError as error:
            # As MLflow passes on what its database says; the words may be in the cause alone.
            first = "autoflush failed" if refuse is full else f"(sqlite3.OperationalError) {error}"
            raise MlflowException(first) from error

    with pytest.raises(ArtifactError, match=said) as told, store_client(uri):
        refused()
    assert "driver" not in str(told.value)
    assert isinstance(told.value, NoRoomError) == (refuse is full)
    assert "Traceback" not in capfd.readouterr().err


def test_what_mlflow_says_of_an_error_is_not_printed_as_well(tmp_path, capfd):
    import logging

    with store_client(local_uri(tmp_path)):
        logging.getLogger("mlflow.store.db.utils").error("Traceback")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("name", ["ha#sh", "new\nline", "um lä&+", "100% sure"])
def test_store_lies_in_the_folder_that_is_named_whatever_its_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    with store_client(local_uri(folder)) as client:
        client.create_experiment("mine")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (folder / "mlflow.db").is_file()
    assert store_exists(local_uri(folder))


@pytest.mark.parametrize("name", ["per%41cent", "qu?a=b"])
def test_folder_that_mlflow_would_take_for_another_is_refused(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    assert not store_exists(local_uri(folder))
    with (
        pytest.raises(ArtifactError, match=r"MLflow takes '\?', and '%' with two digits"),
        store_client(local_uri(folder)),
    ):
        pass
    assert list(tmp_path.rglob("*")) == [folder]
