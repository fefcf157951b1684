"""Customers that leave or stay, and the labels their rows get."""

from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.labels import label
from tests.training.records import ANNUAL, contract, item

SETTINGS = Settings()
STAYS = contract("2025-01-01", "2026-01-01", name="d", signed_at="2024-12-20")


def leaver(company, *events, **more):
    """An annual customer whose ledger ends with its term."""
    ledger = [item("2024-01-01", "2025-01-01")]
    given = {"contracts": [ANNUAL], "subscription_items": ledger, "contract_events": list(events)}
    return company(**(given | more))


def stayer(company, *changes, **more):
    """An annual customer that renews."""
    given = {"contracts": [ANNUAL, STAYS], "subscription_items": [item("2024-01-01"), *changes]}
    return company(**(given | more))


def labelled(tables, rows, chosen=SETTINGS):
    return label(tables, rows, business_of(tables), chosen)


def churned(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["churned"].tolist()


def reasons(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["reason"].tolist()


def expanded(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["expanded"].tolist()
