"""A real PostgreSQL server that is locked, keeps tables to itself or knows money."""

import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest import database as reading
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

TABLES = (
    "DROP SCHEMA IF EXISTS public CASCADE",
    "CREATE SCHEMA public",
    "CREATE TABLE accounts (account_id text, name text)",
    "INSERT INTO accounts VALUES ('a', 'Alder')",
    "CREATE TABLE tickets (ticket_id int, account_id text, created_at date)",
    "INSERT INTO tickets VALUES (1, 'a', '2025-01-01')",
    "CREATE TABLE contracts (contract_id text, account_id text, term_start date, term_end date,"
    " auto_renew boolean, acv money)",
    "INSERT INTO contracts VALUES ('c', 'a', '2025-01-01', '2026-01-01', true, 12345.5)",
)


def connected(url, **options):
    from adbc_driver_postgresql import dbapi

    return dbapi.connect(url, **options)


@pytest.fixture
def database(postgres_url):
    """URL of a database with three tables, all of one test."""
    run(postgres_url, "DROP DATABASE IF EXISTS faults", "CREATE DATABASE faults")
    url = postgres_url.removesuffix("/postgres") + "/faults"
    run(url, *TABLES)
    return url


def run(url, *statements):
    with connected(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_table_that_somebody_has_locked_is_not_waited_for_without_end(database, monkeypatch):
    short = [line.replace("'60s'", "'50ms'") for line in reading._POSTGRES_SET_UP]
    assert short != list(reading._POSTGRES_SET_UP)
    monkeypatch.setattr(reading, "_POSTGRES_SET_UP", tuple(short))
    with connected(database) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SchemaError, match=r"cannot be read: .*lock timeout"):
            read_tables(database)
        other.rollback()
    assert read_tables(database)["tickets"].num_rows == 1


@pytest.fixture
def guest(database):
    """URL for a login that may read all but what a test takes from it."""
    run(
        database,
        "DROP ROLE IF EXISTS guest",
        "CREATE ROLE guest LOGIN PASSWORD 'guest'",
        "GRANT USAGE ON SCHEMA public TO guest",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest",
    )
    yield f"postgresql://guest:guest@{database.rpartition('@')[2]}"
    run(database, "DROP OWNED BY guest", "DROP ROLE guest")


def test_table_that_may_not_be_read_is_named_and_not_missing(database, guest):
    run(database, "REVOKE SELECT ON contracts FROM guest")
    with pytest.raises(
        SchemaError, match=r"'contracts' is in .* this login may not read it: GRANT"
    ):
        read_tables(guest)
    left_out = Settings.model_validate({"tables": {"contracts": {"skip": True}}})
    assert "contracts" not in read_tables(guest, left_out)


def test_other_table_that_may_not_be_read_disturbs_nobody(database, guest):
    run(database, "CREATE TABLE payroll (salary money)")
    assert set(read_tables(guest)) == {"accounts", "tickets", "contracts"}


def test_table_of_which_some_columns_may_be_read_is_read(database, guest):
    run(
        database,
        "REVOKE SELECT ON accounts FROM guest",
        "GRANT SELECT (account_id) ON accounts TO guest",
    )
    accounts = read_tables(guest)["accounts"]
    assert accounts["account_id"].to_pylist() == ["a"]


def test_money_is_read_as_the_number_that_it_is(database):
    tables = read_tables(database)
    assert tables["contracts"]["acv"].to_pylist() == [12345.5]
    assert tables.quarantine.num_rows == 0


def test_password_may_stand_in_the_environment(database, monkeypatch):
    from urllib.parse import unquote, urlsplit

    monkeypatch.setenv("PGPASSWORD", unquote(urlsplit(database).password))
    user = urlsplit(database).username
    without = f"postgresql://{user}@{database.rpartition('@')[2]}"
    assert read_tables(without)["accounts"].num_rows == 1
