"""What scores carry of the outlook, and what is stored as the forecast."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tableset import Tables
from churngrid.features.subscriptions.business_kind import Business
from churngrid.serving.forecast.account_outlook import (
    OutlookInputs,
    forecast_table,
    of_accounts,
    outlook_of,
)
from churngrid.serving.results.result_column import check_result
from churngrid.serving.results.schema import FORECAST
from tests.build import day, tables_of
from tests.worked.contracts import AS_OF, CONTRACTS

UNTIL = {"alder": day("2025-01-31"), "birch": day("2025-06-30"), "cedar": day("2025-07-30")}


def accounts(p_churn=0.2, ids=("cedar", "alder", "birch"), **columns):
    """Accounts in an order of their own, as scoring has them."""
    index = pd.MultiIndex.from_product([list(ids), [AS_OF]], names=["account_id", "as_of"])
    frame = pd.DataFrame(
        {
            "p_churn": p_churn,
            "p_by_date": pd.to_datetime([UNTIL.get(name) for name in ids], utc=True),
            "p_expand": np.nan,
            "p_contract": np.nan,
            "p_called": np.nan,
            "segment": "SMB",
            "csm_id": ["c1", None, "c1"][: len(ids)],
        },
        index=index,
    )
    return frame.assign(**columns)


def inputs(tables=None):
    found = tables_of({"contracts": CONTRACTS}) if tables is None else tables
    kind = Business.NON_CONTRACTUAL if tables is not None else Business.CONTRACTUAL_ACV
    return OutlookInputs(found, kind, Settings())


def test_each_account_gets_its_own_survival_whatever_their_order():
    told = accounts(p_churn=[0.3, 0.2, 0.1])
    found = of_accounts(outlook_of(told, inputs()), told.index)
    assert found.index.equals(told.index)
    assert found["survival_90d"].droplevel("as_of")["alder"] == pytest.approx(0.8)
    assert found["survival_180d"].droplevel("as_of")["birch"] == pytest.approx(0.9)
    # Half a year of months: the horizon is over on 30 July, after six month ends.
    assert found["survival_365d"].droplevel("as_of")["cedar"] < 0.7


def test_without_a_model_all_money_is_stated_and_none_forecast():
    told = accounts(p_churn=np.nan)
    outlook = outlook_of(told, inputs())
    assert of_accounts(outlook, told.index).isna().all(axis=None)
    table = forecast_table(outlook)
    whole = table[table["grouping"] == "all"]
    assert (whole["arr"] == 42_000).all()
    assert (whole["arr_without_estimate"] == 42_000).all()
    assert whole["arr_due"].tolist()[:2] == [18_000, 30_000]
    assert whole["grr"].isna().all()


def test_forecast_is_as_it_is_declared():
    table = forecast_table(outlook_of(accounts(), inputs()))
    check_result("forecast", table, FORECAST)
    assert table["grouping"].unique().tolist() == ["all", "segment", "csm"]
    assert set(table.loc[table["grouping"] == "csm", "group"]) == {"", "c1"}


def test_without_contracts_there_is_survival_and_no_money():
    told = accounts(ids=("x",), p_churn=0.3, p_by_date=pd.NaT)
    outlook = outlook_of(told, inputs(Tables({})))
    found = of_accounts(outlook, told.index)
    # Without contracts the estimate counts for the horizon of 180 days.
    assert found["survival_180d"].item() == pytest.approx(0.7)
    table = forecast_table(outlook)
    assert table.empty
    check_result("forecast", table, FORECAST)
