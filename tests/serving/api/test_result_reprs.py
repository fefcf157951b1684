"""Results say in a line what they are, and show a table in a notebook."""

import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.serving.api.answers.learning import BacktestResult
from churngrid.serving.api.answers.scoring import ForecastResult

SCORERS = pd.DataFrame(
    {
        "model": ["base_rate", "base_rate", "logistic", "logistic"],
        "target": "churn",
        "fold": "all",
        "scorer": ["log_loss", "calibration_slope"] * 2,
        "value": [0.5, 1.0, 0.4, 0.9],
        "low": [0.45, float("nan"), 0.35, float("nan")],
        "high": [0.55, float("nan"), 0.45, float("nan")],
    }
)


@pytest.fixture
def kept():
    rows = [(f"a{n}", n % 2, 0.2 + 0.4 * (n % 2), model) for n in range(8) for model in "xy"]
    predictions = pd.DataFrame(rows, columns=["account_id", "label", "p", "model"])
    as_of = pd.Timestamp("2025-01-01", tz="UTC")
    predictions = predictions.assign(target="churn", weight=1.0, as_of=as_of)
    predictions["asked_until"] = as_of + pd.Timedelta(days=40)
    predictions["model"] = predictions["model"].map({"x": "base_rate", "y": "logistic"})
    predictions["shipped"] = predictions["model"] == "logistic"
    folds = pd.DataFrame({"fold": [1, 2]})
    return BacktestResult(predictions, SCORERS, folds)


def test_a_backtest_is_a_line_and_a_table(kept):
    said = "<BacktestResult: 2 models, 2 test blocks; best allowed: logistic for churn>"
    assert repr(kept) == said
    shown = kept._repr_html_()
    assert "0.400 (0.350 to 0.450)" in shown
    assert "Calibration slope" in shown
    assert shown.index("Base rate") < shown.index("Logistic")


def test_its_reliability_is_that_of_what_ships_or_of_a_named_model(kept):
    assert kept.reliability().title == "churn, logistic, out of time"
    assert kept.reliability().table["stratum"].tolist() == ["all", "31-90"]
    assert kept.reliability().table["rate"].tolist() == [0.5, 0.5]
    assert kept.reliability("churn", "base_rate").title.startswith("churn, base rate")
    with pytest.raises(ValueError, match=r"Nothing was predicted of 'expansion' by None; .*churn"):
        kept.reliability("expansion")


def test_a_check_is_a_line_and_its_findings():
    found = churngrid.check(build_company(4, months=6).tables)
    assert repr(found).startswith("<CheckResult: ")
    assert "rows in" in repr(found)
    assert len(repr(found)) < 300
    assert found._repr_html_().startswith("<p>&lt;CheckResult")


def test_a_forecast_is_a_line_and_its_rows():
    table = pd.DataFrame({"period": ["2026 Q1"], "leaving": [1234.5]})
    told = ForecastResult(table, pd.Timestamp("2025-12-31"), "quarter", "EUR", False, ())
    said = "<ForecastResult: 1 rows by quarter as of 2025-12-31, EUR, without estimates>"
    assert repr(told) == said
    assert "1,234.50" in told._repr_html_()
    assert "<th>Leaving</th>" in told._repr_html_()
