"""A target of one's own: exactly the rows that were given, certain when it was said."""

import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.training.dataset import dataset as datasets
from churngrid.training.dataset.own_outcome import checked_outcomes, with_outcome

ROWS = pd.DataFrame(
    {"account_id": ["a", "a"], "as_of": ["2025-01-01", "2025-02-01"], "outcome": [0, 1]}
)


def test_dates_are_read_in_utc_and_outcomes_as_yes_or_no():
    found = checked_outcomes(ROWS.assign(outcome=[False, True]))
    assert found["as_of"].tolist() == [pd.Timestamp(x, tz="UTC") for x in ROWS["as_of"]]
    assert found["outcome"].tolist() == [False, True]
    assert found["outcome"].equals(checked_outcomes(ROWS.assign(outcome=[0.0, 1.0]))["outcome"])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (ROWS.drop(columns="outcome"), "must have the columns .* 'outcome' is missing"),
        (ROWS.assign(outcome=[0, 2]), r"`outcomes\['outcome'\]` must be 0 or 1, got .*2"),
        (ROWS.assign(outcome=[0, None]), "must be 0 or 1, got .*; leave out rows"),
        (pd.concat([ROWS, ROWS]), "must name a pair once, got"),
        (ROWS.assign(known_at="2025-01-15"), r"\['known_at'\]` must not lie before `as_of`"),
    ],
)
def test_rows_that_say_nothing_are_refused(rows, says):
    with pytest.raises(SchemaError, match=says):
        checked_outcomes(rows)


def test_the_pairs_are_the_labels_of_the_tables():
    read = churngrid.read_tables(build_company(5, months=6).tables)
    tables = with_outcome(read, checked_outcomes(ROWS))
    assert tables["labels"].select(["account_id", "expanded"]).to_pylist() == [
        {"account_id": "a", "expanded": False},
        {"account_id": "a", "expanded": True},
    ]
    assert tables["labels"]["churned"].null_count == 2


@pytest.fixture(scope="module")
def company():
    return build_company(40, months=20).tables


def test_the_backtest_predicts_it_out_of_time(company):
    with pytest.MonkeyPatch.context() as patch:
        # That of the rows learned from is made all the same.
        patch.setattr(datasets, "prove", lambda *_: None)
        rows = churngrid.build_dataset(company)
    frequent = rows.X["active_users_28d"].fillna(0.0)
    asked = rows.X.index.to_frame(index=False)
    told = asked.assign(outcome=(frequent < frequent.median()).astype(int).to_numpy())
    told["known_at"] = told["as_of"] + pd.Timedelta(days=10)
    found = churngrid.backtest(company, outcomes=told)
    assert set(found.predictions["target"]) == {"outcome"}
    keys = found.predictions[["account_id", "as_of"]].drop_duplicates()
    assert len(keys.merge(told, on=["account_id", "as_of"])) == len(keys)
    first = found.folds.iloc[0]
    assert first["test_from"] - first["train_through"] <= pd.Timedelta(days=62)
    whole = found.scorers.query("fold == 'all' and scorer == 'roc_auc'").set_index("model")
    assert whole.loc["boosted", "value"] > 0.95
    assert "growth_trend" not in whole.index
