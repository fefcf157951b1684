"""The maturity index on answers that can be added up by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.scores.maturity_index import band_of_maturity, score_maturity
from churngrid.features.scores.rubric import Rubric
from tests.build import tables_of
from tests.checks.small_company import DAY
from tests.features.maturity_answers import (
    AS_OF,
    EVEN,
    ITEMS,
    PAIRS,
    RUBRIC,
    all_answered,
    first_two,
    scored,
    statements,
)


def test_the_default_rubric_has_four_categories_of_four():
    assert [len(part) for part in ITEMS.values()] == [4, 4, 4, 4]
    assert sum(part.weight for part in RUBRIC.categories.values()) == pytest.approx(1)


def test_the_index_is_the_weighted_mean_of_the_categories():
    found = scored(all_answered(vision=2, people=3, process=4, technology=5))
    weights = [part.weight for part in RUBRIC.categories.values()]
    assert found["cmi"] == pytest.approx(np.dot(weights, [2, 3, 4, 5]))
    assert found["cmi_low"] == found["cmi"] == found["cmi_high"]
    assert found["cmi_coverage"] == pytest.approx(1)
    assert found["cmi_status"] == "certain"
    assert found["weakest_category"] == "vision"
    assert found["maturity_blocker"] == ""


def test_an_interval_over_the_cut_of_the_2x2_may_be_on_the_mature_side():
    levels = {"vision": 3, "people": 3, "process": 2.6, "technology": 2.6}
    rows = all_answered(**levels)
    found = scored(rows)
    assert (found["mature"], found["maybe_mature"]) == (False, False)
    thin = scored([row for row in rows if row[0] not in ("VC1", "VC2", "OP1", "OP2")])
    assert (thin["cmi"], thin["cmi_low"], thin["cmi_high"]) == pytest.approx((2.8, 2.55, 3.05))
    assert (thin["cmi_status"], thin["maturity_band"]) == ("certain", "medium")
    assert (thin["mature"], thin["maybe_mature"]) == (False, True)
    assert not scored(all_answered(**{**levels, "vision": 5, "process": 1.9}))["maybe_mature"]


def test_missing_answers_lie_one_level_below_or_above_their_category():
    found = scored(first_two(**EVEN))
    assert found["cmi"] == 3
    # Two of four at 3, two at 2 or 4: 2.5 and 3.5, which reach from medium into high.
    assert (found["cmi_low"], found["cmi_high"]) == (2.5, 3.5)
    assert found["cmi_status"] == "provisional"
    assert found["cmi_coverage"] == pytest.approx(0.5)


def test_the_interval_stays_on_the_scale():
    lowest, highest = (
        scored(first_two(**dict.fromkeys(EVEN, 1))),
        scored(first_two(**dict.fromkeys(EVEN, 5))),
    )
    assert (lowest["cmi_low"], lowest["cmi_high"]) == (1.0, 1.5)
    assert (highest["cmi_low"], highest["cmi_high"]) == (4.5, 5.0)


def test_an_answer_beyond_the_scale_counts_as_its_end():
    assert scored(all_answered(**dict.fromkeys(EVEN, 9)))["cmi"] == 5
    assert scored(all_answered(**dict.fromkeys(EVEN, -2)))["cmi"] == 1


def test_one_answer_is_too_few_for_a_category():
    rows = [*first_two(vision=4, people=4, process=4), ("TI1", 1, "q", 10)]
    found = scored(rows)
    assert np.isnan(found["cmi_technology"])
    assert found["cmi"] == 4


def test_two_categories_are_insufficient_and_three_are_enough():
    two, three = first_two(vision=4, people=4), first_two(vision=4, people=4, process=4)
    found = scored(two)
    assert found["cmi_status"] == "insufficient"
    assert found["maturity_band"] == "unknown"
    assert found["mature"] is None
    assert found[["cmi", "cmi_low", "cmi_high"]].isna().all()
    assert found["cmi_vision"] == 4
    assert scored(three)["cmi"] == 4


def test_three_categories_of_little_weight_are_insufficient():
    light = {
        name: part.model_copy(update={"weight": 1.5 if name == "vision" else 1.0})
        for name, part in RUBRIC.categories.items()
    }
    rubric = RUBRIC.model_copy(update={"categories": light})
    without_vision = first_two(people=4, process=4, technology=4)
    assert scored(without_vision, rubric=rubric)["cmi_status"] == "insufficient"  # 3 / 4.5 < 0.7
    assert scored(without_vision)["cmi_status"] != "insufficient"


def test_a_category_below_two_blocks_the_high_band_and_the_mature_side():
    found = scored(all_answered(vision=5, people=5, process=5, technology=1.9))
    assert found["cmi"] > RUBRIC.bands.high
    assert found["maturity_blocker"] == found["weakest_category"] == "technology"
    assert found["maturity_band"] == "medium"
    assert found["mature"] is False
    at_two = scored(all_answered(vision=5, people=5, process=5, technology=2))
    assert at_two["maturity_blocker"] == ""
    assert at_two["maturity_band"] == "high"
    assert at_two["mature"] is True


def aged(days):
    """A fresh answer of 5 beside one of 1 of that age, of another kind but equal weight."""
    kinds = list(RUBRIC.evidence)
    rubric = RUBRIC.model_copy(
        update={
            "evidence": {
                kind: part.model_copy(update={"weight": 1.0})
                for kind, part in RUBRIC.evidence.items()
            }
        }
    )
    rows = all_answered(**EVEN)
    rows = [row for row in rows if row[0] != "VC1"]
    rows += [("VC1", 5, kinds[0], 10), ("VC1", 1, kinds[1], days)]
    vision = scored(rows, rubric=rubric)["cmi_vision"]
    return 4 * vision - 9


@pytest.mark.parametrize(
    ("days", "level"),
    [(10, 3), (365, 3), (366, 11 / 3), (540, 11 / 3), (541, 5), (5000, 5)],
)
def test_an_answer_counts_half_after_a_year_and_not_at_all_after_eighteen_months(days, level):
    # (5 + w x 1) / (1 + w) with w = 1, 1/2 and 0.
    assert aged(days) == pytest.approx(level)


def test_the_newest_answer_of_a_kind_replaces_the_older_ones():
    rows = [*all_answered(**EVEN), ("VC1", 5, "q", 2), ("VC1", 1, "q", 90)]
    assert scored(rows)["cmi_vision"] == pytest.approx((5 + 3 + 3 + 3) / 4)


def test_kinds_of_evidence_are_weighed():
    weights = {kind: part.weight for kind, part in RUBRIC.evidence.items()}
    heavy, light = max(weights, key=weights.get), min(weights, key=weights.get)
    rows = [row for row in all_answered(**EVEN) if row[0] != "VC2"]
    rows += [("VC2", 4, heavy, 5), ("VC2", 3, light, 5)]
    expected = (4 * weights[heavy] + 3 * weights[light]) / (weights[heavy] + weights[light])
    assert scored(rows)["cmi_vision"] == pytest.approx((9 + expected) / 4)


def test_kinds_of_evidence_two_levels_apart_are_a_conflict():
    kinds = list(RUBRIC.evidence)
    rows = [*all_answered(**EVEN), ("VC1", 1, kinds[1], 5), ("OP2", 2, kinds[1], 5)]
    assert scored(rows)["maturity_conflict"] == "VC1"
    assert scored(all_answered(**EVEN))["maturity_conflict"] == ""


def decisions(*events):
    """Contract events from (type, age in days)."""
    return pd.DataFrame(
        {
            "event_id": [f"d{n}" for n in range(len(events))],
            "account_id": "a",
            "event_type": [name for name, _ in events],
            "effective_at": AS_OF + 90 * DAY,
            "known_at": [AS_OF - age * DAY for _, age in events],
        }
    )


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ([("notice_received", 11)], False),
        ([("notice_received", 9)], True),
        ([("cancel_requested", 30), ("cancel_withdrawn", 20)], True),
        ([("cancel_requested", 30), ("cancel_withdrawn", 5)], False),
        ([("renewed", 30)], True),
        ([("notice_received", 60), ("renewed", 40), ("cancelled", 20)], False),
    ],
)
def test_answers_given_while_a_notice_was_pending_do_not_count(events, counts):
    found = scored(all_answered(**EVEN), contract_events=decisions(*events))
    assert found["cmi_status"] == ("certain" if counts else "insufficient")


def test_answers_known_on_the_date_do_not_count_yet():
    rows = [(*row[:3], 0) for row in all_answered(**EVEN)]
    assert scored(rows)["cmi_status"] == "insufficient"


def test_without_answers_or_without_the_table_nothing_is_known():
    assert scored([])["cmi_status"] == "insufficient"
    accounts = pd.DataFrame({"account_id": ["a"], "known_at": [AS_OF - DAY]})
    found = score_maturity(tables_of({"accounts": accounts}), PAIRS, RUBRIC).iloc[0]
    assert found["cmi_status"] == "insufficient"
    assert found["cmi_coverage"] == 0
    assert found["weakest_category"] == found["maturity_blocker"] == ""


def test_no_pairs_give_no_rows():
    tables = tables_of({"account_events": statements(all_answered(**EVEN))})
    assert len(score_maturity(tables, PAIRS[:0], RUBRIC)) == 0


@pytest.mark.parametrize(
    ("index", "band"),
    [(1.0, "low"), (2.49, "low"), (2.5, "medium"), (3.49, "medium"), (3.5, "high"), (5.0, "high")],
)
def test_bands_begin_at_their_lower_bound(index, band):
    assert band_of_maturity(np.array([index, np.nan]), RUBRIC).tolist() == [band, "unknown"]


answers = st.tuples(
    st.sampled_from([item for part in ITEMS.values() for item in part]),
    st.floats(-2, 8),
    st.sampled_from(list(RUBRIC.evidence)),
    st.integers(0, 700),
)


def test_one_account_on_paper_with_all_kinds_of_evidence_and_ageing():
    rows = [
        *(("VC1", 4, "d", 400), ("VC1", 3, "c", 20), ("VC1", 5, "q", 30)),
        *(("VC2", 2, "d", 365), ("VC2", 3, "c", 366), ("VC2", 4, "q", 541), ("VC2", 5, "t", 100)),
        *(("OP1", 3, "q", 10), ("OP2", 1, "c", 10), ("PR1", 5, "d", 10), ("PR2", 4, "q", 10)),
        ("TI1", 2, "t", 10),
    ]
    found = scored(rows)
    first = (4 * 0.5 + 3 * 0.8 + 5 * 0.6) / (0.5 + 0.8 + 0.6)  # 3.8947
    second = (2 * 1.0 + 3 * 0.4 + 5 * 0.4) / (1.0 + 0.4 + 0.4)  # 2.8889, the Q of 541 days is gone
    vision = (first + second) / 2  # 3.3918
    index = (vision + 2.0 + 4.5) / 3  # technology has one answer of four: missing
    assert found["cmi_vision"] == pytest.approx(vision)
    assert (found["cmi_people"], found["cmi_process"]) == (2.0, 4.5)
    assert np.isnan(found["cmi_technology"])
    assert found["cmi"] == pytest.approx(index) == pytest.approx(3.297271, abs=1e-6)
    # Vision and people and process have two missing each, technology three around the index.
    low = [vision - 0.5, (3 + 1 + 1 + 1) / 4, (5 + 4 + 3.5 + 3.5) / 4, (2 + 3 * (index - 1)) / 4]
    high = [vision + 0.5, (3 + 1 + 3 + 3) / 4, (5 + 4 + 5 + 5) / 4, (2 + 3 * (index + 1)) / 4]
    assert found["cmi_low"] == pytest.approx(np.mean(low)) == pytest.approx(2.653692, abs=1e-6)
    assert found["cmi_high"] == pytest.approx(np.mean(high)) == pytest.approx(3.716192, abs=1e-6)
    assert found["cmi_hard_low"] == pytest.approx((first + second + 2 + 6 + 11 + 5) / 16)
    assert found["cmi_hard_high"] == pytest.approx((first + second + 10 + 14 + 19 + 17) / 16)
    assert found["cmi_coverage"] == pytest.approx(7 / 16)
    assert (found["cmi_status"], found["maturity_band"]) == ("provisional", "medium")
    assert (found["weakest_category"], found["maturity_blocker"]) == ("people", "")
    # Telemetry (5 against 2 on VC2) is no judgement to conflict with.
    assert found["maturity_conflict"] == "VC1"
    assert found["cmi_age_days"] == 10


def test_a_newer_answer_without_a_level_hides_none():
    rows = [*all_answered(**EVEN), ("VC1", np.nan, "q", 2)]
    assert scored(rows)["cmi_vision"] == 3


def test_evidence_that_a_characteristic_does_not_take_does_not_count():
    rows = [row for row in all_answered(**EVEN) if row[0] != "VC3"]
    assert scored([*rows, ("VC3", 5, "t", 5)])["cmi_vision"] == 3
    assert scored([*rows, ("VC2", 5, "t", 5)])["cmi_vision"] > 3


def test_one_high_answer_of_a_thin_category_does_not_lift_the_lower_end_above_the_index():
    rows = [*first_two(vision=1, people=1, process=1), ("TI1", 5, "q", 10)]
    found = scored(rows)
    assert found["cmi"] == found["cmi_low"] == found["cmi_hard_low"] == 1


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(answers, min_size=12, max_size=60),
    place=st.integers(0, 59),
    seed=st.integers(0, 9),
    by=st.floats(0.1, 4),
)
def test_a_better_answer_never_lowers_the_index_and_order_never_matters(rows, place, seed, by):
    place %= len(rows)
    before = scored(rows)
    item, level, kind, age = rows[place]
    better = [*rows[:place], (item, level + by, kind, age), *rows[place + 1 :]]
    after = scored(better)
    assert (before["cmi_status"] == "insufficient") == (after["cmi_status"] == "insufficient")
    if before["cmi_status"] != "insufficient":
        assert after["cmi"] >= before["cmi"]
        assert before["cmi_hard_low"] <= before["cmi_low"] <= before["cmi"]
        assert before["cmi"] <= before["cmi_high"] <= before["cmi_hard_high"]
    events = statements(rows)
    mixed = events.sample(frac=1, random_state=seed)
    again = score_maturity(tables_of({"account_events": mixed}), PAIRS, RUBRIC).iloc[0]
    pd.testing.assert_series_equal(again, before)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(answers, min_size=12, max_size=40), later=st.lists(answers, max_size=20))
def test_what_is_known_on_the_date_or_later_changes_nothing(rows, later):
    early = statements([(*row[:3], max(row[3], 1)) for row in rows])
    ahead = statements(later).assign(event_id=[f"z{n}" for n in range(len(later))])
    # Known from the date on, whenever it is said to have happened.
    ahead["known_at"] = [AS_OF + (row[3] % 40) * DAY for row in later]
    both = pd.concat([early, ahead]) if later else early
    found, whole = (
        score_maturity(tables_of({"account_events": events}), PAIRS, RUBRIC)
        for events in (early, both)
    )
    pd.testing.assert_frame_equal(found, whole)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(answers, max_size=60))
def test_the_index_stays_on_the_scale_and_inside_its_interval(rows):
    found = scored(rows)
    assert 0 <= found["cmi_coverage"] <= 1 + 1e-12
    if found["cmi_status"] == "insufficient":
        assert np.isnan(found["cmi"])
        return
    assert 1 <= found["cmi_low"] <= found["cmi"] + 1e-9
    assert found["cmi"] - 1e-9 <= found["cmi_high"] <= 5


def test_the_bands_of_a_rubric_must_be_in_order():
    plain = RUBRIC.model_dump()
    plain["bands"] = {"medium": 3.5, "mature": 3.0, "high": 4.0}
    with pytest.raises(ValueError, match="needs 1 < medium <= mature <= high <= 5"):
        Rubric.model_validate(plain)
