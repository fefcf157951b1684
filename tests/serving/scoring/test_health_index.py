"""Health index, bands and hysteresis, at their bounds and one step either side."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.schema.bands import BANDS, Bands, band_of
from churngrid.serving.scoring.health_index import cut_by_capacity, health_index, with_hysteresis


def test_index_is_anchored_to_the_base_rate():
    p = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
    assert health_index(p, 0.1) == pytest.approx([100, 85, 70, 50, 25, 12.5, 0])


def test_index_of_a_high_base_rate_is_the_plain_complement():
    assert health_index(np.array([0.3]), 0.25).tolist() == [70.0]
    assert health_index(np.array([0.3]), 0.24)[0] != 70.0


@given(st.lists(st.floats(0, 1), min_size=2), st.floats(0.001, 0.9))
def test_index_falls_as_the_probability_rises(p, base_rate):
    index = health_index(np.sort(p), base_rate)
    assert ((index >= 0) & (index <= 100)).all()
    assert (np.diff(index) <= 1e-9).all()


def test_unknown_probability_has_no_index():
    assert np.isnan(health_index(np.array([np.nan]), 0.1)).all()


@pytest.mark.parametrize(
    ("value", "band"),
    [(49.999, "low"), (50, "medium"), (69.999, "medium"), (70, "high"), (np.nan, "unknown")],
)
def test_band_begins_at_its_lower_bound(value, band):
    assert band_of(np.array([value]), Bands()).tolist() == [band]


def steadied(raw, index, *, band, raw_band, before):
    previous = pd.DataFrame({"band": [band], "raw_band": [raw_band], "index": [before]})
    return with_hysteresis(np.array([raw], object), np.array([index]), previous)[0]


def test_first_reading_is_shown_as_it_is():
    assert steadied("low", 30.0, band=None, raw_band=None, before=np.nan) == "low"


def test_small_move_over_a_bound_waits_for_a_second_reading():
    assert steadied("medium", 69.0, band="high", raw_band="high", before=71.0) == "high"
    assert steadied("medium", 69.0, band="high", raw_band="medium", before=69.5) == "medium"


@pytest.mark.parametrize(("before", "shown"), [(78.9, "high"), (79.0, "medium")])
def test_move_of_ten_points_changes_the_band_at_once(before, shown):
    assert steadied("medium", 69.0, band="high", raw_band="high", before=before) == shown


@given(st.sampled_from(BANDS), st.sampled_from(BANDS), st.floats(0, 100), st.floats(0, 100))
def test_the_same_reading_twice_never_flips_twice(raw, band, index, before):
    once = steadied(raw, index, band=band, raw_band=band, before=before)
    twice = steadied(raw, index, band=once, raw_band=raw, before=index)
    assert steadied(raw, index, band=twice, raw_band=raw, before=index) == twice == raw


def test_as_many_accounts_are_low_as_can_be_worked_on_whatever_the_cuts_say():
    raw = np.array(["low", "low", "medium", "high", "unknown"], dtype=object)
    index = np.array([40.0, 30.0, 60.0, 90.0, np.nan])
    told = {count: cut_by_capacity(raw, index, count).tolist() for count in (0, 1, 3, 9)}
    assert told == {
        0: ["medium", "medium", "medium", "high", "unknown"],
        1: ["medium", "low", "medium", "high", "unknown"],
        3: ["low", "low", "low", "high", "unknown"],
        9: ["low", "low", "low", "low", "unknown"],
    }


def test_of_equal_values_only_as_many_are_low_as_there_is_capacity():
    raw, index = np.array(["medium"] * 3, dtype=object), np.full(3, 60.0)
    assert cut_by_capacity(raw, index, 2).tolist() == ["low", "low", "medium"]
