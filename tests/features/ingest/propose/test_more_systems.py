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
