"""What an invoice says of itself decides what is owed."""

import pyarrow as pa
import pytest

from churngrid.features.metrics.invoice_views import with_debts
from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import canonical_schema

ISSUED, DUE, PAID = (pa.scalar(day * 86_400_000_000).as_py() for day in (0, 30, 40))


def debts(**said):
    row = {"issued_at": ISSUED, "due_at": DUE, "amount_due": 1000.0} | said
    schema = canonical_schema(table_spec("invoices"))
    columns = [
        pa.array([row.get(field.name)], pa.int64()).cast(field.type)
        if pa.types.is_timestamp(field.type)
        else pa.array([row.get(field.name)], field.type)
        for field in schema
    ]
    table = with_debts(pa.table(columns, schema=schema))
    settled = table["settled_at"].cast(pa.int64()).to_pylist()
    return list(zip(settled, table["owed"].to_pylist(), table["billed"].to_pylist(), strict=True))


def debt(**said):
    return debts(**said)[0]


@pytest.mark.parametrize(
    "said",
    [
        {"status": "void"},
        {"status": " Draft "},
        {"amount_due": 0.0, "status": "paid"},
        {"amount_due": -1000.0, "status": "open"},
    ],
)
def test_nobody_has_to_pay_it(said):
    assert debt(**said) == (ISSUED, 0.0, 0.0)


def test_an_open_invoice_is_owed():
    assert debt(status="open") == (None, 1000.0, 1000.0)
    assert debt() == (None, 1000.0, 1000.0)


@pytest.mark.parametrize("status", ["uncollectible", "written_off"])
def test_one_given_up_is_owed_for_a_year(status):
    assert debt(status=status) == (DUE + 365 * 86_400_000_000, 1000.0, 1000.0)


def test_of_one_paid_in_part_the_rest_is_owed():
    assert debt(status="open", amount_paid=900.0) == (None, 100.0, 1000.0)


def test_the_part_that_was_paid_was_owed_until_then():
    found = debts(status="open", amount_paid=900.0, paid_at=PAID)
    assert found == [(None, 100.0, 100.0), (PAID, 900.0, 900.0)]


def test_one_paid_without_a_date_was_paid_when_due():
    assert debt(status="paid")[0] == DUE
    assert debt(amount_paid=1000.0)[0] == DUE
    assert debt(amount_paid=997.0)[0] == DUE


def test_a_payment_date_is_its_own_clock():
    assert debt(status="paid", amount_paid=1000.0, paid_at=PAID) == (PAID, 1000.0, 1000.0)
