"""A model store that is damaged, held, read-only or no file: a sentence with the next step."""

import sqlite3
from contextlib import closing

import pytest

import churngrid
from churngrid.features.errors import ArtifactError
from churngrid.training.registry.mlflow_store import local_uri, store_client


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    with store_client(local_uri(folder)):
        return (folder / "mlflow.db").read_bytes()


@pytest.fixture
def store(tmp_path, whole):
    (tmp_path / "mlflow-artifacts").mkdir()
    (tmp_path / "mlflow.db").write_bytes(whole)
    return tmp_path / "mlflow.db"


def listed(path):
    return churngrid.list_models(tracking=f"sqlite:///{path}")


@pytest.mark.parametrize(
    "content",
    [
        lambda whole: whole[:20_000],
        lambda whole: whole[:100],
        lambda whole: bytes(range(256)) * 800,
        lambda whole: whole[:100] + b"\xa5" * (len(whole) - 100),
    ],
    ids=["cut", "headings alone", "another file", "overwritten"],
)
def test_a_damaged_store_is_named_with_the_next_step(store, whole, content):
    store.write_bytes(content(whole))
    with pytest.raises(ArtifactError, match=r"mlflow\.db' (is damaged|was left half-made).* train"):
        listed(store)


def test_a_folder_in_the_place_of_the_store_is_named(store):
    store.unlink()
    store.mkdir()
    with (
        pytest.raises(ArtifactError, match="is a folder, where an SQLite file must be"),
        store_client(f"sqlite:///{store}"),
    ):
        pass


def test_a_named_store_that_is_not_there_is_no_empty_one(tmp_path, monkeypatch):
    with pytest.raises(ArtifactError, match=r"There is no model store .*nowhere\.db"):
        listed(tmp_path / "nowhere.db")
    monkeypatch.chdir(tmp_path)
    assert churngrid.list_models() == ()


def test_a_store_that_may_only_be_read_is_read(store):
    store.chmod(0o400)
    assert listed(store) == ()


def test_a_store_that_somebody_holds_is_to_be_tried_again(store, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: connect(*args, **options | {"timeout": 0})
    )
    with closing(connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ArtifactError, match=r"is locked\. Another process holds it: try again"):
            listed(store)
