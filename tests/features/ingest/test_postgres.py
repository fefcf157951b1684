"""Reading from a real PostgreSQL server, which the fixture starts."""

import datetime as dt
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from churngrid.features.addresses import public_address
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.database import open_postgres
from churngrid.features.ingest.read import open_source, read_tables
from churngrid.features.schema.settings import Settings

TABLES = """
CREATE TABLE accounts (
    account_id uuid PRIMARY KEY, name varchar(50), employee_count numeric(10, 2),
    customer_since date, known_at timestamp, code char(8), segment text
);
INSERT INTO accounts VALUES
    ('00000000-0000-0000-0000-00000000000a', 'Alder "A"; DROP', 12.00, '2024-01-01',
     '2024-01-02 03:04:05', 'x', NULL),
    ('00000000-0000-0000-0000-00000000000b', NULL, NULL, NULL, '2024-01-02', NULL, 'mid');
CREATE TYPE priority AS ENUM ('low', 'critical');
CREATE TABLE tickets (
    ticket_id bigint, account_id uuid, created_at timestamptz, priority priority,
    reopen_count smallint
);
INSERT INTO tickets VALUES
    (7, '00000000-0000-0000-0000-00000000000a', '2024-05-01 12:00:00+02', 'critical', 2);
CREATE TABLE people (person_id int, account_id uuid, roles text[], valid_from date);
INSERT INTO people VALUES
    (1, '00000000-0000-0000-0000-00000000000a', '{Admin,champion}', '2024-01-01');
"""


@pytest.fixture
def execute(postgres_url):
    from adbc_driver_postgresql import dbapi

    def run(script, url=postgres_url):
        with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in script.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)

    return run


@pytest.fixture
def database(postgres_url, execute):
    """URL of an empty database of one test."""
    execute("DROP DATABASE IF EXISTS churn_test;\nCREATE DATABASE churn_test")
    return postgres_url.removesuffix("/postgres") + "/churn_test"


def test_types_of_the_server_become_canonical(database, execute):
    execute(TABLES, database)
    tables = read_tables(database)
    assert tables["accounts"]["account_id"].to_pylist() == [
        "00000000-0000-0000-0000-00000000000a",
        "00000000-0000-0000-0000-00000000000b",
    ]
    assert tables["accounts"]["name"].to_pylist() == ['Alder "A"; DROP', None]
    assert tables["accounts"]["employee_count"].to_pylist() == [12.0, None]
    assert tables["accounts"]["known_at"].to_pylist()[0] == dt.datetime(
        2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC
    )
    ticket = tables["tickets"].to_pylist()[0]
    assert (ticket["ticket_id"], ticket["priority"], ticket["reopen_count"]) == ("7", "critical", 2)
    assert ticket["created_at"] == dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC)
    assert tables["people"]["roles"].to_pylist() == ["admin|champion"]
    assert tables.quarantine.num_rows == 0


def test_server_gives_the_same_tables_as_frames(database, execute):
    execute(TABLES, database)
    first, second = (f"00000000-0000-0000-0000-00000000000{end}" for end in "ab")
    frames = {
        "accounts": pd.DataFrame(
            {
                "account_id": [first, second],
                "name": ['Alder "A"; DROP', None],
                "employee_count": [12, None],
                "customer_since": ["2024-01-01", None],
                "known_at": pd.to_datetime(["2024-01-02 03:04:05", "2024-01-02 00:00:00"]),
                "segment": [None, "mid"],
            }
        ),
        "tickets": pd.DataFrame(
            {
                "ticket_id": [7],
                "account_id": [first],
                "created_at": ["2024-05-01T10:00Z"],
                "priority": ["critical"],
                "reopen_count": [2.0],
            }
        ),
        "people": pd.DataFrame(
            {
                "person_id": ["1"],
                "account_id": [first],
                "roles": [["admin", "champion"]],
                "valid_from": [dt.date(2024, 1, 1)],
            }
        ),
    }
    served, framed = read_tables(database), read_tables(frames)
    for name in framed:
        assert served[name].equals(framed[name])


def test_names_with_quotes_and_other_schemas_are_read(database, execute):
    execute(
        'CREATE SCHEMA "crm ""x""";\n'
        'CREATE TABLE "crm ""x"""."my ""accounts""; --" ("the ""id""" int);\n'
        'INSERT INTO "crm ""x"""."my ""accounts""; --" VALUES (1);\n'
        "CREATE TABLE tickets (ticket_id int, account_id int, created_at date);\n"
        "INSERT INTO tickets VALUES (1, 1, '2024-01-01')",
        database,
    )
    mapping = {"source": 'crm "x".my "accounts"; --', "columns": {"account_id": 'the "id"'}}
    tables = read_tables(database, Settings.model_validate({"tables": {"accounts": mapping}}))
    assert tables["accounts"]["account_id"].to_pylist() == ["1"]


def test_visible_schema_wins_over_another_of_the_same_table_name(database, execute):
    execute(
        "CREATE SCHEMA old;\nCREATE TABLE old.accounts (account_id int);\n"
        "CREATE TABLE accounts (account_id text)",
        database,
    )
    source = open_source(database)
    assert source.names() == ("accounts", "old.accounts")
    source.close()


def test_source_cannot_write(database, execute):
    execute("CREATE TABLE accounts (account_id text)", database)
    source = open_postgres(database)
    with pytest.raises(SchemaError, match="read-only transaction"):
        list(source._run("INSERT INTO accounts VALUES ('a') RETURNING account_id"))
    source.close()


def test_view_that_fails_is_one_clear_sentence(database, execute):
    execute(
        "CREATE VIEW accounts AS SELECT (1 / (x - x))::text account_id FROM (VALUES (1)) t (x);\n"
        "CREATE TABLE tickets (ticket_id int, account_id int, created_at date)",
        database,
    )
    with pytest.raises(SchemaError, match=r"cannot be read: .*division by zero"):
        read_tables(database)


def test_wrong_password_is_refused_without_showing_it(postgres_url):
    url = postgres_url.replace(":s3cret", ":wr0ng")
    with pytest.raises(
        SchemaError, match=r"cannot be reached: .*password authentication"
    ) as caught:
        read_tables(url)
    assert "wr0ng" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_unreachable_server_is_one_clear_sentence(postgres_url):
    url = "postgresql://ann:pw@127.0.0.1:1/crm"
    with pytest.raises(SchemaError, match=r"^database 'postgresql://127.0.0.1:1/crm' cannot be"):
        read_tables(url)


@pytest.mark.parametrize("secret", ["topsecret", "top%2Fsecret"])
def test_secret_that_the_driver_repeats_is_withheld(postgres_url, secret):
    url = f"postgresql://ann:{secret}@127.0.0.1:1/crm?{secret}=x"
    with pytest.raises(SchemaError, match="message is withheld") as caught:
        read_tables(url)
    assert secret not in str(caught.value)


def test_missing_driver_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(SchemaError, match=r"pip install 'churngrid\[postgres\]'"):
        read_tables("postgresql://ann:secret@127.0.0.1/crm")


def test_other_kinds_of_url_are_refused_without_their_password():
    with pytest.raises(SchemaError, match="begin with postgresql://, got 'mysql://h/db'"):
        read_tables("mysql://ann:secret@h/db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://h/db", "postgresql://h/db"),
        ("postgresql://u:p%40q@h:1/db?password=x", "postgresql://h:1/db"),
        ("postgresql://u:a@b@h/db", "postgresql://h/db"),
        ("postgresql://u:p?q@h/db", "postgresql://..."),
        ("postgresql://h/db?password=a@b", "postgresql://..."),
    ],
)
def test_shown_url_has_no_credentials(url, shown):
    assert public_address(url) == shown


def test_numbers_of_any_precision_are_read(database, execute):
    execute(
        "CREATE TABLE accounts (account_id bigint, employee_count numeric);\n"
        "INSERT INTO accounts VALUES (9007199254740993, 1e3), (2, 'NaN');\n"
        "CREATE TABLE tickets (ticket_id int, account_id bigint, created_at date);\n"
        "INSERT INTO tickets VALUES (1, 2, '2024-01-01')",
        database,
    )
    tables = read_tables(database)
    assert tables["accounts"]["account_id"].to_pylist() == ["9007199254740993", "2"]
    assert tables["accounts"]["employee_count"].to_pylist() == [1000.0, None]
    assert tables["accounts"].schema.field("employee_count").type == pa.float64()


def test_endless_time_is_an_open_end_and_otherwise_no_time(database, execute):
    execute(
        "CREATE TABLE accounts (account_id int, valid_from date, valid_to timestamp);\n"
        "INSERT INTO accounts VALUES (1, '2024-01-01', 'infinity'), (2, '-infinity', NULL);\n"
        "CREATE TABLE tickets (ticket_id int, account_id int, created_at date);\n"
        "INSERT INTO tickets VALUES (1, 1, '2024-01-01')",
        database,
    )
    tables = read_tables(database)
    assert tables["accounts"]["account_id"].to_pylist() == ["1", "2"]
    assert tables["accounts"]["valid_to"].to_pylist() == [None, None]
    (finding,) = (one for one in tables.findings if one.emptied)
    assert (finding.column, finding.rule) == ("valid_from", "not between 1970 and 2199")


def test_usage_larger_than_a_batch_streams_and_is_looked_up_meanwhile(database, execute):
    rows = 250_000
    execute(
        "CREATE TABLE accounts (account_id text);\nINSERT INTO accounts VALUES ('a'), ('b');\n"
        "CREATE TABLE logins (login text, customer text);\n"
        "INSERT INTO logins SELECT md5((i % 50)::text), CASE WHEN i % 50 < 20 THEN 'a' ELSE 'b' END"
        " FROM generate_series(0, 99) AS t (i);\n"
        "CREATE TABLE usage_events (login text, product_user_id text, occurred_at timestamp);\n"
        "INSERT INTO usage_events SELECT md5((i % 50)::text), md5((i % 50)::text) || i % 50,"
        " timestamp '2024-01-01' + i * interval '1 minute'"
        f" FROM generate_series(0, {rows - 1}) AS t (i);\n"
        f"INSERT INTO usage_events VALUES ('nobody', 'u', '2024-01-01')",
        database,
    )
    lookup = {"account_id": {"table": "logins", "on": "login", "take": "customer"}}
    settings = Settings.model_validate({"tables": {"usage_events": {"lookup": lookup}}})
    told = []
    tables = read_tables(database, settings, progress=lambda name, read: told.append((name, read)))
    pieces = [read for name, read in told if name == "usage_events"]
    assert len(pieces) > 1
    assert pieces == sorted(pieces)
    usage = tables["usage_events"]
    assert tables.rows_in["usage_events"] == pieces[-1] == rows + 1
    assert usage.num_rows == rows
    assert tables.quarantine["row"].to_pylist() == [rows]
    of_a = pc.equal(usage["account_id"].cast(pa.string()), "a")
    assert pc.sum(of_a).as_py() == rows * 20 // 50
    moments = usage["occurred_at"].cast(pa.int64()).to_numpy()
    assert (moments[1:] - moments[:-1] == 60_000_000).all()
