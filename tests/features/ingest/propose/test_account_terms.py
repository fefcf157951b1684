"""Terms that accounts tell of what another table prices month by month."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

IDS = [f"k{number:02d}" for number in range(24)]
SINCE = [f"2023-{1 + number % 12:02d}-05" for number in range(24)]
RENEWS = [f"2026-{1 + number % 12:02d}-05" for number in range(24)]


def accounts(**columns):
    sheet = {"account_key": IDS, "account_name": IDS, "customer_since": SINCE}
    return pd.DataFrame({**sheet, "next_renewal_date": RENEWS, **columns})


def monthly_rows():
    months = pd.date_range("2024-01-01", "2025-12-01", freq="MS").strftime("%Y-%m-%d")
    rows = [(key, month, 100.0) for key in IDS for month in months]
    return pd.DataFrame(rows, columns=["account_key", "month", "mrr"])


def read(sheet, **tables):
    frames = {"dim_account": sheet, "fct_mrr": monthly_rows(), **tables}
    found = propose(frames)
    settings = Settings.model_validate({"tables": mapping_of(found)})
    tables = read_tables(frames, settings)
    contracts = tables["contracts"].to_pandas() if "contracts" in tables else pd.DataFrame()
    return {row.account_id: row for row in contracts.itertuples()}


def test_renewals_on_anniversaries_are_terms_of_a_year_from_the_beginning():
    terms = read(accounts())
    assert sorted(terms) == IDS
    assert {f"{row.term_start:%Y-%m-%d}" for row in terms.values()} == set(SINCE)
    assert {row.term_months for row in terms.values()} == {12}


def test_who_pays_by_the_month_and_has_no_renewal_is_bound_by_nothing():
    ways = ["annual", "monthly"] * 12
    renews = [day if way == "annual" else None for day, way in zip(RENEWS, ways, strict=True)]
    assert sorted(read(accounts(billing_frequency=ways, next_renewal_date=renews))) == IDS[::2]


def test_who_left_was_bound_as_those_who_stayed():
    left = ["2025-03-05" if number % 4 == 0 else None for number in range(24)]
    renews = [None if gone else day for day, gone in zip(RENEWS, left, strict=True)]
    terms = read(accounts(next_renewal_date=renews, churned_at=left))
    assert sorted(terms) == IDS
    assert f"{terms['k00'].term_start:%Y-%m-%d}" == SINCE[0]


def test_those_who_left_are_counted_as_those_who_stayed():
    left = ["2025-03-01" if number % 4 == 0 else None for number in range(24)]
    renews = [None if gone else f"{day[:7]}-01" for day, gone in zip(RENEWS, left, strict=True)]
    terms = read(accounts(next_renewal_date=renews, churned_at=left))
    assert {row.term_start.day for row in terms.values()} == {1}


def test_a_term_is_counted_from_the_renewal_where_that_was_moved():
    renews = ["2026-07-20", *RENEWS[1:]]
    assert f"{read(accounts(next_renewal_date=renews))['k00'].term_start:%m-%d}" == "07-20"


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(accounts(next_renewal_date=RENEWS[1:] + RENEWS[:1]), id="no anniversaries"),
        pytest.param(accounts().drop(columns="customer_since"), id="no beginning"),
        pytest.param(
            accounts(next_renewal_date=[*RENEWS[:11], *[None] * 13]), id="told for too few"
        ),
    ],
)
def test_what_is_no_rule_binds_nobody(sheet):
    assert not read(sheet)


def test_contracts_of_their_own_come_first():
    contracts = {"contract_id": IDS, "account_key": IDS, "start_date": SINCE}
    contracts |= {"end_date": ["2025-12-31"] * 24, "acv": [1200] * 24}
    terms = read(accounts(), contracts=pd.DataFrame(contracts))
    assert {f"{row.term_end:%Y-%m-%d}" for row in terms.values()} == {"2025-12-31"}
