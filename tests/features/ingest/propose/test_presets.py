"""Every preset on invented rows of its documented layout, and several systems as one company."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.known_layouts import SYSTEMS, preset_named
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of, settings_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings, load_settings


def rows(columns, *values):
    """A row is a tuple, or a text whose values stand between bars; nothing stands for empty."""
    split = [one.split("|") if isinstance(one, str) else one for one in values]
    rows = [[value or None for value in one] for one in split]
    return pd.DataFrame([dict(zip(columns.split(","), one, strict=True)) for one in rows])


def read(system, data):
    """The tables as the preset reads them, by its object and by its text alike."""
    found = propose(data, [system])
    settings = Settings.model_validate({"tables": mapping_of(found)})
    return read_tables(data, settings), found


def listed(tables, name, *columns):
    return [tuple(row.values()) for row in tables[name].select(list(columns)).to_pylist()]


STRIPE = {
    "customers": rows(
        "id,Name,Created (UTC)",
        ("cus_000001", "Ada", "2024-05-01 00:00"),
        ("cus_000002", "Bob", "2024-06-01 00:00"),
    ),
    "subscriptions": rows(
        "id,Customer ID,Plan,Quantity,Currency,Interval,Amount,Status,Start Date (UTC),"
        "Current Period Start (UTC),Current Period End (UTC),Canceled At (UTC),Ended At (UTC)",
        *[
            (
                "sub_1",
                "cus_000001",
                "Pro",
                "3",
                "usd",
                "month",
                "1,200.50",
                "active",
                "2024-05-01 00:00",
                "2025-05-01 00:00",
                "2025-06-01 00:00",
                "",
                "",
            ),
            (
                "sub_2",
                "cus_000002",
                "Pro",
                "2",
                "usd",
                "year",
                "600.00",
                "canceled",
                "2024-06-01 00:00",
                "2024-06-01 00:00",
                "2025-06-01 00:00",
                "2025-01-05 00:00",
                "2025-02-01 00:00",
            ),
            (
                "sub_3",
                "cus_000002",
                "Pro",
                "1",
                "usd",
                "month",
                "99.00",
                "trialing",
                "2025-03-01 00:00",
                "2025-03-01 00:00",
                "2025-04-01 00:00",
                "",
                "",
            ),
        ],
    ),
}


def test_stripe_dashboard():
    tables, _ = read("stripe", STRIPE)
    assert listed(tables, "subscription_items", "item_id", "account_id", "mrr") == [
        ("sub_1", "cus_000001", pytest.approx(3 * 1200.50)),
        ("sub_2", "cus_000002", pytest.approx(2 * 600 / 12)),
    ]
    (event,) = tables["contract_events"].to_pylist()
    assert (event["account_id"], event["event_type"]) == ("cus_000002", "cancelled")


def test_stripe_tables_have_cents_and_the_price_two_tables_away():
    data = {
        "stripe_customer": rows(
            "id,name,created,delinquent,invoice_prefix,is_deleted",
            ("cus_1", "Ada", "2024-01-01", "false", "A1", "false"),
            ("cus_2", "Bob", "2024-01-01", "false", "B1", "true"),
        ),
        "stripe_subscription": rows(
            "id,customer_id,status,current_period_end,cancel_at_period_end,canceled_at,ended_at",
            ("sub_1", "cus_1", "active", "2025-02-01", "false", None, None),
        ),
        "stripe_subscription_item": rows(
            "id,plan_id,subscription_id,quantity,created",
            ("si_1", "half", "sub_1", "2", "2024-01-01"),
        ),
        "stripe_plan": rows(
            "id,amount,interval,interval_count,currency", ("half", "60000", "month", "6", "eur")
        ),
        "stripe_charge": rows(
            "id,amount,customer_id,created", ("ch_1", "1", "cus_1", "2024-01-01")
        ),
    }
    tables, found = read("stripe", data)
    assert listed(tables, "accounts", "account_id") == [("cus_1",)]
    assert listed(tables, "subscription_items", "account_id", "mrr", "currency") == [
        ("cus_1", 2 * 600 / 6, "eur")
    ]
    assert "invoices say" in {entry.table: entry.why for entry in found.unread}["stripe_charge"]


def test_chargebee():
    data = {
        "customers": rows(
            "id,company,auto_collection,created_at", ("c1", "Ada", "on", "2024-01-01")
        ),
        "subscriptions": rows(
            "id,customer_id,plan_id,status,mrr,started_at,current_term_start,current_term_end,"
            "cancelled_at,cancel_reason",
            *[
                (
                    "s1",
                    "c1",
                    "pro",
                    "active",
                    "12000",
                    "2024-01-01",
                    "2025-01-01",
                    "2026-01-01",
                    None,
                    None,
                ),
                (
                    "s2",
                    "c1",
                    "pro",
                    "cancelled",
                    "5000",
                    "2024-01-01",
                    "2024-01-01",
                    "2025-01-01",
                    "2024-12-01",
                    "not_paid",
                ),
            ],
        ),
        "invoices": rows(
            "id,customer_id,date,due_date,amount_due,amount_paid,total,status",
            ("i1", "c1", "2025-01-01", "2025-01-15", "0", "12000", "12000", "paid"),
        ),
    }
    tables, _ = read("chargebee", data)
    assert listed(tables, "subscription_items", "item_id", "mrr") == [("s1", 120.0), ("s2", 50.0)]
    assert listed(tables, "contract_events", "contract_id", "reason_code") == [(None, "not_paid")]
    assert listed(tables, "invoices", "amount_due", "amount_paid") == [(120.0, 120.0)]


def test_hubspot_exports():
    data = {
        "hubspot-crm-exports-all-companies": rows(
            "Record ID,Company name,Industry,Create Date,Company owner",
            ("7001", "Ada", "Retail", "2024-01-01 9:05", "Kim"),
        ),
        "deals": rows(
            "Record ID,Deal Stage,Close Date,Amount,Associated Company IDs",
            ("1", "Closed won", "2024-05-01", "9000", "7001;7009"),
            ("2", "Closed lost", "2024-06-01", "5000", "7001"),
        ),
        "tickets": rows(
            "Ticket ID,Create date,Close date,Priority,Ticket status,Associated Company IDs",
            ("5", "2025-01-01 10:00", "", "HIGH", "New", "7001"),
        ),
    }
    tables, _ = read("hubspot", data)
    assert listed(tables, "contracts", "contract_id", "account_id", "acv") == [
        ("1", "7001", 9000.0)
    ]
    assert listed(tables, "tickets", "ticket_id", "account_id") == [("5", "7001")]


def test_salesforce_contracts_come_before_opportunities():
    account = rows(
        "Id,Name,OwnerId,ParentId,BillingCountry,IsDeleted,Type",
        ("001000000000001AAA", "Ada", "o", None, "DE", "false", "Customer"),
    )
    opportunity = rows(
        "Id,AccountId,Amount,CloseDate,IsWon,IsDeleted",
        ("006000000000001AAA", "001000000000001AAA", "12000", "2024-05-01", "true", "false"),
        ("006000000000002AAA", "001000000000001AAA", "7000", "2024-05-02", "false", "false"),
    )
    contract = rows(
        "Id,AccountId,StartDate,EndDate,ContractTerm,Status",
        ("800000000000001AAA", "001000000000001AAA", "2024-05-01", "2025-05-01", "12", "Activated"),
        ("800000000000002AAA", "001000000000001AAA", "2024-05-01", "2025-05-01", "12", "Draft"),
    )
    tables, _ = read("salesforce", {"Account": account, "Opportunity": opportunity})
    assert listed(tables, "contracts", "contract_id", "acv") == [("006000000000001AAA", 12000.0)]
    whole = {"Account": account, "Opportunity": opportunity, "Contract": contract}
    tables, _ = read("salesforce", whole)
    assert listed(tables, "contracts", "contract_id") == [("800000000000001AAA",)]


def test_zendesk_takes_the_time_of_solving_from_the_history():
    data = {
        "organization": rows(
            "id,name,created_at,shared_tickets", ("37001", "Ada", "2024-01-01", "false")
        ),
        "user": rows(
            "id,organization_id,role,email,created_at",
            ("1", "37001", "end-user", "a@ada.com", "2024-01-01"),
            ("2", "37001", "agent", "b@we.com", "2024-01-01"),
        ),
        "ticket": rows(
            "id,organization_id,requester_id,created_at,priority,status",
            ("10", "37001", "1", "2025-01-01", "high", "closed"),
            ("11", "37001", "1", "2025-01-02", "low", "deleted"),
        ),
        "ticket_field_history": rows(
            "ticket_id,field_name,updated,value",
            ("10", "status", "2025-01-09", "closed"),
            ("10", "status", "2025-01-05", "solved"),
            ("10", "priority", "2025-01-02", "high"),
        ),
    }
    tables, _ = read("zendesk", data)
    ((ticket, solved),) = listed(tables, "tickets", "ticket_id", "resolved_at")
    assert (ticket, solved.day) == ("10", 5)
    assert listed(tables, "people", "person_id") == [("1",)]


def test_intercom_goes_from_the_author_to_the_company():
    data = {
        "company_history": rows(
            "id,updated_at,company_id,created_at,monthly_spend,user_count,name",
            ("co1", "2025-01-01", "x", "2024-01-01", "0", "3", "Ada"),
        ),
        "contact_history": rows(
            "id,role,email,signed_up_at,created_at",
            ("p1", "user", "a@ada.com", "2024-01-01", "2024-01-01"),
        ),
        "contact_company_history": rows(
            "company_id,contact_id,contact_updated_at", ("co1", "p1", "z")
        ),
        "conversation_history": rows(
            "id,created_at,updated_at,source_author_id,source_type,state",
            ("c1", "2025-02-01 10:00:00", "2025-02-01 11:00:00", "p1", "conversation", "open"),
            ("c1", "2025-02-01 10:00:00", "2025-02-03 09:00:00", "p1", "conversation", "closed"),
        ),
    }
    tables, _ = read("intercom", data)
    assert listed(tables, "tickets", "ticket_id", "account_id", "status") == [
        *(("c1", "co1", "open"), ("c1", "co1", "closed"))
    ]


def test_segment_leaves_out_who_has_not_signed_in():
    data = {
        "accounts": rows("id,received_at,name,plan", ("g1", "2025-01-01", "Ada", "pro")),
        "tracks": rows(
            "id,event,user_id,received_at,timestamp,context_group_id",
            ("e1", "export", "u1", "2025-01-02 00:00:05", "2025-01-02 00:00:00", "g1"),
            ("e2", "visit", None, "2025-01-02 00:00:05", "2025-01-02 00:00:00", None),
        ),
    }
    tables, _ = read("segment", data)
    assert listed(tables, "usage_events", "account_id", "product_user_id", "feature_id") == [
        ("g1", "u1", "export")
    ]


def test_mixpanel_and_amplitude_find_the_company_among_the_properties():
    mixpanel = {
        "mixpanel_event": rows(
            "name,time,distinct_id,insert_id,properties",
            ("play", "2025-01-01 10:00:00", "u1", "i1", '{"company_id": "c9"}'),
            ("stop", "2025-01-01 11:00:00", "u2", "i2", "{}"),
        )
    }
    tables, _ = read("mixpanel", mixpanel)
    assert listed(tables, "usage_events", "account_id", "product_user_id") == [
        *(("c9", "u1"), ("u2", "u2"))
    ]
    amplitude = {
        "event": rows(
            "event_type,event_time,user_id,amplitude_id,groups,server_upload_time",
            ("play", "2025-01-01 10:00:00", "u1", "77", '{"company": "c9"}', "2025-01-01 10:00:09"),
            ("play", "2025-01-01 10:00:00", None, "78", "{}", "2025-01-01 10:00:09"),
        )
    }
    tables, _ = read("amplitude", amplitude)
    assert listed(tables, "usage_events", "account_id", "product_user_id") == [
        *(("c9", "u1"), ("78", "78"))
    ]


ZENDESK = {
    "organizations": rows(
        "id,name,created_at,shared_tickets,domain_names",
        ("370001", "Ada Ltd", "2024-01-01", "false", "ada.com"),
        ("370002", "Bob Ltd", "2024-01-01", "false", "bob.org"),
    ),
    "tickets": rows(
        "id,organization_id,requester_id,created_at,priority,status",
        ("10", "370001", "1", "2025-01-01", "high", "open"),
        ("11", "370002", "1", "2025-01-02", "low", "open"),
    ),
}


def joined(**more):
    data = {**STRIPE, **ZENDESK, **more}
    found = propose(data, ["stripe", "zendesk"])
    settings = Settings.model_validate({"tables": mapping_of(found)})
    tables = read_tables(data, settings)
    return listed(tables, "tickets", "ticket_id", "account_id"), found.notes


def test_systems_meet_by_a_table_of_both_keys():
    keys = rows("stripe,zendesk", ("cus_000001", "370001"), ("cus_000002", "370002"))
    tickets, notes = joined(keys=keys)
    assert tickets == [("10", "cus_000001"), ("11", "cus_000002")]
    assert notes == ("100% of the customers of Zendesk are accounts by the table 'keys'.",)


def test_systems_meet_by_the_domain_of_an_address():
    customers = STRIPE["customers"].assign(Email=["ann@ada.com", "bo@bob.org"])
    tickets, notes = joined(customers=customers)
    assert tickets == [("10", "cus_000001"), ("11", "cus_000002")]
    assert "the domains of `domain_names` and `Email`" in notes[0]


def test_systems_that_nothing_joins_are_told_apart():
    _, notes = joined_notes()
    assert "Nothing leads from the customers of Zendesk" in notes[0]


def joined_notes():
    found = propose({**STRIPE, **ZENDESK}, ["stripe", "zendesk"])
    return found.parts, found.notes


def test_a_layout_is_recognised_without_being_named(tmp_path):
    found = propose(STRIPE)
    assert {part.why for part in found.parts} == {"Stripe, CSV exports of the dashboard"}
    file = tmp_path / "churngrid.yaml"
    file.write_text(settings_text(found))
    assert (
        load_settings(file).tables == Settings.model_validate({"tables": mapping_of(found)}).tables
    )


def test_a_preset_that_finds_nothing_says_what_it_looks_for():
    with pytest.raises(
        SchemaError, match=r"Preset 'zendesk' finds none .*'organization' with id, name"
    ):
        propose(STRIPE, ["zendesk"])
    with pytest.raises(SchemaError, match=r"`preset` must be one of .* Did you mean 'stripe'"):
        propose(STRIPE, ["strype"])


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_preset_names_where_its_layout_is_documented(system):
    preset = preset_named(system)
    assert preset.documented
    for layout in preset.layouts:
        for mapping in (*layout.tables.values(), *layout.otherwise.values()):
            assert mapping.source in layout.sheets


def test_a_preset_that_is_asked_for_has_to_find_its_tables():
    with pytest.raises(
        SchemaError, match=r"finds none of its tables among .* it knows 'customers' "
    ):
        propose({"leads": rows("name", ("Ada",), ("Bob",))}, ["stripe"])


def test_subscriptions_without_customers_meet_the_accounts_of_the_crm_by_domain():
    subscriptions = rows(
        "id,Customer ID,Customer Email,Plan,Quantity,Currency,Interval,Amount,Status,"
        "Start Date (UTC),Current Period Start (UTC),Current Period End (UTC),Ended At (UTC)",
        *[
            f"sub_{n}|cus_00000{n}|bills@{name}.io|Pro|3|usd|month|10.00|active|2024-05-01 00:00|"
            "2025-05-01 00:00|2025-06-01 00:00|"
            for n, name in enumerate(("ada", "bob", "cyd"))
        ],
    )
    companies = rows(
        "Record ID,Company name,Company Domain Name,Create Date",
        *[
            f"940000{n}|{name.title()}|{name}.io|2024-04-01"
            for n, name in enumerate(["bob", "ada", "cyd", "eve"])
        ],
    )
    data = {"subscriptions": subscriptions, "all-companies": companies}
    found = propose(data)
    tables = read_tables(data, Settings.model_validate({"tables": mapping_of(found)}))
    named = dict(listed(tables, "subscription_items", "item_id", "account_id"))
    assert named == {"sub_0": "9400001", "sub_1": "9400000", "sub_2": "9400002"}
    assert any("by the domains of `Customer Email`" in note for note in found.notes)


def test_answers_without_ids_meet_the_accounts_by_domain():
    companies = rows(
        "Company ID,Company,Website,Customer since",
        *[
            f"c{n}|{name.title()} Ltd|www.{name}.io|2024-04-01"
            for n, name in enumerate(["bob", "ada", "cyd", "eve"])
        ],
    )
    answers = rows(
        "Email,Score,Responded at",
        *[
            f"ann@{name}.io|{9 - n}|2024-06-0{n + 1}"
            for n, name in enumerate(["ada", "bob", "cyd"])
        ],
    )
    data = {"companies": companies, "nps survey": answers}
    tables = read_tables(data, Settings.model_validate({"tables": mapping_of(propose(data))}))
    assert listed(tables, "survey_responses", "account_id", "score") == [
        ("c1", 9.0),
        ("c0", 8.0),
        ("c2", 7.0),
    ]
