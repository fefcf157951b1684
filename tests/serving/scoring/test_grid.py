"""Cells, quadrants, and the guards that keep accounts out of "let churn"."""

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.results.words import CELLS
from churngrid.serving.scoring.grid import SETTLED_DAYS, place


def account(**changes):
    row = {
        "in_grid": True,
        "health_band": "low",
        "health_band_raw": "low",
        "cap": np.nan,
        "maturity_band": "low",
        "cmi_status": "certain",
        "mature": False,
        "maybe_mature": False,
        "tenure_days": 400.0,
        **changes,
    }
    return place(pd.DataFrame([row]), medium_from=50.0).iloc[0]


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


def test_no_accounts_have_no_places():
    row = {"in_grid": True, "health_band": "low", "health_band_raw": "low", "cap": np.nan}
    row |= {"maturity_band": "low", "cmi_status": "certain", "mature": False, "tenure_days": 1.0}
    row["maybe_mature"] = False
    assert place(pd.DataFrame([row]).iloc[:0], medium_from=50.0).empty
