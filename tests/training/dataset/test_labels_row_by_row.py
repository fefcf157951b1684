"""The churn label over random companies, row by row against an obvious slow reading."""

import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.moments import timestamps
from churngrid.features.cohorts.as_of_dates import newest_closed_day
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business
from churngrid.training.dataset.labels import label
from tests.features.subscriptions.test_one_reading import random_company
from tests.oracles.churn_labels import LabelOracle
from tests.oracles.commercial_facts import Oracle

ASKED = pd.date_range("2023-09-01", "2025-06-01", freq="45D", tz="UTC")
SETTINGS = Settings()


@pytest.fixture(scope="module", params=[11, 14])
def told(request, company):
    """What the package and the obvious reading say of the same rows."""
    tables = random_company(company, request.param, accounts=40)
    ids = tables["accounts"]["account_id"].to_pylist()
    pairs = pd.DataFrame([(a, t) for a in ids for t in ASKED], columns=["account_id", "as_of"])
    rows = Rows.of(pairs)
    oracle = LabelOracle(
        Oracle(tables, rates={"EUR": 2.0}),
        newest_closed_day(tables),
        lead=SETTINGS.lead_days,
        horizon=SETTINGS.horizon_days,
    )
    who, when = list(rows.account_ids[rows.account]), list(timestamps(rows.as_of))
    right = pd.DataFrame(
        [oracle.label(account, t) for account, t in zip(who, when, strict=True)],
        columns=["churned", "reason"],
    )
    found = label(tables, pairs, Business.CONTRACTUAL_ITEMS, SETTINGS).reset_index(drop=True)
    return found, right.assign(account_id=who, as_of=when)


def test_who_churned_is_who_the_obvious_reading_says(told):
    found, right = told
    labelled = found["churned"].notna()
    assert (labelled == right["churned"].notna()).all()
    wrong = found["churned"][labelled].astype(bool) != right["churned"][labelled].astype(bool)
    assert not wrong.any(), right[labelled][wrong].head(10).to_string()
    assert right["churned"].eq(True).sum() > 5
    assert right["churned"].eq(False).sum() > 30


def test_why_there_is_no_label_is_what_the_obvious_reading_says(told):
    found, right = told
    # What was decided before but known later may be past the end of the data, too.
    same = {"over": ["decided_before", "recorded_later", "censored"]}
    for reason, rows in right.groupby("reason"):
        said = found.loc[rows.index, "reason"]
        assert said.isin(same.get(reason, [reason])).all(), f"{reason}: {said.unique()}"
