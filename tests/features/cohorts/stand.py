"""How accounts stand, from the rows that a test writes down."""

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from tests.training.records import ANNUAL, item

SETTINGS = Settings()


def customer(company, *contracts, **more):
    tables = {"contracts": list(contracts or [ANNUAL]), "subscription_items": [item("2024-01-01")]}
    return company(**(tables | more))


def stand(tables, rows, chosen=SETTINGS):
    return standing(tables, rows, business_of(tables), chosen)


def statuses(tables, rows, chosen=SETTINGS):
    return stand(tables, rows, chosen)["status"].tolist()


def reasons(tables, rows):
    return stand(tables, rows)["reason"].tolist()
