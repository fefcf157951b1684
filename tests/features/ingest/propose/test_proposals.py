"""What is proposed for tables that nobody has described, told by small invented companies."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of

DAYS = [f"2025-01-{day:02d}" for day in range(1, 31)]


def table(**columns):
    length = max(len(values) for values in columns.values() if isinstance(values, list))
    return pd.DataFrame(
        {
            name: values if isinstance(values, list) else [values] * length
            for name, values in columns.items()
        }
    )


def ids(prefix, count):
    return [f"{prefix}_{number:05d}" for number in range(count)]


def mapped(data):
    return mapping_of(propose(data))


def customers(count=4):
    return table(id=ids("cus", count), name=[f"Firm {n}" for n in range(count)])


def tickets(**more):
    return table(
        **{
            "id": ids("tick", 6),
            "customer_id": ids("cus", 3) * 2,
            "created_at": DAYS[:6],
            "priority": ["high", "low", "low"] * 2,
            **more,
        }
    )


def test_the_table_others_point_to_holds_the_accounts():
    vendor = table(id=["1234"], business_name=["We"], country=["US"])
    found = mapped({"account": vendor, "customer": customers(), "ticket": tickets()})
    assert found["accounts"]["source"] == "customer"
    assert "account" in {
        entry.table
        for entry in propose(
            {"account": vendor, "customer": customers(), "ticket": tickets()}
        ).unread
    }


@pytest.mark.parametrize(
    "name", ["raw_customers", "Customers", "dim_customer", "customers_2024-05"]
)
def test_plural_prefix_and_month_of_a_table_do_not_matter(name):
    found = mapped({name: customers(), "tickets": tickets()})
    assert found["accounts"]["source"] == name
    assert found["tickets"]["columns"]["account_id"] == "customer_id"


def test_own_staff_without_a_company_is_not_proposed_as_people():
    users = table(id=["1", "2"], email=["a@we.com", "b@we.com"])
    assert "people" not in mapped({"customer": customers(), "ticket": tickets(), "users": users})


def test_agents_among_the_users_of_customers_are_left_out():
    users = table(
        id=["1", "2", "3"],
        customer_id=ids("cus", 3),
        email=["a@x.com", "b@x.com", "c@x.com"],
        role=["end-user", "agent", "end-user"],
        created_at=DAYS[:3],
    )
    people = mapped({"customer": customers(), "ticket": tickets(), "user": users})["people"]
    assert people["but_not"] == {"role": ["agent"]}


def test_admins_and_owners_at_a_customer_stay():
    people = table(
        id=ids("p", 4),
        customer_id=[*ids("c", 4)],
        email=[f"{n}@firm.example" for n in range(4)],
        role=["admin", "owner", "member", "admin"],
    )
    found = mapped({"customers": customers(), "people": people})
    assert "but_not" not in found["people"]


def test_a_table_in_between_leads_to_the_account():
    found = propose(
        {
            "company": table(id=ids("com", 4), name=["A", "B", "C", "D"]),
            "ticket": table(id=ids("tick", 4), createdate=DAYS[:4], priority="high"),
            "ticket_company": table(ticket_id=ids("tick", 4), company_id=ids("com", 4)),
        }
    )
    (part,) = found.of("tickets")
    account = next(take for take in part.takes if take.column == "account_id")
    assert account.source == "id"
    assert "ticket_company" in str(account.lookup)


def test_running_numbers_that_meet_by_chance_are_no_link():
    found = propose(
        {
            "customers": table(id=["1", "2", "3"], name=["A", "B", "C"]),
            "tickets": table(
                id=["1", "2", "3"], assignee_id=["1", "2", "3"], created_at=DAYS[:3], priority="low"
            ),
        }
    )
    assert not found.of("tickets")
    assert "no column names the account" in {e.table: e.why for e in found.unread}["tickets"]


def test_accounts_may_be_named_by_their_names():
    found = propose(
        {
            "organizations": table(ID=["11", "12", "13"], Name=["Ada", "Bob", "Cyd"]),
            "tickets": table(
                **{"Ticket ID": ["7", "8", "9"], "Organization": ["Ada", "Bob", "Ada"]},
                Created=DAYS[:3],
                Status="open",
            ),
        }
    )
    account = next(take for take in found.of("tickets")[0].takes if take.column == "account_id")
    assert account.source == "Organization"
    assert "'Name'" in account.why


def test_without_a_table_of_accounts_other_tables_name_them():
    found = propose({"tickets": tickets()})
    assert not found.of("accounts")
    assert found.of("tickets")
    assert "customer" in found.notes[0]


def test_events_without_a_company_count_by_person_and_say_so():
    events = table(
        event=["login", "export"] * 3,
        distinct_id=ids("person", 3) * 2,
        time=[f"{day} 10:00:00" for day in DAYS[:6]],
    )
    (part,) = propose({"mixpanel_event": events}).of("usage_events")
    account = next(take for take in part.takes if take.column == "account_id")
    assert (account.source, account.sure) == ("distinct_id", False)
    assert "every person counts as an account" in account.why


def survey(**columns):
    return table(response_id=["1", "2", "3"], customer_id=ids("cus", 3), date=DAYS[:3], **columns)


def test_surveys_of_three_kinds_are_read_side_by_side():
    found = propose(
        {
            "nps_responses": survey(score=["0", "9", "10"]),
            "csat_responses": survey(score=["1", "5", "4"]),
            "ces_responses": survey(score=["7", "1", "4"]),
        }
    )
    kinds = {
        part.source: next(take.constant for take in part.takes if take.column == "survey_type")
        for part in found.of("survey_responses")
    }
    assert kinds == {"nps_responses": "nps", "csat_responses": "csat", "ces_responses": "ces"}


def test_scores_of_an_unknown_kind_are_not_guessed():
    found = propose({"survey_results": survey(score=["1", "5", "4"])})
    assert not found.of("survey_responses")


def deals(**more):
    return table(
        **{"id": ids("deal", 4), "customer_id": ids("cus", 4), "amount": ["9000"] * 4, **more},
        close_date=DAYS[:4],
    )


def test_only_won_deals_are_contracts():
    data = {"customers": customers(), "deals": deals(stage=["Closed Won", "Lost"] * 2)}
    assert mapped(data)["contracts"]["only"] == {"stage": ["Closed Won"]}


def test_a_pipeline_that_does_not_tell_what_was_won_is_left_alone():
    found = propose({"customers": customers(), "deals": deals(stage=["a7f3", "b912"] * 2)})
    assert not found.of("contracts")
    assert "won" in {entry.table: entry.why for entry in found.unread}["deals"]


def test_deleted_rows_are_left_out_and_a_flag_that_is_never_set_says_nothing():
    gone = customers().assign(is_deleted=["false", "true", "false", "false"], archived="false")
    found = mapped({"customers": gone, "tickets": tickets()})
    assert found["accounts"]["but_not"] == {"is_deleted": ["true"]}


def test_a_table_of_customers_with_an_outcome_and_no_dates_is_flat():
    churn = table(
        customerID=ids("c", 4), tenure=["1", "2", "3", "4"], Churn=["Yes", "No", "No", "Yes"]
    )
    assert propose({"Customer-Churn": churn}).flat == ("Customer-Churn", "customerID", "Churn")


def test_a_sheet_of_renewals_holds_accounts_and_terms():
    sheet = table(
        account_id=ids("a", 4),
        account_name=["A", "B", "C", "D"],
        arr=["1000", "2000", "3000", "4000"],
        contract_end_date=DAYS[:4],
    )
    found = propose({"accounts": sheet})
    (terms,) = found.of("contracts")
    assert {take.column: take.source for take in terms.takes} == {
        "contract_id": "account_id",
        "account_id": "account_id",
        "term_start": "",
        "term_end": "contract_end_date",
        "acv": "arr",
    }
    (start,) = (take for take in terms.takes if take.column == "term_start")
    assert (start.formula, start.sure) == (
        'moment("contract_end_date") - interval 12 month',
        False,
    )


def test_columns_and_tables_that_are_not_read_are_listed():
    found = propose(
        {
            "customers": customers().assign(mood="blue"),
            "tickets": tickets(),
            "weather": table(rain=["1", "2"]),
        }
    )
    told = {entry.table: entry.columns for entry in found.unread}
    assert told["customers"] == ("mood",)
    assert told["weather"] == ()


def test_times_of_the_loader_are_no_times_of_the_row():
    loaded = table(
        id=ids("tick", 4), customer_id=ids("cus", 4), priority="low", _fivetran_synced=DAYS[:4]
    )
    assert not propose({"customers": customers(), "tickets": loaded}).of("tickets")


def test_answers_without_a_date_are_of_the_newest_day_and_called_a_guess():
    data = {
        "customers": customers(),
        "tickets": tickets(),
        "nps_responses": table(customer_id=ids("cus", 3), score=["1", "9", "10"]),
    }
    (part,) = propose(data).of("survey_responses")
    takes = {take.column: take for take in part.takes}
    assert (takes["sent_at"].constant, takes["sent_at"].sure) == (DAYS[5], False)


def test_ids_of_digits_are_no_times():
    report = table(
        **{"Account ID": [f"0013000000000{n}" for n in (1, 2, 1)], "Account Name": ["A", "B", "A"]},
        **{"Opportunity ID": ids("opp", 3), "Amount": ["10", "20", "30"], "Stage": "Closed Won"},
        **{"Close Date": DAYS[:3]},
    )
    (part,) = propose({"report1700": report}).of("contracts")
    assert {take.column: take.source for take in part.takes}["account_id"] == "Account ID"


def test_a_row_a_month_ends_with_its_month():
    months = [f"2024-{month:02d}-01" for month in range(1, 7)]
    monthly = table(customer_key=ids("cus", 2) * 6, month=sorted(months * 2), mrr="10")
    found = propose({"dim_customer": customers(2), "fct_mrr_monthly": monthly})
    (part,) = found.of("subscription_items")
    end = next(take for take in part.takes if take.column == "effective_to")
    assert (end.formula, end.sure) == ('moment("month") + interval 1 month', False)


def test_dates_that_may_be_read_in_two_ways_are_asked_for():
    unclear = tickets(created_at=["03/04/2025", "05/06/2025", "07/08/2025"] * 2)
    found = propose({"customers": customers(), "tickets": unclear})
    assert found.of("tickets")
    (asked,) = found.notes
    assert "is it day-first or month-first?" in asked
    assert "`tables.tickets.formats`: `created_at: day-first`" in asked
