"""A column that comes broken is told first by a scoring, whatever the table."""

import pytest

import churngrid
from churngrid.demo import build_company

AS_OF = "2025-12-31"


@pytest.fixture(scope="module")
def company():
    return build_company(6, months=8).tables


@pytest.mark.parametrize(
    ("table", "column"),
    [("accounts", "customer_since"), ("tickets", "resolved_at"), ("goals", "due_at")],
)
def test_dates_that_cannot_be_read_are_told_first(company, table, column):
    broken = company | {table: company[table].assign(**{column: "31/31/2025x"})}
    found = churngrid.score(broken, model="none").scored
    assert any(f"`{table}`" in said for said in found.findings)
    assert found.notes[: len(found.findings)] == found.findings


def test_a_whole_company_has_nothing_to_tell(company):
    assert churngrid.score(company, model="none").scored.findings == ()
