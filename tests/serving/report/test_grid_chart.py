"""The picture of the grid: every account in the box of its cell, whatever its values say."""

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.report.grid_chart import Cuts, draw_grid
from churngrid.serving.results.words import CELLS


def accounts_of(*rows):
    columns = ["cell", "health_value", "cmi", "cmi_status", "cap_reason", "arr"]
    frame = pd.DataFrame(list(rows), columns=columns)
    return frame.astype({"health_value": float, "cmi": float, "arr": float})


def box_of(chart, cell):
    return next(box for box in chart.boxes if box.cell == cell)


def lies_in(chart, mark, cell):
    box = box_of(chart, cell)
    across = box.x < mark.x - mark.radius and mark.x + mark.radius < box.x + chart.box_width
    up = box.y < mark.y - mark.radius and mark.y + mark.radius < box.y + chart.box_height
    return across and up


@pytest.mark.parametrize("cell", CELLS.values())
@pytest.mark.parametrize(
    ("health", "cmi"), [(0, 1), (50, 2.5), (69.9, 3.4), (100, 5), (85, np.nan)]
)
def test_a_mark_lies_in_the_box_of_its_cell_whatever_the_values_are(cell, health, cmi):
    chart = draw_grid(accounts_of((cell, health, cmi, "certain", "", 5.0)), actions={})
    (mark,) = chart.marks
    assert lies_in(chart, mark, cell)
    assert mark.band == box_of(chart, cell).health


def test_boxes_count_accounts_and_add_their_money_up():
    accounts = accounts_of(
        ("save", 20, 4, "certain", "", 100), ("save", 30, 4, "certain", "", np.nan)
    )
    chart = draw_grid(accounts, actions={"save": "Call them."})
    box = box_of(chart, "save")
    assert (box.accounts, box.arr, box.action) == (2, 100.0, "Call them.")
    empty = box_of(chart, "let_churn")
    assert empty.accounts == 0
    assert np.isnan(empty.arr)


def test_no_boxes_overlap():
    chart = draw_grid(accounts_of(), actions={})
    assert len(chart.boxes) == 12
    spots = [(box.x, box.y) for box in chart.boxes]
    for place, (x, y) in enumerate(spots):
        for other_x, other_y in spots[:place]:
            apart = abs(x - other_x) >= chart.box_width or abs(y - other_y) >= chart.box_height
            assert apart
    assert max(x for x, _ in spots) + chart.box_width < chart.width
    assert max(y for _, y in spots) + chart.box_height < chart.height


def test_healthier_is_higher_and_more_mature_is_further_right():
    accounts = accounts_of(
        ("standard_plan", 55, 2.6, "certain", "", 1), ("standard_plan", 65, 3.2, "certain", "", 1)
    )
    poor, well = sorted(draw_grid(accounts, actions={}).marks, key=lambda mark: mark.row)
    assert well.y < poor.y
    assert well.x > poor.x


def test_own_cuts_move_the_marks_inside_the_box():
    accounts = accounts_of(("standard_plan", 60, 3, "certain", "", 1))
    (usual,) = draw_grid(accounts, actions={}).marks
    chart = draw_grid(accounts, actions={}, cuts=Cuts(health=(60, 80), maturity=(3, 4)))
    (moved,) = chart.marks
    assert moved.y > usual.y
    assert moved.x < usual.x
    assert [row.span for row in chart.rows] == ["80 to 100", "60 to 80", "0 to 60"]
    assert [column.span for column in chart.columns] == ["1 to 3", "3 to 4", "4 to 5", ""]


def test_area_follows_the_money_and_large_marks_are_drawn_first():
    accounts = accounts_of(("save", 20, 4, "certain", "", 25), ("save", 30, 4, "certain", "", 100))
    large, small = draw_grid(accounts, actions={}).marks
    assert (large.row, small.row) == (1, 0)
    assert large.radius == pytest.approx(2 * small.radius)


def test_marks_are_alike_without_money():
    accounts = accounts_of(
        ("save", 20, 4, "certain", "", np.nan), ("save", 30, 4, "certain", "", np.nan)
    )
    assert len({mark.radius for mark in draw_grid(accounts, actions={}).marks}) == 1


def test_a_cap_and_a_provisional_maturity_are_marked():
    accounts = accounts_of(
        ("save", 90, 4, "certain", "Nobody took over.", 1),
        ("save", 30, 4, "provisional", "", 1),
    )
    capped, unsure = draw_grid(accounts, actions={}).marks
    assert (capped.capped, capped.provisional) == (True, False)
    assert (unsure.capped, unsure.provisional) == (False, True)


def test_accounts_outside_the_grid_have_no_mark():
    accounts = accounts_of(("", np.nan, 4, "certain", "", 1), ("save", 30, 4, "certain", "", 1))
    chart = draw_grid(accounts, actions={})
    assert [mark.row for mark in chart.marks] == [1]
    assert sum(box.accounts for box in chart.boxes) == 1


def test_only_the_first_accounts_are_drawn_and_the_others_counted():
    accounts = accounts_of(*[("save", 30, 4, "certain", "", 1)] * 5)
    chart = draw_grid(accounts, actions={}, most_marks=2)
    assert sorted(mark.row for mark in chart.marks) == [0, 1]
    assert chart.left_out == 3
    assert box_of(chart, "save").accounts == 5


def test_a_long_action_is_cut_to_two_lines():
    action = (
        "Propose seats, a tier or a module tied to one of their goals, and invite them to speak."
    )
    chart = draw_grid(accounts_of(), actions={"save": action})
    lines = box_of(chart, "save").lines
    assert len(lines) == 2
    assert lines[1].endswith(" …")
