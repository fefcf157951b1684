"""Which form a column keeps is decided by all of it; what it does not tell is asked."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.coerce import form_of, read_column
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.table_declaration import Column

DAYS = st.dates(dt.date(1975, 1, 1), dt.date(2150, 12, 31))


def chunked(values):
    return pa.chunked_array([pa.array(values)])


def days(values, **more):
    """What a column of times is read as, days where all are midnights."""
    column, data = Column("x", "time", **more), chunked(values)
    read = read_column(column, data)
    return [None if t is None else t.replace(tzinfo=None) for t in read.column.to_pylist()]


@pytest.mark.parametrize(
    ("values", "form", "first"),
    [
        (["2024-04-03 9:30:00"], "year-first", dt.datetime(2024, 4, 3, 9, 30)),
        (["2024/4/3"], "year-first", dt.datetime(2024, 4, 3)),
        (["3.4.2024", "1.4.2024"], "day-first", dt.datetime(2024, 4, 3)),
        (["03/04/2024 17:05", "25/04/2024 08:00"], "day-first", dt.datetime(2024, 4, 3, 17, 5)),
        (["3/4/2024 5:05 PM", "4/25/2024"], "month-first", dt.datetime(2024, 3, 4, 17, 5)),
        (["3/4/24", "4/25/24"], "month-first", dt.datetime(2024, 3, 4)),
        (["03-04-2024", "25-04-2024"], "day-first", dt.datetime(2024, 4, 3)),
        (["3 Apr 2024", "May 1, 2024"], "month-name", dt.datetime(2024, 4, 3)),
        (["03-Apr-24"], "month-name", dt.datetime(2024, 4, 3)),
        (["Wed, 03 Apr 2024 10:00:00 +0200"], "month-name", dt.datetime(2024, 4, 3, 8)),
        (["3. März 2024"], "month-name", dt.datetime(2024, 3, 3)),
        (["2024-04"], "year-month", dt.datetime(2024, 4, 1)),
        (["Apr 2024"], "year-month", dt.datetime(2024, 4, 1)),
        (["2024-Q2"], "year-quarter", dt.datetime(2024, 4, 1)),
        (["20240403"], "yyyymmdd", dt.datetime(2024, 4, 3)),
        (["1712136600"], "seconds", dt.datetime(2024, 4, 3, 9, 30)),
        ([1712136600.5], "seconds", dt.datetime(2024, 4, 3, 9, 30, 0, 500000)),
        ([1712136600000], "milliseconds", dt.datetime(2024, 4, 3, 9, 30)),
        ([1712136600000000], "microseconds", dt.datetime(2024, 4, 3, 9, 30)),
        ([45385.5], "excel-days", dt.datetime(2024, 4, 3, 12)),
        ([2024], "year", dt.datetime(2024, 1, 1)),
    ],
)
def test_any_one_form_of_dates_is_read(values, form, first):
    assert form_of(chunked(values), "time").names == (form,)
    assert days(values)[0] == first


@given(dates=st.lists(DAYS, min_size=2), pattern=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_dates_are_read_as_written_or_asked_but_never_turned_round(dates, pattern):
    written = [date.strftime(pattern) for date in dates]
    kept = form_of(chunked(written), "time")
    for date, read in zip(dates, days(written), strict=True):
        assert read in {None, dt.datetime.combine(date, dt.time())}
        told = date.day > 12 or date.day == date.month
        assert read is not None or (kept.question == ("day-first", "month-first") and not told)


def test_two_forms_that_tell_which_they_are_may_stand_in_one_column():
    values = ["2024-01-31", "31.01.2024", "31/01/2024", None, "n/a"]
    assert days(values) == [dt.datetime(2024, 1, 31)] * 3 + [None, None]


def test_values_that_contradict_each_other_leave_the_form_open():
    kept = form_of(chunked(["13/01/2024", "01/13/2024", "01/02/2024"]), "time")
    assert kept.question == ("day-first", "month-first")
    assert days(["13/01/2024", "01/13/2024", "02/02/2024"]) == [None, None, dt.datetime(2024, 2, 2)]


def test_one_slip_does_not_open_the_form_of_many():
    values = [f"{day}/{month}/2024" for day in range(13, 29) for month in (1, 2)] + ["1/31/2024"]
    assert form_of(chunked(values), "time").names == ("day-first",)
    assert days(values)[-1] is None


def test_months_among_days_are_no_days():
    assert days(["2024-01-31", "2024-02"]) == [dt.datetime(2024, 1, 31), None]


@pytest.mark.parametrize("name", ["term_end", "effective_to"])
def test_a_month_that_ends_something_counts_to_its_end(name):
    (end,) = read_column(Column(name, "time"), chunked(["2024-02"])).column
    assert end.as_py().replace(tzinfo=None) == dt.datetime(2024, 3, 1)


@pytest.mark.parametrize("zone", ["+09:00", "-05:00", "+0530"])
def test_midnights_of_a_zone_are_days_as_written(zone):
    written = [f"2025-04-0{day}T00:00:00{zone}" for day in (1, 2)]
    assert days(written) == [dt.datetime(2025, 4, 1), dt.datetime(2025, 4, 2)]
    typed = pd.Series(pd.to_datetime(["2025-04-01", "2025-04-02"])).dt.tz_localize("Asia/Tokyo")
    assert days(pa.array(typed)) == [dt.datetime(2025, 4, 1), dt.datetime(2025, 4, 2)]


def test_one_other_hour_makes_instants_of_all():
    written = ["2025-04-01T00:00:00+09:00", "2025-04-02T10:00:00+09:00"]
    assert days(written) == [dt.datetime(2025, 3, 31, 15), dt.datetime(2025, 4, 2, 1)]


def amounts(values):
    data = chunked(values)
    return read_column(Column("x", "number"), data).column.to_pylist()


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["1,234.50", "99"], [1234.5, 99]),
        (["1.234,50", "1.200"], [1234.5, 1200]),
        (["1 234,5", "1\u202f000"], [1234.5, 1000]),
        (["1'234.50", "12"], [1234.5, 12]),
        (["1,23,456.00"], [123456]),
        (["$1,200.00", "($ 5.00)", "-$2", "$1.50 USD"], [1200, -5, -2, 1.5]),
        (["€ 1.200", "9,50 €", "EUR 3"], [1200, 9.5, 3]),
        (["45 %", "5%"], [0.45, 0.05]),
        (["(1,200)", "5-", "\u22125", "350"], [-1200, -5, -5, 350]),
        (["1.200", "12.500", "350"], [1200, 12500, 350]),
        (["1,200", "12,345", "350"], [1200, 12345, 350]),
        (["1.200", "0.125"], [1.2, 0.125]),
        (["1.234", "12345"], [1.234, 12345]),
        (["1,5", "2"], [1.5, 2]),
    ],
)
def test_amounts_are_read_by_the_form_of_their_column(values, read):
    assert amounts(values) == pytest.approx(read)


@pytest.mark.parametrize("values", [["1.200"], ["1,200", "12,500"], ["1,234", "1.234"]])
def test_a_mark_that_may_be_either_is_asked(values):
    assert form_of(chunked(values), "number").question == ("decimal-point", "decimal-comma")
    assert amounts(values) == [None] * len(values)


def test_amounts_in_several_currencies_are_not_one_column_of_numbers():
    assert amounts(["$5", "€5", "5"]) == [None, None, 5]


@given(numbers=st.lists(st.integers(-10_000_000, 10_000_000), min_size=1), comma=st.booleans())
def test_written_amounts_come_back(numbers, comma):
    written = [f"{number / 100:,.2f}" for number in numbers]
    if comma:
        written = [text.translate(str.maketrans(",.", ".,")) for text in written]
    assert np.allclose(amounts(written), np.array(numbers) / 100)


ACCOUNTS = {"accounts": pd.DataFrame({"account_id": ["a"]})}


def invoices(settings=None, **columns):
    frame = {"invoice_id": [1, 2], "account_id": ["a", "a"], "issued_at": ["2025-01-01"] * 2}
    ticket = {"ticket_id": [1], "account_id": ["a"], "created_at": ["2025-01-01"]}
    frames = {"tickets": pd.DataFrame(ticket), "invoices": pd.DataFrame({**frame, **columns})}
    chosen = Settings.model_validate({"tables": {"invoices": settings or {}}})
    return read_tables({**ACCOUNTS, **frames}, chosen)


def test_an_open_question_comes_with_the_line_that_answers_it():
    tables = invoices(due_at=["03/04/2025", "05/06/2025"], issued_at=["01/02/2025", "01/03/2025"])
    optional, required = (
        next(one for one in tables.findings if one.column == name)
        for name in ("due_at", "issued_at")
    )
    assert (optional.emptied, optional.quarantined, optional.count) == (True, False, 2)
    assert (required.emptied, required.quarantined, required.count) == (False, True, 2)
    assert required.samples == ("01/02/2025", "01/03/2025")
    line = "tables: {invoices: {formats: {issued_at: day-first or month-first}}}"
    assert required.advice == line
    assert "no value of the column tells which" in required.rule


def test_the_settings_decide_where_the_data_does_not():
    formats = {"due_at": "month-first", "issued_at": "day-first", "amount_due": "decimal-comma"}
    tables = invoices(
        {"formats": formats},
        due_at=["03/04/2025", "05/06/2025"],
        issued_at=["01/02/2025", "01/03/2025"],
        amount_due=["1.200", "1.5"],
    )
    table = tables["invoices"]
    assert [day.month for day in table["due_at"].to_pylist()] == [3, 5]
    assert [day.month for day in table["issued_at"].to_pylist()] == [2, 3]
    assert table["amount_due"].to_pylist() == [1200, None]


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        (
            {"due_at": "day first"},
            r"formats.due_at`: the forms of a time are .* Did you mean 'day-f",
        ),
        ({"status": "year"}, r"formats.status`: the forms of a text are \[\], got 'year'"),
    ],
)
def test_a_form_that_a_column_cannot_have_is_refused(formats, message):
    with pytest.raises(SchemaError, match=message):
        invoices({"formats": formats})


def test_a_month_is_known_when_it_is_over():
    tables = invoices(issued_at=["2025-01", "2025-02"])
    assert [day.month for day in tables["invoices"]["known_at"].to_pylist()] == [2, 3]


def test_files_of_one_table_are_read_by_one_form(tmp_path):
    (tmp_path / "accounts.csv").write_text("account_id\na\n")
    (tmp_path / "usage_daily").mkdir()
    for part, day in enumerate(["01/02/2025", "03/02/2025", "25/02/2025"]):
        text = f"account_id,product_user_id,date\na,u,{day}\n"
        (tmp_path / "usage_daily" / f"{part}.csv").write_text(text)
    usage = read_tables(tmp_path)["usage_daily"]
    assert [(day.day, day.month) for day in usage["date"].to_pylist()] == [(1, 2), (3, 2), (25, 2)]


def test_rows_and_money_in_are_rows_and_money_used_and_put_aside():
    tables = invoices(amount_due=["$1,200.00", "many"], issued_at=["2025-01-01", "soon"])
    intake = tables.intake["invoices"]
    assert (intake.rows_in, intake.rows_used, intake.rows_aside) == (2, 1, 1)
    assert (intake.money_column, intake.money_in, intake.money_used) == ("amount_due", 1200, 1200)
    assert (intake.money_aside, intake.amounts_unread) == (0, 1)
    tables = invoices(amount_due=["1,200.00", "5.50"], issued_at=["soon", "2025-01-01"])
    intake = tables.intake["invoices"]
    assert (intake.money_in, intake.money_used, intake.money_aside) == (1205.5, 5.5, 1200)
    assert tables.quarantine["account_id"].to_pylist() == ["a"]


def test_money_in_several_currencies_is_never_added_up():
    written = {"currency": ["usd", "EUR", "EUR"], "account_id": ["a"] * 3, "invoice_id": [1, 2, 3]}
    written |= {"issued_at": ["2025-01-01", "2025-01-02", "soon"], "amount_due": ["10", "20", "5"]}
    intake = invoices(**written).intake["invoices"]
    assert intake.currencies == ("EUR", "USD")
    assert (intake.money_in, intake.money_used, intake.money_aside) == (None, None, None)
    assert intake.money_in_by == {"EUR": 25.0, "USD": 10.0}
    assert intake.money_aside_by == {"EUR": 5.0, "USD": 0.0}


def test_an_amount_without_currency_is_in_the_only_one_that_is_named():
    intake = invoices(
        amount_due=["10", "20"], currency=["EUR", ""], issued_at=["2025-01-01"] * 2
    ).intake["invoices"]
    assert (intake.currencies, intake.money_in) == (("EUR",), 30.0)
