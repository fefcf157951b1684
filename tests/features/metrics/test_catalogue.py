import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.errors import SchemaError
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS, by_column, catalogue
from churngrid.features.metrics.measures import Count
from churngrid.features.metrics.metric import COMPONENTS, Metric
from churngrid.features.metrics.row_selection import Select, Window
from churngrid.serving.api.check_metrics import Case
from churngrid.serving.results.schema import RESERVED
from tests.build import day, tables_of
from tests.checks.metric_checks import CHECKS
from tests.checks.small_company import DAY, small_company


@pytest.fixture(scope="module")
def case():
    return Case(small_company(3, seed=8), METRICS, (day("2025-10-01"),), METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.column)
def test_metric_passes_every_check(metric, case):
    assert [check.rule for check in CHECKS if not check.holds(metric, case)] == []


def test_every_component_has_metrics_and_there_are_at_least_sixty():
    assert {metric.component for metric in METRICS} == set(COMPONENTS)
    assert len(METRICS) >= 60


def a_metric(**other):
    declared = {
        "name": "calls",
        "component": "support",
        "measure": Count(Select("tickets", window=Window(28))),
        "label": "calls",
        "unit": "calls",
        "direction": "-",
        "axis": "health",
        "when_absent": 0.0,
        "meaning": "Calls in 28 days.",
    }
    return Metric(**{**declared, **other})


def test_the_column_is_the_name_and_the_window():
    assert a_metric().column == "calls_28d"
    assert a_metric().vs_own == "calls_28d_vs_own"
    assert a_metric().percentile == "calls_28d_in_segment"
    assert a_metric(measure=Count(Select("tickets"))).column == "calls"


def test_a_component_that_does_not_exist_is_refused():
    with pytest.raises(
        ValueError, match=r"`component` of metric 'calls' must be one of .* 'suport'"
    ):
        a_metric(component="suport")


@pytest.mark.parametrize("bounds", [{"poor": 1.0}, {"healthy": 0.0}])
def test_one_threshold_alone_is_refused(bounds):
    with pytest.raises(ValueError, match="'calls' needs both `poor` and `healthy`, or neither"):
        a_metric(**bounds)


def test_columns_lead_back_to_their_metric():
    found = by_column(METRICS)
    for metric in METRICS:
        assert found[metric.column] is metric
        assert found[metric.vs_own] is metric
        assert found[metric.percentile] is metric
    assert "chs" not in found


def test_own_metrics_stand_behind_those_that_ship():
    own = (a_metric(), a_metric(name="complaints"))
    assert catalogue(own) == (*METRICS, *own)
    assert by_column(catalogue(own))["calls_28d_in_segment"] is own[0]


@pytest.mark.parametrize(
    "own",
    [
        [a_metric(name="active_users")],
        [a_metric(), a_metric(component="usage")],
        [a_metric(name="cmi", measure=Count(Select("tickets")))],
        [a_metric(name="calls_28d_vs_own", measure=Count(Select("tickets"))), a_metric()],
    ],
)
def test_a_column_that_is_there_already_is_refused(own):
    with pytest.raises(SchemaError, match="which is there already; give it another name"):
        catalogue(own, RESERVED)


AS_OF = day("2025-06-01")


def of_accounts(since, tickets):
    accounts = pd.DataFrame(
        {
            "account_id": list(since),
            "customer_since": list(since.values()),
            "valid_from": list(since.values()),
            "known_at": list(since.values()),
            "segment": "mid",
        }
    )
    rows = [
        (f"{account}{n}", account, AS_OF - days * DAY, AS_OF - days * DAY)
        for account, ages in tickets.items()
        for n, days in enumerate(ages)
    ]
    # Somebody's old ticket: the windows lie inside the feed.
    rows.append(("old", "bystander", AS_OF - 500 * DAY, AS_OF - 500 * DAY))
    opened = pd.DataFrame(rows, columns=["ticket_id", "account_id", "created_at", "known_at"])
    opened["changed_at"] = opened["created_at"]
    tables = tables_of({"accounts": accounts, "tickets": opened})
    return compute_features(tables, known_accounts(tables, [AS_OF]), metrics=METRICS)


def test_a_newcomer_without_facts_has_no_event_yet():
    since = {"new": AS_OF - 29 * DAY, "settled": AS_OF - 30 * DAY, "busy": AS_OF - 5 * DAY}
    found = of_accounts(since, {"busy": [2]}).absence["tickets_30d"].droplevel("as_of")
    assert found.to_dict() == {
        "new": Absence.NO_EVENT_YET,
        "settled": Absence.PRESENT,
        "busy": Absence.PRESENT,
    }


def test_the_own_baseline_is_the_mean_of_the_windows_inside_the_tenure():
    # Windows of 30 days back from now: 2 | 3 (31, 40, 59) | 0 | 2 (95, 110) | begins before day 1.
    since = {"a": AS_OF - 125 * DAY}
    found = of_accounts(since, {"a": [1, 2, 31, 40, 59, 95, 110]})
    assert found.frame["tickets_30d"].tolist() == [2]
    assert found.baseline["tickets_30d"].tolist() == [pytest.approx(5 / 3)]
    assert found.frame["tickets_30d_vs_own"].tolist() == [pytest.approx(2 / (5 / 3))]


def test_the_percentile_is_the_rank_among_the_accounts_of_the_segment():
    old = AS_OF - 400 * DAY
    found = of_accounts(dict.fromkeys("abcd", old), {"a": [1], "b": [1, 2], "c": [1, 2, 3]})
    rank = found.frame["tickets_30d_in_segment"].droplevel("as_of")
    assert rank.to_dict() == {"d": 0.25, "a": 0.5, "b": 0.75, "c": 1.0}
    assert found.segment_median["tickets_30d"].unique().tolist() == [1.5]


def test_no_pairs_give_no_rows():
    tables = small_company(2, seed=1)
    found = compute_features(tables, known_accounts(tables, []), metrics=METRICS)
    assert found.frame.shape[0] == 0
    assert set(found.absence.columns) == {metric.column for metric in METRICS}
    assert np.isdtype(found.frame.dtypes.iloc[0], "real floating")
