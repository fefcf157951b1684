"""What changed in what is paid, where no row says what kind of change it is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.arrays.moments import DAY, NEVER
from churngrid.features.subscriptions.unnamed_changes import unnamed_changes

YEAR = 365


def states(*rows):
    """Rows of (account, product, begin, end, ARR, seats), in days; None is open or not said."""
    frame = pd.DataFrame(rows, columns=["account_id", "product", "begin", "end", "arr", "quantity"])
    ends = [NEVER if pd.isna(end) else int(end) * DAY for end in frame["end"]]
    starts = frame["begin"].to_numpy(dtype=np.int64) * DAY
    return frame.assign(
        starts_us=starts,
        ends_us=np.array(ends, dtype=np.int64),
        first_known_us=starts,
        end_known_us=starts,
        quantity=frame["quantity"].astype(float),
        arr=frame["arr"].astype(float),
    )


def told(*rows):
    found = unnamed_changes(states(*rows), grace_days=30)
    return [(int(row.at_us // DAY), round(row.change, 6), row.about) for row in found.itertuples()]


CORE = ("a", "core", 0, YEAR, 1200, 10)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([CORE, ("a", "core", YEAR, None, 1200, 10)], [], id="renewed as it was"),
        pytest.param([CORE, ("a", "core", YEAR, None, 1300, 10)], [], id="the price of the same"),
        pytest.param(
            [CORE, ("a", "core", YEAR, None, 1560, 12)],
            [(YEAR, 240, "seats")],
            id="two seats more at the price before, and a higher price",
        ),
        pytest.param(
            [CORE, ("a", "core", YEAR, None, 960, 8)], [(YEAR, -240, "seats")], id="fewer seats"
        ),
        pytest.param(
            [CORE, ("a", "core pro", YEAR, None, 1800, 10)],
            [(YEAR, 600, "upsell")],
            id="another plan in its place",
        ),
        pytest.param(
            [("a", "core", 0, None, 1200, 10), ("a", "extra", 100, None, 300, None)],
            [(100, 300, "cross_sell")],
            id="a product beside it",
        ),
        pytest.param(
            [("a", "core", 0, None, 1200, 10), ("a", "extra", 0, 200, 300, None)],
            [(200, -300, "cross_sell")],
            id="a product given up",
        ),
        pytest.param(
            [("a", "", 0, YEAR, 1200, None), ("a", "", YEAR, None, 1500, None)],
            [(YEAR, 300, "value")],
            id="nothing but money is told",
        ),
        pytest.param([CORE, ("a", "core", YEAR + 20, None, 1200, 10)], [], id="renewed late"),
        pytest.param([CORE], [], id="it ends"),
        pytest.param([CORE, ("a", "core", YEAR + 200, None, 2400, 20)], [], id="it comes back"),
        pytest.param([CORE, ("b", "core", YEAR, None, 2400, 20)], [], id="of two accounts"),
        pytest.param(
            [("a", "core", 0, 30, 0, 10), ("a", "core", 30, None, 1200, 10)], [], id="after a trial"
        ),
    ],
)
def test_what_stands_on_both_sides_says_what_changed(rows, expected):
    assert [(at, pytest.approx(much), kind) for at, much, kind in told(*rows)] == expected


def test_no_rows_are_no_changes():
    assert told() == []


@given(st.lists(st.integers(1, 5), min_size=2, max_size=8), st.permutations(range(8)))
def test_money_alone_adds_up_whatever_the_order_of_rows(levels, order):
    months = [
        ("a", "", 30 * place, 30 * (place + 1), 100 * level, None)
        for place, level in enumerate(levels)
    ]
    shuffled = [months[place] for place in order if place < len(months)]
    total = sum(change for _, change, _ in told(*shuffled))
    assert total == pytest.approx(100 * (levels[-1] - levels[0]))
