"""Who left or gave notice lately, and what the health score had said of them before."""

import pandas as pd
import pytest

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.features.scores.health_trend import past_dates
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.scorecard.departures import departed_since, with_health_before
from tests.build import day, tables_of

AS_OF = day("2025-07-01")
NAMES = ["ended", "noticed", "stays", "noticed_long_ago", "new", "gone_long_ago"]
ENDS = ["2025-06-01", "2026-01-01", "2026-01-01", "2026-01-01", "2026-06-01", "2025-02-01"]
STARTS = ["2024-06-01", "2025-01-01", "2025-01-01", "2025-01-01", "2025-06-01", "2024-02-01"]


@pytest.fixture(scope="module")
def tables():
    terms = pd.DataFrame(
        {
            **{"contract_id": NAMES, "account_id": NAMES, "status": "active"},
            **{"term_start": STARTS, "term_end": ENDS, "known_at": STARTS, "auto_renew": False},
        }
    )
    items = pd.DataFrame(
        {
            **{"item_id": NAMES, "account_id": NAMES, "contract_id": NAMES, "product": "core"},
            **{"mrr": [100.0, 300.0, 100.0, 100.0, 100.0, 100.0], "quantity": 5.0},
            **{"effective_from": STARTS, "effective_to": ENDS, "known_at": STARTS},
        }
    )
    notices = pd.DataFrame(
        {
            **{"event_id": ["1", "2"], "account_id": ["noticed", "noticed_long_ago"]},
            **{"contract_id": ["noticed", "noticed_long_ago"], "event_type": "notice_received"},
            **{"effective_at": "2026-01-01", "known_at": ["2025-06-10", "2025-03-10"]},
        }
    )
    accounts = pd.DataFrame(
        {
            **{"account_id": NAMES, "name": [name.title() for name in NAMES], "csm_id": "kim"},
            **{"valid_from": STARTS, "known_at": STARTS, "customer_since": STARTS},
        }
    )
    tickets = pd.DataFrame(
        {
            **{"ticket_id": ["t"], "account_id": ["ended"], "priority": ["urgent"]},
            **{"status": ["open"], "created_at": ["2025-01-10"], "changed_at": ["2025-01-10"]},
            **{"known_at": ["2025-01-10"]},
        }
    )
    frames = {"accounts": accounts, "contracts": terms, "subscription_items": items}
    return tables_of({**frames, "contract_events": notices, "tickets": tickets})


@pytest.fixture(scope="module")
def departed(tables):
    pairs = known_accounts(tables, [AS_OF])
    now = standing(tables, pairs, business_of(tables), Settings())
    now = now.set_index(["account_id", "as_of"])
    return departed_since(
        tables, now.assign(ended=now["custom"].eq("left")), business_of(tables), Settings()
    )


def test_only_who_was_a_customer_without_notice_then_and_is_gone_now_departed(departed):
    told = departed.droplevel("as_of")
    assert told["how"].to_dict() == {"ended": "left", "noticed": "notice_given"}
    assert told["arr"].to_dict() == {"ended": 1200.0, "noticed": 3600.0}
    assert told.loc["ended", ["account_name", "csm_id"]].tolist() == ["Ended", "kim"]
    assert set(departed.index.get_level_values("as_of")) == {past_dates(AS_OF)[-1]}


def test_each_has_the_health_score_of_twelve_weeks_ago_the_largest_arr_first(tables, departed):
    before = past_dates(AS_OF)[-1]
    readings = compute_features(tables, known_accounts(tables, [AS_OF, before]), metrics=METRICS)
    told = with_health_before(departed, readings, read_scorecard(None, METRICS))
    assert told["account_id"].tolist() == ["noticed", "ended"]
    assert told["read_at"].unique().tolist() == [before]
    well, ill = told["chs"]
    assert well > ill


def test_nobody_departed_where_nobody_is_gone(tables, departed):
    kept = pd.DataFrame(
        {"status": ["scored"], "ended": [False]},
        index=pd.MultiIndex.from_tuples([("stays", AS_OF)], names=["account_id", "as_of"]),
    )
    nobody = departed_since(tables, kept, business_of(tables), Settings())
    assert nobody.empty
    assert list(nobody) == list(departed)
