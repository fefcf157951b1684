"""Layouts of further systems: rows about other rows, names of the contract, amounts, words."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of, settings_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

NAMES = [f"Firm {letter}" for letter in "ABCDEFGH"]
KEYS = [f"acc-{number:04d}" for number in range(8)]
STARTS = [f"2024-0{month}-11" for month in range(1, 9)]
MOMENTS = [f"2026-03-0{day} 09:15:00" for day in range(1, 9)]
PRICES = [str(100 + 10 * place) for place in range(8)]


def frame(**columns):
    return pd.DataFrame(
        {
            name.replace("__", " "): values if isinstance(values, list) else [values] * 8
            for name, values in columns.items()
        }
    )


ACCOUNTS = frame(account_id=KEYS, account_name=NAMES, signup_date=STARTS)


def read(data):
    found = propose(data)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(data, settings), found


def numbers(tables, table, column):
    return tables[table][column].to_pylist()


@pytest.mark.parametrize("name", ["ticket_metrics", "satisfaction_ratings"])
def test_rows_about_tickets_are_no_further_tickets(name):
    tickets = frame(
        ticket_id=[f"T-{n}" for n in range(8)],
        account_id=KEYS,
        created_at=MOMENTS,
        priority="high",
        status="closed",
    )
    about = frame(
        id=[f"m{n}00" for n in range(8)],
        ticket_id=[f"T-{n}" for n in range(8)],
        requester_id="u1",
        reopens="1",
        created_at=MOMENTS,
        solved_at=MOMENTS,
    )
    tables, found = read({"accounts": ACCOUNTS, "tickets": tickets, name: about})
    assert len(tables["tickets"]) == 8
    assert "about those of 'tickets'" in next(u.why for u in found.unread if u.table == name)


def test_a_file_with_the_name_of_another_table_does_not_stop_the_reading():
    uses = frame(account_id=KEYS, user_id=KEYS, Module="Core", Timestamp=MOMENTS)
    items = frame(
        contract_number=[f"C-{n}" for n in range(8)],
        account_id=KEYS[:4] * 2,
        contract_start_date=["2024-01-01"] * 4 + ["2025-01-01"] * 4,
        contract_end_date=["2024-12-31"] * 4 + ["2025-12-31"] * 4,
        quantity="2",
        MRR=PRICES,
    )
    data = {"accounts": ACCOUNTS, "activities": uses, "contracts": items}
    tables, found = read(data)
    assert len(tables["usage_daily"]) == 8
    assert len(tables["subscription_items"]) == 8
    ends = tables["subscription_items"]["effective_to"].to_pylist()
    assert [f"{end:%Y}" for end in ends] == ["2025"] * 4 + ["2026"] * 4
    assert "read as `usage_daily`, see there" in settings_text(found)


@pytest.mark.parametrize("sign", ["", "$"])
def test_amounts_that_are_all_above_a_thousand_are_thousands(sign):
    written = [f"{sign}{1000 + 110 * place:,}" for place in range(24)]
    names = [f"Firm {place:02d}" for place in range(24)]
    sheet = pd.DataFrame({"Customer": names, "ARR": written, "Customer since": ["2024-02-01"] * 24})
    tables, _ = read({"customers": sheet})
    assert 12 * sum(numbers(tables, "subscription_items", "mrr")) == pytest.approx(
        sum(1000 + 110 * place for place in range(24))
    )


def test_page_views_without_a_time_that_is_known_are_no_meetings():
    views = frame(event_id=[f"{n:08x}" for n in range(8)], tenant_id=KEYS, event="page_view")
    found = propose({"events": views})
    assert not found.parts
    views["derived_tstamp"], views["user_id"] = MOMENTS, KEYS
    assert [part.table for part in propose({"events": views}).parts] == ["usage_events"]


def test_booked_meetings_are_no_uses_of_the_product():
    booked = frame(
        **{
            "Event Type Name": "30 min",
            "Start Date & Time": MOMENTS,
            "Invitee Email": [f"a@firm{n}.com" for n in range(8)],
            "Event Created Date & Time": MOMENTS,
        }
    )
    accounts = ACCOUNTS.assign(website=[f"https://firm{n}.com" for n in range(8)])
    tables, _ = read({"accounts": accounts, "calendly_events": booked})
    assert len(tables["activities"]) == 8
    assert not tables.filled("usage_events")


def test_what_is_paid_by_those_who_left_follows_from_price_and_quantity():
    subscriptions = frame(
        subscription_id=[f"s{n}" for n in range(8)],
        account_id=KEYS,
        status=["cancelled"] * 2 + ["active"] * 6,
        plan_quantity="2",
        unit_price=PRICES,
        billing_period_unit="month",
        started_at=STARTS,
        cancelled_at=["2025-05-01"] * 2 + [""] * 6,
        mrr=["0"] * 2 + [str(2 * int(price)) for price in PRICES[2:]],
    )
    tables, _ = read({"accounts": ACCOUNTS, "subscriptions": subscriptions})
    assert numbers(tables, "subscription_items", "mrr") == [2.0 * int(price) for price in PRICES]
    without = subscriptions.drop(columns=["unit_price"])
    tables, _ = read({"accounts": ACCOUNTS, "subscriptions": without})
    assert len(tables["subscription_items"]) == 6
    assert len(tables["contract_events"]) == 2


def test_an_invoice_of_which_nothing_is_left_to_pay_has_its_whole_amount():
    invoices = frame(
        invoice_number=[f"I-{n}" for n in range(8)],
        account_id=KEYS,
        invoice_date=STARTS,
        due_date=STARTS,
        amount=PRICES,
        amount_due=["0.00"] * 6 + PRICES[6:],
        status=["Paid"] * 6 + ["Posted"] * 2,
    )
    tables, _ = read({"accounts": ACCOUNTS, "invoices": invoices})
    assert numbers(tables, "invoices", "amount_due") == [float(price) for price in PRICES]


def test_headers_in_german_and_spanish_say_what_they_hold():
    contracts = frame(
        **{
            "Vertragsnr.": [f"V-{n}" for n in range(8)],
            "Kundennr.": KEYS,
            "Vertragsbeginn": STARTS,
            "nächste Verlängerung": [day.replace("2024", "2026") for day in STARTS],
            "Monatliche Gebühr netto": PRICES,
        }
    )
    tables, _ = read({"Verträge": contracts})
    assert numbers(tables, "contracts", "acv") == [12.0 * int(price) for price in PRICES]
    clients = frame(
        **{
            "Código de cliente": KEYS,
            "Razón social": NAMES,
            "Fecha de alta": STARTS,
            "Fecha de baja": ["2025-05-02"] + [""] * 7,
            "Cuota mensual (€)": PRICES,
        }
    )
    cases = frame(
        **{
            "Nº incidencia": [f"I-{n}" for n in range(8)],
            "Código de cliente": KEYS,
            "Fecha de apertura": MOMENTS,
            "Fecha de cierre": MOMENTS,
        }
    )
    tables, _ = read({"clientes": clients, "incidencias": cases})
    assert numbers(tables, "accounts", "name") == NAMES
    assert numbers(tables, "subscription_items", "mrr") == [float(price) for price in PRICES]
    assert len(tables["tickets"]) == 8


def test_columns_of_years_are_a_row_a_year_and_the_newest_is_not_over():
    revenue = {"2023": "1200", "2024": "1800", "2025": ["2400"] * 7 + [""]}
    tables, _ = read({"revenue by customer": frame(Customer=NAMES, **revenue)})
    items = tables["subscription_items"].to_pandas()
    assert items["mrr"].tolist() == [100, 150, 200] * 7 + [100, 150]
    last = items[items["effective_to"].isna()]
    assert len(last) == 7
    assert {f"{day:%Y-%m-%d}" for day in last["effective_from"]} == {"2025-01-01"}


def test_revenue_of_a_quarter_is_that_of_three_months_and_arr_is_a_rate():
    columns = {f"Q{q} 2025": ["300"] * 8 for q in (1, 2, 3)}
    tables, _ = read({"revenue by customer": frame(Customer=NAMES, **columns)})
    assert set(numbers(tables, "subscription_items", "mrr")) == {100.0}
    tables, _ = read({"arr by customer": frame(Customer=NAMES, **columns)})
    assert set(numbers(tables, "subscription_items", "mrr")) == {25.0}


def test_a_document_names_its_customer_as_the_other_side():
    customers = frame(id=[str(1400 + n) for n in range(8)], companyname=NAMES)
    documents = frame(
        id=[str(5000 + n) for n in range(8)],
        type=["CustInvc"] * 7 + ["VendBill"],
        trandate=[f"2026-03-0{day}" for day in range(1, 9)],
        entity=[str(1400 + n) for n in range(8)],
        foreigntotal=PRICES,
    )
    tables, _ = read({"customer": customers, "transaction": documents})
    assert numbers(tables, "invoices", "account_id") == [str(1400 + n) for n in range(7)]


def test_a_list_of_invoices_names_whom_they_went_to_and_what_was_paid():
    paid = ["50.00"] * 6 + ["0.00"] * 2
    left = ["0.00"] * 6 + ["70.00"] * 2
    invoices = frame(
        Number=[f"INV-{n}" for n in range(8)],
        To=NAMES[:4] * 2,
        Date=STARTS,
        Due__Date=STARTS,
        Paid=paid,
        Due=left,
        Status="Paid",
    )
    tables, _ = read({"Invoices": invoices})
    assert set(numbers(tables, "invoices", "account_id")) == set(NAMES[:4])
    assert sorted(numbers(tables, "invoices", "amount_due")) == [50.0] * 6 + [70.0] * 2


def test_a_ticket_belongs_to_the_company_of_its_caller():
    key = [f"{number:032x}" for number in range(900, 916)]
    companies = frame(sys_id=key[:8], name=NAMES, sys_created_on=MOMENTS)
    people = frame(sys_id=key[8:], company_value=key[:8], email="a@b.com", sys_created_on=MOMENTS)
    incidents = frame(
        sys_id=[f"{number:032x}" for number in range(50, 58)],
        caller_id_value=key[8:],
        severity="3",
        incident_state="1",
        sys_created_on=MOMENTS,
    )
    tables, _ = read({"core_company": companies, "sys_user": people, "incident": incidents})
    assert numbers(tables, "tickets", "account_id") == key[:8]


def test_tickets_name_accounts_by_another_word_where_some_of_them_have_left():
    tickets = frame(
        **{
            "Issue key": [f"SUP-{n}" for n in range(8)],
            "Custom field (Organizations)": [*NAMES[:6], "Gone Ltd", "Lost Ltd"],
            "Created": MOMENTS,
            "Priority": "High",
        }
    )
    found = propose({"accounts": ACCOUNTS, "JIRA": tickets})
    part = found.of("tickets")[0]
    assert dict(part.takes[0].lookup)["on"] == "Custom field (Organizations)"
    assert "75% of its values" in part.takes[0].why
