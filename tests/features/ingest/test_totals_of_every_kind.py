"""Rows in are rows used and put aside, and so is the money, whatever kind of file it came in."""

import pandas as pd
import pytest

from churngrid.features.ingest.read import read_tables

INVOICES = pd.DataFrame(
    {
        "invoice_id": ["1", "2", "3", "3", "5", "6"],
        "account_id": ["a0", "a1", "zz", "a3", "a4", "a5"],
        "issued_at": [*(f"2025-01-0{day}" for day in range(1, 5)), "nonsense", "2025-01-05"],
        "amount_due": ["10.5", '"x"', "100", "7", "1,000.25", "3"],
    }
)
WRITTEN = {
    "csv": lambda path: INVOICES.to_csv(path, index=False),
    "csv.gz": lambda path: INVOICES.to_csv(path, index=False),
    "json": lambda path: INVOICES.to_json(path, orient="records"),
    "jsonl": lambda path: INVOICES.to_json(path, orient="records", lines=True),
    "xlsx": lambda path: INVOICES.to_excel(path, index=False, sheet_name="invoices"),
    "parquet": lambda path: INVOICES.to_parquet(path),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_nothing_is_lost_between_a_file_and_what_is_used(kind, tmp_path):
    if kind == "xlsx":
        pytest.importorskip("openpyxl")
    names = [f"a{number}" for number in range(6)]
    pd.DataFrame({"account_id": names}).to_csv(tmp_path / "accounts.csv", index=False)
    WRITTEN[kind](tmp_path / f"invoices.{kind}")
    tables = read_tables(tmp_path)
    found = tables.intake["invoices"]
    assert (found.rows_in, found.rows_used, found.rows_aside) == (6, 4, 2)
    assert tables.quarantine is not None
    assert tables.quarantine.num_rows == found.rows_aside
    assert sum(found.money_in_by.values()) == 1120.75
    assert sum(found.money_used_by.values()) == 20.5
    assert found.amounts_unread == 1
