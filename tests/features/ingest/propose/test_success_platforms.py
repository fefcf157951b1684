"""Exports of customer success, billing and analytics tools without a preset, in small."""

import json

import pandas as pd
import pytest
import yaml

from churngrid.features.cohorts.as_of_dates import resolve_as_of
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of, settings_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

NAMES = [f"Firm {letter}" for letter in "ABCDEFGH"]
KEYS = [f"acc-{number:05d}" for number in range(8)]
STARTS = [f"2024-0{month}-11" for month in range(1, 9)]
ENDS = [f"2026-0{month}-11" for month in range(1, 9)]
LEFT = ["2025-06-30", *[None] * 7]


def read(data):
    found = propose({name: pd.DataFrame(columns) for name, columns in data.items()})
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    frames = {name: pd.DataFrame(columns) for name, columns in data.items()}
    return read_tables(frames, settings), mapping_of(found), found


def test_a_sheet_of_licences_is_one_contract_an_account():
    accounts = {
        "Account Name": NAMES,
        "Account External ID": KEYS,
        "License Start Date": STARTS,
        "Next Renewal Date": ENDS,
        "Total Contract Amount": ["$1,200.00"] * 8,
        "Churn Date": LEFT,
    }
    tables, mapping, found = read({"Accounts_Export": accounts})
    assert tables["contracts"]["acv"].to_pylist() == [1200.0] * 8
    assert mapping["contracts"]["columns"]["term_start"] == "License Start Date"
    assert mapping["accounts"]["columns"]["customer_since"] == "License Start Date"
    assert tables["contract_events"].num_rows == 1
    assert not next(t for t in found.of("contracts")[0].takes if t.column == "acv").sure


def test_who_left_did_not_begin_a_term_afterwards():
    company = {"Company ID": KEYS, "Name": NAMES, "ARR": ["900"] * 8, "Churn Date": LEFT}
    company["Renewal Date"] = ["2026-10-01", *ENDS[1:]]
    tables, _, _ = read({"company": company})
    rows = tables["contracts"].to_pylist()
    starts = {row["account_id"]: row["term_start"] for row in rows}
    assert f"{starts[KEYS[0]]:%Y-%m-%d}" == "2024-06-30"
    assert f"{starts[KEYS[1]]:%Y-%m-%d}" == "2025-02-11"


def test_of_several_ids_the_one_that_other_tables_write_is_the_key():
    months = ["2025-01-01", "2025-02-01", "2025-03-01"]
    data = {
        "dim_account": {"account_key": [f"k{n}" for n in range(8)], "account_id": KEYS},
        "fct_mrr": {
            "date_month": months * 8,
            "account_id": [key for key in KEYS for _ in months],
            "mrr": ["10"] * 24,
        },
    }
    data["dim_account"]["account_name"] = NAMES
    tables, mapping, _ = read(data)
    assert mapping["accounts"].get("columns", {}).get("account_id", "account_id") == "account_id"
    assert set(tables["subscription_items"]["account_id"].to_pylist()) == set(KEYS)


def test_a_subscription_keeps_its_own_id_where_each_customer_has_one():
    data = {
        "customers": {"id": [f"cus_{n:05d}" for n in range(8)], "name": NAMES},
        "subscriptions": {
            "id": [f"sub_{n:05d}" for n in range(8)],
            "customer_id": [f"cus_{n:05d}" for n in range(8)],
            "product_price_in_cents": ["12050"] * 8,
            "product_interval": ["3"] * 8,
            "product_interval_unit": ["month"] * 8,
            "activated_at": STARTS,
            "current_period_started_at": ["2025-11-05"] * 8,
            "current_period_ends_at": ["2026-02-05"] * 8,
        },
    }
    tables, mapping, _ = read(data)
    assert mapping["subscription_items"]["columns"]["item_id"] == "id"
    assert tables["subscription_items"]["mrr"].to_pylist() == pytest.approx([120.5 / 3] * 8)
    assert resolve_as_of(tables, "latest") >= pd.Timestamp("2025-11-05", tz="UTC")


def test_planned_tasks_of_the_vendor_are_no_use_of_the_product():
    tasks = {
        "Gsid": [f"cta-{n:05d}" for n in range(8)],
        "Company Gsid": KEYS,
        "Name": ["Risk"] * 8,
        "Created Date": STARTS,
        "Due Date": ENDS,
    }
    found = propose(
        {
            "company": pd.DataFrame({"Gsid": KEYS, "Name": NAMES}),
            "call_to_action": pd.DataFrame(tasks),
        }
    )
    assert not found.of("usage_events")


def test_columns_named_with_their_owner():
    data = {
        "Account": {"Account: ID": KEYS, "Account: Name": NAMES, "Account: Status": ["x"] * 8},
        "RatePlanCharge": {
            "Rate Plan Charge: ID": [f"rpc-{n:05d}" for n in range(8)],
            "Rate Plan Charge: MRR": ["40"] * 8,
            "Rate Plan Charge: Effective Start Date": STARTS,
            "Rate Plan Charge: Effective End Date": ENDS,
            "Subscription: ID": [f"s-{n:05d}" for n in range(8)],
            "Account: ID": KEYS,
        },
    }
    tables, mapping, _ = read(data)
    assert mapping["subscription_items"]["columns"]["item_id"] == "Rate Plan Charge: ID"
    assert tables["subscription_items"]["mrr"].to_pylist() == [40.0] * 8


def test_an_end_that_only_leavers_have_is_no_end_of_a_term():
    clients = {
        "N° client": KEYS,
        "Raison sociale": NAMES,
        "Date de début": [f"{11 + n}/0{1 + n}/2024" for n in range(8)],
        "Date de fin": ["30/06/2025", *[None] * 7],
        "Montant mensuel HT": ["100,50 €"] * 8,
        "Statut": ["Résilié", *["Actif"] * 7],
    }
    bills = {
        "N° facture": [f"F-{n:05d}" for n in range(8)],
        "N° client": KEYS,
        "Date de facture": [f"03/0{1 + n}/2025" for n in range(8)],
        "Montant TTC": ["120,60"] * 8,
    }
    tables, mapping, found = read({"clients": clients, "factures": bills})
    assert "contracts" not in mapping
    assert tables["subscription_items"]["effective_to"].null_count == 7
    assert tables["contract_events"].num_rows == 1
    assert mapping["invoices"]["formats"] == {"issued_at": "day-first"}
    days = {at.day for at in tables["invoices"]["issued_at"].to_pylist()}
    assert days == {3}
    assert not any("day-first or month-first" in note for note in found.notes)


def test_dates_stay_a_question_where_the_rest_of_the_data_does_not_agree():
    bills = {
        "invoice_id": KEYS,
        "account_id": KEYS,
        "issued_at": [f"03/0{1 + n}/2025" for n in range(8)],
        "amount_due": ["10"] * 8,
    }
    tickets = {"ticket_id": KEYS, "account_id": KEYS}
    others = {"created_at": ["25/01/2025"] * 8, "resolved_at": ["01/25/2025"] * 8}
    found = propose(
        {
            "accounts": pd.DataFrame({"account_id": KEYS, "name": NAMES}),
            "invoices": pd.DataFrame(bills),
            "tickets": pd.DataFrame(tickets | others),
        }
    )
    assert any("day-first or month-first" in note for note in found.notes)


def test_german_words_written_together():
    sheet = {
        "Kundennr.": KEYS,
        "Firma": NAMES,
        "Vertragsbeginn": STARTS,
        "Vertragsende": ENDS,
        "Monatsbetrag (EUR)": ["50"] * 8,
        "Gekündigt zum": LEFT,
    }
    tickets = {"Ticketnr.": [f"t-{n}" for n in range(8)], "Kundennr.": KEYS}
    tickets |= {"Erstellt am": STARTS, "Priorität": ["Hoch"] * 8}
    tables, _, _ = read({"Kundenliste": sheet, "Tickets": tickets})
    assert tables["contracts"]["acv"].to_pylist() == [600.0] * 8
    assert tables["contract_events"].num_rows == 1
    assert tables["tickets"].num_rows == 8


def test_without_a_table_of_accounts_people_say_whose_use_it_is():
    people = {"user_id": [f"u-{n:05d}" for n in range(8)], "account_id": KEYS, "email": "a@b.co"}
    views = {"user_id": people["user_id"] * 2, "time": [*STARTS, *ENDS], "path": ["/a"] * 16}
    tables, _, _ = read({"users": people, "pageviews": views})
    assert set(tables["usage_events"]["account_id"].to_pylist()) == set(KEYS)


@pytest.mark.parametrize("named", [lambda name: [name], lambda name: name])
def test_the_group_of_an_event_is_its_account(named):
    events = {
        "insert_id": [f"e-{n:05d}" for n in range(16)],
        "user_id": [f"u-{n % 5}" for n in range(16)],
        "event_type": ["open"] * 16,
        "event_time": STARTS * 2,
        "groups": [json.dumps({"company": named(name), "plan": "pro"}) for name in NAMES * 2],
    }
    tables, _, found = read({"amplitude_events": events})
    assert set(tables["usage_events"]["account_id"].to_pylist()) == set(NAMES)
    assert not next(t for t in found.parts[-1].takes if t.column == "account_id").sure


def _movements(after):
    kinds = [("New Business", 80), ("Expansion", 100), ("Churn", after)]
    return {
        "Date": [f"2025-0{1 + n}-10" for _ in KEYS for n in range(3)],
        "Customer UUID": [key for key in KEYS for _ in range(3)],
        "Movement Type": [kind for _ in KEYS for kind, _ in kinds],
        "MRR": [amount for _ in KEYS for _, amount in kinds],
    }


def test_movements_say_what_is_paid_afterwards_and_who_left():
    tables, mapping, _ = read({"mrr_movements": _movements(0)})
    assert mapping["contract_events"]["only"] == {"Movement Type": ["Churn"]}
    assert tables["contract_events"].num_rows == 8


@pytest.mark.parametrize("after", [-100, 100])
def test_movements_that_are_only_changes_are_left_out(after):
    found = propose({"mrr_movements": pd.DataFrame(_movements(after))})
    assert not found.parts


def _numbers_by(dates):
    """Accounts with contracts, and a table with a row an account and date."""
    numbers = {
        "month": dates * 8,
        "account_id": [key for key in KEYS for _ in dates],
        "Reports built": [str(n % 7) for n in range(8 * len(dates))],
        "Weekly active users": [f"{n}" for n in range(8 * len(dates))],
        "storage_gb": [f"{n}.5" for n in range(8 * len(dates))],
        "always": ["1"] * 8 * len(dates),
    }
    terms = {"account_id": KEYS, "name": NAMES, "arr": ["10"] * 8, "contract_end_date": ENDS}
    return {"accounts": pd.DataFrame(terms), "account_monthly": pd.DataFrame(numbers)}


def _with_numbers(data, taken=()):
    found = propose(data)
    text = settings_text(found, taken)
    extra = yaml.safe_load(text[text.index("extra:") :].split("\n\n")[0])["extra"]
    return Settings.model_validate({"tables": mapping_of(found), "extra": extra})


def test_numbers_by_month_become_metrics_with_a_direction_where_their_name_tells_one():
    data = _numbers_by([f"2025-0{month}-01" for month in range(1, 5)])
    settings = _with_numbers(data)
    directions = {name: one.direction for name, one in settings.extra.items()}
    assert directions == {"reports_built": "c", "storage_gb": "c", "weekly_active_users": "+"}
    assert read_tables(data, settings)["account_numbers"].num_rows == 96


@pytest.mark.parametrize(
    ("dates", "known"),
    [
        (["2025-01-01", "2025-02-01", "2025-03-01"], "2025-02-01"),
        (["2025-01-06", "2025-01-13", "2025-01-27"], "2025-01-13"),
        (["2025-01-01", "2025-04-01", "2025-07-01"], "2025-04-01"),
        (["2025-01-31", "2025-02-28", "2025-03-31"], "2025-01-31"),
    ],
)
def test_what_a_period_adds_up_to_is_known_when_the_period_is_over(dates, known):
    data = _numbers_by(dates)
    read = read_tables(data, _with_numbers(data))["account_numbers"].to_pandas()
    first = read[read["at"] == read["at"].min()]
    assert {f"{moment:%Y-%m-%d}" for moment in first["known_at"]} == {known}


def test_a_number_with_the_name_of_a_metric_gets_one_of_its_own():
    data = _numbers_by(["2025-01-01", "2025-02-01", "2025-03-01"])
    assert "account_monthly_storage_gb" in _with_numbers(data, {"storage_gb"}).extra


def test_use_by_week_is_known_when_the_week_is_over():
    weeks = ["2025-01-06", "2025-01-13", "2025-01-20"]
    use = {"Week": weeks * 8, "Customer": [n for n in NAMES for _ in weeks], "Sessions": ["3"] * 24}
    data = _numbers_by(weeks[:1]) | {"product_usage": pd.DataFrame(use)}
    del data["account_monthly"]
    tables = read_tables(data, Settings.model_validate({"tables": mapping_of(propose(data))}))
    read = tables["usage_daily"].to_pandas()
    assert set((read["known_at"] - read["date"]).dt.days) == {7}


def test_a_currency_beside_deals_is_read_whatever_it_is_called():
    deals = {"Deal - ID": KEYS, "Deal - Organization": NAMES, "Deal - Value": ["9"] * 8}
    deals |= {"Deal - Currency of Value": ["EUR"] * 8, "Deal - Status": ["Won"] * 8}
    deals |= {"Deal - Won time": STARTS}
    found = propose({"deals": pd.DataFrame(deals)})
    assert found.currency == "EUR"


BOOK = {"Customer": NAMES, "Start date": STARTS, "Renewal date": ENDS, "ARR": ["1200"] * 8}


def test_a_column_a_month_is_a_metric_named_by_its_sheet():
    months = [f"{month} 2025" for month in ("Jan", "Feb", "Mar", "Apr")]
    users = {"Customer": NAMES, **{month: [f"{n + 3}" for n in range(8)] for month in months}}
    data = {"Customers": pd.DataFrame(BOOK), "MAU": pd.DataFrame(users)}
    settings = _with_numbers(data)
    assert settings.extra["mau"].direction == "+"
    numbers = read_tables(data, settings)["account_numbers"].to_pandas()
    assert len(numbers) == 32
    assert f"{numbers['known_at'].min():%Y-%m-%d}" == "2025-02-01"


def test_meetings_without_ids_are_told_apart_by_account_and_day():
    held = {"Customer": NAMES * 2, "Date": STARTS + ENDS, "Type": ["QBR"] * 16}
    tables, _, _ = read({"Customers": BOOK, "Meetings": held})
    assert tables["activities"].num_rows == 16


def test_how_a_renewal_ended_is_known_on_its_day_and_losses_are_told():
    ended = {"Customer": NAMES * 2, "Renewal date": STARTS + LAST_YEAR}
    ended["Outcome"] = ["Renewed"] * 15 + ["Lost"]
    tables, _, _ = read({"Customers": BOOK, "Renewals": ended})
    told = tables["contracts"].to_pandas()
    past = told[told["acv"].isna()]
    assert (past["known_at"] == past["term_end"]).all()
    assert tables["contract_events"]["account_id"].to_pylist() == [NAMES[7]]


LAST_YEAR = [start.replace("2024", "2025") for start in STARTS]


def test_what_adds_up_day_after_day_is_a_mean_a_day_and_a_state_is_not():
    days = [f"2025-03-{day:02d}" for day in range(3, 15)]
    use = {
        "Day": days * 8,
        "account_id": [key for key in KEYS for _ in days],
        "events": [str(n % 9 + 1) for n in range(8 * len(days))],
        "active_users": [str(n % 5) for n in range(8 * len(days))],
        "monthly_active_users": [str(n % 7) for n in range(8 * len(days))],
        "storage_gb": [str(n) for n in range(8 * len(days))],
    }
    data = _numbers_by(days[:1]) | {"daily_product_usage": pd.DataFrame(use)}
    del data["account_monthly"]
    extra = _with_numbers(data).extra
    periods = {name: (one.period, one.label) for name, one in extra.items()}
    assert periods == {
        "active_users": ("day", "active users a day"),
        "monthly_active_users": (None, "monthly active users"),
        "storage_gb": (None, "storage gb"),
    }
