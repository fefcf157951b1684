"""Columns computed by expressions: what they see, what they may not, and what they give."""

import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.formulas import columns_in, computed
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

ROWS = pa.table(
    {
        "Unit Price": ["1,200.50", "10"],
        "seats": ["2", None],
        "who": ["Ann@Ada.com", "bob"],
        "extra": ['{"company": {"id": 7}}', "{}"],
        "day": ["25/01/2025", "03/02/2025"],
    }
)


def value(formula):
    return computed(ROWS, {"x": formula}, "t.formulas")["x"].to_pylist()


def test_numbers_are_read_as_the_contract_reads_them():
    assert value('number("Unit Price") * coalesce(number("seats"), 1)') == [2401.0, 10.0]


def test_times_are_read_by_the_form_of_the_column():
    moved = value('moment("day") - interval 1 month')
    assert [(day.month, day.day) for day in moved] == [(12, 25), (1, 3)]


def test_text_can_be_taken_apart():
    assert value("""regexp_extract(lower("who"), '@(.+)$', 1)""") == ["ada.com", ""]
    assert value("""json_extract_string(extra, '$.company.id')""") == ["7", None]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("1); select (2", "must be one expression"),
        ("1 +", "is no expression"),
        ("nobody + 1", "cannot be computed"),
        ("(select content from read_text('/etc/hostname'))", "'read_text' gives another"),
        ("now()", "gives another answer each time"),
        ("current_date", "gives another answer each time"),
        ('sum(number("seats"))', "must give one value for each of 2 rows, got 1"),
        ("unnest([1, 2])", "gives another answer each time or several"),
        (" ", "must be one expression"),
        ("random() * 2", "gives another answer each time"),
    ],
)
def test_what_is_no_plain_expression_of_the_row_is_refused(formula, message):
    with pytest.raises(SchemaError, match=f"`tables.t.formulas.x`.*{message}"):
        value(formula)


def test_only_columns_are_asked_for_and_not_texts_that_look_like_them():
    assert columns_in("case when plan = 'seats' then \"Unit Price\" end", ["plan", "seats"]) == (
        *("Unit Price", "plan"),
    )


def test_a_price_of_another_table_is_multiplied_where_it_is_needed():
    item = {
        "id": ["i"],
        "account_id": ["a"],
        "plan": ["gold"],
        "seats": [3],
        "from": ["2025-01-01"],
    }
    data = {
        "accounts": pd.DataFrame({"account_id": ["a"]}),
        "items": pd.DataFrame(item),
        "plans": pd.DataFrame({"code": ["gold"], "cents": ["36000"], "months": [12]}),
    }
    price = {"table": "plans", "on": "plan", "equals": "code"}
    mapping = {
        "source": "items",
        "columns": {"item_id": "id", "effective_from": "from", "quantity": "seats"},
        "beside": {"cents": {**price, "take": "cents"}, "months": {**price, "take": "months"}},
        "formulas": {"mrr": 'seats * number("cents") / 100 / number("months")'},
    }
    settings = Settings.model_validate({"tables": {"subscription_items": mapping}})
    assert read_tables(data, settings)["subscription_items"]["mrr"].to_pylist() == [90.0]


def test_a_formula_over_a_column_that_is_not_there_names_the_setting():
    data = {"accounts": pd.DataFrame({"account_id": ["a"]}), "tickets": pd.DataFrame({"id": ["1"]})}
    mapping = {"columns": {"ticket_id": "id"}, "formulas": {"category": 'upper("topic")'}}
    settings = Settings.model_validate({"tables": {"tickets": mapping}})
    with pytest.raises(SchemaError, match=r"tickets\.formulas\.category`: .* no column 'topic'"):
        read_tables(data, settings)


def test_of_several_answers_the_earliest_that_counts_is_taken():
    history = pd.DataFrame(
        {
            "ticket": ["1", "1", "1"],
            "field": ["status", "priority", "status"],
            "value": ["solved", "solved", "Closed"],
            "at": ["2025-01-09", "2025-01-02", "2025-01-05"],
        }
    )
    data = {
        "accounts": pd.DataFrame({"account_id": ["a"]}),
        "tickets": pd.DataFrame(
            {"ticket_id": ["1"], "account_id": ["a"], "created_at": ["2025-01-01"]}
        ),
        "history": history,
    }
    look = {
        **{"table": "history", "on": "ticket_id", "equals": "ticket", "take": "at"},
        "where": {"field": ["status"], "value": ["solved", "closed"]},
    }

    def solved(**more):
        mapping = {"lookup": {"resolved_at": {**look, **more}}}
        settings = Settings.model_validate({"tables": {"tickets": mapping}})
        return read_tables(data, settings)["tickets"]["resolved_at"].to_pylist()

    assert solved(earliest=True)[0].day == 5
    with pytest.raises(
        SchemaError, match=r"more than one `at` .* `earliest: true` takes the first"
    ):
        solved()


def test_a_row_that_an_expression_does_not_fit_has_no_value_and_that_is_said():
    rows, faults = pa.table({"json": ['{"a": "x"}', '{"a', None]}), []
    formula = {"x": "json_extract_string(\"json\", '$.a')"}
    assert computed(rows, formula, "t.formulas", faults)["x"].to_pylist() == ["x", None, None]
    assert "`t.formulas.x` cannot be computed for every row" in faults[0]
    with pytest.raises(SchemaError, match="cannot be computed"):
        computed(rows.slice(1), formula, "t.formulas", faults)
