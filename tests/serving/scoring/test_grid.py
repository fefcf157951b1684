"""Cells, quadrants, and the guards that keep accounts out of "let churn"."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.schema.bands import Bands
from churngrid.serving.results.words import CELLS
from churngrid.serving.scoring.grid import SETTLED_DAYS, place

_ROW = {
    "in_grid": True,
    "health_band": "low",
    "health_band_raw": "low",
    "cap": np.nan,
    "maturity_band": "low",
    "cmi_status": "certain",
    "mature": False,
    "maybe_mature": False,
    "tenure_days": 400.0,
    "term_days": 300.0,
    "chs_before_caps": 30.0,
    "health_index": np.nan,
    "p_churn": np.nan,
    "base_rate": np.nan,
}


def account(**changes):
    return place(pd.DataFrame([{**_ROW, **changes}]), bands=Bands()).iloc[0]


@pytest.mark.parametrize(("bands", "cell"), CELLS.items())
def test_every_pair_of_bands_has_its_cell(bands, cell):
    health, maturity = bands
    assert account(health_band=health, maturity_band=maturity)["cell"] == cell


@pytest.mark.parametrize(
    ("reading", "mature", "quadrant"),
    [
        ("high", True, "expand_and_leverage"),
        ("medium", True, "expand_and_leverage"),
        ("medium", False, "retain"),
        ("low", True, "save"),
        ("low", False, "churn_and_let_churn"),
        ("low", None, None),
    ],
)
def test_quadrant_is_cut_where_the_reading_is_low(reading, mature, quadrant):
    maturity = {True: "high", False: "medium", None: "unknown"}[mature]
    placed = account(health_band_raw=reading, mature=mature, maturity_band=maturity)
    assert placed["quadrant"] == quadrant


def test_nobody_is_let_churn_in_the_quadrant_whose_interval_reaches_the_mature_side():
    """From 2.6 to 3.3 the band is medium for certain, but the cut of the 2x2 lies at 3.0."""
    placed = account(maturity_band="medium", maybe_mature=True)
    assert placed["quadrant"] is None
    assert placed["cell"] == "save_if_fixable"
    assert placed["guard"] == "maturity may be on the mature side"
    settled = account(maturity_band="medium")
    assert (settled["quadrant"], settled["guard"]) == ("churn_and_let_churn", "")


def test_quadrant_goes_by_the_reading_and_the_cell_by_the_band_shown():
    placed = account(health_band="medium", health_band_raw="low", mature=True, maturity_band="high")
    assert placed["cell"] == "strengthen_to_expand"
    assert placed["quadrant"] == "save"


@pytest.mark.parametrize(
    ("cap", "quadrant"),
    [(49.0, "save"), (59.0, "save"), (60.0, "expand_and_leverage"), (69.0, "expand_and_leverage")],
)
def test_a_cap_below_sixty_is_low_health_in_the_quadrant(cap, quadrant):
    placed = account(
        health_band="medium", health_band_raw="high", cap=cap, mature=True, maturity_band="high"
    )
    assert placed["quadrant"] == quadrant


GUARDS = [
    ({"cmi_status": "provisional"}, "maturity is only provisional"),
    ({"cmi_status": "insufficient"}, "maturity is not assessed"),
    ({"tenure_days": SETTLED_DAYS - 1.0}, "a customer for less than 180 days"),
    ({"tenure_days": np.nan}, "it is not known since when it is a customer"),
    ({"tenure_days": float(SETTLED_DAYS)}, ""),
    ({"term_days": SETTLED_DAYS - 1.0}, "its term began less than 180 days ago"),
    ({"term_days": float(SETTLED_DAYS)}, ""),
    ({"term_days": np.nan}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("changes", "guard"), GUARDS)
def test_guard_keeps_an_account_out_of_let_churn(changes, guard):
    placed = account(**changes)
    assert placed["guard"] == guard
    assert placed["cell"] == ("low_unassessed" if guard else "let_churn")
    assert placed["quadrant"] == (None if guard else "churn_and_let_churn")


@pytest.mark.parametrize(("changes", "guard"), GUARDS)
def test_guard_also_holds_for_the_quadrant_where_the_cell_is_another(changes, guard):
    placed = account(maturity_band="medium", **changes)
    assert placed["cell"] == "save_if_fixable"
    assert placed["guard"] == guard
    assert placed["quadrant"] == (None if guard else "churn_and_let_churn")


@pytest.mark.parametrize("changes", [changes for changes, guard in GUARDS if guard])
@pytest.mark.parametrize("cell", [name for name in CELLS.values() if name != "let_churn"])
def test_no_other_cell_is_guarded(cell, changes):
    health, maturity = next(bands for bands, name in CELLS.items() if name == cell)
    raw = {"health_band": health, "health_band_raw": "medium"}
    placed = account(maturity_band=maturity, **raw, **changes)
    assert placed["cell"] == cell
    assert placed["guard"] == ""


@pytest.mark.parametrize("changes", [{"in_grid": False}, {"health_band": "unknown"}])
def test_account_outside_the_grid_has_no_place(changes):
    placed = account(**changes)
    assert placed["cell"] is None
    assert placed["quadrant"] is None
    assert placed["guard"] == ""


WELL = [
    ({"chs_before_caps": 50.0}, "its health score is not low before caps"),
    ({"chs_before_caps": 49.9}, ""),
    ({"chs_before_caps": np.nan}, "too little is known for a health score"),
    ({"health_index": 50.0, "p_churn": 0.2, "base_rate": 0.1}, "the estimate is not low"),
    ({"health_index": 49.0, "p_churn": 0.21, "base_rate": 0.1}, ""),
    # With a base rate of 0.6 the index is 100 - 100 p, and p may lie below the base rate.
    (
        {"health_index": 45.0, "p_churn": 0.55, "base_rate": 0.6},
        "the estimate is below the base rate",
    ),
]


@pytest.mark.parametrize(("changes", "guard"), WELL)
@pytest.mark.parametrize("cap", [np.nan, 49.0])
def test_nobody_is_let_churn_whose_health_was_not_measured_to_be_low(changes, guard, cap):
    placed = account(cap=cap, **changes)
    assert placed["guard"] == guard
    assert placed["cell"] == ("stabilise_cheaply" if guard else "let_churn")
    assert placed["quadrant"] == (None if guard else "churn_and_let_churn")


def test_a_cap_on_a_healthy_account_leaves_it_in_the_cell_of_its_health():
    placed = account(cap=49.0, chs_before_caps=82.0)
    assert (placed["cell"], placed["quadrant"]) == ("retain_as_is", None)
    both = account(cap=49.0, chs_before_caps=82.0, health_index=55.0, p_churn=0.2, base_rate=0.1)
    assert both["cell"] == "stabilise_cheaply"


def test_no_accounts_have_no_places():
    frame = pd.DataFrame([_ROW])
    assert place(frame.iloc[:0], bands=Bands()).empty
