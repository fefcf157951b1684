"""Amounts in several currencies, and the column that has them converted."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

PAID = [100.0, 200.0, 300.0, 100.0, 200.0, 300.0]
CODES = ["USD", "USD", "USD", "GBP", "GBP", "GBP"]
AT_RATES = [100.0, 200.0, 300.0, 127.0, 254.0, 381.0]


def items(**more):
    rows = {"account_id": list("abcdef"), "month": ["2025-01-01"] * 6, "mrr": PAID}
    return read({**rows, "currency": CODES, **more})


def read(columns):
    frames = {
        "accounts": pd.DataFrame({"account_id": list("abcdef"), "name": list("ABCDEF")}),
        "mrr_by_month": pd.DataFrame(columns),
    }
    found = propose(frames)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(frames, settings)


@pytest.mark.parametrize("name", ["mrr_usd", "mrr_in_usd", "converted_mrr", "mrr_base_currency"])
def test_converted_amounts_stand_in_for_those_in_many_currencies(name):
    read_items = items(**{name: AT_RATES})["subscription_items"]
    assert read_items["mrr"].to_pylist() == AT_RATES
    assert set(read_items["currency"].to_pylist()) == {"USD"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("mrr_usd", PAID, id="the same in every currency"),
        pytest.param("mrr_usd", [90.0, 180.0, 270.0, 127.0, 254.0, 381.0], id="of none of them"),
        pytest.param("list_mrr", AT_RATES, id="another amount"),
    ],
)
def test_what_is_not_the_same_amount_converted_is_left_alone(name, values):
    tables = items(**{name: values})
    assert tables["subscription_items"]["mrr"].to_pylist() == PAID
    assert set(tables["subscription_items"]["currency"].to_pylist()) == {"USD", "GBP"}
