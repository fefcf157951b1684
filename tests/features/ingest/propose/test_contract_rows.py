"""What contracts tell in their own rows: their worth, and the day on which notice came."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

IDS = [f"{number:06d}" for number in range(1, 13)]
CUSTOMERS = {"Customer No": IDS, "Customer Name": [f"Firm {n}" for n in IDS]}
MONTHS = [12] * 8 + [24] * 4
ENDS = ["2025-12-31"] * 8 + ["2026-12-31"] * 4


def read(**contracts):
    rows = {"Contract No": [f"V-{n}" for n in IDS], "Customer No": IDS}
    rows |= {"Start date": ["2025-01-01"] * 12, "End date": ENDS, "Term (months)": MONTHS}
    frames = {
        "Customers": pd.DataFrame(CUSTOMERS),
        "Contracts": pd.DataFrame({**rows, **contracts}),
    }
    settings = Settings.model_validate({"tables": mapping_of(propose(frames))})
    return read_tables(frames, settings)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        pytest.param([1200] * 8 + [2400] * 4, "tcv", id="grows with the length"),
        pytest.param([1200] * 12, "acv", id="the same for any length"),
    ],
)
def test_the_value_of_a_contract_is_of_the_whole_where_it_grows_with_its_length(values, column):
    contracts = read(**{"Contract value (EUR)": values})["contracts"]
    assert contracts[column].to_pylist() == values
    assert set(contracts["currency"].to_pylist()) == {"EUR"}


def test_a_day_of_notice_is_notice_of_that_contract():
    days = [None] * 10 + ["2026-08-01", "2026-09-15"]
    events = read(**{"Notice received on": days})["contract_events"].to_pandas()
    assert events["event_type"].tolist() == ["notice_received"] * 2
    assert events["contract_id"].tolist() == [f"V-{n}" for n in IDS[-2:]]
    assert events["effective_at"].dt.strftime("%Y-%m-%d").tolist() == days[-2:]


def test_days_behind_the_ends_of_terms_are_no_notice():
    after = [None] * 10 + ["2027-08-01", "2027-09-15"]
    assert "contract_events" not in read(**{"Notice received on": after})
