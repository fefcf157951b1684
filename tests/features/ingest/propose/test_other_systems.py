"""Exports in the shapes of systems without a preset: what is taken, and what is left open."""

import pandas as pd
import pytest

from churngrid.features.cohorts.as_of_dates import resolve_as_of
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

NAMES = [f"Firm {letter}" for letter in "ABCDEFGH"]
KEYS = [f"acc-{number:04d}" for number in range(8)]
STARTS = [f"2024-0{month}-11" for month in range(1, 9)]
MONTHS = ["Jan-25", "Feb-25", "Mar-25", "Apr-25"]


def frame(n_rows=8, **columns):
    return pd.DataFrame(
        {
            name.replace("__", " "): values if isinstance(values, list) else [values] * n_rows
            for name, values in columns.items()
        }
    )


def read(data):
    found = propose(data)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(data, settings), mapping_of(found), found


def customers(**more):
    return frame(Customer__ID=KEYS, Name=NAMES, Start__Date=STARTS, **more)


def test_counts_are_never_users_and_use_needs_none():
    usage = frame(Account__Id=KEYS, Day="2025-03-01", Logins=["3", "4"] * 4, Users=["2", "5"] * 4)
    tables, mapping, _ = read({"usage": usage})
    assert mapping["usage_daily"]["columns"] == {
        **{"account_id": "Account Id", "date": "Day", "events": "Logins"}
    }
    assert tables["usage_daily"].num_rows == 8
    assert tables["usage_daily"]["product_user_id"].null_count == 8


@pytest.mark.parametrize(
    ("numbers", "taken"),
    [
        ({"projects_opened": ["3", "4"] * 4}, {"events": "projects_opened"}),
        ({"active_minutes": ["3.5", "4"] * 4, "opens": ["3"] * 8}, {"minutes": "active_minutes"}),
        ({"reports": ["3", "4"] * 4, "exports_made": ["3", "4"] * 4}, {}),
        ({"temperature": ["3", "4"] * 4}, {}),
    ],
)
def test_the_only_count_says_how_much_a_day_was_used(numbers, taken):
    _, mapping, _ = read({"daily_usage": frame(customer_uuid=KEYS, day="2025-03-01", **numbers)})
    columns = mapping["usage_daily"]["columns"]
    assert {name: columns[name] for name in ("events", "minutes") if name in columns} == taken


def test_the_column_that_all_tables_share_is_the_key_of_accounts():
    accounts = frame(Account=[f"A{n:03d}" for n in range(8)], Name=NAMES)
    orders = frame(
        Order=[f"O{n}" for n in range(8)],
        Account=accounts["Account"].tolist(),
        Begins="2025-03-01",
        Ends="2026-02-28",
        **{"Yearly amount": "1200", "Currency": "CHF"},
    )
    days = frame(Account=accounts["Account"].tolist(), Person="p1", Day="2025-04-01", Actions="3")
    _, mapping, _ = read({"customers": accounts, "orders": orders, "activity": days})
    assert mapping["accounts"]["columns"] == {"account_id": "Account", "name": "Name"}
    assert mapping["contracts"]["columns"] == {
        **{"contract_id": "Order", "account_id": "Account", "term_start": "Begins"},
        **{"term_end": "Ends", "acv": "Yearly amount", "currency": "Currency"},
    }
    assert mapping["usage_daily"]["columns"] == {
        **{"account_id": "Account", "product_user_id": "Person", "date": "Day", "events": "Actions"}
    }


def test_a_support_table_and_a_day_of_joining_need_no_longer_names():
    opened = frame(no=[str(n) for n in range(8)], client=KEYS, opened="2025-03-01", urgency="high")
    clients = frame(client__id=KEYS, client__name=NAMES, joined=STARTS)
    _, mapping, _ = read({"support": opened, "clients": clients})
    assert mapping["tickets"]["columns"]["priority"] == "urgency"
    assert mapping["accounts"]["columns"]["customer_since"] == "joined"


def test_a_single_deal_has_no_end_and_that_is_said():
    deals = frame(
        **{
            "Deal ID": KEYS,
            "Organization": NAMES,
            "Value": "9",
            "Status": "Won",
            "Won time": STARTS,
        }
    )
    _, mapping, found = read({"deals": deals})
    assert "formulas" not in mapping["contracts"]
    assert any("add up" in note for note in found.notes)


def test_deals_that_are_signed_again_each_year_hold_for_a_year():
    deals = frame(
        16,
        **{
            "Deal ID": [f"d{n:05d}" for n in range(16)],
            "Organization": NAMES * 2,
            "Value": ["1200"] * 16,
            "Stage": ["Negotiation"] * 16,
            "Status": ["Won"] * 15 + ["Lost"],
            "Won time": [f"2024-01-{d:02d}" for d in range(1, 9)]
            + [f"2025-01-{d:02d}" for d in range(1, 9)],
        },
    )
    tables, mapping, found = read({"deals": deals})
    assert mapping["contracts"]["only"] == {"Status": ["Won"]}
    assert mapping["contracts"]["formulas"]["term_end"] == 'moment("Won time") + interval 12 month'
    assert not next(t for t in found.of("contracts")[0].takes if t.column == "term_end").sure
    ends = tables["contracts"]["term_end"].to_pylist()
    assert {end.year for end in ends} == {2025, 2026}


@pytest.mark.parametrize("yes", ["1", "TRUE", "Yes"])
def test_truth_values_of_a_preset_are_met_however_they_are_written(yes):
    accounts = frame(Id=KEYS, Name=NAMES, OwnerId="u1", ParentId=None, BillingCountry="US")
    accounts["IsDeleted"] = "0"
    won = frame(
        Id=[f"006{n:04d}" for n in range(8)],
        **{"AccountId": KEYS, "Amount": ["10"] * 8, "CloseDate": STARTS, "IsWon": [yes] * 8},
    )
    tables, _, found = read({"Account": accounts, "Opportunity": won})
    assert found.of("contracts")[0].why.startswith("Salesforce")
    assert tables["contracts"].num_rows == 8


def test_a_filter_that_leaves_nothing_says_so():
    data = {
        "accounts": frame(account_id=KEYS),
        "tickets": frame(ticket_id=KEYS, account_id=KEYS, created_at=STARTS, state="open"),
    }
    only = Settings.model_validate({"tables": {"tickets": {"only": {"state": ["solved"]}}}})
    with pytest.raises(SchemaError, match=r"\['solved'\] in `state`.*it holds \['open'\]"):
        read_tables(data, only)
    tables = read_tables({**data, "invoices": _invoices()}, only)
    assert any("['solved'] in `state`" in finding.rule for finding in tables.findings)


def _invoices():
    return frame(invoice_id=KEYS, account_id=KEYS, issued_at=STARTS)


def test_a_layout_that_filters_everything_away_is_not_that_layout():
    users = frame(
        id=[f"u{n:05d}" for n in range(8)], organization_id=KEYS, email="a@b.co", role="member"
    )
    users["created_at"] = STARTS
    organizations = frame(id=KEYS, name=NAMES, created_at=STARTS)
    tables, mapping, _ = read({"users": users, "organizations": organizations, "t": _tickets()})
    assert "only" not in mapping["people"]
    assert tables["people"].num_rows == 8


def _tickets():
    return frame(ticket_id=[f"t{n:05d}" for n in range(8)], organization_id=KEYS, created_at=STARTS)


def test_a_sheet_of_a_layout_that_lacks_something_is_looked_at_by_its_values():
    subscriptions = frame(
        **{
            "id": [f"sub_{n:05d}" for n in range(8)],
            "Customer ID": KEYS,
            "Plan": "pro",
            "Quantity": "1",
            "Interval": "month",
            "Amount": "30.00",
            "Status": "active",
            "Began": STARTS,
            "Valid From": STARTS,
            "Current Period End (UTC)": "2026-01-01",
        }
    )
    people = frame(**{"id": KEYS, "Name": NAMES, "Created (UTC)": STARTS})
    tables, mapping, _ = read({"customers": people, "subscriptions": subscriptions})
    assert mapping["subscription_items"]["columns"]["effective_from"] == "Valid From"
    assert sum(tables["subscription_items"]["mrr"].to_pylist()) == 240


def test_a_column_a_month_becomes_a_row_a_month():
    paid = {month: ["100"] * 8 for month in MONTHS}
    paid["Apr-25"] = ["100"] * 6 + ["", "0"]
    tables, mapping, _ = read({"MRR by customer": frame(Customer=NAMES, Plan="Pro", **paid)})
    assert mapping["subscription_items"]["month_columns"] is True
    rows = tables["subscription_items"].to_pandas()
    assert rows["mrr"].sum() == 3_000
    last = rows.sort_values("effective_from").groupby("account_id")["effective_to"].nth(-1)
    # April is the newest month, of which nobody knows yet whether it goes on.
    assert last.isna().sum() == 6
    assert last.dropna().dt.strftime("%m").tolist() == ["04", "04"]


def test_a_column_a_month_of_nobody_knows_what_is_left_open():
    found = propose({"Sheet1": frame(Customer=NAMES, **dict.fromkeys(MONTHS, "100"))})
    assert found.parts == ()
    assert found.unread[0].table == "Sheet1"


def test_lines_of_invoices_are_added_up_to_invoices():
    lines = frame(
        16,
        **{
            "invoice_no": [f"I{n:05d}" for n in range(8)] * 2,
            "customer_id": KEYS * 2,
            "invoice_date": STARTS * 2,
            "description": ["Seats"] * 8 + ["Support"] * 8,
            "line_total": ["1,000.50"] * 8 + ["99.50"] * 8,
        },
    )
    tables, mapping, _ = read({"customers": customers(), "invoice_lines": lines})
    assert mapping["invoices"]["lines_of"] == "invoice_no"
    assert mapping["invoices"]["add_up"] == ["amount_due"]
    assert tables["invoices"]["amount_due"].to_pylist() == [1_100.0] * 8


def test_a_total_repeated_on_every_line_is_counted_once():
    lines = frame(
        16,
        **{
            "InvoiceNumber": [f"I{n:05d}" for n in range(8)] * 2,
            "ContactName": NAMES * 2,
            "InvoiceDate": STARTS * 2,
            "DueDate": STARTS * 2,
            "Total": [str(10 * n) for n in range(1, 9)] * 2,
            "LineAmount": ["4"] * 16,
        },
    )
    tables, mapping, _ = read({"SalesInvoices": lines})
    assert "add_up" not in mapping["invoices"]
    assert sum(tables["invoices"]["amount_due"].to_pylist()) == 360


def test_signs_beside_amounts_say_their_currency():
    signs = ["$1,200.00", "€99.00"] * 4
    tables, mapping, found = read({"customers": customers(MRR=signs)})
    assert mapping["subscription_items"]["formulas"]["currency"] == 'currency("MRR")'
    items = tables["subscription_items"].to_pandas()
    assert set(zip(items["mrr"], items["currency"], strict=True)) == {(1200, "USD"), (99, "EUR")}
    assert found.currency == "USD"


def test_a_currency_above_a_column_holds_for_it():
    _, mapping, found = read({"customers": customers(**{"MRR (EUR)": ["10"] * 8})})
    assert mapping["subscription_items"]["constants"] == {"currency": "EUR"}
    assert found.currency == "EUR"


def test_who_left_without_a_date_pays_nothing():
    status = ["Active"] * 6 + ["Churned"] * 2
    tables, _, _ = read({"customers": customers(MRR="10", Status=status)})
    assert tables["subscription_items"].num_rows == 6


def test_names_of_other_languages_and_their_order():
    clients = frame(
        **{
            "N° client": KEYS,
            "Raison sociale": NAMES,
            "Date de début": [f"{day}/01/2024" for day in range(10, 18)],
            "Date de fin": ["31/12/2025"] * 8,
            "Montant mensuel (€)": ["1 200,50"] * 8,
            "Date de résiliation": [""] * 7 + ["15/12/2025"],
        }
    )
    tables, mapping, _ = read({"Clients": clients})
    assert mapping["contracts"]["columns"]["term_end"] == "Date de fin"
    assert tables["contracts"]["acv"].to_pylist() == [14_406.0] * 8
    assert tables["contracts"]["currency"].to_pylist() == ["EUR"] * 8
    assert tables["contract_events"].num_rows == 1


def test_two_tables_may_lie_between_a_charge_and_its_account():
    data = {
        "Account": frame(Id=KEYS, Name=NAMES, CreatedDate=STARTS),
        "Subscription": frame(Id=[f"sub-{n:04d}" for n in range(8)], AccountId=KEYS),
        "RatePlan": frame(
            Id=[f"rpl-{n:04d}" for n in range(8)],
            SubscriptionId=[f"sub-{n:04d}" for n in range(8)],
        ),
        "RatePlanCharge": frame(
            Id=[f"rpc-{n:04d}" for n in range(8)],
            RatePlanId=[f"rpl-{n:04d}" for n in range(8)],
            MRR="50",
            ChargeType="Recurring",
            EffectiveStartDate=STARTS,
        ),
    }
    tables, mapping, _ = read(data)
    assert "change_type" not in mapping["subscription_items"]["columns"]
    assert tables["subscription_items"]["account_id"].to_pylist() == KEYS


def test_objects_inside_objects_are_known_by_their_own_names():
    data = {
        "workspaces": frame(
            **{
                "_id.$oid": KEYS,
                "name": NAMES,
                "createdAt.$date": STARTS,
                "billing.mrrCents": ["5000"] * 8,
                "billing.canceledAt": [""] * 7 + ["2024-12-01"],
            }
        )
    }
    tables, mapping, _ = read(data)
    assert mapping["accounts"]["columns"]["account_id"] == "_id.$oid"
    assert tables["subscription_items"]["mrr"].to_pylist() == [50.0] * 8
    assert tables["contract_events"].num_rows == 1


def test_a_table_with_a_name_of_the_contract_that_is_none_is_left_out():
    seats = frame(Customer__ID=KEYS, month="2025-03", seats_used=["3", "4"] * 4)
    tables, mapping, _ = read({"customers": customers(MRR="10"), "seats": seats})
    assert mapping["seats"] == {"skip": True}
    assert "seats" not in tables


def test_a_question_above_a_column_is_a_score():
    question = "How likely is it that you would recommend us to a colleague?"
    answers = frame(
        **{
            "Respondent ID": [f"r{n:06d}" for n in range(8)],
            "Company": NAMES,
            "End Date": [f"0{n}/20/2025" for n in range(1, 9)],
            question: [str(n + 2) for n in range(8)],
        }
    )
    tables, mapping, _ = read({"NPS Q1": answers})
    assert mapping["survey_responses"]["columns"]["score"] == question
    assert tables["survey_responses"].num_rows == 8


def test_a_sheet_with_renewals_lists_who_its_accounts_are():
    sheet = frame(
        **{
            "Account": NAMES,
            "Account ID": KEYS,
            "CSM": "Kim",
            "Start Date": STARTS,
            "Renewal Date": [start.replace("2024", "2025") for start in STARTS],
            "ARR": "1000",
        }
    )
    tables, _, _ = read({"Renewals": sheet})
    assert tables["accounts"]["name"].to_pylist() == NAMES
    assert sum(tables["contracts"]["acv"].to_pylist()) == 8_000


def test_where_only_contracts_and_their_ends_are_told_a_begin_counts_as_a_day_of_the_data():
    sheet = frame(
        **{
            "id": KEYS,
            "name": NAMES,
            "arr": "100",
            "renewal_date": [start.replace("2024", "2026") for start in STARTS],
            "churn_date": [""] * 7 + ["2024-06-01"],
        }
    )
    tables, _, _ = read({"companies": sheet})
    assert str(resolve_as_of(tables, "latest").date()) == "2025-07-12"


def test_columns_of_one_name_are_not_read_and_that_is_said(tmp_path):
    for name, text in (
        ("customers.csv", "id,name,country,country\n" + "".join(f"{k},F,US,US\n" for k in KEYS)),
        ("tickets.csv", "ticket_id,customer_id,created_at\n" + f"t1,{KEYS[0]},2025-01-01\n"),
    ):
        (tmp_path / name).write_text(text)
    found = propose(tmp_path)
    assert found.of("accounts")
    assert any("several columns named `country`" in note for note in found.notes)


def test_a_row_a_month_is_no_daily_use():
    usage = frame(16, Account__Id=KEYS * 2, Month=["2025-01"] * 8 + ["2025-02"] * 8, Logins="3")
    found = propose({"usage": usage})
    assert found.parts == ()
    assert "`extra`" in found.unread[0].why


def test_contracts_that_renew_by_themselves_need_nothing_beside_them():
    contracts = frame(
        **{"Contract ID": KEYS, "Customer": NAMES, "Start": STARTS, "Annual Value": "100"},
        **{"End": [start.replace("2024", "2025") for start in STARTS], "Auto-Renewal": "Yes"},
    )
    tables, _, _ = read({"contracts": contracts})
    assert tables["contracts"].num_rows == 8
