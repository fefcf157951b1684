"""The maturity index on answers that can be added up by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.maturity import band_of_maturity, score_maturity
from churngrid.features.rubric import Rubric, read_rubric
from tests.build import day, tables_of
from tests.checks.small_company import DAY

AS_OF = day("2025-06-01")
RUBRIC = read_rubric(None)
ITEMS = {
    name: [item.id for item in part.characteristics] for name, part in RUBRIC.categories.items()
}
PAIRS = pd.DataFrame({"account_id": ["a"], "as_of": [AS_OF]})


def statements(rows):
    """Events from (characteristic, level, evidence, age in days)."""
    return pd.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(rows))],
            "account_id": "a",
            "kind": "maturity_answer",
            "characteristic_id": [row[0] for row in rows],
            "value_num": [float(row[1]) for row in rows],
            "evidence_type": [row[2] for row in rows],
            "occurred_at": [AS_OF - row[3] * DAY for row in rows],
            "known_at": [AS_OF - row[3] * DAY for row in rows],
        }
    )


def scored(rows, *, rubric=RUBRIC, pairs=PAIRS, **tables):
    found = score_maturity(tables_of({"account_events": statements(rows), **tables}), pairs, rubric)
    return found.iloc[0]


def all_answered(**levels):
    """Every characteristic of each category at one level."""
    return [(item, levels[name], "q", 10) for name, part in ITEMS.items() for item in part]


def first_two(**levels):
    return [(item, levels[name], "q", 10) for name in levels for item in ITEMS[name][:2]]


EVEN = {"vision": 3, "people": 3, "process": 3, "technology": 3}


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
    rows = [row for row in all_answered(**EVEN) if row[0] != "VC1"]
    rows += [("VC1", 4, heavy, 5), ("VC1", 3, light, 5)]
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
