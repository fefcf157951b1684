"""What happens to a single row: used as it is, filled in, or put aside with the reason."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.arrays.plain_text import hashed
from churngrid.features.ingest.checks.duplicates import codes_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tables import TABLES, table_spec
from churngrid.features.schema.tableset import canonical_schema

DAY = "2025-01-01"


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def company(**tables):
    """Read one good account with one ticket, and more tables."""
    frames = {
        "accounts": {"account_id": ["a"], "valid_from": [DAY], "known_at": ["2025-01-02"]},
        "tickets": {"ticket_id": ["t"], "account_id": ["a"], "created_at": [DAY]},
        **tables,
    }
    return {name: pd.DataFrame(columns) for name, columns in frames.items()}


def read(settings_=None, **tables):
    return read_tables(company(**tables), settings_ or Settings())


def reasons(tables, name):
    put_aside = tables.quarantine.filter(pc.equal(tables.quarantine["table"], name))
    return dict(zip(put_aside["row"].to_pylist(), put_aside["reason"].to_pylist(), strict=True))


def finding(tables, rule):
    (found,) = [one for one in tables.findings if rule in one.rule]
    return found


# ---- values ------------------------------------------------------------------------------------


def test_row_with_faults_is_put_aside_once_with_all_reasons():
    tables = read(
        tickets={
            "ticket_id": ["t", "u", None],
            "account_id": ["a"] * 3,
            "created_at": [DAY, "yesterday", DAY],
            "reopen_count": ["1", "n/a", "2"],
        }
    )
    assert tables["tickets"]["ticket_id"].to_pylist() == ["t"]
    assert reasons(tables, "tickets") == {
        1: "column `created_at`: not a time, got 'yesterday'",
        2: "column `ticket_id`: missing",
    }
    assert finding(tables, "not a number").examples == ("u",)
    emptied = finding(tables, "not a number")
    assert (emptied.emptied, emptied.quarantined) == (True, False)
    assert emptied == replace(emptied, samples=("n/a",))


def test_examples_of_a_finding_are_three_different_keys():
    users = [*"ppppp", "q", "r", "s"]
    tables = read(seats={"account_id": "a", "product_user_id": users, "sso": "perhaps"})
    assert finding(tables, "not true or false").examples == ("a / p", "a / q", "a / r")


def test_quarantine_holds_the_row_as_it_was():
    tables = read(
        tickets={"ticket_id": [7, 8], "account_id": ["a", "a"], "created_at": [DAY, 5.5], "x": 1}
    )
    (row,) = tables.quarantine.to_pylist()
    assert (row["table"], row["row"], row["key"]) == ("tickets", 1, "8")
    assert json.loads(row["values"]) == {"ticket_id": "8", "account_id": "a", "created_at": "5.5"}


def test_long_values_are_cut_in_reasons_and_kept_in_values():
    tables = read(
        tickets={"ticket_id": ["t", "u"], "account_id": "a", "created_at": [DAY, "x" * 10_000]}
    )
    (row,) = tables.quarantine.to_pylist()
    assert row["reason"] == f"column `created_at`: not a time, got '{'x' * 57}...'"
    assert json.loads(row["values"])["created_at"] == "x" * 10_000


def test_choice_that_is_not_declared_is_put_aside():
    tables = read(
        contract_events={
            "event_id": [1, 2],
            "account_id": ["a", "a"],
            "event_type": [" Renewed ", "exploded"],
            "effective_at": [DAY, DAY],
        }
    )
    assert tables["contract_events"]["event_type"].to_pylist() == ["renewed"]
    assert "not one of notice_received, cancel_req" in reasons(tables, "contract_events")[1]


# ---- known_at ----------------------------------------------------------------------------------


def test_missing_known_at_is_the_first_date_that_is_there():
    tables = read(
        activities={
            "activity_id": [1, 2, 3, 4],
            "account_id": ["a"] * 4,
            "scheduled_at": ["2025-03-01"] * 4,
            "occurred_at": ["2025-03-02", "2025-03-02", None, None],
            "logged_at": ["2025-03-03", None, None, "2025-03-05"],
            "known_at": [None, None, None, "2025-03-09"],
        }
    )
    known = tables["activities"]["known_at"].to_pylist()
    assert known == [utc(2025, 3, 3), utc(2025, 3, 2), utc(2025, 3, 1), utc(2025, 3, 9)]
    assert finding(tables, "missing: taken from `logged_at`").count == 1
    assert finding(tables, "missing: taken from `occurred_at`").count == 1
    assert finding(tables, "missing: taken from `scheduled_at`").count == 1


def test_usage_of_a_day_is_known_at_its_end():
    tables = read(usage_daily={"account_id": ["a"], "product_user_id": [1], "date": ["2025-03-01"]})
    (known,) = tables["usage_daily"]["known_at"].to_pylist()
    assert known == utc(2025, 3, 2) - dt.timedelta(microseconds=1)
    assert finding(tables, "taken from `date` plus the usual delay of a day").table == "usage_daily"


def test_company_event_is_known_a_day_later():
    event = {"event_id": [1], "account_id": ["a"], "kind": ["layoff"], "occurred_at": [DAY]}
    assert read(account_events=event)["account_events"]["known_at"].to_pylist() == [utc(2025, 1, 2)]


def test_account_without_any_date_is_known_from_the_beginning():
    tables = read(accounts={"account_id": ["a", "b"], "valid_from": [None, DAY]})
    assert tables["accounts"]["known_at"].to_pylist() == [utc(1970, 1, 1), utc(2025, 1, 1)]
    assert finding(tables, "taken as known from the beginning").examples == ("a / -",)


def test_row_of_another_table_without_any_date_is_put_aside():
    tables = read(seats={"account_id": ["a"], "product_user_id": [1], "role": ["x"]})
    expected = "column `known_at`: missing, and no `invited_at` or `activated_at` to take its place"
    assert reasons(tables, "seats") == {0: expected}


def test_delivered_known_at_is_kept():
    (known,) = read()["accounts"]["known_at"].to_pylist()
    assert known == utc(2025, 1, 2)


def test_feature_without_a_date_is_used():
    assert read(features={"feature_id": ["f"]})["features"].num_rows == 1


# ---- versions ----------------------------------------------------------------------------------


def test_state_without_a_time_holds_from_when_it_was_known():
    tables = read(
        accounts={
            "account_id": ["a", "a"],
            "valid_from": [None, "2025-02-01"],
            "known_at": [DAY] * 2,
        },
        goals={"goal_id": [1], "account_id": ["a"], "kind": ["business_goal"], "due_at": [DAY]},
    )
    assert tables["accounts"]["valid_from"].to_pylist() == [utc(2025, 1, 1), utc(2025, 2, 1)]
    assert tables["goals"]["changed_at"].to_pylist() == [utc(2025, 1, 1)]
    assert not tables.has("goals", "changed_at")


def test_departure_is_known_when_its_row_was_but_never_before_it_happened():
    tables = read(
        people={
            "person_id": [1, 2, 3, 4],
            "account_id": ["a"] * 4,
            "left_account_at": ["2025-02-01", "2025-02-01", None, "2025-02-01"],
            "left_known_at": [None, "2025-01-15", None, "2025-05-01"],
            "known_at": ["2025-03-01"] * 4,
        }
    )
    learned = tables["people"]["left_known_at"].to_pylist()
    assert learned == [utc(2025, 3, 1), utc(2025, 2, 1), None, utc(2025, 5, 1)]


@pytest.mark.parametrize(("valid_to", "used"), [("2025-01-02", 1), (DAY, 0), ("2024-12-31", 0)])
def test_version_has_to_be_valid_for_some_time(valid_to, used):
    tables = read(
        people={
            "person_id": [1],
            "account_id": ["a"],
            "valid_from": [DAY],
            "valid_to": [valid_to],
        }
    )
    assert tables["people"].num_rows == used
    expected = {} if used else {0: f"column `valid_to`: not after `valid_from`, got '{valid_to}'"}
    assert reasons(tables, "people") == expected


def test_version_without_beginning_is_not_reversed_by_its_late_discovery():
    person = {"person_id": [1], "account_id": ["a"], "valid_to": [DAY], "known_at": ["2025-06-01"]}
    assert read(people=person)["people"].num_rows == 1


def test_activity_needs_a_time():
    tables = read(
        activities={
            "activity_id": [1, 2],
            "account_id": ["a", "a"],
            "scheduled_at": [DAY, None],
            "known_at": [DAY, DAY],
        }
    )
    assert reasons(tables, "activities") == {
        1: "column `occurred_at`: missing, like `scheduled_at`"
    }


# ---- repetitions -------------------------------------------------------------------------------


def test_first_row_of_a_key_is_used():
    tables = read(
        accounts={
            "account_id": ["a", "a", "a", "b"],
            "valid_from": [DAY, DAY, "2025-02-01", DAY],
            "known_at": [DAY] * 4,
            "name": ["first", "second", "third", "fourth"],
        }
    )
    assert tables["accounts"]["name"].to_pylist() == ["first", "third", "fourth"]
    expected = "repeats the key of an earlier row (`account_id`, `valid_from`, `known_at`)"
    assert reasons(tables, "accounts") == {1: expected}


def test_another_known_at_makes_another_version():
    invoice = {"invoice_id": [1, 1], "account_id": ["a", "a"], "issued_at": [DAY, DAY]}
    tables = read(invoices={**invoice, "known_at": [DAY, "2025-02-01"]})
    assert tables["invoices"].num_rows == 2


def test_usage_rows_add_up_unless_they_are_equal():
    usage = {"account_id": ["a"] * 3, "product_user_id": [1] * 3, "date": [DAY] * 3}
    tables = read(usage_daily={**usage, "events": [1, 1, 2]})
    assert tables["usage_daily"]["events"].to_pylist() == [1.0, 2.0]
    assert reasons(tables, "usage_daily") == {1: "repeats an earlier row exactly"}
    assert finding(tables, "repeats the key of an earlier row with other values").count == 1


def test_equal_usage_events_are_two_uses():
    events = {"account_id": ["a"] * 2, "product_user_id": [1] * 2, "occurred_at": [DAY] * 2}
    assert read(usage_events=events)["usage_events"].num_rows == 2


def test_usage_event_delivered_twice_under_its_number_is_one_use():
    events = {
        "n": [1, 1, 2, 2, None, None],
        "account_id": ["a"] * 6,
        "product_user_id": [1, 1, 1, 2, 1, 1],
        "occurred_at": [DAY] * 6,
    }
    mapping = Settings.model_validate({"tables": {"usage_events": {"row_id": "n"}}})
    tables = read(mapping, usage_events=events)
    assert reasons(tables, "usage_events") == {1: "repeats an earlier row exactly"}
    repeated = finding(tables, "repeats an earlier row's")
    assert (repeated.column, repeated.count, repeated.examples) == ("n", 1, ("2",))


def test_row_numbers_do_not_overflow():
    wide = [pa.chunked_array([[str(n % 4_001) for n in range(5_000)]]) for _ in range(12)]
    codes = codes_of(wide)
    assert len(np.unique(codes)) == 4_001
    assert codes[0] == codes[4_001]


# ---- accounts ----------------------------------------------------------------------------------


def test_rows_of_unknown_accounts_are_put_aside():
    tables = read(
        contracts={"contract_id": [1, 2], "account_id": ["a", "z'"], "term_start": [DAY, DAY]}
    )
    assert reasons(tables, "contracts") == {1: 'column `account_id`: account unknown, got "z\'"'}


def test_an_id_that_differs_by_blanks_alone_is_told_apart_from_an_unknown_one():
    tables = read(
        accounts={"account_id": ["a ", "b"]},
        tickets={"ticket_id": [1, 2, 3], "account_id": ["a", "b", "z"], "created_at": [DAY] * 3},
    )
    assert reasons(tables, "tickets") == {
        0: "column `account_id`: the account is known, but with other blanks around its id: write "
        "both alike, got 'a'",
        2: "column `account_id`: account unknown, got 'z'",
    }


def test_rows_of_an_account_that_was_put_aside_follow_it():
    tables = read(
        accounts={"account_id": ["a", "b"], "valid_from": [DAY, DAY], "valid_to": [None, DAY]},
        tickets={"ticket_id": [1, 2], "account_id": ["a", "b"], "created_at": [DAY, DAY]},
    )
    assert reasons(tables, "tickets") == {1: "column `account_id`: account unknown, got 'b'"}


def test_account_without_contract_is_used():
    tables = read(
        accounts={"account_id": ["a", "b"], "customer_since": [DAY, DAY]},
        contracts={"contract_id": [1], "account_id": ["a"], "term_start": [DAY]},
    )
    assert tables["accounts"].num_rows == 2


# ---- personal data -----------------------------------------------------------------------------

PEOPLE = {
    "person_id": [1, 2, None],
    "account_id": ["a"] * 3,
    "email_hash": ["ann@example.com", None, "bob@example.com"],
    "valid_from": [DAY] * 3,
}


def test_personal_columns_are_hashed_in_tables_and_quarantine():
    tables = read(people=PEOPLE)
    assert tables["people"]["email_hash"].to_pylist() == [hashed("ann@example.com"), None]
    assert "example.com" not in str(tables.quarantine.to_pylist())
    assert hashed("bob@example.com") in tables.quarantine["values"][0].as_py()


def test_personal_columns_are_kept_where_the_settings_say_so():
    tables = read(Settings(hash_personal=False), people=PEOPLE)
    assert tables["people"]["email_hash"].to_pylist() == ["ann@example.com", None]
    assert "bob@example.com" in tables.quarantine["values"][0].as_py()


# ---- nothing is lost ---------------------------------------------------------------------------

PLAUSIBLE = {
    "id": st.sampled_from(["a", "b", "p'1", 1, 2.0]),
    "text": st.sampled_from(["mid", "meeting", "nps", "feedback", "renewed"]),
    "number": st.sampled_from([0, 1.5, "2", -1]),
    "flag": st.sampled_from([True, "no", 1]),
    "list": st.sampled_from(["admin|champion", ["user"], "a;b"]),
    "time": st.sampled_from(
        [DAY, "2025-01-02T00:00:00Z", pd.Timestamp(DAY), dt.date(2025, 2, 1), "2025-01-01 00:00+02"]
    ),
}
GARBAGE = st.one_of(
    *(st.none(), st.text(max_size=5), st.integers(), st.floats(), st.binary(max_size=3)),
    *(st.datetimes(), st.booleans(), st.lists(st.text(max_size=2), max_size=2)),
)


def row_of(spec):
    choices = {
        column.name: st.one_of(
            PLAUSIBLE[column.kind],
            PLAUSIBLE[column.kind],
            *([st.sampled_from(column.choices)] if column.choices else []),
            GARBAGE,
        )
        for column in spec.columns
    }
    return st.fixed_dictionaries(choices)


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.name)
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_rows_in_are_rows_used_and_rows_put_aside(spec, data):
    rows = data.draw(st.lists(row_of(spec), max_size=5))
    frame = pd.DataFrame(rows, columns=[column.name for column in spec.columns], dtype=object)
    frames = company()
    if spec.name in frames:
        frame = pd.concat([frames[spec.name].astype(object), frame], ignore_index=True)
    tables = read_tables({**frames, spec.name: frame})
    aside = tables.quarantine.to_pandas()
    for name, table in tables.by_name.items():
        mine = aside[aside["table"] == name]
        assert mine["row"].is_unique
        assert tables.rows_in[name] == table.num_rows + len(mine)
        assert table.schema.equals(canonical_schema(table_spec(name)))
        assert (mine["reason"] != "").all()
    assert tables.rows_in[spec.name] == len(frame)
    if "known_at" in tables[spec.name].column_names:
        assert tables[spec.name]["known_at"].null_count == 0
    put_aside = {one.table for one in tables.findings if one.quarantined}
    assert put_aside == set(aside["table"])
