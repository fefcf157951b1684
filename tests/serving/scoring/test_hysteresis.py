"""Bands are steady: what must hold for any history of readings."""

from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.schema.bands import Bands, band_of
from churngrid.serving.scoring.health_index import with_hysteresis

READINGS = st.one_of(st.floats(0, 100), st.just(np.nan))
HISTORY = st.lists(READINGS, min_size=1, max_size=8)


def shown_after(readings):
    """The band shown after each reading."""
    shown, before = [], pd.DataFrame({"band": [None], "raw_band": [None], "index": [np.nan]})
    for reading in readings:
        index = np.array([reading])
        raw = band_of(index, Bands())
        band = with_hysteresis(raw, index, before)
        shown.append(band[0])
        before = pd.DataFrame({"band": band, "raw_band": raw, "index": index})
    return shown


@given(history=HISTORY, reading=READINGS)
def test_the_same_reading_never_flips_a_band_twice(history, reading):
    shown = shown_after([*history, *[reading] * 5])[len(history) - 1 :]
    flips = [before != after for before, after in pairwise(shown)]
    assert sum(flips) <= 1
    assert not any(flips[2:])


@given(history=HISTORY)
def test_a_band_only_ever_becomes_that_of_the_reading(history):
    shown = shown_after(history)
    raw = band_of(np.array(history), Bands())
    before = [None, *shown]
    for was, now, read in zip(before, shown, raw, strict=False):
        assert now in (was, read)


@given(base=st.floats(40, 95), wobble=st.lists(st.floats(-4.9, 4.9), min_size=2, max_size=8))
def test_a_wobble_at_a_cut_flips_only_when_it_is_read_twice(base, wobble):
    readings = [min(100.0, base + step) for step in wobble]
    shown, raw = shown_after(readings), band_of(np.array(readings), Bands())
    for place in range(1, len(readings)):
        if shown[place] != shown[place - 1]:
            assert raw[place] == raw[place - 1]
