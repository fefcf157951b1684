"""Deals of a CRM as contracts: won ones, lost renewals, and who looks after the account."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

KEYS = [f"001{letter * 12}" for letter in "ABCDEFGH"]
OWNERS = ["005AA", "005BB"]
ACCOUNTS = pd.DataFrame(
    {
        "ID": KEYS,
        "NAME": [f"Firm {letter}" for letter in "ABCDEFGH"],
        "OWNERID": OWNERS * 4,
        "CREATEDDATE": "2022-01-01",
    }
)
USERS = pd.DataFrame({"ID": OWNERS, "NAME": ["Ann Lee", "Bo Ray"], "ISACTIVE": "true"})


def deals(**more):
    """Eight first deals of two years, then a renewal each: five won, two lost, one open."""
    stages = ["Closed Won"] * 13 + ["Closed Lost"] * 2 + ["Negotiation"]
    frame = pd.DataFrame(
        {
            "ID": [f"006{place:03d}" for place in range(16)],
            "ACCOUNTID": KEYS * 2,
            "TYPE": ["New Business"] * 8 + ["Renewal"] * 8,
            "STAGENAME": stages,
            "AMOUNT": "2400",
            "CLOSEDATE": ["2022-12-20"] * 8 + ["2024-12-10"] * 8,
            "CONTRACT_START_DATE__C": ["2023-01-01"] * 8 + ["2025-01-01"] * 8,
            "CONTRACT_END_DATE__C": ["2024-12-31"] * 8 + ["2026-12-31"] * 8,
        }
    )
    return frame.assign(**more)


def read(opportunities):
    data = {"Account": ACCOUNTS, "User": USERS, "Opportunity": opportunities}
    found = propose(data)
    return read_tables(data, Settings.model_validate({"tables": mapping_of(found)})), found


WON = ["true"] * 13 + ["false"] * 3


@pytest.mark.parametrize("more", [{}, {"ISWON": WON}], ids=["by stage", "as Salesforce has it"])
def test_deals_in_glued_capitals_are_contracts_with_their_own_days(more):
    tables, _ = read(deals(**more))
    rows = tables["contracts"].to_pandas()
    assert len(rows) == 13
    assert set(rows["term_start"].dt.strftime("%Y-%m-%d")) == {"2023-01-01", "2025-01-01"}
    assert set(rows["signed_at"].dt.strftime("%Y-%m-%d")) == {"2022-12-20", "2024-12-10"}


@pytest.mark.parametrize("more", [{}, {"ISWON": WON}], ids=["by stage", "as Salesforce has it"])
def test_the_amount_of_a_deal_with_a_length_is_that_of_its_length(more):
    tables, found = read(deals(**more))
    assert tables["contracts"]["tcv"].to_pylist() == [2400.0] * 13
    take = next(take for take in found.of("contracts")[0].takes if take.column == "tcv")
    assert not take.sure


@pytest.mark.parametrize("more", [{}, {"ISWON": WON}], ids=["by stage", "as Salesforce has it"])
def test_a_renewal_that_was_lost_is_notice(more):
    tables, _ = read(deals(**more))
    told = tables["contract_events"].to_pandas()
    assert told["account_id"].tolist() == [KEYS[5], KEYS[6]]
    assert set(told["event_type"]) == {"notice_received"}


def test_a_new_deal_that_was_lost_is_no_notice():
    tables, _ = read(deals(TYPE="New Business"))
    assert "contract_events" not in tables or tables["contract_events"].num_rows == 0


def test_csms_are_called_by_the_names_that_another_table_has():
    tables, found = read(deals())
    assert set(tables["accounts"]["csm_id"].to_pylist()) == {"Ann Lee", "Bo Ray"}
    assert "User" not in {entry.table for entry in found.unread}


def test_a_csm_whom_no_table_names_keeps_the_key():
    data = {"Account": ACCOUNTS, "User": USERS.assign(ID=["x", "y"]), "Opportunity": deals()}
    tables = read_tables(data, Settings.model_validate({"tables": mapping_of(propose(data))}))
    assert set(tables["accounts"]["csm_id"].to_pylist()) == set(OWNERS)
