import pytest

from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business, business_of, lead_of

CONTRACT = {"contract_id": "c", "account_id": "a", "term_start": "2024-01-01"}
ITEM = {"item_id": "i", "account_id": "a", "mrr": 1.0, "effective_from": "2024-01-01"}
EVENT = {
    "event_id": "e",
    "account_id": "a",
    "event_type": "renewed",
    "effective_at": "2024-01-01",
}


@pytest.mark.parametrize(
    ("delivered", "business"),
    [
        ({"contracts": [CONTRACT], "subscription_items": [ITEM]}, Business.CONTRACTUAL_ITEMS),
        ({"contracts": [CONTRACT]}, Business.CONTRACTUAL_ACV),
        ({"contracts": [CONTRACT], "contract_events": [EVENT]}, Business.CONTRACTUAL_ACV),
        ({"contract_events": [EVENT]}, Business.MONTH_TO_MONTH),
        ({"subscription_items": [ITEM]}, Business.MONTH_TO_MONTH),
        ({}, Business.NON_CONTRACTUAL),
        ({"contracts": [], "subscription_items": []}, Business.NON_CONTRACTUAL),
    ],
)
def test_delivered_tables_tell_the_business(company, delivered, business):
    assert business_of(company(**delivered)) is business


@pytest.mark.parametrize("business", list(Business))
def test_every_business_says_what_churn_means(business):
    assert "churn is" in business.sentence
    assert business.contractual == (business is not Business.NON_CONTRACTUAL)


def test_lead_is_thirty_days_with_contracts_and_none_without():
    assert lead_of(Settings(), Business.CONTRACTUAL_ACV) == 30
    assert lead_of(Settings(), Business.MONTH_TO_MONTH) == 30
    assert lead_of(Settings(), Business.NON_CONTRACTUAL) == 0


def test_a_lead_of_zero_in_the_settings_wins():
    assert lead_of(Settings(lead_days=0), Business.CONTRACTUAL_ITEMS) == 0
