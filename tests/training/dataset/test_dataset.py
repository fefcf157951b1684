"""Which rows a dataset has where a company brings labels of its own."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.training.dataset.dataset import build_dataset

pytestmark = pytest.mark.usefixtures("unproven")

CONFIG = read_config(Settings())
FIRST, SECOND = pd.Timestamp("2025-03-01", tz="UTC"), pd.Timestamp("2025-04-01", tz="UTC")
PERCENTILE = "active_users_28d_in_segment"


def company(labels, *, users=(("a", 1), ("b", 2), ("c", 3)), since="2024-06-01"):
    """Accounts whose users, so many each, come every day for a year and a half."""
    days = pd.date_range("2024-06-01", periods=550)
    usage = [
        (account, day, f"{account}{n}")
        for account, count in users
        for n in range(count)
        for day in days
    ]
    ids = [account for account, _ in users]
    return {
        "accounts": pd.DataFrame({"account_id": ids, "customer_since": since, "known_at": since}),
        "usage_daily": pd.DataFrame(
            usage, columns=["account_id", "date", "product_user_id"]
        ).assign(events=1),
        "labels": pd.DataFrame(labels, columns=["account_id", "as_of", "churned", "expanded"]),
    }


def dataset_of(frames, **more):
    tables = read_tables(frames, Settings())
    return build_dataset(
        tables, Settings(), scorecard=CONFIG.scorecard, rubric=CONFIG.rubric, **more
    )


TWO_OF_THREE = [("a", "2025-03-01", True, False), ("b", "2025-03-01", False, True)]


def test_rows_are_exactly_the_labelled_pairs():
    dataset = dataset_of(company([*TWO_OF_THREE, ("a", "2025-04-01", False, False)]))
    assert dataset.X.index.tolist() == [("a", FIRST), ("a", SECOND), ("b", FIRST)]
    assert dataset.labels["churned"].tolist() == [True, False, False]
    assert dataset.labels["expanded"].tolist() == [False, False, True]
    assert dataset.labels["own"].all()
    assert "All labels are the company's own" in str(dataset.report)
    assert (dataset.report.rows, dataset.report.labelled, dataset.report.own) == (3, 3, 3)


def test_accounts_without_label_still_count_as_peers():
    three = dataset_of(company(TWO_OF_THREE)).X
    two = dataset_of(company(TWO_OF_THREE, users=(("a", 1), ("b", 2)))).X
    assert three.loc[("b", FIRST), PERCENTILE] < two.loc[("b", FIRST), PERCENTILE]


def test_pair_labelled_for_churn_only_is_a_row_of_churn_only():
    dataset = dataset_of(company([*TWO_OF_THREE, ("c", "2025-03-01", False, None)]))
    assert dataset.labelled("churn").tolist() == [True, True, True]
    assert dataset.labelled("expansion").tolist() == [True, True, False]


def test_pair_labelled_for_expansion_only_is_counted_apart():
    dataset = dataset_of(company([*TWO_OF_THREE, ("c", "2025-03-01", None, True)]))
    assert dataset.labelled("churn").tolist() == [True, True, False]
    assert dataset.report.dropped["not_given"] == 1


def test_labels_without_a_word_are_no_rows():
    dataset = dataset_of(company([*TWO_OF_THREE, ("c", "2025-03-01", None, None)]))
    assert dataset.X.index.get_level_values("account_id").tolist() == ["a", "b"]


def test_account_that_is_in_no_table_is_put_aside_by_the_contract():
    frames = company([*TWO_OF_THREE, ("nobody", "2025-03-01", True, False)])
    dataset = dataset_of(frames)
    assert len(dataset.X) == 2
    aside = read_tables(frames, Settings()).quarantine
    assert aside["table"].to_pylist() == ["labels"]


def test_account_that_nobody_knew_on_the_date_is_counted_and_left_out():
    frames = company(TWO_OF_THREE, since=["2024-06-01", "2025-03-15", "2024-06-01"])
    dataset = dataset_of(frames)
    assert dataset.X.index.tolist() == [("a", FIRST)]
    assert dataset.report.dropped["not_known"] == 1


def test_dates_without_labels_of_the_company_give_no_rows():
    asked = {"as_of": [FIRST, SECOND]}
    assert dataset_of(company(TWO_OF_THREE), **asked).X.index.tolist() == [
        ("a", FIRST),
        ("b", FIRST),
    ]
    with pytest.raises(SchemaError, match="No account gets a label on any as-of date"):
        dataset_of(company(TWO_OF_THREE), as_of=[SECOND])
