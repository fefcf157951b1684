"""Telemetry shows a level of maturity where nobody has stated one."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.maturity_index import score_maturity
from tests.build import tables_of
from tests.checks.small_company import DAY
from tests.features.maturity_answers import (
    AS_OF,
    EVEN,
    PAIRS,
    RUBRIC,
    all_answered,
    scored,
    statements,
)


def in_seats(**columns):
    """Accounts with a seat a user, active for two years."""
    users = len(next(iter(columns.values())))
    since = AS_OF - 730 * DAY
    seats = {
        "account_id": "a",
        "product_user_id": [f"u{n}" for n in range(users)],
        "activated_at": since,
        "deactivated_at": pd.NaT,
        "known_at": since,
        **columns,
    }
    accounts = {"account_id": ["a"], "customer_since": since, "known_at": since}
    return {"accounts": pd.DataFrame(accounts), "seats": pd.DataFrame(seats)}


@pytest.mark.parametrize(("behind", "level"), [(0, 2), (4, 2), (5, 3), (9, 3), (10, 4)])
def test_telemetry_shows_a_level_where_nobody_stated_one(behind, level):
    rows = [row for row in all_answered(**EVEN) if row[0] != "TI4"]
    seats = in_seats(sso=[n < behind for n in range(10)])
    assert scored(rows, **seats)["cmi_technology"] == pytest.approx((9 + level) / 4)


def test_telemetry_is_weighed_with_what_people_say_and_yields_to_a_statement_about_it():
    seats = in_seats(sso=[True] * 10)
    rows = all_answered(**EVEN)
    both = (3 * 0.6 + 4 * 0.4) / 1.0
    assert scored(rows, **seats)["cmi_technology"] == pytest.approx((9 + both) / 4)
    stated = (3 * 0.6 + 1 * 0.4) / 1.0
    told = scored([*rows, ("TI4", 1, "t", 20)], **seats)
    assert told["cmi_technology"] == pytest.approx((9 + stated) / 4)
    expired = scored([*rows, ("TI4", 1, "t", 541)], **seats)
    assert expired["cmi_technology"] == pytest.approx((9 + both) / 4)


def test_telemetry_alone_does_not_make_an_index():
    seats = in_seats(sso=[True] * 10, is_admin=[True, *[False] * 9])
    found = scored([], **seats)
    assert found["cmi_status"] == "insufficient"
    assert found["cmi_coverage"] == pytest.approx(3 / 16)
    assert np.isnan(found["cmi_age_days"])


def test_three_categories_of_telemetry_make_no_index_until_somebody_states_something():
    seats = in_seats(sso=[True] * 10, is_admin=[True, *[False] * 9])
    people = pd.DataFrame(
        {
            "person_id": ["p"],
            "account_id": "a",
            "roles": "admin",
            "certified_at": AS_OF - 90 * DAY,
            "left_known_at": pd.NaT,
            "valid_from": AS_OF - 700 * DAY,
            "known_at": AS_OF - 80 * DAY,
        }
    )
    catalogue = {"feature_id": ["erp", "roles"], "is_integration": [True, False]}
    features = pd.DataFrame({**catalogue, "is_admin_setting": [False, True], "is_premium": False})
    usage = pd.DataFrame(
        {
            "account_id": ["a", "a", "bystander"],
            "product_user_id": "u",
            "feature_id": ["erp", "roles", "other"],
            "date": [AS_OF - 2 * DAY, AS_OF - 2 * DAY, AS_OF - 500 * DAY],
            "known_at": [AS_OF - 2 * DAY, AS_OF - 2 * DAY, AS_OF - 500 * DAY],
        }
    )
    shown = {**seats, "people": people, "features": features, "usage_daily": usage}
    silent = scored([], **shown)
    # OP1 4 and OP3 4, PR1 4 and PR3 4, TI1 2 and TI4 4.
    categories = [silent[f"cmi_{name}"] for name in ("people", "process", "technology")]
    assert categories == [4, 4, 3]
    assert (silent["cmi_status"], silent["maturity_band"]) == ("insufficient", "unknown")
    assert np.isnan(silent["cmi"])
    assert scored([("VC1", 3, "q", 540)], **shown)["cmi"] == pytest.approx(11 / 3)
    assert np.isnan(scored([("VC1", 3, "q", 541)], **shown)["cmi"])


def test_a_metric_computed_before_is_taken_over():
    seats = in_seats(sso=[True] * 10)
    tables = tables_of({"account_events": statements(all_answered(**EVEN)), **seats})
    features = compute_features(tables, PAIRS, metrics=METRICS)
    pd.testing.assert_frame_equal(
        score_maturity(tables, PAIRS, RUBRIC, features=features),
        score_maturity(tables, PAIRS, RUBRIC),
    )
    health = compute_features(tables, PAIRS, metrics=METRICS[:1])
    with pytest.raises(ValueError, match=r"`features` lack \['admin_continuity', .* own metrics"):
        score_maturity(tables, PAIRS, RUBRIC, features=health)


def fed(automated, delivered):
    """Usage by people and machines of the days before a date, nothing after it."""
    days = [AS_OF - (delivered + n) * DAY for n in range(1, 11)]
    usage = {
        "account_id": "a",
        "product_user_id": "u",
        "date": days,
        "events": 100.0 - automated,
        "automated_events": float(automated),
        "known_at": days,
    }
    return {**in_seats(role=["x"]), "usage_daily": pd.DataFrame(usage)}


@pytest.mark.parametrize(
    ("delivered", "share"), [(0, 1), (30, 1), (364, 1), (365, 0.5), (538, 0.5), (540, 0)]
)
def test_a_silent_feed_goes_on_showing_its_last_level_which_ages(delivered, share):
    found = scored(all_answered(**EVEN), **fed(60, delivered))
    level = (3 * 0.6 + 4 * 0.4 * share) / (0.6 + 0.4 * share)
    assert found["cmi_technology"] == pytest.approx((9 + level) / 4)
