"""Forecasts tried on the past of a small company of contracts."""

import numpy as np
import pandas as pd
import pytest

from churngrid.training.forecast.realised import realised
from churngrid.training.forecast.trial import coverage


def test_what_came_counts_leaving_cuts_and_growth():
    accounts = pd.DataFrame(
        {"account_id": ["a", "b", "c"], "as_of_us": 10, "arr": [100.0, 100.0, 100.0]}
    )
    changes = pd.DataFrame(
        {
            "account_id": ["a", "b", "b", "zz"],
            "at_us": [15, 5, 20, 15],
            "change": [-30.0, 50.0, 40.0, 9.0],
        }
    )
    kept, paid = realised(accounts, np.array([99, 99, 18]), changes, np.array([16, 30]))
    # What changed before the date is in the ARR already; growth is in NRR alone.
    assert kept.tolist() == [[70.0, 70.0], [100.0, 100.0], [100.0, 0.0]]
    assert paid.tolist() == [[70.0, 70.0], [100.0, 140.0], [100.0, 0.0]]


def test_coverage_and_bias_are_summed_up():
    tried = pd.DataFrame(
        {
            "measure": "grr",
            "ahead": [1, 1, 2, 2],
            "expected": [0.9, 0.9, 0.8, 0.8],
            "low": [0.85, 0.85, 0.7, 0.7],
            "high": [0.95, 0.95, 0.9, 0.9],
            "actual": [0.91, 0.80, 0.75, 0.69],
        }
    )
    found = coverage(tried).set_index("ahead")
    assert found["inside"].tolist() == [0.5, 0.5, 0.5]
    assert found["bias"].tolist() == pytest.approx([6.25, 4.5, 8.0])
    assert found["forecasts"].tolist() == [4, 2, 2]
    assert found["width"].tolist() == pytest.approx([15.0, 10.0, 20.0])
