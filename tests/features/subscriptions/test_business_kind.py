import pytest

from churngrid.features.subscriptions.business_kind import Business, business_of

CONTRACT = {"contract_id": "c", "account_id": "a", "term_start": "2024-01-01"}
ITEM = {"item_id": "i", "account_id": "a", "mrr": 1.0, "effective_from": "2024-01-01"}
USED = {"account_id": "a", "product_user_id": "u", "occurred_at": "2024-01-01"}
INVOICE = {"invoice_id": "i", "account_id": "a", "issued_at": "2024-01-01"}
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
        ({"usage_events": [USED]}, Business.NON_CONTRACTUAL),
        ({"usage_events": [USED], "invoices": [INVOICE]}, Business.NON_CONTRACTUAL),
        ({"invoices": [INVOICE]}, Business.INVOICED),
        ({}, Business.UNDECIDED),
        ({"contracts": [], "subscription_items": []}, Business.UNDECIDED),
    ],
)
def test_delivered_tables_tell_the_business(company, delivered, business):
    assert business_of(company(**delivered)) is business


@pytest.mark.parametrize("business", list(Business))
def test_every_business_says_what_churn_means(business):
    assert ("churn is" in business.sentence) == (business is not Business.UNDECIDED)
    decisions = {Business.CONTRACTUAL_ITEMS, Business.CONTRACTUAL_ACV, Business.MONTH_TO_MONTH}
    assert business.contractual == (business in decisions)


def test_silence_of_tickets_is_never_called_churn():
    assert "no account is called churned" in Business.UNDECIDED.sentence
