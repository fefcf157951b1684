"""Where the contract events say that a contract ends, silence says nothing more."""

import pandas as pd
import pytest

from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business
from churngrid.training.dataset.churn_decisions import decide


def billed(account, until):
    days = pd.date_range("2022-01-01", until, freq="QS")
    return pd.DataFrame({"account_id": account, "issued_at": days, "amount_due": 25.0})


def told(**event):
    """An account billed by quarter that refused its year in time, beside one that goes on."""
    terms = {"term_start": "2021-11-01", "term_end": "2022-11-01", "term_months": 12}
    rolls = {"auto_renew": True, "notice_period_days": 90, "acv": 100.0, "known_at": "2021-10-08"}
    contracts = [{"contract_id": f"{a}-1", "account_id": a} | terms | rolls for a in ("left", "on")]
    invoices = pd.concat([billed("left", "2022-10-02"), billed("on", "2024-10-02")])
    invoices["invoice_id"] = [f"i{number}" for number in range(len(invoices))]
    notice = {"event_id": "e", "account_id": "left", "event_type": "notice_received"}
    times = {"effective_at": "2022-07-24", "known_at": "2022-07-26"}
    frames = {
        "accounts": pd.DataFrame({"account_id": ["left", "on"], "customer_since": "2021-11-01"}),
        "contracts": pd.DataFrame(contracts),
        "contract_events": pd.DataFrame([notice | times | event]),
        "invoices": invoices,
        "tickets": pd.DataFrame(
            [{"ticket_id": "t", "account_id": "on", "created_at": "2024-10-20"}]
        ),
    }
    found = decide(read_tables(frames), Business.CONTRACTUAL_ACV, Settings())
    return found.set_index("account_id").loc["left"]


@pytest.mark.parametrize("contract", ["left-1", None])
def test_the_last_invoice_before_the_end_does_not_renew_what_was_refused(contract):
    left = told(contract_id=contract)
    assert left["decided_at"] == pd.Timestamp("2022-07-24", tz="UTC")
    assert left["ended_at"] == pd.Timestamp("2022-11-01", tz="UTC")
