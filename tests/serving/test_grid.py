"""Cells, quadrants, and the guards that keep accounts out of "let churn"."""

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.grid import CELLS, place


def account(**changes):
    row = {
        "in_grid": True,
        "health_band": "low",
        "health_value": 30.0,
        "cap": np.nan,
        "maturity_band": "low",
        "cmi_status": "certain",
        "mature": False,
        "tenure_days": 400.0,
        **changes,
    }
    return place(pd.DataFrame([row]), medium_from=50.0).iloc[0]


@pytest.mark.parametrize(("bands", "cell"), CELLS.items())
def test_every_pair_of_bands_has_its_cell(bands, cell):
    health, maturity = bands
    assert account(health_band=health, maturity_band=maturity)["cell"] == cell


@pytest.mark.parametrize(
    ("value", "mature", "quadrant"),
    [
        (50.0, True, "expand_and_leverage"),
        (50.0, False, "retain"),
        (49.9, True, "save"),
        (49.9, False, "churn_and_let_churn"),
        (49.9, None, None),
    ],
)
def test_quadrant_is_cut_at_the_medium_bound(value, mature, quadrant):
    maturity = {True: "high", False: "medium", None: "unknown"}[mature]
    placed = account(health_value=value, mature=mature, maturity_band=maturity)
    assert placed["quadrant"] == quadrant


@pytest.mark.parametrize(("cap", "quadrant"), [(59.0, "save"), (69.0, "expand_and_leverage")])
def test_a_cap_below_sixty_is_low_health_in_the_quadrant(cap, quadrant):
    placed = account(
        health_band="medium", health_value=65.0, cap=cap, mature=True, maturity_band="high"
    )
    assert placed["quadrant"] == quadrant


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"cmi_status": "provisional"}, "maturity is only provisional"),
        ({"tenure_days": 179.0}, "a customer for less than 180 days"),
        ({"tenure_days": 180.0}, ""),
    ],
)
def test_guard_keeps_an_account_out_of_let_churn(changes, guard):
    placed = account(**changes)
    assert placed["guard"] == guard
    assert placed["cell"] == ("low_unassessed" if guard else "let_churn")
    assert placed["quadrant"] == (None if guard else "churn_and_let_churn")


def test_account_outside_the_grid_has_no_place():
    placed = account(in_grid=False)
    assert placed["cell"] is None
    assert placed["quadrant"] is None
