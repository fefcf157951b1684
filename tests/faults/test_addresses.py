"""No password is shown, stored or made into a folder, however its address is spelled."""

import re

import pytest

import churngrid
from churngrid.features.addresses import (
    is_address,
    public_address,
    told_by_driver,
    without_secrets,
)
from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.serving.results.stores import open_store
from churngrid.training.registry.mlflow_registry import load_champion
from tests.serving.standins import run

SECRET = "hunter2"
SPELLINGS = [
    "postgresql://ann:hunter2@host/db",
    "postgresql:/ann:hunter2@host/db",
    "postgresql:ann:hunter2@host/db",
    "postgresql//ann:hunter2@host/db",
    "postgresql:\\\\ann:hunter2@host",
    " postgresql://ann:hunter2@host/db",
    "POSTGRESQL://ann:hunter2@host/db",
    "postgres+psycopg://ann:hunter2@host/db",
    "jdbc:postgresql://ann:hunter2@host/db",
    "mysql://ann:hunter2@host/db",
    "ann:hunter2@host/db",
    "//ann:hunter2@host/db",
    "postgresql://ann:hunter2/with[odd]#signs?@host/db",
    "postgresql://ann:hunter2 blank@host/db",
    "host=db user=ann password=hunter2",
    "https://host/db?token=hunter2",
]


@pytest.mark.parametrize("address", SPELLINGS)
def test_misspelled_address_is_refused_without_its_password(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Nobody is to be waited for.
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
    tables = {"accounts": [], "tickets": []}
    attempts = [
        lambda: churngrid.check(address),
        lambda: open_store(address).read("scores"),
        lambda: churngrid.check(tables, out=address),
        lambda: load_champion(address, "churn"),
    ]
    for attempt in attempts:
        with pytest.raises((SchemaError, ArtifactError)) as caught:
            attempt()
        assert SECRET not in str(caught.value)
        assert SECRET not in str(caught.value.__cause__ or "")
    assert list(tmp_path.iterdir()) == []


def test_tracking_address_is_an_address():
    with pytest.raises(ArtifactError, match="A tracking address begins with sqlite:///"):
        load_champion("models", "churn")


@pytest.mark.parametrize("address", SPELLINGS)
def test_command_line_shows_no_password(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["check", address],
        ["score", address, "--out", "results"],
        ["score", "data", "--out", address],
        ["check", "data", address],
        ["check", address, f"--{address}"],
        ["explain", "data", "--account", "a", "--tracking", address],
        ["backtest", "data", "--out", address],
    ):
        for option in ([], ["--json"]):
            done = run(*arguments, *option)
            assert done.exit_code == 2
            assert SECRET not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_address_that_the_settings_name_is_told_without_its_password(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "churngrid.yaml").write_text("data: postgresql://ann:hunter2@127.0.0.1:1/db\n")
    done = run("check")
    assert "Data: postgresql://127.0.0.1:1/db" in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", ["exports", "exports/2025", "a:b", r"C:\exports", "C:/exports", "me@home", "x.duckdb"]
)
def test_path_is_no_address(path):
    assert not is_address(path)
    assert public_address(path) == path


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:////runs/mlflow.db", "sqlite:////runs/mlflow.db"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("postgresql://a:b@c/d", "postgresql://c/d"),
        ("https://a@c/d?key=1#x", "https://c/d"),
        ("https://hub/api?token=t", "https://hub/api"),
    ],
)
def test_address_is_shown_without_user_and_options(address, shown):
    assert public_address(address) == shown


@pytest.mark.parametrize(
    "message",
    [
        "no route to postgresql://ann:hunter2@host/db",
        "cannot open 'ann:hunter2@host/db': no such file",
        "bad option password=hunter2 in the address",
        "GET https://hub/api?token=hunter2&x=1 failed",
        "GET https://hub/api?api_key='hunter2' failed",
        "Authorization: Bearer hunter2hunter2",
        'parsed {"client_secret" = "hunter2"}',
    ],
)
def test_messages_lose_their_secrets_by_pattern(message):
    assert SECRET not in without_secrets(message)


@pytest.mark.parametrize(
    "message",
    [
        "File 'exports/a.csv' cannot be read: line 3 has 2 values.",
        "Column `as_of` must hold times, got 'x@y: z'.",
        "12:30 at the latest; write to ops@example.com.",
    ],
)
def test_other_messages_stay_as_they_are(message):
    assert without_secrets(message) == message


def test_pieces_that_a_driver_cuts_a_password_into_are_withheld():
    address = "postgresql://ann:hun[ter2/x@host/db"
    for message in ('invalid port number: "ter2"', 'unexpected "hun" in host'):
        assert re.search("withheld", told_by_driver(ValueError(message), address))
    assert told_by_driver(ValueError("timeout\nmore"), address) == "timeout"
    assert told_by_driver(ValueError(), address) == "ValueError"
